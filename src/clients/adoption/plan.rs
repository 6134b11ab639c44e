//! What an adoption would do.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::clients::literals::{Literal, literals};
use crate::clients::{Client, ClientFile, Edit, Found, Launch, ServerEntry, Value, Variable};
use crate::config::Server;
use crate::secret::{Secret, SecretText, Sighting, sightings};
use crate::vault::{self, Vault};

use super::backups::backups;
use super::copies::Group;
use super::draft::{Draft, replaced};
use super::grants::Grants;
use super::growth::grown;
use super::naming::variable_entry;
use super::pool::Pool;
use super::rewrite::{rewritten, with_references};
use super::shown::masked;
use super::{Grant, Hunk, Line, NewEntry, Obstacle, Wrapper};

/// Which servers are meant; all of them without either.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sought<'s> {
    /// Those of this client.
    pub client: Option<Client>,
    /// Those of this name.
    pub server: Option<&'s str>,
    /// Whether variables in settings, which are for everything that a client starts, are to be
    /// references too.
    pub settings: bool,
    /// Whether entries of the store may be opened, to find a value again that is there already.
    /// Whoever sees that a guess is found has read the entry.
    pub opens: bool,
}

/// A secret that stays in the clear.
#[derive(Debug)]
pub struct Left {
    /// Whose file it is in.
    pub client: Client,
    /// The file.
    pub path: PathBuf,
    /// The server, or the variable in the settings.
    pub name: String,
    /// Why it stays.
    pub obstacle: Obstacle,
}

/// What was found, before anything is decided.
pub struct Findings {
    files: Vec<Look>,
    /// Whether variables of settings are to change.
    settings: bool,
    /// Whether entries may be opened.
    opens: bool,
}

/// One file, and the entries in it that hold secrets.
struct Look {
    file: ClientFile,
    entries: Vec<(ServerEntry, Vec<Literal>)>,
    variables: Vec<(Variable, Sighting)>,
}

/// What will be done.
pub struct Adoption {
    /// New entries in the store.
    pub entries: Vec<NewEntry>,
    /// New permissions in the settings.
    pub grants: Vec<Grant>,
    /// Changes of files, in the order in which they are made.
    pub files: Vec<FileChange>,
    /// What stays as it is.
    pub left: Vec<Left>,
    /// Servers whose secrets the process list will show, by the names of their permissions.
    pub shown: Vec<String>,
    /// Everything that is moved.
    secrets: Vec<Secret>,
}

/// The change of one file.
pub struct FileChange {
    /// The file as it was read.
    pub file: ClientFile,
    /// What it looks like.
    pub hunks: Vec<Hunk>,
    pub(super) edits: Vec<Edit>,
    pub(super) groups: Vec<Group>,
}

/// A command that is started in another way from now on.
struct Moved {
    before: Vec<SecretText>,
    after: Vec<String>,
}

impl Findings {
    /// Looks through everything that was found.
    #[must_use]
    pub fn new(found: Found, sought: Sought<'_>) -> Self {
        let files = found.files.into_iter().map(|file| Look::new(file, sought)).collect();
        Self { files, settings: sought.settings, opens: sought.opens }
    }

    /// Whether there is no secret in the clear.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.iter().all(|look| look.entries.is_empty() && look.variables.is_empty())
    }

    /// Decides what becomes of each.
    ///
    /// # Errors
    /// What the vault says of the entries that it is compared with.
    pub fn plan(
        self,
        wrapper: &Wrapper,
        granted: &BTreeMap<String, Server>,
        vault: &Vault<'_>,
    ) -> Result<Adoption, vault::Error> {
        let mut planner = Planner {
            wrapper,
            settings: self.settings,
            pool: if self.opens { Pool::of(vault)? } else { Pool::of_names(vault)? },
            grants: Grants::new(granted),
            moved: Vec::new(),
            left: Vec::new(),
            shown: Vec::new(),
        };
        let changes = self.files.into_iter().map(|look| planner.change(look));
        let mut files: Vec<FileChange> = changes.collect();
        files.iter_mut().for_each(|change| planner.rules(change));
        files.retain(|change| !change.edits.is_empty());
        // Rules first: an entry that is done already would not lead to them any more.
        files.sort_by_key(|change| change.groups.iter().any(|group| group.grant.is_some()));
        let Planner { pool, grants, left, shown, .. } = planner;
        let (entries, secrets) = pool.into_parts();
        Ok(Adoption { entries, grants: grants.new, files, left, shown, secrets })
    }
}

