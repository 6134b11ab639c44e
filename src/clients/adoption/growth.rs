//! An entry that was adopted before, and has got a new secret since: its permission gets that too.

use std::collections::BTreeMap;

use crate::clients::literals::{Literal, Seat};
use crate::clients::{Launch, Scope, ServerEntry};
use crate::config::Server;
use crate::secret::Secret;

use super::draft::{field, replaced};
use super::pool::Pool;

/// The permission that an entry of ours names, if its new secrets can simply be added there: they are
/// in variables that it does not give yet, and the file is the user's own. What somebody else has
/// written in a project must not change what a permission says.
pub(super) fn grown<'k>(
    entry: &ServerEntry,
    literals: &[Literal],
    known: &'k BTreeMap<String, Server>,
    pool: &Pool,
) -> Option<(&'k String, &'k Server)> {
    let (name, server) = permission(entry, known)?;
    let is_users = !matches!(entry.scope, Scope::Project(_));
    let fits = literals.iter().all(|literal| is_free(entry, literal, server, pool));
    (is_users && fits).then_some((name, server))
}

/// `exec --server NAME`, with the command that NAME is for or without any.
fn permission<'k>(
    entry: &ServerEntry,
    known: &'k BTreeMap<String, Server>,
) -> Option<(&'k String, &'k Server)> {
    let Launch::Stdio { args, .. } = &entry.launch else {
        return None;
    };
    // EXPOSE: words of ours, and the program, which is no secret.
    let words: Vec<&str> = args.iter().map(|arg| arg.text.expose()).collect();
    let ["exec", "--server", name, rest @ ..] = words.as_slice() else {
        return None;
    };
    let (name, server) = known.get_key_value(*name)?;
    let is_its = match rest.strip_prefix(&["--argv"]).unwrap_or(rest) {
        [] => !server.command.is_empty(),
        ["--", command @ ..] => server.command == *command,
        _ => false,
    };
    is_its.then_some((name, server))
}

/// Whether a variable can be given to the server: the permission has none of that name, or just this.
fn is_free(entry: &ServerEntry, literal: &Literal, server: &Server, pool: &Pool) -> bool {
    let (Launch::Stdio { env, .. }, Seat::Variable(number)) = (&entry.launch, literal.seat) else {
        return false;
    };
    let (Some((name, _)), Some(field)) = (env.get(number), field(entry, literal.seat)) else {
        return false;
    };
    // EXPOSE: looked through for placeholders; its secret for the entry that has it.
    let text = field.text.expose();
    let place = literal.sighting.place.clone();
    let reference = || {
        let secret = Secret::copy_from(text.get(place.clone())?.as_bytes());
        Some(replaced(text, &[(place.clone(), pool.found(&secret)?)]))
    };
    let is_free = match server.env.get(name) {
        None => !server.keep.contains(name),
        said => said == reference().as_ref(),
    };
    is_free && entry.client.placeholders(text).is_empty()
}
