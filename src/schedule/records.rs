//! What each job left: when it ran last, how that ended, what could not be done.
//!
//! One small file per job in the state folder, so that the next run, `schedule list`, `status` and
//! metrics know without asking anybody. Whoever looks from another machine asks the destination
//! instead: a record is a memory, and no proof.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::notify::Undelivered;
use crate::sys::{self, Lock, LockError};

use super::{Error, Name};

/// A larger file is no record of ours (bytes).
const FILE_LIMIT: usize = 256 * 1024;

/// The ending of a record's file name.
const ENDING: &str = ".json";

/// What a job left. Times are UTC; a time that is not there did not happen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Record {
    /// Since when it is to run by itself.
    pub since: Option<Timestamp>,
    /// When it began last.
    pub started: Option<Timestamp>,
    /// When it ended last; before `started` while it runs, or when it was killed.
    pub ended: Option<Timestamp>,
    /// The exit status of the last one that ended.
    pub status: Option<u8>,
    /// Why it was not 0, in one line that a terminal can bear.
    pub reason: Option<String>,
    /// When the last one began that ended with 0 or 3.
    pub succeeded: Option<Timestamp>,
    /// What it counted, by name.
    pub numbers: BTreeMap<String, u64>,
    /// Steps for which nobody here has the credentials or the key.
    pub left_out: Vec<LeftOut>,
    /// Whom it could not tell.
    pub undelivered: Vec<Undelivered>,
    /// Which share of a place's objects was compared last, by the place's name in the settings.
    pub shares: BTreeMap<String, u32>,
}

/// A step that was left out, as it would be typed, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// `snapshot prune --to cloud`
    pub step: String,
    /// One line.
    pub reason: String,
}

impl Record {
    /// Whether it has begun and not ended: it runs, or it was killed.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.started.is_some() && self.ended < self.started
    }
}

/// The records of all jobs of one user on one machine.
#[derive(Clone, Debug)]
pub struct Records {
    folder: PathBuf,
}

impl Records {
    /// Those in this state folder.
    #[must_use]
    pub fn of(state_folder: &Path) -> Self {
        Self { folder: state_folder.join("jobs") }
    }

    /// What the job left; nothing yet is an empty record.
    ///
    /// # Errors
    /// When the file can not be read, or is no record.
    pub fn read(&self, job: &Name) -> Result<Record, Error> {
        let path = self.path(job);
        match sys::read(&path, FILE_LIMIT)? {
            None => Ok(Record::default()),
            Some(bytes) => serde_json::from_slice(&bytes)
                .map_err(|error| Error::BadRecord { path, reason: error.to_string() }),
        }
    }

    /// Replaces what the job left.
    ///
    /// # Errors
    /// When it can not be written; then the old one stands.
    pub fn write(&self, job: &Name, record: &Record) -> Result<(), Error> {
        let path = self.path(job);
        let mut bytes = serde_json::to_vec_pretty(record)
            .map_err(|error| Error::BadRecord { path: path.clone(), reason: error.to_string() })?;
        bytes.push(b'\n');
        sys::create_folder(&self.folder)?;
        Ok(sys::write_private(&path, &bytes)?)
    }

    /// Every job that has left one, in the order of names.
    ///
    /// # Errors
    /// When the folder can not be read.
    pub fn jobs(&self) -> Result<Vec<Name>, Error> {
        if !sys::exists(&self.folder) {
            return Ok(Vec::new());
        }
        let files = sys::names_in(&self.folder)?;
        let names = files.iter().filter_map(|name| name.to_str()?.strip_suffix(ENDING));
        let mut jobs: Vec<Name> = names.filter_map(|name| name.parse().ok()).collect();
        jobs.sort();
        Ok(jobs)
    }

    /// Forgets everything.
    ///
    /// # Errors
    /// [`Error::Running`] while a job runs, which would write it again.
    pub fn clear(&self) -> Result<(), Error> {
        if !sys::exists(&self.folder) {
            return Ok(());
        }
        let jobs = self.jobs()?;
        let mut held = Vec::new();
        for job in &jobs {
            match Lock::wait(&self.lock(job), Duration::ZERO) {
                Err(LockError::Held(_)) => return Err(Error::Running(job.to_string())),
                lock => held.push(lock?),
            }
        }
        for name in sys::names_in(&self.folder)? {
            sys::remove(&self.folder.join(name))?;
        }
        sys::remove_if_empty(&self.folder);
        Ok(())
    }

    /// The file that is locked while the job runs.
    pub(super) fn lock(&self, job: &Name) -> PathBuf {
        self.folder.join(format!("{job}.lock"))
    }

    /// The file that is locked while any job runs.
    pub(super) fn turn(&self) -> PathBuf {
        self.folder.join("turn")
    }

    /// The folder of all of them.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    fn path(&self, job: &Name) -> PathBuf {
        self.folder.join(format!("{job}{ENDING}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_what_was_written() {
        let place = tempfile::tempdir().expect("a folder");
        let records = Records::of(place.path());
        let nightly: Name = "nightly".parse().expect("is a name");
        assert_eq!(records.read(&nightly).expect("nothing is there"), Record::default());
        assert!(records.jobs().expect("no folder is no job").is_empty());
        let record = Record {
            started: Some(Timestamp::UNIX_EPOCH),
            status: Some(3),
            numbers: [("bytes".to_owned(), 7)].into(),
            shares: [("nas".to_owned(), 20)].into(),
            ..Record::default()
        };
        records.write(&nightly, &record).expect("writes");
        assert_eq!(records.read(&nightly).expect("reads"), record);
        assert_eq!(records.jobs().expect("lists"), [nightly]);
        assert!(record.is_open());
    }

    #[test]
    fn fields_of_later_versions_are_passed_over_and_nonsense_is_told() {
        let place = tempfile::tempdir().expect("a folder");
        let records = Records::of(place.path());
        let job: Name = "a".parse().expect("is a name");
        records.write(&job, &Record::default()).expect("writes");
        sys::write_private(&records.path(&job), br#"{"status":1,"moon":"full"}"#).expect("writes");
        assert_eq!(records.read(&job).expect("reads").status, Some(1));
        sys::write_private(&records.path(&job), b"{").expect("writes");
        assert!(matches!(records.read(&job), Err(Error::BadRecord { .. })));
    }
}