struct Planner<'w> {
    wrapper: &'w Wrapper,
    settings: bool,
    pool: Pool,
    grants: Grants,
    moved: Vec<Moved>,
    left: Vec<Left>,
    shown: Vec<String>,
}

impl Planner<'_> {
    fn change(&mut self, look: Look) -> FileChange {
        let Look { file, entries, variables } = look;
        let mut change =
            FileChange { file, hunks: Vec::new(), edits: Vec::new(), groups: Vec::new() };
        for (entry, literals) in &entries {
            match Obstacle::of(entry, literals, self.wrapper.windows.as_deref()) {
                Some(Obstacle::Wrapped) if self.grow(entry, literals, &mut change) => {}
                Some(obstacle) => self.left.push(Left {
                    client: entry.client,
                    path: entry.file.clone(),
                    name: entry.name.clone(),
                    obstacle,
                }),
                None => self.entry(entry, literals, &mut change),
            }
        }
        for (variable, sighting) in &variables {
            self.variable(variable, sighting, &mut change);
        }
        change
    }

    /// A variable of the settings becomes a reference if that is wanted. What the client reads itself
    /// never does.
    fn variable(&mut self, variable: &Variable, sighting: &Sighting, change: &mut FileChange) {
        if !self.settings || is_clients_own(&variable.name) {
            return self.left.push(Left {
                client: variable.client,
                path: variable.file.clone(),
                name: variable.name.clone(),
                obstacle: Obstacle::SettingsVariable,
            });
        }
        // EXPOSE: copied into the pool; what is shown of it is its length.
        let text = variable.field.text.expose();
        let Some(secret) = text.get(sighting.place.clone()) else {
            return;
        };
        let secret = Secret::copy_from(secret.as_bytes());
        let reference = self.pool.reference(&secret, &variable_entry(&variable.name));
        let before = masked(text, std::slice::from_ref(&sighting.place));
        let after = replaced(text, &[(sighting.place.clone(), reference)]);
        let place = &variable.field.place;
        change.edits.push(Edit::Replace(place.clone(), Value::text(&after)));
        let name = variable.name.clone();
        change.hunks.push(Hunk {
            place: place.to_string(),
            lines: vec![Line::Gone(name.clone(), before), Line::New(name.clone(), after)],
        });
        let places = vec![place.clone()];
        change.groups.push(Group { server: name, grant: None, is_new: false, places });
    }

    fn entry(&mut self, entry: &ServerEntry, literals: &[Literal], change: &mut FileChange) {
        let draft = Draft::new(entry, literals, &mut self.pool);
        let draft = draft.with_program(self.wrapper).with_address();
        let grant = self.grants.name(entry.client, &entry.name, draft.server.clone());
        if draft.shows_secrets() {
            self.shown.push(grant.clone());
        }
        let done = rewritten(&draft, &change.file.document, &grant, self.wrapper);
        if let Some(before) = command(entry).filter(|_| entry.client == Client::ClaudeCode) {
            self.moved.push(Moved { before, after: done.command });
        }
        change.edits.extend(done.edits);
        change.hunks.push(done.hunk);
        change.groups.push(Group {
            server: entry.name.clone(),
            is_new: self.grants.is_new(&grant),
            grant: Some(grant),
            places: done.places,
        });
    }

    /// Adds new secrets of an entry that was adopted before to its permission, if that can be.
    fn grow(&mut self, entry: &ServerEntry, literals: &[Literal], change: &mut FileChange) -> bool {
        let Some((grant, server)) = grown(entry, literals, &self.grants.known, &self.pool) else {
            return false;
        };
        let (grant, server) = (grant.clone(), server.clone());
        let draft = Draft::new(entry, literals, &mut self.pool);
        self.grants.grow(&grant, draft.added_to(&server));
        let done = with_references(&draft, &change.file.document);
        change.edits.extend(done.edits);
        change.hunks.push(done.hunk);
        let (server, places) = (entry.name.clone(), done.places);
        change.groups.push(Group { server, grant: Some(grant), is_new: false, places });
        true
    }

    /// Rules that name a command name the one that takes its place.
    fn rules(&self, change: &mut FileChange) {
        for rule in change.file.command_rules() {
            let before: Vec<&SecretText> = rule.command.iter().map(|field| &field.text).collect();
            let Some(moved) = self.moved.iter().find(|moved| is_same(&moved.before, &before))
            else {
                continue;
            };
            let after = moved.after.iter().map(String::as_str);
            change.edits.push(Edit::Replace(rule.place.clone(), Value::texts(after)));
            change.hunks.push(Hunk {
                place: rule.place.to_string(),
                lines: vec![Line::New("serverCommand".to_owned(), moved.after.join(" "))],
            });
            change.groups.push(Group {
                server: rule.list.to_owned(),
                grant: None,
                is_new: false,
                places: vec![rule.place],
            });
        }
    }
}

