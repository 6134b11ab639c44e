//! Why an entry with a secret in it is left as it is.

use std::fmt;
use std::path::Path;

use crate::clients::literals::{Literal, Seat};
use crate::clients::{Client, Field, Launch, Part, Scope, ServerEntry};

use super::draft::field;

/// What is in the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// Its client has no way to ask for headers.
    NoHelper(Client),
    /// A helper is there already.
    OtherHelper,
    /// The secret is in an address, which no helper can change.
    Address,
    /// Its client fills in parts of the command before it starts it, so that it has no fixed one.
    Filled(String),
    /// Its client reads variables from a file, which a clean launch would not have.
    EnvFile(String),
    /// It came with a project and names entries of the store by itself: a permission made from it would
    /// give them away.
    Reference(String),
    /// It is a command of vaultctl already: its permission is there, and for a person to change.
    Wrapped,
    /// It starts in a folder that depends on its client.
    Folder,
    /// A client on Windows would have to start this program.
    Windows,
    /// Its name or path is no text.
    Unreadable,
    /// Claude Code, or what it starts, needs the value itself.
    SettingsVariable,
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoHelper(client) => {
                write!(f, "{} can not ask for headers; a bridge that it starts can", client.title())
            }
            Self::OtherHelper => f.write_str("another program hands out its headers"),
            Self::Address => {
                f.write_str("the secret is in the address, which its client needs whole")
            }
            Self::Filled(name) => {
                write!(
                    f,
                    "its client fills in `${{{name}}}`, so that its command is not always the same"
                )
            }
            Self::EnvFile(path) => {
                write!(f, "its client reads more variables from `{path}`, which would not reach it")
            }
            Self::Reference(reference) => {
                write!(f, "it comes with a project and asks for `{reference}`, which a permission made from it would give away")
            }
            Self::Wrapped => {
                f.write_str("vaultctl starts it already; `vaultctl set` stores the secret, and a reference takes its place")
            }
            Self::Folder => f.write_str("the folder that it starts in depends on its client"),
            Self::Windows => f.write_str("its client runs on Windows, and this program does not"),
            Self::Unreadable => f.write_str("its path is no text"),
            Self::SettingsVariable => {
                f.write_str("Claude Code, and whatever it starts, gets the value from there")
            }
        }
    }
}

impl Obstacle {
    /// What is in the way of taking these secrets out of an entry.
    pub(super) fn of(
        entry: &ServerEntry,
        literals: &[Literal],
        windows: Option<&Path>,
    ) -> Option<Self> {
        if windows.is_some_and(|windows| entry.file.starts_with(windows)) {
            return Some(Self::Windows);
        }
        if entry.file.to_str().is_none() {
            return Some(Self::Unreadable);
        }
        match &entry.launch {
            Launch::Stdio { command, args, dir, .. } => {
                if is_ours(command, args) {
                    return Some(Self::Wrapped);
                }
                let fixed = [Some(command), dir.as_ref()].into_iter().flatten().chain(args);
                let fixed = fixed.chain(seats(entry, literals));
                of_file(entry)
                    .or_else(|| of_references(entry))
                    .or_else(|| filled(entry.client, fixed))
                    .or_else(|| of_folder(entry, dir.as_ref()))
            }
            Launch::Remote { url, helper, .. } => {
                let is_address = literals.iter().any(|literal| literal.seat == Seat::Address);
                let has_place = entry.place_of(Part::Helper).is_some();
                match (has_place, helper) {
                    _ if is_address => Some(Self::Address),
                    (false, _) => Some(Self::NoHelper(entry.client)),
                    (true, Some(_)) => Some(Self::OtherHelper),
                    (true, None) => of_references(entry).or_else(|| {
                        filled(entry.client, [url].into_iter().chain(seats(entry, literals)))
                    }),
                }
            }
            Launch::Other => None,
        }
    }
}

/// Whether an entry was adopted before, by us or by hand.
fn is_ours(command: &Field, args: &[Field]) -> bool {
    // EXPOSE: names of programs and verbs, only compared.
    let word =
        |field: &Field, expected: &str| field.text.expose().rsplit('/').next() == Some(expected);
    word(command, "vaultctl") && args.first().is_some_and(|verb| word(verb, "exec"))
}

fn of_file(entry: &ServerEntry) -> Option<Obstacle> {
    let file = entry.env_file.as_ref()?;
    // EXPOSE: the name of a file, which is repeated.
    Some(Obstacle::EnvFile(file.text.expose().to_owned()))
}

/// The texts that secrets stand in.
fn seats<'e>(entry: &'e ServerEntry, literals: &[Literal]) -> impl Iterator<Item = &'e Field> {
    literals.iter().filter_map(|literal| field(entry, literal.seat))
}

/// What somebody else has written must not name what it is given. In a file of the user's own it may.
fn of_references(entry: &ServerEntry) -> Option<Obstacle> {
    let is_projects = matches!(entry.scope, Scope::Project(_));
    let mut references = entry.origins().into_iter().flat_map(|origin| origin.references);
    references.next().filter(|_| is_projects).map(Obstacle::Reference)
}

/// The first thing that the client fills in before it starts anything.
fn filled<'f>(client: Client, mut fields: impl Iterator<Item = &'f Field>) -> Option<Obstacle> {
    fields.find_map(|field| {
        // EXPOSE: looked through for the names of placeholders.
        let found = client.placeholders(field.text.expose()).into_iter().next();
        found.map(|placeholder| Obstacle::Filled(placeholder.name))
    })
}

/// A relative folder means something only where there is a project.
fn of_folder(entry: &ServerEntry, dir: Option<&Field>) -> Option<Obstacle> {
    // EXPOSE: the name of a folder, looked at for how it begins.
    let text = dir?.text.expose();
    let is_fixed =
        text.starts_with('/') || text.starts_with("~/") || entry.scope.project().is_some();
    (!is_fixed).then_some(Obstacle::Folder)
}
