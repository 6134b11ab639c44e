//! Secret text.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

use super::Secret;

/// Text that must not be seen: a passphrase, an identity in its printed form.
pub struct SecretText(SecretString);

impl SecretText {
    /// Copies text that the caller holds in the clear; the caller wipes its own.
    #[must_use]
    pub fn copy_from(text: &str) -> Self {
        // `Box<str>` from a `&str` allocates exactly once, at the right size.
        Self(SecretString::new(Box::from(text)))
    }

    /// The text. Each call carries an `EXPOSE:` comment that says why.
    #[must_use]
    pub fn expose(&self) -> &str {
        // EXPOSE: this is the one opening that all others go through.
        self.0.expose_secret()
    }

    /// The same text as bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Secret {
        Secret::copy_from(self.expose().as_bytes()) // EXPOSE: copied into the other secret type.
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.expose().is_empty() // EXPOSE: only the length is looked at.
    }
}

impl From<SecretString> for SecretText {
    fn from(text: SecretString) -> Self {
        Self(text)
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretText(…)")
    }
}
