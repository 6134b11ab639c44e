//! Secret bytes.

use std::fmt;

use secrecy::{ExposeSecret, SecretBox};
use zeroize::Zeroizing;

use super::{SecretBuffer, SecretText};

/// Bytes that must not be seen: an entry's plaintext, a key, a line typed without echo.
///
/// No `Display`, `Clone`, `PartialEq` or `Serialize`; `Debug` tells nothing, not even the length.
pub struct Secret(SecretBox<Vec<u8>>);

impl Secret {
    /// Copies bytes that the caller holds in the clear; the caller wipes its own.
    #[must_use]
    pub fn copy_from(bytes: &[u8]) -> Self {
        let mut buffer = SecretBuffer::new();
        buffer.push(bytes);
        buffer.into_secret()
    }

    pub(super) fn from_zeroizing(mut bytes: Zeroizing<Vec<u8>>) -> Self {
        // The allocation itself changes owner; nothing is copied.
        Self(SecretBox::new(Box::new(std::mem::take(&mut *bytes))))
    }

    /// The bytes. Each call carries an `EXPOSE:` comment that says why.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        // EXPOSE: this is the one opening that all others go through.
        self.0.expose_secret()
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.expose().is_empty() // EXPOSE: only the length is looked at.
    }

    /// How many bytes there are.
    #[must_use]
    pub fn size(&self) -> usize {
        self.expose().len() // EXPOSE: only the length is looked at.
    }

    /// Whether both hold the same bytes. Takes as long as it takes: both are already ours.
    #[must_use]
    pub fn is_same_as(&self, other: &Self) -> bool {
        self.expose() == other.expose() // EXPOSE: only compared.
    }

    /// The same bytes as text; `None` when they are not UTF-8.
    #[must_use]
    pub fn to_text(&self) -> Option<SecretText> {
        // EXPOSE: checked as UTF-8 and copied into the other secret type.
        std::str::from_utf8(self.expose()).ok().map(SecretText::copy_from)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_tells_nothing() {
        assert_eq!(format!("{:?}", Secret::copy_from(b"hunter2")), "Secret(…)");
    }
}
