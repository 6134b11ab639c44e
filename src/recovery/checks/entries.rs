//! What opens entries, to see that it does; what comes out is dropped at once.

use crate::crypto::{self, Cipher, Identity};
use crate::keys;
use crate::store::EntryFile;
use crate::sys::{FileError, HelperError};

use super::Site;
use super::gnupg::Gnupg;

/// The keys.
pub(super) struct Openers<'a> {
    identity: &'a Identity,
    /// OpenPGP keys that were restored; none where the snapshot has none.
    gnupg: Option<Gnupg>,
}

/// Why an entry was not opened.
pub(super) enum Unopened {
    /// Its key is there, behind a passphrase or in hardware.
    Locked,
    /// A program that is needed is not installed.
    NoProgram(String),
    /// It can not be.
    Failed(String),
}

impl<'a> Openers<'a> {
    pub(super) fn set_up(site: &'a Site<'_>) -> Result<Self, FileError> {
        let gnupg = site.is_inside(site.gnupg).then(|| Gnupg::set_up(site)).transpose()?;
        Ok(Self { identity: site.identity, gnupg })
    }

    pub(super) fn open(&self, file: &EntryFile) -> Result<(), Unopened> {
        match (file.cipher, &self.gnupg) {
            (Cipher::Age, _) => match crypto::open_whole(&file.bytes, self.identity) {
                Err(crypto::Error::StillLocked(_)) => Err(Unopened::Locked),
                opened => opened.map(drop).map_err(|error| Unopened::Failed(error.to_string())),
            },
            (Cipher::OpenPgp, Some(gnupg)) => match gnupg.open(&file.bytes) {
                Err(keys::Error::Helper(HelperError::Missing(name))) => {
                    Err(Unopened::NoProgram(name))
                }
                Err(_) if gnupg.has_locked_key_for(&file.bytes) => Err(Unopened::Locked),
                opened => opened.map_err(|error| Unopened::Failed(error.to_string())),
            },
            (Cipher::OpenPgp, None) => {
                Err(Unopened::Failed("the snapshot has no OpenPGP keys".to_owned()))
            }
        }
    }

    /// Whether messages to these `ids` are encrypted to exactly the keys `found`; the error is the
    /// program that would tell, and is not here.
    pub(super) fn are_keys_of(&self, ids: &[String], found: &[String]) -> Result<bool, String> {
        let Some(gnupg) = &self.gnupg else { return Ok(false) };
        match gnupg.encryption_keys(ids) {
            Err(keys::Error::Helper(HelperError::Missing(name))) => Err(name),
            keys => Ok(keys.is_ok_and(|keys| keys == found)),
        }
    }
}
