//! Where files are.

use std::path::{Path, PathBuf};

use crate::sys::{Variables, absolute, exists};

use super::{Error, Settings};

/// What the command line says about places.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// `--config FILE`.
    pub settings: Option<PathBuf>,
    /// `--store DIR`.
    pub store: Option<PathBuf>,
}

/// Every place that is used, resolved.
#[derive(Clone, Debug)]
pub struct Paths {
    /// The user's home.
    pub home: PathBuf,
    /// The settings file.
    pub settings: PathBuf,
    /// The store's root.
    pub store: PathBuf,
    /// The age identities that were asked for by name; when there are none, see [`Paths::identities`].
    pub identity: Vec<PathBuf>,
    config_folder: PathBuf,
    state_folder: PathBuf,
    passage: Passage,
    /// Whether the store's place was named, by a variable, an argument or the settings.
    pub store_is_chosen: bool,
}

/// Where passage, the age form of pass, keeps its things.
#[derive(Clone, Debug)]
struct Passage {
    store: PathBuf,
    identities: PathBuf,
}

impl Passage {
    fn find(variables: &Variables, home: &Path) -> Self {
        let place = |name: &str, below: &str| {
            absolute(variables.path(name).unwrap_or_else(|| home.join(".passage").join(below)))
        };
        Self {
            store: place("PASSAGE_DIR", "store"),
            identities: place("PASSAGE_IDENTITIES_FILE", "identities"),
        }
    }
}

impl Paths {
    pub(super) fn find(variables: &Variables, overrides: &Overrides) -> Result<Self, Error> {
        let home = variables.path("HOME").ok_or(Error::NoHome)?;
        let base = |name: &str, default: &str| {
            // A relative XDG path is to be ignored (XDG base directory specification, "Environment variables").
            let named = variables.path(name).filter(|path| path.is_absolute());
            named.unwrap_or_else(|| home.join(default)).join("vaultctl")
        };
        let config_folder = base("XDG_CONFIG_HOME", ".config");
        let state_folder = base("XDG_STATE_HOME", ".local/state");
        let named_settings =
            overrides.settings.clone().or_else(|| variables.path("VAULTCTL_CONFIG"));
        let store_variables = ["VAULTCTL_STORE", "PASSWORD_STORE_DIR"];
        let named_store = overrides.store.clone();
        let named_store =
            named_store.or_else(|| store_variables.iter().find_map(|name| variables.path(name)));
        Ok(Self {
            settings: named_settings.unwrap_or_else(|| config_folder.join("config.toml")),
            store_is_chosen: named_store.is_some(),
            store: absolute(named_store.unwrap_or_else(|| home.join(".password-store"))),
            identity: variables.path("VAULTCTL_IDENTITY").map(absolute).into_iter().collect(),
            passage: Passage::find(variables, &home),
            home,
            config_folder,
            state_folder,
        })
    }

    pub(super) fn apply(&mut self, settings: &Settings) {
        if let (false, Some(path)) = (self.store_is_chosen, &settings.store.path) {
            self.store = absolute(self.expand(path));
            self.store_is_chosen = true;
        }
        if !self.store_is_chosen && !exists(&self.store) && exists(&self.passage.store) {
            self.store = self.passage.store.clone();
        }
        if self.identity.is_empty() {
            let passages = Some(&self.passage.identities);
            let passages = passages.filter(|path| self.is_passage() && exists(path)).cloned();
            let named = settings.keys.identity.as_slice().iter();
            let named = named.map(|path| absolute(self.expand(path)));
            self.identity = passages.into_iter().chain(named).collect();
        }
    }

    /// Whether the store is the one that passage would open. What else looks like passage's layout
    /// is not taken for it: whoever made a folder must not choose whose keys are used there.
    #[must_use]
    pub fn is_passage(&self) -> bool {
        self.store == self.passage.store
    }

    /// Whether settings, store, keys and state are in the same places.
    #[must_use]
    pub fn are_those_of(&self, other: &Self) -> bool {
        let places = |paths: &Self| {
            let folders = [&paths.config_folder, &paths.state_folder].map(Clone::clone);
            (paths.settings.clone(), paths.store.clone(), paths.identity.clone(), folders)
        };
        places(self) == places(other) && self.is_passage() == other.is_passage()
    }

    /// `~/…` below the home, anything else as it is.
    #[must_use]
    pub fn expand(&self, path: &str) -> PathBuf {
        path.strip_prefix("~/").map_or_else(|| PathBuf::from(path), |rest| self.home.join(rest))
    }

    /// Where the settings and keys are.
    #[must_use]
    pub fn config_folder(&self) -> &Path {
        &self.config_folder
    }

    /// The age identity: wrapped in a passphrase, and in the clear. At most one of them exists.
    #[must_use]
    pub fn identities(&self) -> [PathBuf; 2] {
        [self.config_folder.join("identity.age"), self.config_folder.join("identity.txt")]
    }

    /// Public keys to which new stores and snapshots are encrypted.
    #[must_use]
    pub fn recipients(&self) -> PathBuf {
        self.config_folder.join("recipients.txt")
    }

    /// This machine's signing key, in OpenSSH's form.
    #[must_use]
    pub fn signing_key(&self) -> PathBuf {
        self.config_folder.join("signing_key")
    }

    /// What is remembered between runs: access log, journals, pins; safe from nobody but others.
    #[must_use]
    pub fn state_folder(&self) -> &Path {
        &self.state_folder
    }
}
