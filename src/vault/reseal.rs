//! Encrypting anew what is stored already: to other recipients, or in another place.

use crate::audit::{Action, Event};
use crate::crypto::{self, Cipher, Recipients, Sealed};
use crate::keys::Keyring;
use crate::store::{self, EntryFile, Name, RecipientsFile};
use crate::sys::{self, Kind};

use super::plan::{Change, Content};
use super::{Edit, Error, Transfer};

/// An entry that was, or could not be, encrypted anew.
pub struct Resealed {
    /// What it is called now.
    pub name: Name,
    /// To whom: the OpenPGP ids of the keys, or the age recipients.
    pub to: Vec<String>,
    /// That it was done, or why not; then it stays as it is.
    pub outcome: Result<(), Error>,
}

/// Which entries are encrypted anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// All of them.
    All,
    /// Those that can be seen not to be encrypted to their folder's recipients. An age file does not
    /// tell for whom it is, so none of those is.
    Differing,
}

/// An entry to be encrypted anew.
pub(super) struct Job {
    /// Its file as it is now.
    pub(super) file: EntryFile,
    /// What it is called now, and will be.
    pub(super) from: Name,
    pub(super) name: Name,
    pub(super) to: RecipientsFile,
}

impl Edit<'_, '_> {
    /// Encrypts entries anew to the recipients of their folders; many at once. Entries that are links
    /// are left as they are (pass 1.7.4, `reencrypt_path`).
    ///
    /// # Errors
    /// When a folder's recipients can not be told, or the log not be written. An entry that can not
    /// be decrypted or encrypted is told by its own outcome.
    pub fn reencrypt(&mut self, names: &[Name], which: Which) -> Result<Vec<Resealed>, Error> {
        let mut jobs = Vec::new();
        for name in names {
            // What a link leads to may be for others than the folder that the link is in.
            let Some(job) = self.job(name, name)? else {
                continue;
            };
            let wanted = which == Which::All || self.differs(&job, Some(&job.to))?;
            jobs.extend(wanted.then_some(job));
        }
        self.reseal(jobs, Transfer::Move)
    }

    /// `None` for an entry that is a link: it has no content of its own.
    pub(super) fn job(&self, from: &Name, name: &Name) -> Result<Option<Job>, Error> {
        let store = self.vault.store();
        for cipher in Cipher::ALL {
            if store.folder().kind_itself(&from.file(cipher))? == Some(Kind::Link) {
                return Ok(None);
            }
        }
        let cipher = store.cipher_of(from)?;
        let cipher = cipher.ok_or_else(|| store::Error::NoEntry(from.clone()))?;
        self.job_of(from.clone(), name.clone(), cipher).map(Some)
    }

    pub(super) fn job_of(&self, from: Name, name: Name, cipher: Cipher) -> Result<Job, Error> {
        let to = self.recipients_for(&name)?;
        let bytes = self.vault.store().read_file(&from.file(cipher))?;
        let bytes = bytes.ok_or_else(|| store::Error::NoEntry(from.clone()))?;
        Ok(Job { file: EntryFile { cipher, bytes }, from, name, to })
    }

    /// Whether an entry needs to be encrypted anew; `before` are the recipients that its folder had
    /// when it was written, as far as is known.
    pub(super) fn differs(
        &self,
        job: &Job,
        before: Option<&RecipientsFile>,
    ) -> Result<bool, Error> {
        match (job.file.cipher, &job.to.recipients) {
            (Cipher::OpenPgp, Recipients::OpenPgp(ids)) => {
                let wanted = self.vault.keyring().encryption_keys(ids)?;
                // What can not be read is reported when it is opened.
                Ok(crypto::openpgp_key_ids(&job.file.bytes).ok() != Some(wanted))
            }
            (Cipher::Age, to @ Recipients::Age(_)) => {
                Ok(before.is_none_or(|before| before.recipients != *to))
            }
            _ => Ok(true),
        }
    }

    /// Opens and seals all of them, and plans what comes of it.
    pub(super) fn reseal(&mut self, jobs: Vec<Job>, how: Transfer) -> Result<Vec<Resealed>, Error> {
        let keyring = self.vault.keyring();
        let sealed = sys::in_parallel(&jobs, sys::processors(), |job| anew(keyring, job));
        let events: Vec<Event> =
            jobs.iter().zip(&sealed).map(|(job, sealed)| event(job, sealed)).collect();
        self.vault.log_read(&events)?;
        let mut done = Vec::new();
        for (job, sealed) in jobs.into_iter().zip(sealed) {
            let to = self.keys_of(&job.to.recipients)?;
            let name = job.name.clone();
            done.push(Resealed {
                name,
                to,
                outcome: sealed.map(|sealed| self.replace(job, sealed, how)),
            });
        }
        Ok(done)
    }

    fn replace(&mut self, job: Job, sealed: Sealed<Vec<u8>>, how: Transfer) {
        let (before, after) = (job.from.file(job.file.cipher), job.name.file(job.to.cipher()));
        self.put(after.clone(), Content::Entry(sealed));
        if before != after && how == Transfer::Move {
            self.plan.add(Change::Remove(before));
        }
    }

    fn keys_of(&self, recipients: &Recipients) -> Result<Vec<String>, Error> {
        match recipients {
            Recipients::Age(all) => Ok(all.iter().map(ToString::to_string).collect()),
            Recipients::OpenPgp(ids) => Ok(self.vault.keyring().encryption_keys(ids)?),
        }
    }
}

fn anew(keyring: &Keyring<'_>, job: &Job) -> Result<Sealed<Vec<u8>>, Error> {
    let opened = keyring.open(job.file.cipher, &job.file.bytes);
    let sealed = opened.and_then(|plaintext| keyring.seal(&job.to.recipients, &plaintext));
    sealed.map_err(|source| Error::Entry { name: job.from.clone(), source })
}

fn event<T>(job: &Job, sealed: &Result<T, Error>) -> Event {
    let verdict = if sealed.is_ok() { Event::ok } else { Event::failed };
    verdict(Action::Read, job.from.as_str())
}
