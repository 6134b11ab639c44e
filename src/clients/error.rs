//! What can go wrong with a client's file.

use std::path::PathBuf;

use crate::sys::FileError;

use super::{EditError, Malformed};

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It does not parse.
    #[error("`{}`, {fault}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Where and why.
        fault: Malformed,
    },
    /// It has gone, or it is a link that leads nowhere.
    #[error("there is no file at `{}`", .0.display())]
    Gone(PathBuf),
    /// Somebody else has written it meanwhile.
    #[error("`{}` was changed by another program meanwhile", .0.display())]
    Changed(PathBuf),
    /// Somebody else puts back what was changed, each time.
    #[error("`{}` is overwritten by another program each time it is changed", .0.display())]
    Overwritten(PathBuf),
    /// Its client holds its lock, and does not let go.
    #[error("`{}` is locked by its client", .0.display())]
    Locked(PathBuf),
    /// Its owner has taken the right to write away.
    #[error("`{}` is read-only", .0.display())]
    ReadOnly(PathBuf),
    /// A change can not be made in it.
    #[error("`{}`: {source}", path.display())]
    Edit {
        /// The file.
        path: PathBuf,
        /// What can not be changed.
        source: EditError,
    },
    /// The file system says no.
    #[error(transparent)]
    File(#[from] FileError),
}
