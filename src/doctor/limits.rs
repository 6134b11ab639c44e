//! How old things may be.

use std::str::FromStr;

use crate::config::{BadSpan, Span};

/// How old things may be; what has no limit is not judged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// The last healthy snapshot.
    pub snapshot: Option<Span>,
    /// The last verification that left a report.
    pub verify: Option<Span>,
    /// The last drill.
    pub drill: Option<Span>,
}

/// What is no such text.
#[derive(Debug, thiserror::Error)]
pub enum BadLimits {
    /// A length of time is none.
    #[error(transparent)]
    Span(#[from] BadSpan),
    /// Something else has no age.
    #[error("`{0}` is none of `snapshot`, `verify` and `drill`")]
    Name(String),
}

/// A weekly verification, and a day to make up for it.
const VERIFY: &str = "8d";

/// A monthly drill, and a few days to make up for it.
const DRILL: &str = "35d";

impl FromStr for Limits {
    type Err = BadLimits;

    /// `26h` for the snapshot, and what a weekly verification and a monthly drill keep; or
    /// `snapshot=26h,drill=35d`, and then nothing else.
    fn from_str(text: &str) -> Result<Self, BadLimits> {
        if !text.contains('=') {
            let [verify, drill] = [VERIFY, DRILL].map(|text| text.parse().ok());
            return Ok(Self { snapshot: Some(text.parse()?), verify, drill });
        }
        let mut limits = Self::default();
        for part in text.split(',') {
            let (name, span) = part.split_once('=').unwrap_or((part, ""));
            let limit = match name {
                "snapshot" => &mut limits.snapshot,
                "verify" => &mut limits.verify,
                "drill" => &mut limits.drill,
                _ => return Err(BadLimits::Name(name.to_owned())),
            };
            *limit = Some(span.parse()?);
        }
        Ok(limits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Option<[Option<String>; 3]> {
        let Limits { snapshot, verify, drill } = text.parse().ok()?;
        Some([snapshot, verify, drill].map(|span| span.map(|span| span.to_string())))
    }

    #[test]
    fn one_age_is_for_the_snapshot_and_the_others_have_theirs() {
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(parsed("26h"), Some([text("26h"), text("8d"), text("5w")]));
        assert_eq!(parsed("drill=90d"), Some([None, None, text("90d")]));
        assert_eq!(parsed("snapshot=1h,verify=2w"), Some([text("1h"), text("2w"), None]));
        for bad in ["", "soon", "snapshot", "snapshot=", "moon=1d", "26h,drill=1d", "drill=1d,"] {
            assert_eq!(parsed(bad), None, "{bad}");
        }
    }
}
