//! What is said: data on standard output, talk on standard error. The only file that prints.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::{Value, json};

use crate::secret::Secret;
use crate::sys::{StandardOutput, harmless};

use super::Failure;

/// Where a verb's words go.
#[derive(Clone, Copy)]
pub(super) struct Ui {
    pub(super) json: bool,
    pub(super) quiet: bool,
    /// Whether standard output is a terminal, and names from outside must be made harmless for it.
    pub(super) on_terminal: bool,
}

impl Ui {
    /// Raw data, as it is.
    pub(super) fn data(&self, bytes: &[u8]) -> Result<(), Failure> {
        Ok(StandardOutput.write_all(bytes)?)
    }

    /// A secret, because that is what was asked for.
    pub(super) fn reveal(&self, secret: &Secret) -> Result<(), Failure> {
        self.data(secret.expose()) // EXPOSE: the verb's purpose is to print it.
    }

    /// Secrets as texts for a value of `--json`, which is printed and kept nowhere else.
    pub(super) fn texts(&self, secrets: &[Secret]) -> Vec<String> {
        // EXPOSE: the verb's purpose is to print them.
        secrets.iter().map(|secret| String::from_utf8_lossy(secret.expose()).into_owned()).collect()
    }

    /// A line of data.
    pub(super) fn line(&self, line: &str) -> Result<(), Failure> {
        let line = if self.on_terminal { harmless(line) } else { line.to_owned() };
        self.data(format!("{line}\n").as_bytes())
    }

    /// A value as one line of JSON.
    pub(super) fn json(&self, value: &impl Serialize) -> Result<(), Failure> {
        let line = serde_json::to_string(value).map_err(io::Error::from)?;
        self.line(&line)
    }

    /// Something good to know, unless `--quiet`.
    pub(super) fn note(&self, text: &str) {
        if !self.quiet {
            self.tell("note", "", text);
        }
    }

    /// A line that belongs to a warning.
    pub(super) fn aside(&self, text: &str) {
        self.tell("detail", "  ", text);
    }

    /// Something that must be known.
    pub(super) fn warn(&self, text: &str) {
        self.tell("warning", "warning: ", text);
    }

    /// A line for a person, or with `--json` an event.
    fn tell(&self, kind: &str, prefix: &str, text: &str) {
        let text = harmless(text);
        if self.json {
            event(&json!({ "event": kind, "message": text }));
        } else {
            say(&format!("{prefix}{text}\n"));
        }
    }
}

/// With `--json`, what is said on standard error is one object a line.
pub(super) fn event(event: &Value) {
    say(&format!("{event}\n"));
}

/// Standard error, which nobody may be listening to.
pub(super) fn say(text: &str) {
    say_bytes(text.as_bytes());
}

/// Shows a secret on standard error, which has no buffer that would keep it.
pub(super) fn reveal_aside(secret: &Secret) {
    say_bytes(secret.expose()); // EXPOSE: it is shown once and kept nowhere.
}

/// The same, for what need not be text.
pub(super) fn say_bytes(bytes: &[u8]) {
    io::stderr().lock().write_all(bytes).ok();
}
