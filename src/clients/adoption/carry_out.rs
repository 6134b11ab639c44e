//! Doing what was planned.
//!
//! Claude Code writes its main file without its lock when it can not have that soon enough, and then
//! what it had read before overwrites what was written meanwhile (measured with 2.1.329). So that file
//! is looked at once more, and changed again if it is as it was.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use crate::clients::{self, Document};
use crate::config::put_server;
use crate::secret::Secret;
use crate::store;
use crate::vault::{self, Vault};

use super::copies::{Copies, Copy, Group};
use super::three_way::is_same;
use super::{Adoption, Error, FileChange, Grant, NewEntry};

/// How often a file is changed that somebody overwrites.
const ATTEMPTS: usize = 3;

/// How long a client that has read a file before it was changed may take to write it.
const SETTLING: Duration = Duration::from_millis(250);

/// What became of it.
#[derive(Debug, Default)]
pub struct Carried {
    /// The files that were changed.
    pub changed: Vec<PathBuf>,
    /// Those among them that were changed more than once, because somebody else overwrote them.
    pub overwritten: Vec<PathBuf>,
    /// Those that were not, and why.
    pub failed: Vec<(PathBuf, clients::Error)>,
}

impl Adoption {
    /// Sees that what is stored can be opened again, stores the secrets, then changes one file after the other. A file that can not be changed stops
    /// no other.
    ///
    /// # Errors
    /// [`Error`] when entries, sealed copies or permissions can not be written; then the files that
    /// were not reached are as they were.
    pub fn carry_out(
        &self,
        vault: &Vault<'_>,
        copies: &Copies<'_>,
        settings: &Path,
    ) -> Result<Carried, Error> {
        copies.follow(vault)?;
        copies.prove()?;
        self.store(vault)?;
        let made = copies.made()?;
        let mut carried = Carried::default();
        for change in &self.files {
            let path = change.file.path.clone();
            match change.carry_out(copies, &self.grants, &made, settings) {
                Ok(attempts) => {
                    carried.overwritten.extend((attempts > 1).then(|| path.clone()));
                    carried.changed.push(path);
                }
                Err(Error::File(error)) => carried.failed.push((path, error)),
                Err(error) => return Err(error),
            }
        }
        Ok(carried)
    }

    fn store(&self, vault: &Vault<'_>) -> Result<(), Error> {
        let count = self.entries.len();
        let entries = if count == 1 { "entry" } else { "entries" };
        vault.edit(&format!("Adopt {count} {entries} from clients of MCP servers."), |edit| {
            for NewEntry { name, entry } in &self.entries {
                let store = vault.store();
                // Made by somebody else since it was planned: the reference would name that one.
                if store.cipher_of(name).map_err(vault::Error::from)?.is_some() {
                    let exists = store::Error::EntryExists(name.clone());
                    return Err(vault::Error::from(exists).into());
                }
                edit.write(name, entry)?;
            }
            Ok::<(), Error>(())
        })
    }
}

impl FileChange {
    /// Changes the file, and says how many attempts that took.
    fn carry_out(
        &self,
        copies: &Copies<'_>,
        grants: &[Grant],
        made: &BTreeSet<String>,
        settings: &Path,
    ) -> Result<usize, Error> {
        for attempt in 1..=ATTEMPTS {
            self.write(copies, grants, made, settings)?;
            if !self.file.is_shared() || self.has_stayed()? {
                return Ok(attempt);
            }
        }
        Err(clients::Error::Overwritten(self.file.path.clone()).into())
    }

    /// Whether nobody has put back what was changed, a moment later.
    fn has_stayed(&self) -> Result<bool, clients::Error> {
        thread::sleep(SETTLING);
        Ok(!self.is_still_meant(&self.file.again()?.document))
    }

    fn write(
        &self,
        copies: &Copies<'_>,
        grants: &[Grant],
        made: &BTreeSet<String>,
        settings: &Path,
    ) -> Result<(), Error> {
        let held = self.file.hold()?;
        let present = &held.file.document;
        if !self.is_still_meant(present) {
            return Err(clients::Error::Changed(self.file.path.clone()).into());
        }
        let adopted = held.file.edited(&self.edits)?;
        copies.keep(&Copy {
            client: self.file.client,
            path: self.file.path.clone(),
            groups: self.counted(made),
            original: same(present),
            adopted: same(&adopted),
        })?;
        let granted = |grant: &&Grant| {
            self.groups.iter().any(|group| group.grant.as_ref() == Some(&grant.name))
        };
        for grant in grants.iter().filter(granted) {
            put_server(settings, &grant.name, &grant.server)?;
        }
        Ok(held.write(adopted.bytes())?)
    }

    /// What is done, with permissions that an earlier adoption made counted as made: the last one that
    /// is undone takes them away.
    fn counted(&self, made: &BTreeSet<String>) -> Vec<Group> {
        let mut groups = self.groups.clone();
        for group in &mut groups {
            group.is_new |= group.grant.as_ref().is_some_and(|grant| made.contains(grant));
        }
        groups
    }

    /// Whether everything that is to be changed is as it was when it was shown. Elsewhere a client may
    /// have written meanwhile.
    fn is_still_meant(&self, present: &Document) -> bool {
        let mut places = self.groups.iter().flat_map(|group| &group.places);
        places.all(|place| is_same(&self.file.document, present, place))
    }
}

fn same(document: &Document) -> Secret {
    // EXPOSE: copied from one secret to another.
    Secret::copy_from(document.bytes().expose())
}
