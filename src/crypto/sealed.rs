//! The proof that something is ciphertext, and to whom.

use super::{Digest, Recipient};

/// Ciphertext, and nothing else: only this room makes one.
#[derive(Debug)]
pub struct Sealed<T> {
    body: T,
    digest: Digest,
    size: u64,
}

impl<T> Sealed<T> {
    pub(super) fn new(body: T, digest: Digest, size: u64) -> Self {
        Self { body, digest, size }
    }

    /// SHA-256 of the ciphertext.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// Length of the ciphertext in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The ciphertext.
    pub fn body(&self) -> &T {
        &self.body
    }

    /// The ciphertext, given away.
    pub fn into_body(self) -> T {
        self.body
    }
}

/// How an entry is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cipher {
    /// age-encryption.org/v1.
    Age,
    /// OpenPGP (RFC 9580), private keys in gpg-agent.
    OpenPgp,
}

impl Cipher {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Age, Self::OpenPgp];

    /// The ending of an entry's file, with its dot.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Age => ".age",
            Self::OpenPgp => ".gpg",
        }
    }
}

impl Recipients {
    /// How it is encrypted to them.
    #[must_use]
    pub fn cipher(&self) -> Cipher {
        match self {
            Self::Age(_) => Cipher::Age,
            Self::OpenPgp(_) => Cipher::OpenPgp,
        }
    }
}

/// To whom something is encrypted; one cipher at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recipients {
    /// age public keys.
    Age(Vec<Recipient>),
    /// What `gpg -r` takes: fingerprints, key ids, addresses, group names.
    OpenPgp(Vec<String>),
}
