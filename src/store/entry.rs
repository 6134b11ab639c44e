//! An entry as it lies in the tree: ciphertext.

use crate::crypto::{Cipher, Digest};

/// The file of one entry.
pub struct EntryFile {
    /// How it is encrypted, by its ending.
    pub cipher: Cipher,
    /// The ciphertext, as it was found; nothing of it has been checked.
    pub bytes: Vec<u8>,
}

impl EntryFile {
    /// SHA-256 of the ciphertext: which version this is.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of(&self.bytes)
    }
}
