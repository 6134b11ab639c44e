//! A share of the objects, so that a long look can be divided over several nights.

use std::fmt;
use std::str::FromStr;

use crate::crypto::Digest;

/// `2/5`: the second of five shares. Each object is in exactly one, always the same, so after all
/// of them everything was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subset {
    share: u32,
    of: u32,
}

/// What is no share.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not a share such as 2/5")]
pub struct BadSubset(String);

impl FromStr for Subset {
    type Err = BadSubset;

    fn from_str(text: &str) -> Result<Self, BadSubset> {
        let parse = || {
            let (share, of) = text.split_once('/')?;
            Some(Self { share: share.parse().ok()?, of: of.parse().ok()? })
        };
        let valid = |subset: &Self| (1..=subset.of).contains(&subset.share);
        parse().filter(valid).ok_or_else(|| BadSubset(text.to_owned()))
    }
}

impl fmt::Display for Subset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.share, self.of)
    }
}

impl Subset {
    /// Whether this object is in it.
    pub(super) fn has(self, digest: &Digest) -> bool {
        let digits = digest.to_string();
        let begin = digits.get(..8).and_then(|begin| u32::from_str_radix(begin, 16).ok());
        begin.is_some_and(|begin| begin % self.of == self.share - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_object_is_in_one_share() {
        for number in 0..200_u32 {
            let digest = Digest::of(&number.to_be_bytes());
            let shares = (1..=7).filter(|share| {
                let subset: Subset = format!("{share}/7").parse().expect("is one");
                subset.has(&digest)
            });
            assert_eq!(shares.count(), 1);
        }
        for bad in ["", "1", "0/5", "6/5", "1/0", "-1/5", "1/5/5"] {
            assert!(bad.parse::<Subset>().is_err(), "{bad}");
        }
    }
}
