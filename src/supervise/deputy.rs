//! From an entry of a client's file to the server that this client would start.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::clients::{Client, Field, Found, Launch, Scope, ServerEntry, Surroundings, System};
use crate::secret::{Secret, sightings};
use crate::store::Store;
use crate::sys::{Environment, Program, Variables, can_run};
use crate::vault::Address;

use super::approval::is_approved;
use super::filling::Filling;
use super::manner::{Manner, StartsIn, manner};
use super::weakness::is_wrapped;
use super::{Handshake, Obstacle};

/// Starts servers in their clients' stead.
pub struct Deputy<'w> {
    /// The machine, the user's variables, the current folder.
    pub surroundings: &'w Surroundings<'w>,
    /// What the clients' files say.
    pub found: &'w Found,
    /// How long each server may take.
    pub patience: Duration,
    /// The store that references are resolved in, if there is one.
    pub store: Option<&'w Store>,
    /// Whether servers of projects count as approved.
    pub trusts_projects: bool,
    /// The variables by which an agent that asks is known.
    pub marks: &'w [(&'static str, OsString)],
}

/// What an entry says of the program that it starts.
struct Words<'e> {
    command: &'e Field,
    args: &'e [Field],
    env: &'e [(String, Field)],
    dir: Option<&'e Field>,
}

