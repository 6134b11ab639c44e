//! Names of objects.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

/// The longest name (bytes): far below what any file system or S3 takes.
const LONGEST: usize = 200;

/// A relative name that is the same on every file system and in every bucket, and stays inside:
/// components of letters, digits, `.`, `-` and `_`, none of which begins with a dot.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectName(String);

/// What is not an object's name.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not the name of an object")]
pub struct BadName(String);

impl FromStr for ObjectName {
    type Err = BadName;

    fn from_str(text: &str) -> Result<Self, BadName> {
        let valid = text.len() <= LONGEST && text.split('/').all(is_component);
        if valid { Ok(Self(text.to_owned())) } else { Err(BadName(text.to_owned())) }
    }
}

fn is_component(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    !text.is_empty() && !text.starts_with('.') && text.bytes().all(plain)
}

impl ObjectName {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its last component.
    #[must_use]
    pub fn last(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }

    /// The name of the signature over it.
    #[must_use]
    pub fn signature(&self) -> Self {
        Self(format!("{}.sig", self.0))
    }

    /// As a relative path.
    #[must_use]
    pub fn as_path(&self) -> &Path {
        Path::new(&self.0)
    }
}

impl fmt::Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_relative_names_are_taken() {
        for good in ["vaultctl-repo", "commits/20261120T020000Z-000001.commit.sig", "packs/ab/c_d"]
        {
            assert_eq!(good.parse::<ObjectName>().expect("is one").as_str(), good);
        }
        let long = "x".repeat(LONGEST + 1);
        for bad in
            ["", "/a", "a/", "a//b", "..", "a/../b", ".a", "a/.b", "a b", "a\\b", "ä", "a\n", &long]
        {
            assert!(bad.parse::<ObjectName>().is_err(), "{bad:?}");
        }
    }
}
