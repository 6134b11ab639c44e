//! What is recorded.

use serde::{Deserialize, Serialize};

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// An entry was decrypted.
    Read,
    /// An entry was made or replaced.
    Write,
    /// An entry was removed.
    Remove,
    /// A program was launched with secrets.
    Exec,
    /// A snapshot was taken.
    Snapshot,
    /// A snapshot was restored.
    Restore,
    /// A snapshot was restored into a scratch home, looked at, and taken away again.
    Drill,
    /// A snapshot was removed, because newer ones are worth more.
    Prune,
    /// What was missing or damaged in a place for snapshots was copied there.
    Heal,
}

/// How it went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It was done.
    Ok,
    /// It was tried and failed.
    Failed,
}

/// One thing that happened to one subject.
#[derive(Clone, Debug)]
pub struct Event {
    /// What was done.
    pub action: Action,
    /// To what: an entry's name, a program, a snapshot.
    pub subject: String,
    /// How it went.
    pub outcome: Outcome,
}

impl Event {
    /// Something done.
    #[must_use]
    pub fn ok(action: Action, subject: &str) -> Self {
        Self { action, subject: subject.to_string(), outcome: Outcome::Ok }
    }

    /// Something tried.
    #[must_use]
    pub fn failed(action: Action, subject: &str) -> Self {
        Self { action, subject: subject.to_string(), outcome: Outcome::Failed }
    }
}
