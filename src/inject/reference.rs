//! `vault:NAME`, `vault:NAME#FIELD`, `vault:NAME#*`; `oauth:GRANT`.

use std::ffi::OsStr;
use std::fmt;
use std::str::FromStr;

/// What a reference to an entry begins with.
const VAULT: &str = "vault:";

/// What a reference to a live token begins with.
const OAUTH: &str = "oauth:";

/// What stands in a client's file, or in a variable, for a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reference {
    /// A part of an entry: what follows `vault:`.
    Vault(String),
    /// The token of an OAuth grant: what follows `oauth:`.
    OAuth(String),
}

impl Reference {
    /// Reads the value of a variable; `None` when it is an ordinary value.
    #[must_use]
    pub fn parse(value: &OsStr) -> Option<Self> {
        Self::read(value.to_str()?)
    }

    /// Reads a text; `None` when it is an ordinary one. `vault:v1:…` is the ciphertext of another
    /// product (HashiCorp Vault's transit engine) and never a reference.
    pub(super) fn read(text: &str) -> Option<Self> {
        if let Some(grant) = text.strip_prefix(OAUTH) {
            return is_grant(grant).then(|| Self::OAuth(grant.to_owned()));
        }
        let address = text.strip_prefix(VAULT)?;
        let foreign = address.split_once(':').is_some_and(|(version, _)| is_version(version));
        (!address.is_empty() && !foreign).then(|| Self::Vault(address.to_owned()))
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Vault(address) => write!(f, "{VAULT}{address}"),
            Self::OAuth(grant) => write!(f, "{OAUTH}{grant}"),
        }
    }
}

fn is_version(text: &str) -> bool {
    text.strip_prefix('v').is_some_and(|digits| {
        !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit())
    })
}

fn is_grant(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte);
    !text.is_empty() && text.bytes().all(fits)
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

    fn parse(text: &str) -> Option<Reference> {
        Reference::parse(OsStr::new(text))
    }

    #[test]
    fn a_reference_is_told_from_a_value() {
        for address in ["claude/github-token", "db/admin#url", "version/a:b", "key#*"] {
            let text = format!("vault:{address}");
            assert_eq!(parse(&text), Some(Reference::Vault(address.to_owned())));
            assert_eq!(parse(&text).expect("is one").to_string(), text);
        }
        assert_eq!(parse("oauth:linear"), Some(Reference::OAuth("linear".to_owned())));
        for value in [
            "",
            "vault:",
            "Vault:a",
            "vault:v1:8SDd3WHDOjf7mq69CyCqYjBXAiQQAVZRkFM13ok481zoCmHnSeDX9vyf7w==",
            " vault:a",
            "oauth:",
            "oauth: a",
            "oauth:a:b",
        ] {
            assert_eq!(parse(value), None, "{value}");
        }
    }
}
