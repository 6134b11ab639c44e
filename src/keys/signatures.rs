//! Detached OpenPGP signatures on recipients files, as pass makes and demands them when
//! `PASSWORD_STORE_SIGNING_KEY` is set.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Mutex;

use crate::crypto::Digest;
use crate::secret::Secret;
use crate::sys::{Scratch, Variables};

use super::gpg::{Gpg, reason};
use super::{Error, held, listing};

/// Fingerprints of those who may say to whom a store is encrypted, separated by spaces.
const SIGNERS: &str = "PASSWORD_STORE_SIGNING_KEY";

/// Recipients chosen here: with it no recipients file is read, so none is checked.
const CHOSEN: &str = "PASSWORD_STORE_KEY";

/// Checks and makes signatures with the user's gpg.
pub(super) struct Signatures<'a> {
    variables: &'a Variables,
    gpg: Gpg<'a>,
    /// What was checked in this run, and held: bulk work asks about the same file for each entry.
    good: Mutex<HashSet<Digest>>,
}

impl<'a> Signatures<'a> {
    pub(super) fn new(variables: &'a Variables) -> Self {
        Self { variables, gpg: Gpg::new(variables), good: Mutex::default() }
    }

    /// See [`super::Keyring::check_signed`].
    pub(super) fn check(
        &self,
        content: &[u8],
        signature: Option<&[u8]>,
        what: &Path,
    ) -> Result<(), Error> {
        let (Some(signers), None) = (self.variables.text(SIGNERS), self.variables.text(CHOSEN))
        else {
            return Ok(());
        };
        let signature = signature.ok_or_else(|| Error::NotSigned(what.to_owned()))?;
        let both = [Digest::of(content).to_string(), Digest::of(signature).to_string()];
        let pair = Digest::of(both.concat().as_bytes());
        if held(&self.good).contains(&pair) {
            return Ok(());
        }
        let valid = self.valid_signers(content, signature)?;
        let mut trusted =
            signers.split_whitespace().filter(|signer| listing::is_fingerprint(signer));
        let is_trusted = trusted.any(|signer| valid.iter().flatten().any(|found| found == signer));
        if !is_trusted {
            return Err(Error::BadSigner(what.to_owned()));
        }
        held(&self.good).insert(pair);
        Ok(())
    }

    /// See [`super::Keyring::sign_detached`].
    pub(super) fn sign(&self, content: &[u8]) -> Result<Option<(Vec<u8>, String)>, Error> {
        let Some(signers) = self.variables.text(SIGNERS) else {
            return Ok(None);
        };
        let keys = signers.split_whitespace().flat_map(|signer| ["--default-key", signer]);
        let arguments: Vec<&str> = keys.chain(["--detach-sign"]).collect();
        let outcome = self.gpg.run(&arguments, content)?;
        if outcome.code != Some(0) {
            return Err(Error::CannotSign(reason(&outcome)));
        }
        // EXPOSE: a signature is public.
        let bytes = outcome.stdout.expose().to_vec();
        let signers = self.valid_signers(content, &bytes)?;
        if signers.is_empty() {
            return Err(Error::CannotSign("the new signature does not hold".to_owned()));
        }
        let primaries: Vec<String> = signers.into_iter().map(|[_, primary]| primary).collect();
        Ok(Some((bytes, primaries.join(","))))
    }

    /// Who has signed `content`: the status lines go to a descriptor that nothing else is written to.
    fn valid_signers(&self, content: &[u8], signature: &[u8]) -> Result<Vec<[String; 2]>, Error> {
        let scratch = Scratch::new(self.variables)?;
        let file = scratch.write("signature", &Secret::copy_from(signature))?;
        let file = file.to_string_lossy();
        let outcome = self.gpg.run(&["--status-fd", "1", "--verify", "--", &file, "-"], content)?;
        // EXPOSE: status lines are public.
        Ok(listing::valid_signers(outcome.stdout.expose()))
    }
}
