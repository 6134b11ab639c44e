//! The door.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::audit::{Action, Event, Log};
use crate::crypto::Digest;
use crate::keys::Keyring;
use crate::store::{History, Name, Store};
use crate::sys::{Clock, Lock};

use super::journal::Journal;
use super::{Edit, Entry, Error};

/// How long a writer waits for the others.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a vault works with, besides store and history.
pub struct Desk<'a> {
    /// Opens and seals.
    pub keyring: &'a Keyring<'a>,
    /// Where reads and writes are logged.
    pub log: &'a Log,
    /// The time, for the log.
    pub clock: &'a dyn Clock,
    /// Where locks and journals are kept.
    pub state_folder: &'a Path,
    /// Whether a read that can not be logged is refused.
    pub audit_required: bool,
    /// Who hears that a read was not logged.
    pub warn: &'a dyn Fn(&str),
}

/// A store with its keys, its history and its log.
pub struct Vault<'a> {
    store: Store,
    history: Box<dyn History>,
    desk: Desk<'a>,
}

impl<'a> Vault<'a> {
    /// Puts the parts together.
    #[must_use]
    pub fn new(store: Store, history: Box<dyn History>, desk: Desk<'a>) -> Self {
        Self {
            store,
            history,
            desk,
        }
    }

    /// The tree of ciphertext.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    pub(super) fn keyring(&self) -> &Keyring<'a> {
        self.desk.keyring
    }

    /// Decrypts an entry. That it was read, or tried, is in the log before this returns.
    ///
    /// # Errors
    /// [`Error::Entry`]; a missing entry is [`Error::Store`].
    pub fn read(&self, name: &Name) -> Result<Entry, Error> {
        let file = self.store.read(name)?;
        let opened = self.desk.keyring.open(file.cipher, &file.bytes);
        let event = if opened.is_ok() {
            Event::ok
        } else {
            Event::failed
        }(Action::Read, name);
        self.log_read(&[event])?;
        opened.map(Entry::new).map_err(|source| Error::Entry {
            name: name.clone(),
            source,
        })
    }

    /// Which version of the entry there is; `None` when there is none.
    ///
    /// # Errors
    /// What the store says.
    pub fn version(&self, name: &Name) -> Result<Option<Digest>, Error> {
        match self.store.cipher_of(name)? {
            None => Ok(None),
            Some(_) => Ok(Some(self.store.read(name)?.digest())),
        }
    }

    /// Prepares changes with `prepare`, then carries them out as one step called `subject`. While
    /// this runs no other writer does; if `prepare` fails, nothing was touched.
    ///
    /// # Errors
    /// What `prepare` says; [`Error::NotRecorded`] when the entries are stored but not in the
    /// history (the next edit records them); see [`Error`].
    pub fn edit<T>(
        &self,
        subject: &str,
        prepare: impl FnOnce(&mut Edit<'_, 'a>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let _lock = Lock::wait(&self.state_file("lock"), PATIENCE)?;
        self.finish_what_was_begun()?;
        let mut edit = Edit::new(self);
        let answer = prepare(&mut edit)?;
        if !edit.is_empty() {
            self.carry_out(&edit, subject)?;
        }
        Ok(answer)
    }

    /// Makes one step of files that are no entries (recipients files) and stand already.
    ///
    /// # Errors
    /// [`Error::NotRecorded`]; [`Error::Lock`].
    pub fn record(&self, paths: &[PathBuf], subject: &str) -> Result<(), Error> {
        let _lock = Lock::wait(&self.state_file("lock"), PATIENCE)?;
        self.finish_what_was_begun()?;
        Ok(self.history.record(paths, subject)?)
    }

    fn carry_out(&self, edit: &Edit<'_, '_>, subject: &str) -> Result<(), Error> {
        let (path, mut journal) = (self.state_file("journal"), edit.journal(subject));
        journal.write(&path)?;
        let done = self
            .log_write(&edit.events())
            .and_then(|()| Ok(edit.carry_out(self.store.folder(), &journal)?));
        if let Err(error) = done {
            // What can not be taken back now is in the journal, for the next writer.
            self.take_back(&journal, &path).ok();
            return Err(error);
        }
        if let Err(error) = self.history.record(&journal.paths, &journal.subject) {
            journal.only_unrecorded = true;
            journal.write(&path)?;
            return Err(error.into());
        }
        Ok(crate::sys::remove(&path)?)
    }

    /// After a failure: no staged file stays behind, and what was moved into place is recorded.
    fn take_back(&self, journal: &Journal, path: &Path) -> Result<(), Error> {
        self.sweep(journal)?;
        self.history.record(&journal.paths, &journal.subject)?;
        Ok(crate::sys::remove(path)?)
    }

    fn finish_what_was_begun(&self) -> Result<(), Error> {
        let path = self.state_file("journal");
        let Some(journal) = Journal::read(&path)? else {
            return Ok(());
        };
        self.sweep(&journal)?;
        if !journal.only_unrecorded {
            self.history.recover().map_err(Error::Unfinished)?;
        }
        let recorded = self.history.record(&journal.paths, &journal.subject);
        recorded.map_err(Error::Unfinished)?;
        Ok(crate::sys::remove(&path)?)
    }

    fn sweep(&self, journal: &Journal) -> Result<(), Error> {
        for staged in &journal.staged {
            self.store.folder().remove(staged)?;
            self.store
                .folder()
                .prune(staged.parent().unwrap_or(Path::new("")));
        }
        Ok(())
    }

    fn log_read(&self, events: &[Event]) -> Result<(), Error> {
        match self.desk.log.append(self.desk.clock.now(), events, false) {
            Err(error) if self.desk.audit_required => Err(error.into()),
            Err(error) => {
                (self.desk.warn)(&format!("this read was not logged: {error}"));
                Ok(())
            }
            Ok(_) => Ok(()),
        }
    }

    fn log_write(&self, events: &[Event]) -> Result<(), Error> {
        self.desk.log.append(self.desk.clock.now(), events, true)?;
        Ok(())
    }

    /// A file of our own about this store; by the store's path, so that several do not meet.
    fn state_file(&self, ending: &str) -> PathBuf {
        let root = self.store.folder().path();
        let mut key = Digest::of(root.as_os_str().as_encoded_bytes()).to_string();
        key.truncate(16);
        self.desk.state_folder.join(format!("store-{key}.{ending}"))
    }
}
