//! Who remembers earlier states.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

/// The memory of a store: every change becomes one step that can be told and undone.
///
/// Paths are relative to the store's root. Callers hold the store's lock around the methods that
/// write.
pub trait History {
    /// The folder whose history remembers `path`: a store may hold others' histories in its
    /// folders, and the innermost counts. `None` when nobody remembers it.
    ///
    /// # Errors
    /// [`HistoryError`] when it can not be told.
    fn home(&self, path: &Path) -> Result<Option<PathBuf>, HistoryError>;

    /// Makes one step, in each history concerned, of what now stands at `paths`; a path that is
    /// gone is a removal. Doing so again changes nothing.
    ///
    /// # Errors
    /// [`HistoryError`]; then the files stand as they are, and what was not recorded can be tried
    /// again.
    fn record(&self, paths: &[PathBuf], subject: &str) -> Result<(), HistoryError>;

    /// Clears what a writer that was killed in the middle of [`History::record`] of these paths has
    /// left in the way; `begun` is when it began.
    ///
    /// # Errors
    /// [`HistoryError`] when it can not be cleared.
    fn recover(&self, paths: &[PathBuf], begun: Timestamp) -> Result<(), HistoryError>;

    /// The steps that changed what stands at `paths` of one folder, newest first.
    ///
    /// # Errors
    /// [`HistoryError`] when they can not be read.
    fn versions(&self, paths: &[PathBuf]) -> Result<Vec<Version>, HistoryError>;

    /// What stood at `path` after the step that `revision` names (as [`Version::id`], or its
    /// beginning); `None` when nothing did.
    ///
    /// # Errors
    /// [`HistoryError`]; that there is no such step is one.
    fn content(&self, path: &Path, revision: &str) -> Result<Option<Vec<u8>>, HistoryError>;
}

/// Nobody remembers: for what belongs to one machine.
pub struct NoHistory;

impl History for NoHistory {
    fn home(&self, _: &Path) -> Result<Option<PathBuf>, HistoryError> {
        Ok(None)
    }

    fn record(&self, _: &[PathBuf], _: &str) -> Result<(), HistoryError> {
        Ok(())
    }

    fn recover(&self, _: &[PathBuf], _: Timestamp) -> Result<(), HistoryError> {
        Ok(())
    }

    fn versions(&self, _: &[PathBuf]) -> Result<Vec<Version>, HistoryError> {
        Ok(Vec::new())
    }

    fn content(&self, _: &Path, _: &str) -> Result<Option<Vec<u8>>, HistoryError> {
        Ok(None)
    }
}

/// One step in which files changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// Its full name, in hexadecimal.
    pub id: String,
    /// When it was made.
    pub at: Timestamp,
    /// By whom.
    pub author: String,
    /// What it was called.
    pub subject: String,
    /// Whether none of them is there after it.
    pub removed: bool,
}

/// Why a step was not recorded, or can not be told.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct HistoryError(pub String);
