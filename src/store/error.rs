//! What can be wrong with a store.

use std::path::PathBuf;

use crate::crypto;
use crate::sys::FileError;

use super::{Name, NameError};

/// Names names, paths and lines; never contents.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no store.
    #[error("there is no store at `{}`", .0.display())]
    NoStore(PathBuf),
    /// There is one already.
    #[error("there is already a store at `{}`", .0.display())]
    StoreExists(PathBuf),
    /// There is no such entry.
    #[error("there is no entry `{0}`")]
    NoEntry(Name),
    /// There is one already.
    #[error("there is already an entry `{0}`")]
    EntryExists(Name),
    /// There are two files for one name.
    #[error("`{0}` exists twice, as `.age` and as `.gpg`")]
    Ambiguous(Name),
    /// What is at an entry's place is no file.
    #[error("`{}` is not a file", .0.display())]
    NotAFile(PathBuf),
    /// A folder above is not one of this store's own.
    #[error("`{}` {reason}, and what is in it is not changed", folder.display())]
    Elsewhere {
        /// Which folder.
        folder: PathBuf,
        /// What it is instead.
        reason: &'static str,
    },
    /// No folder above says to whom to encrypt.
    #[error("neither `.age-recipients` nor `.gpg-id` says to whom `{0}` is encrypted")]
    NoRecipients(Name),
    /// One folder says two things.
    #[error("`{}` holds both an `.age-recipients` and a `.gpg-id`", .0.display())]
    TwoCiphers(PathBuf),
    /// A recipients file that can not be used.
    #[error("recipients file `{}`, line {line}: {reason}", path.display())]
    BadRecipients {
        /// Which file.
        path: PathBuf,
        /// Which line, from 1.
        line: usize,
        /// Why.
        reason: crypto::Error,
    },
    /// A recipients file that names nobody, or is no text.
    #[error("recipients file `{}` names nobody", .0.display())]
    NobodyIn(PathBuf),
    /// Not a name.
    #[error(transparent)]
    Name(#[from] NameError),
    /// The file system said no.
    #[error(transparent)]
    File(#[from] FileError),
}
