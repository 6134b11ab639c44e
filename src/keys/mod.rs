//! Where identities and signers come from: files, a passphrase, gpg-agent.
//!
//! age identities are files of ours, in the clear or behind a passphrase. OpenPGP secret keys are
//! never touched: `gpg` and its agent do that work, pinentry and smartcards included. A [`Keyring`]
//! asks for nothing until something has to be opened, and then once.
//!
//! For OpenPGP, `gpg` is the reference and its settings and trust rules are the user's. `opening.rs`
//! and `sealing.rs` do without running it where the result is certain to be the same.

use std::sync::{Mutex, MutexGuard, PoisonError};

mod agent;
mod brought;
mod error;
mod gnupg_home;
mod gpg;
mod identity;
mod keyring;
mod known_keys;
mod listing;
mod opening;
mod passage;
mod recipients;
mod recovery;
mod sealing;
mod signatures;
mod signing;
mod speaker;

pub use brought::Brought;
pub use error::Error;
pub use keyring::{HandOver, Keyring};
pub use recovery::{Established, RecoveryIdentity};

/// A thread that panicked while it held a cache has left it as it was.
fn held<T>(cache: &Mutex<T>) -> MutexGuard<'_, T> {
    cache.lock().unwrap_or_else(PoisonError::into_inner)
}
