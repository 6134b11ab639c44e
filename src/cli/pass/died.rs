//! How a call of pass ends when it does not succeed.

use std::io;

use crate::keys;
use crate::store;
use crate::sys::{HelperError, PromptError, harmless};
use crate::vault;

use super::super::{Failure, ui};

/// What gpg ends with when it can not decrypt; pass hands it on.
const NOT_OPENED: u8 = 2;

/// The last words, on standard error, and the exit status.
#[derive(Debug)]
pub(super) struct Died {
    status: u8,
    words: String,
}

impl Died {
    /// pass's `die`.
    pub(super) fn new(words: impl Into<String>) -> Self {
        Self { status: 1, words: format!("{}\n", words.into()) }
    }

    /// What an AI agent is refused has the exit status that all our verbs give it.
    pub(super) fn refused(failure: &Failure) -> Self {
        let hint = failure.advice().map(|hint| format!("hint: {hint}\n")).unwrap_or_default();
        let words = format!("Error: {}\n{hint}", failure.message());
        Self { status: failure.code() as u8, words }
    }

    /// Words that were said already, or need none.
    pub(super) fn silent(status: u8) -> Self {
        Self { status, words: String::new() }
    }

    pub(super) fn tell(&self) -> u8 {
        let lines: Vec<String> = self.words.split('\n').map(harmless).collect();
        ui::say(&lines.join("\n"));
        self.status
    }
}

impl From<Failure> for Died {
    fn from(failure: Failure) -> Self {
        Self::new(format!("Error: {}", failure.message()))
    }
}

impl From<io::Error> for Died {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::Interrupted => Self::silent(130),
            _ => Failure::from(error).into(),
        }
    }
}

impl From<PromptError> for Died {
    fn from(error: PromptError) -> Self {
        match error {
            PromptError::Interrupted => Self::silent(130),
            other => Self::new(format!("Error: {other}")),
        }
    }
}

impl From<HelperError> for Died {
    fn from(error: HelperError) -> Self {
        Self::new(format!("Error: {error}"))
    }
}

impl From<store::Error> for Died {
    fn from(error: store::Error) -> Self {
        Self::new(format!("Error: {error}"))
    }
}

impl From<vault::Error> for Died {
    fn from(error: vault::Error) -> Self {
        match error {
            vault::Error::Entry { name, source } => not_opened(name.as_str(), &source),
            other => Self::new(format!("Error: {other}")),
        }
    }
}

fn not_opened(name: &str, error: &keys::Error) -> Died {
    Died { status: NOT_OPENED, words: format!("{name}: {error}\n") }
}
