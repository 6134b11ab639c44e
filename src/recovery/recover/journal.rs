//! How far a recovery has come, so that whoever repeats it goes on instead of beginning anew.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::recovery::Error;
use crate::snapshot::{Repository, SnapshotId};
use crate::sys;

/// The journal is smaller (bytes).
const LIMIT: usize = 1024 * 1024;

/// The version that this program writes and reads.
const VERSION: u32 = 1;

/// What was begun, and what of it need not be done again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Journal {
    version: u32,
    repository: String,
    /// From which snapshot.
    pub snapshot: String,
    /// When; the new repository is called after it.
    pub began: Timestamp,
    /// Whether the files are back: to bring them back again would undo what came after.
    pub restored: bool,
}

impl Journal {
    /// One that has done nothing yet.
    #[must_use]
    pub fn new(repository: &Repository<'_>, snapshot: SnapshotId, began: Timestamp) -> Self {
        Self {
            version: VERSION,
            repository: repository.id().to_string(),
            snapshot: snapshot.to_string(),
            began,
            restored: false,
        }
    }

    /// The one of a recovery that has not ended; `None` where none has begun.
    ///
    /// # Errors
    /// [`Error::BadJournal`]; what the file system says.
    pub fn read(state_folder: &Path) -> Result<Option<Self>, Error> {
        let path = file(state_folder);
        let Some(bytes) = sys::read(&path, LIMIT)? else {
            return Ok(None);
        };
        let read: Option<Self> = serde_json::from_slice(&bytes).ok();
        let journal = read.filter(|journal| journal.version == VERSION);
        journal.map(Some).ok_or_else(|| Error::BadJournal(path.display().to_string()))
    }

    /// Whether it is about this repository.
    ///
    /// # Errors
    /// [`Error::Begun`].
    pub fn expect(&self, repository: &Repository<'_>, state_folder: &Path) -> Result<(), Error> {
        if self.repository == repository.id().to_string() {
            Ok(())
        } else {
            Err(Error::Begun(file(state_folder).display().to_string()))
        }
    }

    /// From which snapshot, for whoever looks it up.
    ///
    /// # Errors
    /// [`Error::BadJournal`].
    pub fn snapshot_id(&self, state_folder: &Path) -> Result<SnapshotId, Error> {
        let bad = |_| Error::BadJournal(file(state_folder).display().to_string());
        self.snapshot.parse().map_err(bad)
    }

    /// Writes it down, before what it says is relied on.
    ///
    /// # Errors
    /// What the file system says.
    pub fn write(&self, state_folder: &Path) -> Result<(), Error> {
        sys::create_folder(state_folder)?;
        let bytes = serde_json::to_vec(self).expect("texts can be written");
        Ok(sys::write_private(&file(state_folder), &bytes)?)
    }

    /// It has ended.
    ///
    /// # Errors
    /// What the file system says.
    pub fn end(state_folder: &Path) -> Result<(), Error> {
        Ok(sys::remove(&file(state_folder))?)
    }
}

fn file(state_folder: &Path) -> PathBuf {
    state_folder.join("recovery.json")
}

#[cfg(test)]
mod tests {
    use crate::crypto::Signer;
    use crate::storage::Memory;

    use super::*;

    #[test]
    fn is_read_back_and_is_about_one_repository() {
        let (place, signer) =
            (tempfile::tempdir().expect("a folder"), Signer::from_seed(&[1; 32], "x"));
        let (one, other) = (Memory::default(), Memory::default());
        let one = Repository::init(&one, &signer).expect("makes");
        let other = Repository::init(&other, &signer).expect("makes");
        let id = "20261128T170000Z-000007".parse().expect("is one");
        let journal = Journal { restored: true, ..Journal::new(&one, id, Timestamp::UNIX_EPOCH) };
        assert_eq!(Journal::read(place.path()).expect("reads"), None);
        journal.write(place.path()).expect("writes");
        assert_eq!(Journal::read(place.path()).expect("reads"), Some(journal.clone()));
        assert!(journal.expect(&one, place.path()).is_ok());
        assert_eq!(journal.snapshot_id(place.path()).expect("is one"), id);
        let bad = Journal { snapshot: "x".to_owned(), ..journal.clone() };
        assert!(matches!(bad.snapshot_id(place.path()), Err(Error::BadJournal(_))));
        assert!(matches!(journal.expect(&other, place.path()), Err(Error::Begun(_))));
        sys::write_private(&place.path().join("recovery.json"), b"{}").expect("writes");
        assert!(matches!(Journal::read(place.path()), Err(Error::BadJournal(_))));
        Journal::end(place.path()).expect("removes");
        assert_eq!(Journal::read(place.path()).expect("reads"), None);
    }
}
