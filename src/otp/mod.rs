//! One-time passwords: from an `otpauth://` line of an entry to the code of the moment.
//!
//! The line is what QR codes of sites hold ("Key Uri Format" of Google Authenticator); where it
//! stands in an entry, and what a counter in it means, is as with `pass-otp`, so that both work on
//! one store. Codes are those of RFC 4226 (HOTP) and RFC 6238 (TOTP).
//!
//! Nothing here reads a clock or an entry: the time and the text are handed in. The key, the line
//! and the codes are secrets; an [`Error`] repeats none of them.

mod code;
mod entry;
mod error;
mod key;
mod uri;

pub use entry::{line, of, with_line};
pub use error::Error;

use crate::secret::{Secret, SecretText};

use code::Hash;

/// What a line describes.
pub struct Otp {
    /// What the codes follow.
    pub moving: Moving,
    /// Who issued the key, if the line says so.
    pub issuer: Option<String>,
    /// Whose key it is.
    pub account: String,
}

/// What the codes follow.
pub enum Moving {
    /// The time.
    Timed(Timed),
    /// How many codes were asked for.
    Counted(Counted),
}

/// A key whose codes follow the time (RFC 6238).
pub struct Timed {
    key: Key,
    period: u64,
}

/// A key whose codes follow a counter (RFC 4226).
pub struct Counted {
    key: Key,
    counter: u64,
    uri: SecretText,
}

/// What a code is made of, besides the moving part.
struct Key {
    bytes: Secret,
    hash: Hash,
    digits: u32,
}

/// A code, and how long it is good for.
pub struct Code {
    /// Its digits.
    pub digits: Secret,
    /// For how many seconds more.
    pub valid_for: u64,
}

/// The next code of a counted key, and the line that has to take the place of the old one before
/// the code is shown.
pub struct Step {
    /// Its digits.
    pub digits: Secret,
    /// The new line.
    pub uri: Secret,
}

impl Otp {
    /// Reads an `otpauth://` URI.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn parse(uri: &Secret) -> Result<Self, Error> {
        uri::parse(&uri.to_text().ok_or(Error::NotText)?)
    }
}

impl Timed {
    /// The code at a time, in seconds since 1970.
    #[must_use]
    pub fn at(&self, seconds: u64) -> Code {
        Code {
            digits: self.key.code(seconds / self.period),
            valid_for: self.period - seconds % self.period,
        }
    }
}

impl Counted {
    /// The next code. As `pass-otp` has it, the line holds the counter that was used last.
    ///
    /// # Errors
    /// [`Error::Exhausted`].
    pub fn next(&self) -> Result<Step, Error> {
        let counter = self.counter.checked_add(1).ok_or(Error::Exhausted)?;
        Ok(Step { digits: self.key.code(counter), uri: uri::with_counter(&self.uri, counter) })
    }
}

#[cfg(test)]
mod tests;
