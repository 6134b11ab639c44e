//! What can go wrong on the way to a commit.

use crate::store::HistoryError;
use crate::sys::{FileError, HelperError, LockError};

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
    /// `git` did not sign a commit.
    #[error("git could not sign the commit: {0}")]
    NotSigned(String),
    /// `git` could not be run.
    #[error(transparent)]
    Helper(#[from] HelperError),
    /// There is no such commit.
    #[error("there is no revision `{0}` (a commit's name in hexadecimal, or its beginning)")]
    NoRevision(String),
    /// A folder has gone.
    #[error("there is no folder `{0}`")]
    NoFolder(String),
}

impl From<Error> for HistoryError {
    fn from(error: Error) -> Self {
        Self(error.to_string())
    }
}
