//! The door.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;

use crate::audit::{Action, Event, Log};
use crate::crypto::{Cipher, Digest, Recipients};
use crate::keys::Keyring;
use crate::store::{
    self, EntryFile, History, HistoryError, Name, Reading, RecipientsFile, Store, Version,
};
use crate::sys::{self, Clock, Lock};

use super::journal::{Journal, Step};
use super::plan::Plan;
use super::redo::Redo;
use super::{Edit, Entry, Error};

/// How long a writer waits for the others.
const PATIENCE: Duration = Duration::from_secs(60);

/// How many entries are in memory at once.
const BATCH: usize = 256;

/// What a vault works with, besides store and history.
pub struct Desk<'a> {
    /// Opens and seals.
    pub keyring: &'a Keyring<'a>,
    /// Where reads and writes are logged.
    pub log: &'a Log,
    /// The time, for the log.
    pub clock: &'a dyn Clock,
    /// Where journals are kept.
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
        Self { store, history, desk }
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
        let opened = decrypt(self.desk.keyring, name, &file);
        self.log_read(&[read_event(name, &opened)])?;
        opened
    }

    /// Decrypts many entries at once, and hands each to `each`, in their order. That they were read,
    /// or tried, is in the log before `each` sees the first of a batch.
    ///
    /// # Errors
    /// What `each` says, which ends it; the log's errors. An entry that can not be read is told to
    /// `each`.
    pub fn read_many<E: From<Error>>(
        &self,
        names: &[Name],
        mut each: impl FnMut(&Name, Result<Entry, Error>) -> Result<(), E>,
    ) -> Result<(), E> {
        for batch in names.chunks(BATCH) {
            let (store, keyring) = (&self.store, self.desk.keyring);
            let opened =
                sys::in_parallel(batch, sys::processors(), |name| open(store, keyring, name));
            let events: Vec<Event> =
                batch.iter().zip(&opened).map(|(name, opened)| read_event(name, opened)).collect();
            self.log_read(&events)?;
            batch.iter().zip(opened).try_for_each(|(name, opened)| each(name, opened))?;
        }
        Ok(())
    }

    /// The steps that changed an entry, newest first, in whichever way it was encrypted then.
    ///
    /// # Errors
    /// What the history says.
    pub fn versions(&self, name: &Name) -> Result<Vec<Version>, Error> {
        let files = Cipher::ALL.map(|cipher| name.file(cipher));
        self.history.versions(&files).map_err(Error::History)
    }

    /// An entry as it was after the step that `revision` names; logged as a read.
    ///
    /// # Errors
    /// [`Error::NotThen`]; as [`Vault::read`]; what the history says.
    pub fn read_past(&self, name: &Name, revision: &str) -> Result<Entry, Error> {
        for cipher in Cipher::ALL {
            let past = self.history.content(&name.file(cipher), revision);
            if let Some(bytes) = past.map_err(Error::History)? {
                let opened = decrypt(self.desk.keyring, name, &EntryFile { cipher, bytes });
                self.log_read(&[read_event(name, &opened)])?;
                return opened;
            }
        }
        Err(Error::NotThen(name.clone(), revision.to_owned()))
    }

    /// To whom an entry is encrypted when it is written. Where the user wants recipients files to be
    /// signed, one that is not is refused.
    ///
    /// # Errors
    /// What the store says; what the keyring says of the signature and of passage's rules.
    pub fn recipients_for(&self, name: &Name) -> Result<RecipientsFile, Error> {
        let file = self.chosen_or(|| self.store.recipients_for(name))?;
        self.check_signed(&file, &|path| self.store.read_small(path))?;
        Ok(file)
    }

    /// What the user has chosen with `PASSWORD_STORE_KEY` comes before every file, of whichever
    /// cipher. Where no file says anything, passage's rules do, if the store is passage's: what the
    /// file that it lacks would say.
    pub(super) fn chosen_or(
        &self,
        find: impl FnOnce() -> Result<RecipientsFile, store::Error>,
    ) -> Result<RecipientsFile, Error> {
        let keyring = self.desk.keyring;
        if let Some(chosen) = keyring.chosen_recipients() {
            return Ok(RecipientsFile::at_root(chosen));
        }
        match find() {
            Err(store::Error::NoRecipients(name)) => {
                let passage = keyring.passage_recipients()?.map(Recipients::Age);
                let passage = passage.map(RecipientsFile::at_root);
                Ok(passage.ok_or(store::Error::NoRecipients(name))?)
            }
            found => Ok(found?),
        }
    }

    pub(super) fn check_signed(
        &self,
        file: &RecipientsFile,
        read: &Reading<'_>,
    ) -> Result<(), Error> {
        let signature = read(&file.signature())?;
        Ok(self.desk.keyring.check_signed(&file.bytes, signature.as_deref(), &file.path)?)
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

    /// Unlocks what an edit of the entry will need, so that a person who is asked for a passphrase
    /// does not keep other writers waiting.
    ///
    /// # Errors
    /// What the keyring says.
    pub fn unlock_for(&self, name: &Name) -> Result<(), Error> {
        if self.store.cipher_of(name)? == Some(Cipher::Age) {
            let locked = |source| Error::Entry { name: name.clone(), source };
            self.desk.keyring.unlock(&self.store.read(name)?.bytes).map_err(locked)?;
        }
        Ok(())
    }

    /// Prepares changes with `prepare`, then carries them out as one step called `subject`. While
    /// this runs no other writer does; if `prepare` fails, nothing was touched.
    ///
    /// # Errors
    /// What `prepare` says; [`Error::NotRecorded`] when the entries are stored but not in the
    /// history (the next edit tries again); see [`Error`].
    pub fn edit<T, E: From<Error>>(
        &self,
        subject: &str,
        prepare: impl FnOnce(&mut Edit<'_, 'a>) -> Result<T, E>,
    ) -> Result<T, E> {
        let waited = Lock::wait_on_folder(self.store.folder().path(), PATIENCE);
        let _lock = waited.map_err(Error::from)?;
        let journal = self.finish_what_was_begun()?;
        let mut edit = Edit::new(self, subject);
        let answer = prepare(&mut edit)?;
        if !edit.plan.is_empty() {
            self.carry_out(&edit.plan, journal)?;
        }
        Ok(answer)
    }

    fn carry_out(&self, plan: &Plan, mut journal: Journal) -> Result<(), Error> {
        let (path, before) = (self.journal_file(), journal.steps.len());
        let steps = plan.steps(&*self.history)?;
        journal.steps.extend(steps.iter().cloned());
        journal.begin(self.desk.clock.now(), &path)?;
        let done = self.change(plan, &steps, &mut journal);
        if done.is_err() {
            self.log_write(&plan.events(Event::failed)).ok();
            steps.iter().try_for_each(|step| self.sweep(step)).ok();
        }
        // After a failure too: what was moved into place is recorded, and what can not be recorded
        // now is in the journal, for the next writer.
        let recorded = self.record(&mut journal, before);
        journal.settle(&path)?;
        done?;
        Ok(recorded?)
    }

    fn change(&self, plan: &Plan, steps: &[Step], journal: &mut Journal) -> Result<(), Error> {
        self.log_write(&plan.events(Event::ok))?;
        let redo = plan.stage(self.store.folder(), steps)?;
        journal.mark(&redo, &self.journal_file())?;
        Ok(Redo::carry_out(&redo, self.store.folder(), plan.kept())?)
    }

    /// Records the journal's steps from `first` on; those that the history refuses stay in it.
    fn record(&self, journal: &mut Journal, first: usize) -> Result<(), HistoryError> {
        let mut ended = Ok(());
        for step in journal.steps.split_off(first) {
            let recorded = self.history.record(&step.paths, &step.subject);
            if recorded.is_err() {
                journal.steps.push(step);
            }
            ended = ended.and(recorded);
        }
        ended
    }

    /// Finishes for writers that were killed, and tries again what the history refused. What it
    /// still refuses is warned of and stays in the journal.
    fn finish_what_was_begun(&self) -> Result<Journal, Error> {
        let path = self.journal_file();
        let mut journal = Journal::read(&path)?;
        if journal.steps.is_empty() {
            return Ok(journal);
        }
        if let Some(begun) = journal.begun {
            self.carry_on(std::mem::take(&mut journal.redo), begun);
        }
        for step in &journal.steps {
            self.sweep(step)?;
        }
        if let Some(begun) = journal.begun {
            let paths: Vec<PathBuf> =
                journal.steps.iter().flat_map(|step| step.paths.clone()).collect();
            self.warn_of(self.history.recover(&paths, begun));
        }
        journal.begin(self.desk.clock.now(), &path)?;
        journal.steps.retain(|step| !self.warn_of(self.history.record(&step.paths, &step.subject)));
        journal.settle(&path)?;
        Ok(journal)
    }

    /// Does what a killed writer had not come to. Where that is not possible any more, it is said and
    /// left: it must not stop all later writers.
    fn carry_on(&self, redo: Vec<Redo>, begun: Timestamp) {
        let folder = self.store.folder();
        let due = Redo::still_due(redo, folder, begun);
        if let Err(error) = due.and_then(|due| Redo::carry_out(&due, folder, Path::new(""))) {
            (self.desk.warn)(&format!("an earlier change could not be finished: {error}"));
        }
    }

    /// Whether it went well; says so if it did not.
    fn warn_of(&self, done: Result<(), HistoryError>) -> bool {
        if let Err(error) = &done {
            (self.desk.warn)(&format!(
                "an earlier change is still missing in the history: {error}"
            ));
        }
        done.is_ok()
    }

    fn sweep(&self, step: &Step) -> Result<(), Error> {
        for staged in &step.staged {
            self.store.folder().remove(staged)?;
            self.store.folder().prune(staged.parent().unwrap_or(Path::new("")));
        }
        Ok(())
    }

    pub(super) fn log_read(&self, events: &[Event]) -> Result<(), Error> {
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

    /// By the store's path, so that several do not meet.
    fn journal_file(&self) -> PathBuf {
        let root = self.store.folder().path();
        let mut key = Digest::of(root.as_os_str().as_encoded_bytes()).to_string();
        key.truncate(16);
        self.desk.state_folder.join(format!("store-{key}.journal"))
    }
}

fn open(store: &Store, keyring: &Keyring<'_>, name: &Name) -> Result<Entry, Error> {
    decrypt(keyring, name, &store.read(name)?)
}

fn decrypt(keyring: &Keyring<'_>, name: &Name, file: &EntryFile) -> Result<Entry, Error> {
    let opened = keyring.open(file.cipher, &file.bytes);
    opened.map(Entry::new).map_err(|source| Error::Entry { name: name.clone(), source })
}

fn read_event<T>(name: &Name, opened: &Result<T, Error>) -> Event {
    let verdict = if opened.is_ok() { Event::ok } else { Event::failed };
    verdict(Action::Read, name.as_str())
}
