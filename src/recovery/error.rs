//! What keeps a drill from being one, and a recovery from its end.

use crate::sys::{FileError, HelperError};
use crate::{keys, snapshot, store, vault};

use super::report::Reason;

/// Names places, objects and programs; of what is in a snapshot at most names.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The snapshots.
    #[error(transparent)]
    Snapshot(#[from] snapshot::Error),
    /// Keys.
    #[error(transparent)]
    Keys(#[from] keys::Error),
    /// The store's entries.
    #[error(transparent)]
    Vault(#[from] vault::Error),
    /// The store's files.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// A recovery from elsewhere has begun here and is not finished.
    #[error("a recovery of another repository has begun here and is not finished: `{0}`")]
    Begun(String),
    /// What says how far a recovery has come can not be read.
    #[error("`{0}` does not say how far a recovery has come")]
    BadJournal(String),
    /// Our own files.
    #[error(transparent)]
    File(#[from] FileError),
    /// Another program can not be run.
    #[error(transparent)]
    Helper(#[from] HelperError),
    /// Stock tools that are not here.
    #[error("these programs are not on the PATH: {0}")]
    NoPrograms(String),
    /// A line of the sheet that did not do what it says.
    #[error("`{line}` failed: {said}")]
    Stock {
        /// Which line.
        line: String,
        /// What was said last.
        said: String,
    },
    /// What would be restored does not fit.
    #[error("`{place}` has room for {free} bytes, and {needed} may be needed")]
    NoRoom {
        /// Where.
        place: String,
        /// What there is.
        free: u64,
        /// What it may take.
        needed: u64,
    },
}

impl Error {
    /// What it says of the snapshots; nothing, where it is not about them.
    #[must_use]
    pub fn reason(&self) -> Option<Reason> {
        match self {
            Self::Snapshot(error) => Reason::of(error),
            Self::Stock { .. } => Some(Reason::StockTools),
            Self::Keys(_)
            | Self::Vault(_)
            | Self::Store(_)
            | Self::Begun(_)
            | Self::BadJournal(_)
            | Self::File(_)
            | Self::Helper(_)
            | Self::NoPrograms(_)
            | Self::NoRoom { .. } => None,
        }
    }
}
