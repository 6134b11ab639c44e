//! What a writer is about to do, so that the next one can finish it.
//!
//! Written and synced before the first file changes, and again once all new files are staged; cleared
//! after the last step. Of a writer that dies before that second time nothing is left but staged
//! files, which are swept away; what one that dies later had not done yet is done for it. A step that
//! the history refuses stays here and is tried again by every later writer; it stops nobody.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::sys::{self, FileError};

use super::redo::Redo;

/// A journal larger than this is not one (bytes).
const LIMIT: usize = 64 * 1024 * 1024;

/// Steps that are not in the history yet.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Journal {
    /// Oldest first.
    pub(super) steps: Vec<Step>,
    /// When the writer began that wrote this, if it may have died since; none once it is settled.
    pub(super) begun: Option<Timestamp>,
    /// What that writer was doing once all of its files were staged; empty before that.
    #[serde(default)]
    pub(super) redo: Vec<Redo>,
}

/// The intention of one edit.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Step {
    /// What the history calls it.
    pub(super) subject: String,
    /// The files it changes, relative to the store's root.
    pub(super) paths: Vec<PathBuf>,
    /// The files it writes beside them first.
    pub(super) staged: Vec<PathBuf>,
}

impl Journal {
    /// What the writers before have left; empty when they finished. The file is replaced
    /// atomically, so one that can not be parsed is not ours, and is as good as none.
    pub(super) fn read(path: &Path) -> Result<Self, FileError> {
        let bytes = sys::read(path, LIMIT)?;
        let parsed = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        Ok(parsed.unwrap_or(Self { steps: Vec::new(), begun: None, redo: Vec::new() }))
    }

    /// Notes that somebody is at work from now on.
    pub(super) fn begin(&mut self, at: Timestamp, path: &Path) -> Result<(), FileError> {
        self.begun = Some(at);
        self.write(path)
    }

    /// Notes that all files are staged, and what is left to do. One file that goes to its place
    /// needs no note: it is old or new.
    pub(super) fn mark(&mut self, redo: &[Redo], path: &Path) -> Result<(), FileError> {
        if let [Redo::Place { .. }] = redo {
            return Ok(());
        }
        self.redo = redo.to_vec();
        self.write(path)
    }

    /// Notes that nobody is, and that what is left can wait.
    pub(super) fn settle(&mut self, path: &Path) -> Result<(), FileError> {
        (self.begun, self.redo) = (None, Vec::new());
        if self.steps.is_empty() { sys::remove(path) } else { self.write(path) }
    }

    fn write(&self, path: &Path) -> Result<(), FileError> {
        // A file that is no entry may have a name that is no text.
        let text = serde_json::to_vec(self);
        let text = text.map_err(|error| FileError::new("write", path, error.into()))?;
        sys::write_private(path, &text)
    }
}
