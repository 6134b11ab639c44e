//! What opens, and whose signature counts: both come from the paper.

use crate::cli::{Failure, Session};
use crate::config::Paths;
use crate::crypto::Fingerprint;
use crate::keys::{Brought, Keyring};
use crate::snapshot::Repository;
use crate::storage::Storage;

use super::Args;

/// What a person has brought.
pub(super) struct Paper {
    paths: Paths,
    typed: Option<Brought>,
}

/// Whose signature counts.
pub(super) struct Trusted {
    pub(super) signer: Fingerprint,
    /// Whether a person has said so; else only the repository does.
    pub(super) by_person: bool,
}

/// The keys, and whether one is the recovery identity for certain.
pub(super) struct Keys<'s> {
    pub(super) keyring: Keyring<'s>,
    pub(super) from_paper: bool,
}

impl Paper {
    /// Reads it, or asks for it.
    pub(super) fn of(args: &Args, session: &Session) -> Result<Self, Failure> {
        let mut paths = session.config.paths.clone();
        let typed = match &args.identity {
            Some(file) => {
                paths.identity = vec![file.clone()];
                None
            }
            None => Some(asked(session)?),
        };
        Ok(Self { paths, typed })
    }

    /// What opens with it. To be called once.
    pub(super) fn keys<'s>(&'s mut self, session: &'s Session) -> Result<Keys<'s>, Failure> {
        let typed = self.typed.take();
        let keyring = session.keyring_of(&self.paths);
        let keys = match typed {
            Some(brought) => Keys { keyring: keyring.bringing(brought), from_paper: true },
            None => {
                let from_paper = keyring.identity()?.signer_comment()?.is_some();
                Keys { keyring, from_paper }
            }
        };
        Ok(keys)
    }
}

/// Says whose signature counts: what was said on the command line, or stands beside the identity.
/// Only where nobody says it, what the repository says of itself, which is worth nothing.
pub(super) fn trusted(
    signer: Option<&str>,
    keys: &Keys<'_>,
    storage: &dyn Storage,
) -> Result<Trusted, Failure> {
    let comment = keys.keyring.identity()?.signer_comment()?;
    match signer.or(comment) {
        Some(said) => Ok(Trusted { signer: Fingerprint::new(said), by_person: true }),
        None => Ok(Trusted { signer: Repository::claimed_signer(storage)?, by_person: false }),
    }
}

fn asked(session: &Session) -> Result<Brought, Failure> {
    let question = "Recovery identity from your sheet (AGE-SECRET-KEY-...):";
    let answer = session
        .world
        .prompt
        .ask_secret(question)
        .map_err(|error| Failure::from(error).hint("--identity FILE reads it from a file"))?;
    Ok(Brought::parse(&answer.to_bytes())?)
}
