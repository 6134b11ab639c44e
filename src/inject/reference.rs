//! `vault:NAME`, `vault:NAME#FIELD`, `vault:NAME#*`.

use std::ffi::OsStr;
use std::fmt;
use std::str::FromStr;

/// What every reference begins with.
const SCHEME: &str = "vault:";

/// The value of a variable that stands for a part of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference(String);

impl Reference {
    /// Reads the value of a variable; `None` when it is an ordinary value. `vault:v1:…` is the
    /// ciphertext of another product (HashiCorp Vault's transit engine) and never a reference.
    #[must_use]
    pub fn parse(value: &OsStr) -> Option<Self> {
        let address = value.to_str()?.strip_prefix(SCHEME)?;
        let foreign = address.split_once(':').is_some_and(|(version, _)| is_version(version));
        (!address.is_empty() && !foreign).then(|| Self(address.to_owned()))
    }

    /// What follows `vault:`.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SCHEME}{}", self.0)
    }
}

fn is_version(text: &str) -> bool {
    text.strip_prefix('v').is_some_and(|digits| {
        !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit())
    })
}

/// The name of a variable: not empty, without `=` and NUL (POSIX.1-2024, section 8.1).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EnvName(String);

impl EnvName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for EnvName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.is_empty() || text.contains(['=', '\0']) {
            return Err(format!("`{text}` can not be the name of a variable"));
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for EnvName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Option<String> {
        Reference::parse(OsStr::new(text)).map(|reference| reference.address().to_owned())
    }

    #[test]
    fn a_reference_is_told_from_a_value() {
        assert_eq!(parse("vault:claude/github-token").as_deref(), Some("claude/github-token"));
        assert_eq!(parse("vault:db/admin#url").as_deref(), Some("db/admin#url"));
        assert_eq!(parse("vault:version/a:b").as_deref(), Some("version/a:b"));
        for value in [
            "",
            "vault:",
            "Vault:a",
            "vault:v1:8SDd3WHDOjf7mq69CyCqYjBXAiQQAVZRkFM13ok481zoCmHnSeDX9vyf7w==",
            " vault:a",
        ] {
            assert_eq!(parse(value), None, "{value}");
        }
    }
}
