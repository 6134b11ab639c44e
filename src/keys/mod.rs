//! Where identities and signers come from: files, a passphrase, gpg-agent.
//!
//! age identities are files of ours, in the clear or behind a passphrase. OpenPGP secret keys are
//! never touched: `gpg` and its agent do that work, pinentry and smartcards included. A [`Keyring`]
//! asks for nothing until something has to be opened, and then once.

mod error;
mod gpg;
mod identity;
mod keyring;
mod recovery;
mod pending;
mod signing;

pub use error::Error;
pub use keyring::{HandOver, Keyring};
pub use recovery::{Established, RecoveryIdentity};
