//! Changes to entries, prepared one by one and carried out together.

use std::path::{Path, PathBuf};

use crate::audit::{Action, Event};
use crate::crypto::{Recipients, Sealed};
use crate::store::{self, Name, RecipientsFile};
use crate::sys::{self, FileError, Folder};

use super::journal::Step;
use super::{Entry, Error, Vault};

/// What one edit will do. Nothing is touched until [`Vault::edit`] carries it out.
pub struct Edit<'v, 'k> {
    vault: &'v Vault<'k>,
    changes: Vec<Change>,
}

/// One file to be changed.
struct Change {
    /// What the log calls it.
    subject: String,
    file: PathBuf,
    /// `None` removes the file.
    content: Option<Content>,
}

/// What a file of the store may hold.
enum Content {
    Entry(Sealed<Vec<u8>>),
    Recipients(String),
}

impl Content {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Entry(sealed) => sealed.body(),
            Self::Recipients(text) => text.as_bytes(),
        }
    }
}

impl<'v, 'k> Edit<'v, 'k> {
    pub(super) fn new(vault: &'v Vault<'k>) -> Self {
        Self { vault, changes: Vec::new() }
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
        store.check_place(name)?;
        let to = store.recipients_for(name)?;
        let present = store.cipher_of(name)?;
        let sealed = self.vault.keyring().seal(&to.recipients, entry.bytes());
        let sealed = sealed.map_err(|source| Error::Entry { name: name.clone(), source })?;
        self.change(name, name.file(to.cipher()), Some(Content::Entry(sealed)));
        if let Some(other) = present.filter(|present| *present != to.cipher()) {
            self.change(name, name.file(other), None);
        }
        Ok(())
    }

    /// Has the entry removed.
    ///
    /// # Errors
    /// When there is no such entry.
    pub fn remove(&mut self, name: &Name) -> Result<(), Error> {
        let store = self.vault.store();
        store.check_place(name)?;
        let cipher = store.cipher_of(name)?;
        let cipher = cipher.ok_or_else(|| store::Error::NoEntry(name.clone()))?;
        self.change(name, name.file(cipher), None);
        Ok(())
    }

    /// Has the store encrypted to `recipients` from now on; for a store that has none yet.
    ///
    /// # Errors
    /// [`store::Error::StoreExists`].
    pub fn found(&mut self, recipients: &Recipients) -> Result<(), Error> {
        self.vault.store().check_is_new()?;
        let file = RecipientsFile::file_name(recipients.cipher());
        let text = RecipientsFile::render(recipients);
        self.change(file, PathBuf::from(file), Some(Content::Recipients(text)));
        Ok(())
    }

    fn change(&mut self, subject: impl ToString, file: PathBuf, content: Option<Content>) {
        self.changes.push(Change { subject: subject.to_string(), file, content });
    }

    /// What the log is told: that each change was done, or tried.
    pub(super) fn events(&self, verdict: fn(Action, &str) -> Event) -> Vec<Event> {
        let action = |change: &Change| {
            if change.content.is_some() { Action::Write } else { Action::Remove }
        };
        self.changes.iter().map(|change| verdict(action(change), &change.subject)).collect()
    }

    /// The intention, with a name for each file to be staged.
    pub(super) fn step(&self, subject: &str) -> Step {
        let staged = |change: &Change| {
            change.file.with_file_name(format!(".vaultctl-{}.tmp", sys::random_hex(8)))
        };
        Step {
            subject: subject.to_owned(),
            paths: self.changes.iter().map(|change| change.file.clone()).collect(),
            staged: self
                .changes
                .iter()
                .filter(|change| change.content.is_some())
                .map(staged)
                .collect(),
        }
    }

    /// Writes all new files beside the old ones, then moves each into place.
    pub(super) fn carry_out(&self, folder: &Folder, step: &Step) -> Result<(), FileError> {
        let written = || {
            self.changes.iter().filter_map(|change| Some((&change.file, change.content.as_ref()?)))
        };
        for ((file, content), staged) in written().zip(&step.staged) {
            folder.create_folder(parent(file))?;
            folder.stage(staged, content.bytes())?;
        }
        for ((file, _), staged) in written().zip(&step.staged) {
            folder.place(staged, file)?;
        }
        for change in self.changes.iter().filter(|change| change.content.is_none()) {
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
