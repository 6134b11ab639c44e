//! What can go wrong with keys and ciphertexts.

use std::io;

/// Never holds a key, a passphrase or a plaintext.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Encrypting to nobody.
    #[error("there is no recipient to encrypt to")]
    NoRecipients,
    /// A recipient that is none. It is not repeated: it may be a private key, put there by mistake.
    #[error("not an age recipient")]
    BadRecipient,
    /// An identity file without an identity, or with a line that is none.
    #[error("not an age identity file (line {0})")]
    BadIdentity(usize),
    /// The ciphertext is for other keys.
    #[error("it is encrypted to other keys than the identity that is here")]
    NoMatchingKey,
    /// The passphrase does not open it.
    #[error("wrong passphrase")]
    WrongPassphrase,
    /// Not what it should be: truncated, altered, with something behind it.
    #[error("the ciphertext is damaged: {0}")]
    Damaged(String),
    /// Text-armored; entries are binary, and an armor parser is one more thing to attack.
    #[error("it is armored text, and entries are binary")]
    Armored,
    /// No ciphertext at all.
    #[error("it is not {0} ciphertext")]
    NotCiphertext(&'static str),
    /// A signing key or signature file that can not be parsed.
    #[error("not a usable {what}: {reason}")]
    BadKey {
        /// What it should have been.
        what: &'static str,
        /// What the parser says.
        reason: String,
    },
    /// A signature that does not hold.
    #[error("{0}")]
    BadSignature(String),
    /// The source or the sink failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}
