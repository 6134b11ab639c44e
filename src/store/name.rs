//! The name of an entry.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::crypto::Cipher;

/// The longest component a file system takes, in bytes (NAME_MAX), ending included.
const COMPONENT_LIMIT: usize = 255;

/// Folders that belong to git, to pass and to us, and the short name that Windows gives the first.
const RESERVED: [&str; 4] = [".git", ".extensions", ".vaultctl", "git~1"];

/// A name that was parsed: components joined by `/`, none of them empty, `.`, `..` or reserved.
///
/// Spaces, line ends, emoji and leading dashes are allowed, as they are in pass.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(String);

/// Why something is not a name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing is left of it.
    #[error("an empty name names no entry")]
    Empty,
    /// It climbs.
    #[error("`{0}` leads out of the store")]
    Climbs(String),
    /// It is in a folder that holds no entries.
    #[error("`{0}` is in `{1}`, which holds no entries")]
    Reserved(String, String),
    /// It has a byte that no path can have.
    #[error("a name can not hold a NUL byte")]
    Nul,
    /// A component is too long for a file system.
    #[error("a part of the name `{0}` is longer than {max} bytes", max = COMPONENT_LIMIT - 4)]
    TooLong(String),
}

impl FromStr for Name {
    type Err = NameError;

    /// Empty and `.` components mean nothing, as in a path; `..` is refused wherever it stands
    /// (pass's `check_sneaky_paths`).
    fn from_str(text: &str) -> Result<Self, NameError> {
        if text.contains('\0') {
            return Err(NameError::Nul);
        }
        let parts: Vec<&str> = text.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
        if parts.is_empty() {
            return Err(NameError::Empty);
        }
        for part in &parts {
            if *part == ".." {
                return Err(NameError::Climbs(text.to_owned()));
            }
            if Self::is_reserved(part) {
                return Err(NameError::Reserved(text.to_owned(), (*part).to_owned()));
            }
            if part.len() + Cipher::Age.extension().len() > COMPONENT_LIMIT {
                return Err(NameError::TooLong(text.to_owned()));
            }
        }
        Ok(Self(parts.join("/")))
    }
}

impl Name {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The entry's file, relative to the store's root.
    #[must_use]
    pub fn file(&self, cipher: Cipher) -> PathBuf {
        PathBuf::from(format!("{}{}", self.0, cipher.extension()))
    }

    /// The name of the entry whose file is at `path`, and how it is encrypted; `None` when it is the
    /// file of no entry.
    #[must_use]
    pub fn of_file(path: &Path) -> Option<(Self, Cipher)> {
        let text = path.to_str()?;
        Cipher::ALL.into_iter().find_map(|cipher| {
            let bare = text.strip_suffix(cipher.extension())?;
            Some((bare.parse().ok()?, cipher))
        })
    }

    /// Whether a part of a path is a folder that holds no entries, however a file system spells it:
    /// git refuses them all, since clones live on other systems (git, `is_ntfs_dotgit`, `is_hfs_dotgit`).
    #[must_use]
    pub fn is_reserved(part: &str) -> bool {
        let visible: String = part.chars().filter(|c| !is_ignored_by_hfs(*c)).collect();
        let bare = visible.split(':').next().unwrap_or_default().trim_end_matches(['.', ' ']);
        RESERVED.iter().any(|reserved| reserved.eq_ignore_ascii_case(bare))
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Characters that HFS+ leaves out when it compares names.
fn is_ignored_by_hfs(c: char) -> bool {
    matches!(c, '\u{200c}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{206a}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<String, NameError> {
        text.parse::<Name>().map(|name| name.to_string())
    }

    #[test]
    fn a_name_is_what_pass_takes() {
        for name in ["a", "a/b", "a b/ö/🔑", "-n", "two\nlines", "a.age", "..."] {
            assert_eq!(parse(name).as_deref(), Ok(name));
        }
        assert_eq!(parse("/a//./b/").as_deref(), Ok("a/b"));
        assert_eq!(parse(&"x".repeat(251)).map(|name| name.len()), Ok(251));
    }

    #[test]
    fn a_name_leads_nowhere_else() {
        for name in ["..", "../a", "a/..", "a/../b"] {
            assert_eq!(parse(name), Err(NameError::Climbs(name.to_owned())));
        }
        for name in [".git/config", "a/.GIT/hooks", ".vaultctl/x", ".extensions/x"] {
            assert!(matches!(parse(name), Err(NameError::Reserved(..))), "{name}");
        }
        assert_eq!(parse("a\0b"), Err(NameError::Nul));
        assert_eq!(parse("//./"), Err(NameError::Empty));
        assert!(matches!(parse(&"x".repeat(252)), Err(NameError::TooLong(_))));
    }
}
