//! What a program will be given.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::fmt;

use crate::secret::Secret;
use crate::store::{self, Name, Store};
use crate::sys::Variables;
use crate::vault::{self, Address, Entry, Vault};

use super::{Allowed, Error, Reference, Template};

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
    pub(super) fn lets(&self, name: &OsStr) -> bool {
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

/// What a value is for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Slot {
    /// The variable of that name.
    Variable(OsString),
    /// A file, whose path is in the variable of that name.
    File(OsString),
    /// An argument, counted from 1.
    Argument(usize),
    /// The header of that name, of a request.
    Header(String),
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable(name) => write!(f, "variable `{}`", name.to_string_lossy()),
            Self::File(name) => write!(f, "file `{}`", name.to_string_lossy()),
            Self::Argument(number) => write!(f, "argument {number}"),
            Self::Header(name) => write!(f, "header `{name}`"),
        }
    }
}

/// What a program gets: plain variables, and values with references to resolve.
pub struct Manifest {
    passed: BTreeMap<OsString, OsString>,
    granted: BTreeMap<Slot, Template>,
    allowed: Allowed,
}

impl Manifest {
    /// Nothing yet, and references to what is allowed.
    #[must_use]
    pub fn allowing(allowed: Allowed) -> Self {
        Self { passed: BTreeMap::new(), granted: BTreeMap::new(), allowed }
    }

    /// The caller's variables: each one in whose value a reference is is granted, the others pass or
    /// do not.
    #[must_use]
    pub fn new(caller: &Variables, passing: &Passing) -> Self {
        let mut manifest = Self::allowing(Allowed::Everything);
        for (name, value) in caller.iter() {
            if let Some(template) = Template::parse(value) {
                manifest.grant(Slot::Variable(name.to_owned()), template);
            } else if passing.lets(name) {
                manifest.pass(name, value);
            }
        }
        manifest
    }

    /// Grants one more value; it wins over whatever was passed or granted for the same.
    pub fn grant(&mut self, slot: Slot, template: Template) {
        if let Slot::Variable(name) | Slot::File(name) = &slot {
            self.passed.remove(name);
            self.granted.remove(&Slot::Variable(name.clone()));
            self.granted.remove(&Slot::File(name.clone()));
        }
        self.granted.insert(slot, template);
    }

    /// Passes a plain variable; it wins over whatever was granted under that name.
    pub(super) fn pass(&mut self, name: &OsStr, value: &OsStr) {
        self.granted.remove(&Slot::Variable(name.to_owned()));
        self.passed.insert(name.to_owned(), value.to_owned());
    }

    /// What gets which value.
    pub fn granted(&self) -> impl Iterator<Item = (&Slot, &Template)> {
        self.granted.iter()
    }

    /// The plain variables.
    pub fn passed(&self) -> impl Iterator<Item = (&OsStr, &OsStr)> {
        self.passed.iter().map(|(name, value)| (name.as_os_str(), value.as_os_str()))
    }

    /// Decrypts what is granted. Each entry is opened once, so that fields of one entry belong
    /// together even while somebody replaces it.
    ///
    /// # Errors
    /// [`Error`] for the first value that can not be had, or is not allowed; then nothing was
    /// decrypted that is not.
    pub fn resolve(&self, vault: &Vault<'_>) -> Result<BTreeMap<Slot, Secret>, Error> {
        let mut opened = BTreeMap::new();
        let names: Vec<Name> = self.names(vault.store())?.into_iter().collect();
        let read = vault.read_many(&names, |name, entry| {
            opened.insert(name.clone(), entry);
            Ok(())
        });
        read.map_err(Error::Vault)?;
        let filled = self.granted.iter().map(|(slot, template)| {
            let value = template.fill(|reference| {
                let address = self.address(slot, reference, vault.store())?;
                look_up(&address, &mut opened).map_err(|source| unresolved(slot, source))
            })?;
            match unfit(slot, &value) {
                None => Ok((slot.clone(), value)),
                Some(reason) => {
                    Err(Error::Unfit { slot: slot.clone(), value: template.to_string(), reason })
                }
            }
        });
        filled.collect()
    }

    /// Sees whether all that is granted is allowed, and decrypts nothing.
    ///
    /// # Errors
    /// [`Error::NotAllowed`]; [`Error::NoTokens`]; [`Error::Unresolved`] for what is no name.
    pub fn check(&self, store: &Store) -> Result<(), Error> {
        self.names(store).map(drop)
    }

