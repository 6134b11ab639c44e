//! What can go wrong between a name and its plaintext.

use crate::store::{self, HistoryError, Name, NameError};
use crate::sys::{FileError, LockError};
use crate::{audit, keys};

use super::Address;

/// Names names and paths; never contents.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An entry that can not be decrypted, or not be encrypted.
    #[error("entry `{name}`: {source}")]
    Entry {
        /// Which one.
        name: Name,
        /// Why.
        source: keys::Error,
    },
    /// The entry has no such field.
    #[error("entry `{0}` has no field `{1}`")]
    NoField(Name, String),
    /// The entry's first line is empty, or there is none.
    #[error("entry `{0}` has an empty first line")]
    NoFirstLine(Name),
    /// The entry has no such line, or it is empty.
    #[error("entry `{0}` has nothing on line {1}")]
    NoLine(Name, usize),
    /// A new value that would not be read back as it is.
    #[error(
        "`{0}` can not hold this value as it is: it is empty, or has blanks around it, or the field's name has a colon or blanks"
    )]
    NotKept(Address),
    /// A new first line or field that is more than one line.
    #[error("the new value has more than one line")]
    ManyLines,
    /// The change is stored and is not part of the history yet.
    #[error("the change is stored, but was not recorded: {0}")]
    NotRecorded(#[from] HistoryError),
    /// The history can not be read.
    #[error("{0}")]
    History(HistoryError),
    /// There was no such entry after that step.
    #[error("there was no entry `{0}` in revision `{1}`")]
    NotThen(Name, String),
    /// The read or the write was not logged, so it was not done.
    #[error(transparent)]
    Audit(#[from] audit::Error),
    /// Somebody else writes.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The store said no.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// A key is missing.
    #[error(transparent)]
    Keys(#[from] keys::Error),
    /// The file system said no.
    #[error(transparent)]
    File(#[from] FileError),
}

impl From<NameError> for Error {
    fn from(error: NameError) -> Self {
        Self::Store(error.into())
    }
}
