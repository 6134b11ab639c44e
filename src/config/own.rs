//! Whether the settings are the user's own, whatever variables say.
//!
//! Whoever writes an entry of a client's file chooses the variables of our call, those among them
//! that say where settings, store and keys are. Where an AI agent is the caller, a permission
//! counts only if what it gives away belongs to whoever wrote it.

use std::path::Path;

use crate::sys::{self, Account, Kind, Variables};

use super::{Config, Error, Overrides};

/// What a permission in the settings may give away when an AI agent is the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// They are in the home of the account: all that its keys open.
    Account,
    /// They are in another home: what the age identity beside them opens.
    Beside,
}

/// The rights of a file's mode that let others change it.
const FOR_OTHERS: u32 = 0o022;

impl Config {
    /// The configuration with nothing of the variables but `HOME`, and how far it can be believed.
    /// `account` is the one that we run as, if the system knows it.
    ///
    /// # Errors
    /// [`Error::NotOwn`]; as for [`Config::load`].
    pub fn own(
        variables: &Variables,
        account: Option<&Account>,
    ) -> Result<(Self, Standing), Error> {
        let home = variables.path("HOME").ok_or(Error::NoHome)?;
        let only_home: Variables = [("HOME", home)].into_iter().collect();
        let config = Self::load(&only_home, &Overrides::default())?;
        let standing = config.standing(account).map_err(|reason| Error::NotOwn {
            path: config.paths.settings.display().to_string(),
            reason,
        })?;
        Ok((config, standing))
    }

    fn standing(&self, account: Option<&Account>) -> Result<Standing, &'static str> {
        let home = sys::without_links(&self.paths.home);
        let is_account =
            home.is_some() && home == account.and_then(|account| sys::without_links(&account.home));
        if let Some(settings) = sys::without_links(&self.paths.settings) {
            let facts = sys::facts(&settings).ok().flatten().ok_or("it can not be looked at")?;
            if facts.kind != Kind::File || !sys::is_trusted_owner(facts.owner.0) {
                return Err("it is not a file of yours");
            }
            if facts.mode & FOR_OTHERS != 0 {
                return Err("others can write it");
            }
        }
        if is_account {
            return Ok(Standing::Account);
        }
        self.keeps_to_itself(home.as_deref()).map(|()| Standing::Beside)
    }

    /// Whether settings and identities lie in the home themselves, and no other keys are named: in a
    /// folder that somebody else has made, a link or a name could lead to the keys of the account.
    fn keeps_to_itself(&self, home: Option<&Path>) -> Result<(), &'static str> {
        let folder = home.map(|home| home.join(".config/vaultctl"));
        let [wrapped, bare] = self.paths.identities();
        for path in [&self.paths.settings, &wrapped, &bare] {
            let real = sys::without_links(path);
            let is_here = real.as_deref().and_then(Path::parent) == folder.as_deref();
            if sys::exists(path) && !is_here {
                return Err("outside the account's home, settings and keys must be no links");
            }
        }
        let names_keys = !self.settings.keys.identity.as_slice().is_empty()
            || !self.settings.keys.plugins.is_empty()
            || self.paths.is_passage();
        if names_keys {
            return Err("outside the account's home, it can name no other keys");
        }
        Ok(())
    }
}