    /// The entries that are needed, each of them allowed.
    fn names(&self, store: &Store) -> Result<BTreeSet<Name>, Error> {
        let pairs = self.granted.iter().flat_map(|(slot, template)| {
            template.references().map(move |reference| (slot, reference))
        });
        pairs.map(|(slot, reference)| Ok(self.address(slot, reference, store)?.name)).collect()
    }

    /// Which part of which entry a reference stands for.
    fn address(&self, slot: &Slot, reference: &Reference, store: &Store) -> Result<Address, Error> {
        let Reference::Vault(text) = reference else {
            return Err(Error::NoTokens(slot.clone()));
        };
        let address = Address::resolve(text, store);
        let address = address.map_err(|source| unresolved(slot, source))?;
        if self.allowed.has(&address, store) {
            Ok(address)
        } else {
            Err(Error::NotAllowed { slot: slot.clone(), reference: reference.clone() })
        }
    }
}

fn unresolved(slot: &Slot, source: vault::Error) -> Error {
    Error::Unresolved { slot: slot.clone(), source: Box::new(source) }
}

/// The value, or why its entry could not be read; the first that wants it is told.
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

/// Why a value can not be what it is for.
fn unfit(slot: &Slot, value: &Secret) -> Option<&'static str> {
    let name = match slot {
        Slot::Variable(name) => name.len(),
        Slot::Argument(_) => 0,
        Slot::File(_) => return None,
        Slot::Header(_) => return unfit_for_a_header(value),
    };
    // EXPOSE: looked at for its length and for NUL bytes only.
    let value = value.expose();
    if value.contains(&0) {
        Some("holds a NUL byte, which no variable can")
    } else if name + value.len() + 2 > VARIABLE_LIMIT {
        Some("is too large for a variable (128 KiB)")
    } else {
        None
    }
}

/// Text without control characters (RFC 9110, section 5.5; JSON carries it).
fn unfit_for_a_header(value: &Secret) -> Option<&'static str> {
    // EXPOSE: looked at for characters that no header can hold.
    let text = std::str::from_utf8(value.expose());
    let is_fit = text.is_ok_and(|text| !text.contains(|c: char| c.is_control() && c != '\t'));
    (!is_fit).then_some("holds what no header can: a line end, or no text")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller() -> Variables {
        [("PATH", "/bin"), ("LC_TIME", "C"), ("MINE", "1"), ("OTHER", "2"), ("TOKEN", "vault:a")]
            .into_iter()
            .collect()
    }

    fn passed(manifest: &Manifest) -> Vec<String> {
        manifest.passed().map(|(name, _)| name.to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn clean_passes_a_fixed_few_and_those_that_are_named() {
        let passed = |passing: &Passing| passed(&Manifest::new(&caller(), passing));
        assert_eq!(passed(&Passing::All), ["LC_TIME", "MINE", "OTHER", "PATH"]);
        assert_eq!(passed(&Passing::Only(vec![])), ["LC_TIME", "PATH"]);
        assert_eq!(passed(&Passing::Only(vec!["MINE".to_owned()])), ["LC_TIME", "MINE", "PATH"]);
    }

    #[test]
    fn references_are_granted_either_way_and_an_explicit_one_wins() {
        let mut manifest = Manifest::new(&caller(), &Passing::Only(vec![]));
        manifest.grant(Slot::Variable("PATH".into()), Template::of("vault:b"));
        manifest.grant(Slot::File("TOKEN".into()), Template::of("vault:c"));
        let granted: Vec<_> =
            manifest.granted().map(|(slot, value)| format!("{slot} = {value}")).collect();
        assert_eq!(granted, ["variable `PATH` = vault:b", "file `TOKEN` = vault:c"]);
        assert_eq!(passed(&manifest), ["LC_TIME"]);
    }

    #[test]
    fn a_header_holds_one_line_of_text() {
        let unfit = |bytes: &[u8]| unfit(&Slot::Header("A".to_owned()), &Secret::copy_from(bytes));
        assert_eq!(unfit("Bearer é".as_bytes()), None);
        for bytes in [&b"a\r\nB: c"[..], b"a\nb", b"a\0b", b"\xff"] {
            assert!(unfit(bytes).is_some(), "{bytes:?}");
        }
    }
}
