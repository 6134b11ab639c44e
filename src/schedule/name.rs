//! What a job is called.

use std::fmt;
use std::str::FromStr;

use super::Error;

/// The longest name (characters).
const LENGTH: usize = 40;

/// A job's name: it becomes part of file names, unit names and lines of a crontab, so it has only
/// lower-case letters, digits and `-`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name(String);

impl Name {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Name {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let is_plain =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let is_name = (1..=LENGTH).contains(&text.len())
            && text.bytes().all(is_plain)
            && !text.starts_with('-');
        is_name.then(|| Self(text.to_owned())).ok_or_else(|| Error::BadName(text.to_owned()))
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_safe_everywhere() {
        for good in ["nightly", "a", "2nd-copy", &"x".repeat(40)] {
            assert!(good.parse::<Name>().is_ok(), "{good}");
        }
        for bad in ["", "-n", "Nightly", "a b", "a/b", "a.b", "a%b", "é", &"x".repeat(41)] {
            assert!(bad.parse::<Name>().is_err(), "{bad}");
        }
    }
}
