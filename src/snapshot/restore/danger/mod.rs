//! What a restore would change in what runs programs or says where things go: hooks, the commands,
//! variables and addresses of MCP servers, permissions, helpers that hand out keys, recipients.
//!
//! A person should see these before anything is written. What looks secret is compared and not shown.

mod fields;
mod jsonc;
mod shown;

use std::fmt;

use crate::secret::Secret;
use crate::snapshot::archive::TreePath;
use crate::snapshot::create::profile::is_client;

use super::inert::{Treatment, treatment};

use fields::{Field, Fields};

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Danger {
    /// In which file.
    pub path: TreePath,
    /// Where in it: a JSON pointer, a line, or nothing for the whole file.
    pub field: String,
    /// What is there now, as far as it may be shown; `None`: nothing.
    pub before: Option<String>,
    /// What would be there.
    pub after: Option<String>,
}

impl fmt::Display for Danger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |side: &Option<String>| side.clone().unwrap_or_else(|| "nothing".to_owned());
        let (path, field) = (self.path.shown(), &self.field);
        let space = if field.is_empty() { "" } else { " " };
        write!(f, "{path}{space}{field}: {} -> {}", shown(&self.before), shown(&self.after))
    }
}

/// How a file is looked into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// The fields of JSON that have a dangerous name, or are in one that has.
    Json,
    /// The same of TOML.
    Toml,
    /// Every field of TOML.
    AllToml,
    /// Each line, in any order.
    Lines,
    /// As a whole.
    Opaque,
}

/// Whether something in the file may be dangerous.
pub(super) fn is_watched(path: &TreePath) -> bool {
    form(path).is_some()
}

fn form(path: &TreePath) -> Option<Form> {
    let path_of_file = path.as_path();
    let name = path_of_file.file_name()?.to_str().unwrap_or_default();
    let folder = path_of_file.parent()?.file_name()?.to_str().unwrap_or_default();
    let is_json = name.ends_with(".json");
    let in_hooks = path_of_file.components().any(|part| part.as_os_str() == "hooks")
        && path_of_file.components().any(|part| part.as_os_str() == ".claude");
    match (folder, name) {
        ("vaultctl", "config.toml") => Some(Form::AllToml),
        (_, ".age-recipients" | ".gpg-id") => Some(Form::Lines),
        (".claude", name) if name.starts_with("settings") && is_json => Some(Form::Json),
        ("plugins", _) if is_json => Some(Form::Opaque),
        _ if in_hooks => Some(Form::Opaque),
        _ if !is_client(path) => None,
        _ if is_json => Some(Form::Json),
        _ if name.ends_with(".toml") => Some(Form::Toml),
        _ => Some(Form::Opaque),
    }
}

/// What would change in a file. Where there is none, on either side, all of the other is new or gone.
pub(super) fn dangers(
    path: &TreePath,
    before: Option<&Secret>,
    after: Option<&Secret>,
) -> Vec<Danger> {
    let Some(form) = form(path) else {
        return Vec::new();
    };
    // EXPOSE: they are compared; what is kept of a value is its hash, and what may be shown.
    let before = before.map(|secret| secret.expose().to_vec());
    // EXPOSE: the same, for the file as it would come back.
    let after = after.map(|secret| as_restored(path, secret.expose()));
    if before == after {
        return Vec::new();
    }
    let fields = |side: &Option<Vec<u8>>| match side {
        Some(bytes) => fields_of(form, bytes),
        None => Some(Fields::new()),
    };
    let sides = fields(&before).zip(fields(&after));
    let whole = |side: &Option<Vec<u8>>| {
        let digest = |bytes: &Vec<u8>| Field::whole(bytes);
        Fields::from_iter(side.as_ref().map(|bytes| (String::new(), digest(bytes))))
    };
    // What can not be looked into is compared as a whole.
    let (before, after) = sides.unwrap_or_else(|| (whole(&before), whole(&after)));
    changes(path, &before, &after)
}

fn as_restored(path: &TreePath, bytes: &[u8]) -> Vec<u8> {
    match treatment(path) {
        Treatment::Rewritten(kind) => kind.rewrite(bytes),
        Treatment::AsItWas | Treatment::Emptied | Treatment::LeftOut => bytes.to_vec(),
    }
}

fn fields_of(form: Form, bytes: &[u8]) -> Option<Fields> {
    match form {
        Form::Json => fields::of_json(bytes, fields::is_dangerous),
        Form::Toml => fields::of_toml(bytes, fields::is_dangerous),
        Form::AllToml => fields::of_toml(bytes, |_| true),
        Form::Lines => Some(fields::of_lines(bytes)),
        Form::Opaque => None,
    }
}

fn changes(path: &TreePath, before: &Fields, after: &Fields) -> Vec<Danger> {
    let mut names: Vec<&String> = before.keys().chain(after.keys()).collect();
    names.sort_unstable();
    names.dedup();
    let changed = |name: &&String| before.get(*name) != after.get(*name);
    let shown = |side: &Fields, name: &String| side.get(name).map(|field| field.shown.clone());
    let danger = |name: &String| Danger {
        path: path.clone(),
        field: name.clone(),
        before: shown(before, name),
        after: shown(after, name),
    };
    names.into_iter().filter(changed).map(danger).collect()
}

#[cfg(test)]
mod tests;
