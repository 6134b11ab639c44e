//! What the jobs of this machine left.

use crate::schedule::{Error, Name, Record, Records};

/// A job that has run, or is to.
#[derive(Debug)]
pub struct Job {
    /// What it is called.
    pub name: String,
    /// What it left; or why that can not be read.
    pub record: Result<Record, String>,
}

impl Job {
    /// All that have left something.
    ///
    /// # Errors
    /// When their folder can not be read.
    pub fn all(records: &Records) -> Result<Vec<Self>, Error> {
        let job = |name: Name| Self {
            record: records.read(&name).map_err(|error| error.to_string()),
            name: name.to_string(),
        };
        Ok(records.jobs()?.into_iter().map(job).collect())
    }

    /// What it is called.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// What it left, where that can be read.
    pub(super) fn record(&self) -> Option<&Record> {
        self.record.as_ref().ok()
    }
}
