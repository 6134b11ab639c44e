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
    /// An SSH key of a kind that age does not know.
    #[error("age can not encrypt to a key of the kind `{0}`")]
    UnusableRecipient(String),
    /// An RSA key that is too weak or too large.
    #[error("an RSA key of {0} bits is not taken")]
    RsaSize(&'static str),
    /// Recipients that must not share a file, and the labels that say so.
    #[error(
        "these recipients can not be mixed: some of them share a file only with others of `{0}`"
    )]
    MixedRecipients(String),
    /// A plugin that the local settings do not list; it is not run.
    #[error("it needs the age plugin `{0}`, which the settings do not list")]
    PluginNotListed(String),
    /// A plugin's recipient where no plugin is run.
    #[error("the age plugin `{0}` can not be run here: nobody might be there to talk to it")]
    PluginHere(String),
    /// A plugin did not decrypt.
    #[error("an age plugin could not decrypt it: {0}")]
    NotOpenedByPlugin(String),
    /// A plugin did not encrypt.
    #[error("an age plugin could not encrypt it: {0}")]
    NotSealedByPlugin(String),
    /// Only the plugin knows the public half of its key.
    #[error("an identity of the age plugin `{0}` does not tell its recipient")]
    NoRecipientOf(String),
    /// A key that a person has to unlock was not; the reason is of whoever asked.
    #[error(transparent)]
    StillLocked(super::Reason),
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
