//! Changes to entries, prepared one by one and carried out together.

use std::path::{Path, PathBuf};

use crate::audit::{Action, Event};
use crate::crypto::Sealed;
use crate::store::{self, Name};
use crate::sys::{self, FileError, Folder};

use super::journal::Journal;
use super::{Entry, Error, Vault};

/// What one edit will do. Nothing is touched until [`Vault::edit`] carries it out.
pub struct Edit<'v, 'k> {
    vault: &'v Vault<'k>,
    changes: Vec<Change>,
}

/// One file to be changed.
struct Change {
    name: Name,
    file: PathBuf,
    /// The new ciphertext; `None` removes the file.
    sealed: Option<Sealed<Vec<u8>>>,
}

impl<'v, 'k> Edit<'v, 'k> {
    pub(super) fn new(vault: &'v Vault<'k>) -> Self {
        Self {
            vault,
            changes: Vec::new(),
        }
    }

    /// The entry as it is now.
    ///
    /// # Errors
    /// As [`Vault::read`].
    pub fn read(&self, name: &Name) -> Result<Entry, Error> {
        self.vault.read(name)
    }

    /// Encrypts `entry` to the recipients of its folder, to be stored as `name`.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn write(&mut self, name: &Name, entry: &Entry) -> Result<(), Error> {
        let store = self.vault.store();
        let to = store.recipients_for(name)?;
        let present = store.cipher_of(name)?;
        let sealed = self.vault.keyring().seal(&to.recipients, entry.bytes());
        let sealed = sealed.map_err(|source| Error::Entry {
            name: name.clone(),
            source,
        })?;
        self.changes.push(Change {
            name: name.clone(),
            file: name.file(to.cipher()),
            sealed: Some(sealed),
        });
        if let Some(other) = present.filter(|present| *present != to.cipher()) {
            self.changes.push(Change {
                name: name.clone(),
                file: name.file(other),
                sealed: None,
            });
        }
        Ok(())
    }

    /// Has the entry removed.
    ///
    /// # Errors
    /// When there is no such entry.
    pub fn remove(&mut self, name: &Name) -> Result<(), Error> {
        let cipher = self.vault.store().cipher_of(name)?;
        let cipher = cipher.ok_or_else(|| store::Error::NoEntry(name.clone()))?;
        self.changes.push(Change {
            name: name.clone(),
            file: name.file(cipher),
            sealed: None,
        });
        Ok(())
    }

    pub(super) fn events(&self) -> Vec<Event> {
        let event = |change: &Change| match change.sealed {
            Some(_) => Event::ok(Action::Write, &change.name),
            None => Event::ok(Action::Remove, &change.name),
        };
        self.changes.iter().map(event).collect()
    }

    /// The intention, with a name for each file to be staged.
    pub(super) fn journal(&self, subject: &str) -> Journal {
        let staged = |change: &Change| {
            change
                .file
                .with_file_name(format!(".vaultctl-{}.tmp", sys::random_hex(8)))
        };
        Journal {
            subject: subject.to_owned(),
            paths: self
                .changes
                .iter()
                .map(|change| change.file.clone())
                .collect(),
            staged: self
                .changes
                .iter()
                .filter(|change| change.sealed.is_some())
                .map(staged)
                .collect(),
            only_unrecorded: false,
        }
    }

    /// Writes all new files beside the old ones, then moves each into place.
    pub(super) fn carry_out(&self, folder: &Folder, journal: &Journal) -> Result<(), FileError> {
        let written = || {
            self.changes
                .iter()
                .filter_map(|change| change.sealed.as_ref().map(|sealed| (&change.file, sealed)))
        };
        for ((file, sealed), staged) in written().zip(&journal.staged) {
            folder.create_folder(parent(file))?;
            folder.stage(staged, sealed.body())?;
        }
        for ((file, _), staged) in written().zip(&journal.staged) {
            folder.place(staged, file)?;
        }
        for change in self.changes.iter().filter(|change| change.sealed.is_none()) {
            folder.remove(&change.file)?;
            folder.prune(parent(&change.file));
        }
        Ok(())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }
}

fn parent(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new(""))
}
