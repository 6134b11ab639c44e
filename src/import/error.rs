//! Why a source can not be imported.

use std::path::PathBuf;

use crate::store::NameError;
use crate::sys::FileError;
use crate::vault;

/// Names places in a file; never contents.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nothing is there.
    #[error("there is no file `{}`", .0.display())]
    Missing(PathBuf),
    /// It is something else.
    #[error("this is not {0}")]
    NotThis(&'static str),
    /// It is encrypted.
    #[error("this export is encrypted")]
    Encrypted,
    /// It does not follow its format.
    #[error("{format}, line {line}: {reason}")]
    Malformed {
        /// Which format.
        format: &'static str,
        /// Where.
        line: usize,
        /// What is wrong there.
        reason: &'static str,
    },
    /// An archive that can not be read.
    #[error("the zip archive is damaged: {0}")]
    Archive(&'static str),
    /// More than is read (bytes).
    #[error("it holds more than {0} bytes of data")]
    TooLarge(usize),
    /// More things than are read.
    #[error("it holds more than {0} things")]
    TooMany(usize),
    /// Nobody is logged in there.
    #[error("the GitHub CLI has no account for `{0}`")]
    NoAccount(String),
    /// A folder's name that can not be one.
    #[error("`--prefix`: {0}")]
    Prefix(NameError),
    /// The file system said no.
    #[error(transparent)]
    File(#[from] FileError),
    /// The vault said no.
    #[error(transparent)]
    Vault(#[from] vault::Error),
}
