//! Telling the channels of the settings what became of a job.

use crate::notify::{Notice, Undelivered};

use super::Session;

/// Tells every channel that wants to know, and warns of each that could not be told. Never fails.
pub(super) fn tell(_notice: &Notice, _session: &Session) -> Vec<Undelivered> {
    // The settings have no channels yet.
    Vec::new()
}
