//! The store: each entry's header is one, and for the recipients of its folder; all age entries are
//! decrypted, and of OpenPGP entries, which cost a run of gpg each, the first of each folder.

use std::collections::BTreeSet;
use std::path::Path;

use crate::crypto::{self, Cipher, Recipients};
use crate::store::{self, EntryFile, Name, Store};
use crate::sys::FileError;

use super::super::report::{Omission, Reason};
use super::entries::{Openers, Unopened};
use super::{Findings, Site};

pub(super) fn check(site: &Site<'_>, findings: &mut Findings) -> Result<(), FileError> {
    let Some(root) = site.store() else {
        findings.omission(Omission::NoStore, "store");
        return Ok(());
    };
    let store = match Store::open(&root) {
        Ok(store) => store,
        Err(error) => {
            findings.problem(Reason::Entries, site.shown(&error.to_string()));
            return Ok(());
        }
    };
    let openers = Openers::set_up(site)?;
    Check { site, store, openers, findings }.run()
}

/// A check that goes on.
struct Check<'c, 's> {
    site: &'c Site<'s>,
    store: Store,
    openers: Openers<'c>,
    findings: &'c mut Findings,
}

impl Check<'_, '_> {
    fn run(mut self) -> Result<(), FileError> {
        let listing = self.store.list(None);
        for unread in listing.unread {
            self.problem(Reason::Entries, &unread.to_string());
        }
        let mut sampled = BTreeSet::new();
        for name in listing.names {
            self.site.go_on()?;
            let Some(file) = self.check_header(&name) else { continue };
            let folder = Path::new(name.as_str()).parent().map(Path::to_owned);
            // Always the same ones, so that a drill that is repeated says the same.
            if file.cipher == Cipher::Age || sampled.insert(folder) {
                self.decrypt(&name, &file);
            }
        }
        Ok(())
    }

    /// Its file, where that is worth decrypting.
    fn check_header(&mut self, name: &Name) -> Option<EntryFile> {
        self.findings.checked.entries += 1;
        let file = match self.store.read(name) {
            Ok(file) => file,
            Err(error) => {
                self.problem(Reason::Entries, &error.to_string());
                return None;
            }
        };
        match self.is_for_its_folder(name, &file) {
            Ok(true) => {}
            Ok(false) => {
                let told =
                    format!("entry `{name}` is not encrypted to the recipients of its folder");
                self.problem(Reason::Recipients, &told);
            }
            Err(Wrong::Header(error)) => {
                self.problem(Reason::Entries, &format!("entry `{name}`: {error}"));
                return None;
            }
            Err(Wrong::Recipients(error)) => self.problem(Reason::Recipients, &error.to_string()),
            Err(Wrong::NotLooked(program)) => {
                self.findings.omission(Omission::NoProgram, program);
            }
        }
        Some(file)
    }

    fn is_for_its_folder(&self, name: &Name, file: &EntryFile) -> Result<bool, Wrong> {
        let recipients = match self.store.recipients_for(name) {
            // As in passage's store, whose entries are for its identities.
            Err(store::Error::NoRecipients(_)) => None,
            found => Some(found.map_err(Wrong::Recipients)?.recipients),
        };
        match (file.cipher, recipients) {
            (Cipher::Age, Some(Recipients::Age(all))) => {
                crypto::can_be_for(&file.bytes, &all).map_err(Wrong::Header)
            }
            (Cipher::OpenPgp, Some(Recipients::OpenPgp(ids))) => {
                let found = crypto::openpgp_key_ids(&file.bytes).map_err(Wrong::Header)?;
                self.openers.are_keys_of(&ids, &found).map_err(Wrong::NotLooked)
            }
            (Cipher::Age, None) => {
                crypto::can_be_for(&file.bytes, &[]).map(|_| true).map_err(Wrong::Header)
            }
            (Cipher::OpenPgp, None) => {
                crypto::openpgp_key_ids(&file.bytes).map(|_| true).map_err(Wrong::Header)
            }
            (_, Some(_)) => Ok(false),
        }
    }

    fn decrypt(&mut self, name: &Name, file: &EntryFile) {
        match self.openers.open(file) {
            Ok(()) => self.findings.checked.decrypted += 1,
            Err(Unopened::Locked) => {
                self.findings.omission(Omission::LockedKey, format!("entry `{name}`"));
            }
            Err(Unopened::NoProgram(program)) => {
                self.findings.omission(Omission::NoProgram, program);
            }
            Err(Unopened::Failed(reason)) => {
                self.problem(Reason::Decryption, &format!("entry `{name}`: {reason}"));
            }
        }
    }

    fn problem(&mut self, reason: Reason, told: &str) {
        let told = self.site.shown(told);
        self.findings.problem(reason, told);
    }
}

/// What is wrong with an entry, or with what says for whom it is.
enum Wrong {
    Header(crypto::Error),
    Recipients(store::Error),
    /// A program that would tell is not here.
    NotLooked(String),
}
