//! What a program will be given.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};

use crate::secret::Secret;
use crate::store::{self, Name};
use crate::sys::{Environment, Variables};
use crate::vault::{self, Address, Entry, Vault};

use super::{EnvName, Reference};

/// What the kernel takes as one `NAME=VALUE` with its final NUL (Linux, `MAX_ARG_STRLEN`; bytes).
const VARIABLE_LIMIT: usize = 128 * 1024;

/// What passes through `--clean`: where and in which language the program runs, and as whom.
const ALWAYS_KEPT: [&str; 9] =
    ["HOME", "LANG", "LOGNAME", "PATH", "SHELL", "TERM", "TMPDIR", "TZ", "USER"];

/// Which of the caller's variables pass to the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Passing {
    /// All of them, as with `env`.
    All,
    /// A fixed few, and those named here.
    Only(Vec<String>),
}

impl Passing {
    fn lets(&self, name: &OsStr) -> bool {
        match (self, name.to_str()) {
            (Self::All, _) => true,
            (Self::Only(_), None) => false,
            (Self::Only(kept), Some(name)) => {
                ALWAYS_KEPT.contains(&name)
                    || name.starts_with("LC_")
                    || kept.iter().any(|kept| kept == name)
            }
        }
    }
}

/// Which variables a program gets: plain ones from the caller, and references to resolve.
pub struct Manifest {
    passed: BTreeMap<OsString, OsString>,
    granted: BTreeMap<OsString, Reference>,
}

/// Why a program can not be given what it should get.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A reference that can not be resolved.
    #[error("variable `{variable}`: {source}")]
    Unresolved {
        /// Which variable.
        variable: String,
        /// Why.
        source: vault::Error,
    },
    /// None of them can be.
    #[error(transparent)]
    Vault(vault::Error),
    /// A value that no environment can hold.
    #[error("variable `{variable}`: entry `{address}` {reason}")]
    Unfit {
        /// Which variable.
        variable: String,
        /// Which part of which entry.
        address: Address,
        /// Why.
        reason: &'static str,
    },
}

impl Manifest {
    /// The caller's variables: each one whose value is a reference is granted, the others pass or
    /// do not.
    #[must_use]
    pub fn new(caller: &Variables, passing: &Passing) -> Self {
        let mut manifest = Self { passed: BTreeMap::new(), granted: BTreeMap::new() };
        for (name, value) in caller.iter() {
            if let Some(reference) = Reference::parse(value) {
                manifest.granted.insert(name.to_owned(), reference);
            } else if passing.lets(name) {
                manifest.passed.insert(name.to_owned(), value.to_owned());
            }
        }
        manifest
    }

    /// Grants one more; it wins over whatever the caller has under that name.
    pub fn grant(&mut self, name: &EnvName, reference: Reference) {
        self.passed.remove(OsStr::new(name.as_str()));
        self.granted.insert(name.as_str().into(), reference);
    }

    /// Which variable gets which reference.
    pub fn granted(&self) -> impl Iterator<Item = (String, &Reference)> {
        self.granted
            .iter()
            .map(|(name, reference)| (name.to_string_lossy().into_owned(), reference))
    }

    /// Which of the caller's variables pass.
    pub fn passed(&self) -> impl Iterator<Item = String> {
        self.passed.keys().map(|name| name.to_string_lossy().into_owned())
    }

    /// The environment of a program that is granted nothing.
    #[must_use]
    pub fn plain(&self) -> Environment {
        let mut environment = Environment::default();
        for (name, value) in &self.passed {
            environment.set(name, value);
        }
        environment
    }

    /// Decrypts what is granted. Each entry is opened once, so that fields of one entry belong
    /// together even while somebody replaces it.
    ///
    /// # Errors
    /// [`Error`] for the first variable that can not be had; then there is no environment at all.
    pub fn resolve(&self, vault: &Vault<'_>) -> Result<Environment, Error> {
        let addresses = self.addresses(vault)?;
        let names: BTreeSet<&Name> = addresses.iter().map(|(_, address)| &address.name).collect();
        let names: Vec<Name> = names.into_iter().cloned().collect();
        let mut opened = BTreeMap::new();
        vault
            .read_many(&names, |name, entry| {
                opened.insert(name.clone(), entry);
                Ok(())
            })
            .map_err(Error::Vault)?;
        let mut environment = self.plain();
        for (name, address) in addresses {
            let variable = || name.to_string_lossy().into_owned();
            let value = look_up(&address, &mut opened)
                .map_err(|source| Error::Unresolved { variable: variable(), source })?;
            if let Some(reason) = unfit(name, &value) {
                return Err(Error::Unfit { variable: variable(), address, reason });
            }
            environment.set_secret(name, value);
        }
        Ok(environment)
    }

    /// Which part of which entry each variable gets.
    fn addresses(&self, vault: &Vault<'_>) -> Result<Vec<(&OsString, Address)>, Error> {
        let resolved = self.granted.iter().map(|(name, reference)| {
            let address = Address::resolve(reference.address(), vault.store());
            let variable = || name.to_string_lossy().into_owned();
            address
                .map(|address| (name, address))
                .map_err(|source| Error::Unresolved { variable: variable(), source })
        });
        resolved.collect()
    }
}

/// The value, or why its entry could not be read; the first variable that wants it is told.
fn look_up(
    address: &Address,
    opened: &mut BTreeMap<Name, Result<Entry, vault::Error>>,
) -> Result<Secret, vault::Error> {
    match opened.remove(&address.name) {
        Some(Ok(entry)) => {
            let value = address.of(&entry);
            opened.insert(address.name.clone(), Ok(entry));
            value
        }
        Some(Err(error)) => Err(error),
        None => Err(store::Error::NoEntry(address.name.clone()).into()),
    }
}

/// Why a value can not be a variable's.
fn unfit(name: &OsStr, value: &Secret) -> Option<&'static str> {
    // EXPOSE: looked at for its length and for NUL bytes only.
    let value = value.expose();
    if value.contains(&0) {
        Some("holds a NUL byte, which no variable can")
    } else if name.len() + value.len() + 2 > VARIABLE_LIMIT {
        Some("is too large for a variable (128 KiB)")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller() -> Variables {
        [("PATH", "/bin"), ("LC_TIME", "C"), ("MINE", "1"), ("OTHER", "2"), ("TOKEN", "vault:a")]
            .into_iter()
            .collect()
    }

    fn passed(passing: &Passing) -> Vec<String> {
        Manifest::new(&caller(), passing).passed().collect()
    }

    #[test]
    fn clean_passes_a_fixed_few_and_those_that_are_named() {
        assert_eq!(passed(&Passing::All), ["LC_TIME", "MINE", "OTHER", "PATH"]);
        assert_eq!(passed(&Passing::Only(vec![])), ["LC_TIME", "PATH"]);
        assert_eq!(passed(&Passing::Only(vec!["MINE".to_owned()])), ["LC_TIME", "MINE", "PATH"]);
    }

    #[test]
    fn references_are_granted_either_way_and_an_explicit_one_wins() {
        let mut manifest = Manifest::new(&caller(), &Passing::Only(vec![]));
        let reference = |text: &str| Reference::parse(OsStr::new(text)).expect("is one");
        manifest.grant(&"PATH".parse().expect("is a name"), reference("vault:b"));
        let granted: Vec<_> =
            manifest.granted().map(|(name, reference)| format!("{name}={reference}")).collect();
        assert_eq!(granted, ["PATH=vault:b", "TOKEN=vault:a"]);
        assert_eq!(manifest.passed().collect::<Vec<_>>(), ["LC_TIME"]);
    }
}
