//! Lengths of time as people write them.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::Deserialize;

/// The units, each with its seconds.
const UNITS: [(char, u64); 5] =
    [('s', 1), ('m', 60), ('h', 60 * 60), ('d', 24 * 60 * 60), ('w', 7 * 24 * 60 * 60)];

/// `15m`, `26h`, `14d`, `2w`: a whole number and its unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Span(Duration);

/// What is not a length of time.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not a length of time; `90s`, `15m`, `26h`, `14d` and `2w` are")]
pub struct BadSpan(String);

impl Span {
    /// How long it is.
    #[must_use]
    pub fn duration(self) -> Duration {
        self.0
    }
}

impl FromStr for Span {
    type Err = BadSpan;

    fn from_str(text: &str) -> Result<Self, BadSpan> {
        seconds(text).map(Duration::from_secs).map(Self).ok_or_else(|| BadSpan(text.to_owned()))
    }
}

fn seconds(text: &str) -> Option<u64> {
    let (unit, seconds) = UNITS.iter().find(|(unit, _)| text.ends_with(*unit))?;
    let number = text.strip_suffix(*unit)?;
    let is_plain = number.bytes().all(|byte| byte.is_ascii_digit());
    number.parse::<u64>().ok().filter(|_| is_plain)?.checked_mul(*seconds)
}

impl TryFrom<String> for Span {
    type Error = BadSpan;

    fn try_from(text: String) -> Result<Self, BadSpan> {
        text.parse()
    }
}

impl fmt::Display for Span {
    /// In the largest unit that it is a multiple of.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = |(_, seconds): &&(char, u64)| self.0.as_secs().is_multiple_of(*seconds);
        let (unit, seconds) = UNITS.iter().rev().find(whole).unwrap_or(&UNITS[0]);
        write!(f, "{}{unit}", self.0.as_secs() / seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_and_written() {
        for (text, seconds) in
            [("90s", 90), ("15m", 900), ("26h", 93_600), ("13d", 1_123_200), ("2w", 1_209_600)]
        {
            let span: Span = text.parse().expect("is one");
            assert_eq!((span.duration().as_secs(), span.to_string()), (seconds, text.to_owned()));
        }
        for bad in [
            "",
            "d",
            "14",
            "+1d",
            "-1d",
            "1.5h",
            "1 d",
            "1y",
            "99999999999999999999s",
            "18446744073709551615w",
        ] {
            assert!(bad.parse::<Span>().is_err(), "{bad}");
        }
    }
}