impl Adoption {
    /// Copies of these files that are kept elsewhere in the clear, with one of the secrets in them.
    #[must_use]
    pub fn backups(&self, of: &[PathBuf]) -> Vec<PathBuf> {
        let of: Vec<&Path> = of.iter().map(PathBuf::as_path).collect();
        backups(&of, &self.secrets)
    }
}

impl Look {
    fn new(file: ClientFile, sought: Sought<'_>) -> Self {
        let is_of_client = sought.client.is_none_or(|client| client == file.client);
        let is_sought = |entry: &ServerEntry| {
            is_of_client && sought.server.is_none_or(|name| name == entry.name)
        };
        let entries = file.servers().into_iter().filter(is_sought).map(|entry| {
            let literals = literals(&entry);
            (entry, literals)
        });
        let entries = entries.filter(|(_, literals)| !literals.is_empty()).collect();
        let variables = file.variables().into_iter();
        let variables = variables.filter(|_| is_of_client && sought.server.is_none());
        let variables = variables.filter_map(|variable| {
            // EXPOSE: looked at for what is secret in it; what is found is a place.
            let sighting =
                sightings(&variable.name, variable.field.text.expose()).into_iter().next();
            Some((variable, sighting?))
        });
        Self { entries, variables: variables.collect(), file }
    }
}

/// Whether a client reads a variable itself: then a reference would be sent to a server as it is.
fn is_clients_own(name: &str) -> bool {
    let starts = ["ANTHROPIC_", "AWS_", "CLAUDE_", "GOOGLE_", "NODE_", "OTEL_"];
    starts.iter().any(|start| name.starts_with(start)) || name.to_uppercase().ends_with("_PROXY")
}

/// The program and its arguments, as a rule names them.
fn command(entry: &ServerEntry) -> Option<Vec<SecretText>> {
    let Launch::Stdio { command, args, .. } = &entry.launch else {
        return None;
    };
    let fields = std::iter::once(command).chain(args);
    // EXPOSE: copied from one secret to another.
    Some(fields.map(|field| SecretText::copy_from(field.text.expose())).collect())
}

fn is_same(one: &[SecretText], other: &[&SecretText]) -> bool {
    // EXPOSE: only compared.
    let same = |(one, other): (&SecretText, &&SecretText)| one.expose() == other.expose();
    one.len() == other.len() && one.iter().zip(other).all(same)
}
