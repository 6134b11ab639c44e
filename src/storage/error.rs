//! What can go wrong with a storage.

use std::io;

use crate::sys::FileError;

use super::ObjectName;

/// Why something could not be stored or had.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such object.
    #[error("`{0}` is missing")]
    NotFound(ObjectName),
    /// The name is in use, and objects are written once.
    #[error("`{0}` is there already")]
    Taken(ObjectName),
    /// Larger than such an object can be.
    #[error("`{0}` is larger than it can be")]
    TooLarge(ObjectName),
    /// The storage is not there, or does not answer.
    #[error("`{0}` can not be reached")]
    Unreachable(String),
    /// It is full.
    #[error("no space is left in `{0}`")]
    NoSpace(String),
    /// An object could not be read to its end.
    #[error("cannot read `{name}`: {source}")]
    Broken {
        /// Which one.
        name: ObjectName,
        /// Why.
        source: io::Error,
    },
    /// The file system refuses.
    #[error(transparent)]
    File(#[from] FileError),
}
