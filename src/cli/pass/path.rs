//! Paths as they are typed for pass, and the names of entries behind them.

use crate::crypto::Cipher;
use crate::store::{self, Name, Store};

use super::Died;

/// A path as it was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Typed(String);

impl Typed {
    /// Refuses what would lead out of the store, in pass's words.
    pub(super) fn new(word: &[u8]) -> Result<Self, Died> {
        let text = std::str::from_utf8(word);
        let text =
            text.map_err(|_| Died::new("Error: a name that is not UTF-8 names no entry."))?;
        if text.split('/').any(|part| part == "..") {
            return Err(Died::new(
                "Error: You've attempted to pass a sneaky path to pass. Go home.",
            ));
        }
        Ok(Self(text.to_owned()))
    }

    /// The same without one slash at its end.
    pub(super) fn without_slash(word: &[u8]) -> Result<Self, Died> {
        Self::new(word.strip_suffix(b"/").unwrap_or(word))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// The entry of that name; none for what can only be a folder.
    pub(super) fn name(&self) -> Option<Name> {
        match self.0.rsplit('/').next() {
            Some("" | ".") => None,
            _ => self.0.parse().ok(),
        }
    }

    /// The entry of that name, where there must be one.
    pub(super) fn expect_name(&self) -> Result<Name, Died> {
        let refusal = || match self.0.parse::<Name>() {
            Err(error) => Died::new(format!("Error: {error}.")),
            Ok(_) => Died::new(format!("Error: `{}` names no entry.", self.0)),
        };
        self.name().ok_or_else(refusal)
    }

    /// dirname(1).
    pub(super) fn folder(&self) -> &str {
        let path = self.0.trim_end_matches('/');
        match path.rsplit_once('/').map(|(folder, _)| folder.trim_end_matches('/')) {
            None if path.is_empty() && !self.0.is_empty() => "/",
            None => ".",
            Some("") => "/",
            Some(folder) => folder,
        }
    }

    /// How pass calls an entry that it found below this path: as find(1) would, by what was typed.
    pub(super) fn found(&self, name: &Name) -> String {
        let (typed, below) = (self.0.as_str(), self.below_root());
        let rest = name.as_str().strip_prefix(&below).unwrap_or(name.as_str());
        match rest.trim_start_matches('/') {
            "" => typed.to_owned(),
            rest if typed.is_empty() || typed.ends_with('/') => format!("{typed}{rest}"),
            rest => format!("{typed}/{rest}"),
        }
    }

    /// Without what means nothing in a path: relative to the store's root.
    pub(super) fn below_root(&self) -> String {
        let parts = self.0.split('/').filter(|part| !matches!(*part, "" | "."));
        parts.collect::<Vec<_>>().join("/")
    }
}

/// How the entry is encrypted. What can not be looked at (a link that leads out of the store) is no
/// entry, as it is none for `-f`.
pub(super) fn cipher_of(name: &Name, store: &Store) -> Result<Option<Cipher>, Died> {
    match store.cipher_of(name) {
        Err(store::Error::File(_)) => Ok(None),
        found => Ok(found?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(text: &str) -> Typed {
        Typed::new(text.as_bytes()).expect("it is no sneaky one")
    }

    #[test]
    fn folders_are_those_of_dirname() {
        for (path, folder) in [
            ("a", "."),
            ("a/b", "a"),
            ("a//b/", "a"),
            ("/a", "/"),
            ("", "."),
            ("//", "/"),
            ("a/b/c", "a/b"),
        ] {
            assert_eq!(typed(path).folder(), folder, "{path}");
        }
    }

    #[test]
    fn what_is_found_is_called_as_it_was_typed() {
        let found = |path: &str, name: &str| typed(path).found(&name.parse().expect("is a name"));
        assert_eq!(found("", "a/b"), "a/b");
        assert_eq!(found(".", "a/b"), "./a/b");
        assert_eq!(found("./a", "a/b"), "./a/b");
        assert_eq!(found("a//", "a/b"), "a//b");
        assert_eq!(found("./b", "b"), "./b");
    }

    #[test]
    fn only_an_entry_has_a_name() {
        assert_eq!(typed("/a//b").name().map(|name| name.to_string()).as_deref(), Some("a/b"));
        for path in ["", "/", "a/", "a/.", ".git/x"] {
            assert!(typed(path).name().is_none(), "{path}");
        }
        for path in ["..", "../a", "a/..", "a/../b"] {
            assert!(Typed::new(path.as_bytes()).is_err(), "{path}");
        }
        assert!(Typed::new(b"a..b/...").is_ok() && Typed::new(b"\xff").is_err());
    }
}
