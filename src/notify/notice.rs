//! What somebody is told.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It has begun.
    Started,
    /// All was done.
    Succeeded,
    /// Finished, with omissions that its own messages name.
    WithOmissions,
    /// It failed.
    Failed,
    /// It should have been done by now.
    Overdue,
}

/// What happened to a job. No secret is in it, and nothing that a terminal would obey.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Which job.
    pub job: String,
    /// On which machine.
    pub host: String,
    /// How it stands.
    pub outcome: Outcome,
    /// Its exit status, once it has one.
    pub status: Option<u8>,
    /// When.
    pub at: Timestamp,
    /// How long it took.
    pub took: Option<Duration>,
    /// Why it is so, in one line; the caller has made it harmless (`sys::harmless`).
    pub reason: Option<String>,
    /// What it counted, by name: `snapshots`, `objects`, `bytes`.
    pub numbers: BTreeMap<String, u64>,
}

/// A channel that could not be told, and why. Neither names an address or any other secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undelivered {
    /// Which one: its `name` in the settings, else its kind and position, as `webhook 2`.
    pub channel: String,
    /// Why, in one line.
    pub reason: String,
}