impl Deputy<'_> {
    /// The server, as its client would start it; nothing is started yet.
    ///
    /// # Errors
    /// [`Obstacle`]: why it can not be started, or is not.
    pub fn handshake(&self, entry: &ServerEntry) -> Result<Handshake, Obstacle> {
        let words = self.words(entry)?;
        self.check_references(entry)?;
        let manner = manner(entry.client);
        let project = self.folder(entry, &manner);
        let Surroundings { home, variables, .. } = self.surroundings;
        let filling = Filling { client: entry.client, variables, home, folder: &project };
        let dir = words.dir.map(|dir| filling.fill(&dir.text)).transpose()?;
        let folder = dir.map_or_else(|| project.clone(), |dir| project.join(os_string(&dir)));
        if !folder.is_dir() {
            return Err(Obstacle::NoFolder(folder));
        }
        let (environment, search) = self.environment(entry, &words, &filling, &manner)?;
        let name = os_string(&filling.fill(&words.command.text)?);
        check_program(&name, &folder, &search)?;
        let arguments = words.args.iter().map(|field| Ok(os_string(&filling.fill(&field.text)?)));
        let arguments = arguments.collect::<Result<_, Obstacle>>()?;
        let program = Program { name, arguments, folder: Some(folder) };
        Ok(Handshake { program, environment, opening: manner.opening, patience: self.patience })
    }

    /// What there is to start, if it is to be started.
    fn words<'e>(&self, entry: &'e ServerEntry) -> Result<Words<'e>, Obstacle> {
        let Launch::Stdio { command, args, env, dir } = &entry.launch else {
            let is_remote = matches!(entry.launch, Launch::Remote { .. });
            return Err(if is_remote { Obstacle::Remote } else { Obstacle::Unknown });
        };
        if entry.is_off {
            return Err(Obstacle::Off);
        } else if matches!(&self.surroundings.system, System::Wsl(users) if entry.file.starts_with(users))
        {
            return Err(Obstacle::Windows);
        } else if entry.env_file.is_some() {
            return Err(Obstacle::EnvFile);
        } else if !self.may_start(entry) {
            return Err(Obstacle::Pending);
        }
        Ok(Words { command, args, env, dir: dir.as_ref() })
    }

    /// Whether the entries are there that `vaultctl exec` would need. Whether they are granted, and can
    /// be decrypted, it says itself.
    fn check_references(&self, entry: &ServerEntry) -> Result<(), Obstacle> {
        let Some(store) = self.store.filter(|_| is_wrapped(entry)) else {
            return Ok(());
        };
        for origin in entry.origins() {
            let is_missing = |reference: &&String| {
                let address = reference.strip_prefix("vault:").unwrap_or_default();
                let found = Address::resolve(address, store);
                !found.is_ok_and(|found| matches!(store.cipher_of(&found.name), Ok(Some(_))))
            };
            if let Some(reference) = origin.references.iter().find(is_missing) {
                let (place, reference) = (origin.name, reference.clone());
                return Err(Obstacle::NoEntry { place, reference });
            }
        }
        Ok(())
    }

    fn may_start(&self, entry: &ServerEntry) -> bool {
        match &entry.scope {
            Scope::User | Scope::Local(_) => true,
            Scope::Project(_) if self.trusts_projects => true,
            Scope::Project(project) => {
                entry.client == Client::ClaudeCode && is_approved(&entry.name, project, self.found)
            }
        }
    }

    fn folder(&self, entry: &ServerEntry, manner: &Manner) -> PathBuf {
        match (entry.scope.project(), manner.starts_in) {
            (Some(project), _) => project.to_owned(),
            (None, StartsIn::CurrentFolder) => self.surroundings.folder.clone(),
            (None, StartsIn::Home) => self.surroundings.home.to_owned(),
        }
    }

    /// All variables of the server, and those among them that programs are searched with.
    fn environment(
        &self,
        entry: &ServerEntry,
        words: &Words<'_>,
        filling: &Filling<'_>,
        manner: &Manner,
    ) -> Result<(Environment, Variables), Obstacle> {
        let mut environment = Environment::default();
        let mut path = self.surroundings.variables.raw("PATH").unwrap_or_default().to_owned();
        for (name, value) in self.passed(entry, manner) {
            add(&mut environment, name, value);
        }
        for (name, value) in manner.marks {
            environment.set(*name, *value);
        }
        // Where an agent asks, it is an agent that starts the server, whichever client's entry it is.
        let asked = self.marks.iter().map(|(name, value)| (*name, value.clone()));
        asked.for_each(|(name, value)| environment.set(name, value));
        if entry.client == Client::ClaudeCode {
            environment.set("CLAUDE_PROJECT_DIR", filling.folder);
        }
        for variable in self.settings_of(entry.client) {
            environment.set_secret(variable.0, variable.1);
        }
        for (name, field) in words.env {
            if name.is_empty() || name.contains(['=', '\0']) {
                return Err(Obstacle::BadVariable);
            }
            let value = filling.fill(&field.text)?;
            if name == "PATH" {
                path = os_string(&value);
            }
            environment.set_secret(name, value);
        }
        Ok((environment, [("PATH", path)].into_iter().collect()))
    }

    /// The variables of the client that pass to the server.
    fn passed<'s>(
        &'s self,
        entry: &'s ServerEntry,
        manner: &'s Manner,
    ) -> impl Iterator<Item = (&'s OsStr, &'s OsStr)> {
        // EXPOSE: names of variables, compared.
        let named = |name: &OsStr| entry.passed.iter().any(|field| name == field.text.expose());
        let variables = self.surroundings.variables.iter();
        variables.filter(move |(name, _)| manner.passing.lets(name) || named(name))
    }

    /// What Claude Code's own settings give to everything that it starts.
    fn settings_of(&self, client: Client) -> impl Iterator<Item = (String, Secret)> {
        let files = self.found.files.iter();
        let own = files.filter(move |file| file.client == client && file.scope == Scope::User);
        own.flat_map(|file| file.variables()).map(|one| (one.name, one.field.text.to_bytes()))
    }
}

/// A variable of the user's, as a secret if it looks like one: so that the server's words can be shown.
fn add(environment: &mut Environment, name: &OsStr, value: &OsStr) {
    let is_secret = match (name.to_str(), value.to_str()) {
        (Some(name), Some(value)) => !sightings(name, value).is_empty(),
        _ => false,
    };
    if is_secret {
        environment.set_secret(name, Secret::copy_from(value.as_encoded_bytes()));
    } else {
        environment.set(name, value);
    }
}

/// Whether the program is there, where the server's own PATH says.
fn check_program(name: &OsStr, folder: &Path, search: &Variables) -> Result<(), Obstacle> {
    let shown = name.to_string_lossy().into_owned();
    let is_path = shown.contains('/');
    let is_there = match is_path {
        true => can_run(&folder.join(name)),
        false => search.has_program(&shown),
    };
    match (is_there, is_path) {
        (true, _) => Ok(()),
        (false, true) => Err(Obstacle::NoFile(shown)),
        (false, false) => Err(Obstacle::NoProgram(shown)),
    }
}

fn os_string(text: &Secret) -> OsString {
    // EXPOSE: words that the client gives to the program, in the list of processes or its variables.
    OsString::from_vec(text.expose().to_vec())
}
