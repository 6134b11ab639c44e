//! The history of a store, as its git repository keeps it.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::store::{History, HistoryError};
use crate::sys::PrivateUmask;

use super::repository::Git;
use super::{Author, Error, leftovers};

/// The history of the store at a folder: its git repository, if it has one. A repository that
/// merely encloses the store is not its history.
pub struct GitHistory {
    root: PathBuf,
    author: Author,
}

impl GitHistory {
    /// Nothing is opened before something is to be recorded, so that reading stays quick.
    #[must_use]
    pub fn new(root: &Path, author: Author) -> Self {
        Self { root: root.to_owned(), author }
    }
}

impl History for GitHistory {
    fn record(&self, paths: &[PathBuf], subject: &str) -> Result<(), HistoryError> {
        let _umask = PrivateUmask::begin();
        match Git::open(&self.root)? {
            Some(git) => Ok(git.record(paths, subject, &self.author)?),
            None => Ok(()),
        }
    }

    fn recover(&self, begun: Timestamp) -> Result<(), HistoryError> {
        match Git::open(&self.root)? {
            Some(git) => Ok(leftovers::clear(&git, begun).map_err(Error::from)?),
            None => Ok(()),
        }
    }
}
