//! What a writer is about to do, so that the next one can finish it.
//!
//! Written and synced before the first file changes, removed after the last step. An entry's file
//! changes by one rename, so it is old or new whenever the writer dies; what may be missing then is
//! the step in the history, and what may be left are staged files and git's locks.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::sys::{self, FileError};

/// A journal larger than this is not one (bytes).
const LIMIT: usize = 64 * 1024 * 1024;

/// The intention of one edit.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Journal {
    /// The subject of its step in the history.
    pub(super) subject: String,
    /// The files it changes, relative to the store's root.
    pub(super) paths: Vec<PathBuf>,
    /// The files it writes beside them first.
    pub(super) staged: Vec<PathBuf>,
    /// Set once everything but the step in the history is known to be done, and the writer lives.
    pub(super) only_unrecorded: bool,
}

impl Journal {
    pub(super) fn write(&self, path: &Path) -> Result<(), FileError> {
        let text = serde_json::to_vec(self).expect("names and paths of entries are text");
        sys::write_private(path, &text)
    }

    /// What the last writer left; `None` when it finished. The file is replaced atomically, so one
    /// that can not be read is not ours: it is set aside by treating it as nothing.
    pub(super) fn read(path: &Path) -> Result<Option<Self>, FileError> {
        let bytes = sys::read(path, LIMIT)?;
        Ok(bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
    }
}
