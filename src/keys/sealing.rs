//! Seals OpenPGP messages to those whom `gpg` would take without a question, in this process; to
//! all others through `gpg -e`, whose trust rules are the user's.
//!
//! The first message to a set of recipients always goes through `gpg`: most runs write one, and
//! asking about the keys costs more.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, OnceLock};

use crate::crypto::{self, PublicKey, Sealed};
use crate::secret::Secret;
use crate::sys::Variables;

use super::gnupg_home::GnupgHome;
use super::gpg::Gpg;
use super::{Error, held, listing};

/// Ids that replace those of all recipients files (pass 1.7.4, `set_gpg_recipients`).
const CHOSEN: &str = "PASSWORD_STORE_KEY";

/// How messages to one set of recipients are sealed.
enum Way {
    /// One was, by `gpg`; nothing was asked yet.
    Once,
    /// To these keys, in this process.
    To(Arc<[PublicKey]>),
    /// Always by `gpg`.
    Gpg,
}

/// Members of a group in gpg.conf, by its name.
type Groups = Vec<(String, Vec<String>)>;

/// Seals messages to whom the user's gpg knows.
pub(super) struct Sealer<'a> {
    variables: &'a Variables,
    gpg: Gpg<'a>,
    ways: Mutex<HashMap<Vec<String>, Way>>,
    groups: OnceLock<Groups>,
    encryption_keys: Mutex<HashMap<Vec<String>, Vec<String>>>,
}

impl<'a> Sealer<'a> {
    /// Touches nothing yet.
    pub(super) fn new(variables: &'a Variables) -> Self {
        Self {
            variables,
            gpg: Gpg::new(variables),
            ways: Mutex::default(),
            groups: OnceLock::new(),
            encryption_keys: Mutex::default(),
        }
    }

    /// Encrypts to `ids` (to those of `PASSWORD_STORE_KEY` instead, if it is set, as pass does).
    pub(super) fn seal(
        &self,
        ids: &[String],
        plaintext: &Secret,
    ) -> Result<Sealed<Vec<u8>>, Error> {
        let ids = self.chosen(ids);
        match self.keys(&ids) {
            Some(keys) => Ok(crypto::seal_openpgp(&keys, plaintext)?),
            None => self.gpg.encrypt(&ids, plaintext),
        }
    }

    /// See [`super::Keyring::encryption_keys`].
    pub(super) fn encryption_keys(&self, ids: &[String]) -> Result<Vec<String>, Error> {
        let ids = self.chosen(ids);
        let mut found = held(&self.encryption_keys);
        if let Some(keys) = found.get(&ids) {
            return Ok(keys.clone());
        }
        let listing = self.gpg.list(&["--list-keys"], &self.expanded(&ids)?)?;
        let keys = listing::encryption_keys(&listing);
        found.insert(ids, keys.clone());
        Ok(keys)
    }

    fn chosen(&self, ids: &[String]) -> Vec<String> {
        match self.variables.text(CHOSEN) {
            Some(chosen) => chosen.split_whitespace().map(str::to_owned).collect(),
            None => ids.to_vec(),
        }
    }

    /// The keys, from the second time on; `None` when `gpg` has to do it.
    fn keys(&self, ids: &[String]) -> Option<Arc<[PublicKey]>> {
        let mut ways = held(&self.ways);
        let way = match ways.remove(ids) {
            None => Way::Once,
            Some(Way::Once) => self.find_keys(ids).map_or(Way::Gpg, Way::To),
            Some(decided) => decided,
        };
        let keys = if let Way::To(keys) = &way { Some(keys.clone()) } else { None };
        ways.insert(ids.to_vec(), way);
        keys
    }

    /// For each id the key that gpg would take without a question; `None` in any doubt.
    fn find_keys(&self, ids: &[String]) -> Option<Arc<[PublicKey]>> {
        if self.gpg.has_options() || !GnupgHome::find(self.variables)?.lets_us_seal() {
            return None;
        }
        let mut keys = BTreeMap::new();
        for id in self.expanded(ids).ok()? {
            let key = self.find_key(&id)?;
            keys.insert(key.id(), key);
        }
        Some(keys.into_values().collect())
    }

    fn find_key(&self, id: &str) -> Option<PublicKey> {
        // With `!`, an id means exactly that subkey (GnuPG manual, "How to specify a user ID").
        if id.is_empty() || id.ends_with('!') {
            return None;
        }
        let listing = self.gpg.list(&["--list-keys"], &[id.to_owned()]).ok()?;
        let [block] = &listing::read(&listing)[..] else {
            return None;
        };
        let key = block.encryption_key()?;
        let exported = self.gpg.export(&[block.keys.first()?.fingerprint.clone()]).ok()?;
        PublicKey::fit_to_seal(&exported, &key.id)
    }

    /// The ids, each name of a group replaced by its members.
    fn expanded(&self, ids: &[String]) -> Result<Vec<String>, Error> {
        let groups = self.groups()?;
        let members = |id: &String| {
            // As gpg compares them (GnuPG, `expand_group`).
            let group = groups.iter().find(|(name, _)| name.eq_ignore_ascii_case(id));
            group.map_or_else(|| vec![id.clone()], |(_, members)| members.clone())
        };
        Ok(ids.iter().flat_map(members).collect())
    }

    fn groups(&self) -> Result<&Groups, Error> {
        if let Some(groups) = self.groups.get() {
            return Ok(groups);
        }
        let listing = self.gpg.list(&["--list-config"], &[])?;
        Ok(self.groups.get_or_init(|| listing::groups(&listing)))
    }
}
