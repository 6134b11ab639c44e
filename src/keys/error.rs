//! Why there is no key.

use std::path::PathBuf;

use crate::crypto;
use crate::sys::{FileError, HelperError, PromptError};

/// Names files and programs; never holds a key or a passphrase.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no identity file.
    #[error("there is no age identity at `{}`", .0.display())]
    NoIdentity(PathBuf),
    /// There are two, and neither was chosen.
    #[error("there are two age identities, `{}` and `{}`", .0.display(), .1.display())]
    TwoIdentities(PathBuf, PathBuf),
    /// The identity needs a passphrase and nobody can be asked.
    #[error("the identity `{}` is locked with a passphrase, and there is no terminal to ask for it", .0.display())]
    Locked(PathBuf),
    /// The identity was asked for before, and was not unlocked.
    #[error("the identity `{}` was not unlocked", .0.display())]
    NotUnlocked(PathBuf),
    /// What a person brought is not an identity, or not a whole one.
    #[error("that is not an age identity, or a letter of it is wrong")]
    NotBrought,
    /// There is no signing key.
    #[error("there is no signing key at `{}`", .0.display())]
    NoSigner(PathBuf),
    /// The file with our own public keys can not be used.
    #[error("recipients file `{}`, line {line}: {reason}", path.display())]
    BadRecipients {
        /// Which file.
        path: PathBuf,
        /// Which line, from 1.
        line: usize,
        /// Why.
        reason: crypto::Error,
    },
    /// A file that was named is not there.
    #[error("there is no recipients file at `{}`", .0.display())]
    NoRecipientsFile(PathBuf),
    /// Two answers that should have been the same.
    #[error("the two passphrases are not the same")]
    Mismatch,
    /// OpenPGP keys are the account's, and only what lies beside the settings may be used.
    #[error("OpenPGP keys are not used with settings outside the account's home")]
    NotHere,
    /// gpg did not decrypt.
    #[error("gpg could not decrypt it: {0}")]
    NotOpened(String),
    /// gpg did not encrypt.
    #[error("gpg could not encrypt it: {0}")]
    NotSealed(String),
    /// A signature that has to be there is not.
    #[error("the signature for `{}` does not exist", .0.display())]
    NotSigned(PathBuf),
    /// A signature does not hold, or is not of somebody who was named.
    #[error("the signature for `{}` is invalid", .0.display())]
    BadSigner(PathBuf),
    /// gpg did not sign.
    #[error("gpg could not sign it: {0}")]
    CannotSign(String),
    /// A file's content is not what it should be.
    #[error("`{}`: {reason}", path.display())]
    BadFile {
        /// Which file.
        path: PathBuf,
        /// Why.
        reason: crypto::Error,
    },
    /// Not opened, not sealed.
    #[error(transparent)]
    Crypto(#[from] crypto::Error),
    /// gpg could not be run.
    #[error(transparent)]
    Helper(#[from] HelperError),
    /// No answer.
    #[error(transparent)]
    Prompt(#[from] PromptError),
    /// The file system said no.
    #[error(transparent)]
    File(#[from] FileError),
}
