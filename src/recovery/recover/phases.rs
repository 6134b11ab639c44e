//! How long it took until everything was back.

use std::time::{Duration, Instant};

/// A part of a recovery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Reaching the storage, and choosing a snapshot.
    Find,
    /// Looking at what it would change.
    Look,
    /// Bringing the files back.
    Restore,
    /// Making an identity and a signer.
    Keys,
    /// Encrypting the store's entries anew.
    Reencrypt,
    /// Beginning a new repository.
    Begin,
    /// Looking at what came back.
    Check,
}

impl Stage {
    /// One word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Find => "find",
            Self::Look => "look",
            Self::Restore => "restore",
            Self::Keys => "keys",
            Self::Reencrypt => "reencrypt",
            Self::Begin => "begin",
            Self::Check => "check",
        }
    }
}

/// How long each took. What a person needs for an answer does not count, but for a new passphrase.
#[derive(Debug, Default)]
pub struct Phases(Vec<(Stage, Duration)>);

impl Phases {
    /// Does `work`, and remembers how long that took.
    pub fn time<T>(&mut self, stage: Stage, work: impl FnOnce() -> T) -> T {
        let begun = Instant::now();
        let done = work();
        match self.0.iter_mut().find(|(known, _)| *known == stage) {
            Some((_, took)) => *took += begun.elapsed(),
            None => self.0.push((stage, begun.elapsed())),
        }
        done
    }

    /// Each one, in their order.
    pub fn iter(&self) -> impl Iterator<Item = (Stage, Duration)> + '_ {
        self.0.iter().copied()
    }

    /// All of them together.
    #[must_use]
    pub fn total(&self) -> Duration {
        self.0.iter().map(|(_, took)| *took).sum()
    }
}
