//! What can go wrong on the way to a commit.

use crate::store::HistoryError;
use crate::sys::{FileError, LockError};

/// What the repository, or its files, did not allow.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// libgit2 said no.
    #[error("git: {}", .0.message())]
    Git(#[from] git2::Error),
    /// The file system said no.
    #[error(transparent)]
    File(#[from] FileError),
    /// Others were at work for too long.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// A folder has gone.
    #[error("there is no folder `{0}`")]
    NoFolder(String),
}

impl From<Error> for HistoryError {
    fn from(error: Error) -> Self {
        Self(error.to_string())
    }
}
