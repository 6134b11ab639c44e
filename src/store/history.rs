//! Who remembers earlier states.

use std::path::PathBuf;

use jiff::Timestamp;

/// The memory of a store: every change becomes one step that can be told and undone.
///
/// Callers hold the store's lock around both methods.
pub trait History {
    /// Makes one step of what now stands at `paths` (relative to the store's root; a path that is
    /// gone is a removal). Doing so again changes nothing.
    ///
    /// # Errors
    /// [`HistoryError`]; then nothing was recorded, and the files stand as they are.
    fn record(&self, paths: &[PathBuf], subject: &str) -> Result<(), HistoryError>;

    /// Clears what a writer that was killed in the middle of [`History::record`] has left in the
    /// way; `begun` is when it began.
    ///
    /// # Errors
    /// [`HistoryError`] when it can not be cleared.
    fn recover(&self, begun: Timestamp) -> Result<(), HistoryError>;
}

/// Why a step was not recorded.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct HistoryError(pub String);
