//! Whether a file that will be stored is what it should be. A backup of a broken file is taken,
//! and must not pass for a good one.

use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use serde::de::IgnoredAny;

use crate::snapshot::repository::commit::Health;

use super::finding::{Finding, Trouble};
use super::profile::Plan;

/// How a file must parse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// One JSON value.
    Json,
    /// One JSON value a line; the last line may be cut short, because it is being written.
    JsonLines,
    /// TOML.
    Toml,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Json => "JSON",
            Self::JsonLines => "JSON lines",
            Self::Toml => "TOML",
        })
    }
}

impl Format {
    /// What a file's ending promises, where every writer keeps that promise.
    pub(super) fn of_name(path: &Path) -> Option<Self> {
        let ending = path.extension()?.as_bytes();
        (ending == b"jsonl").then_some(Self::JsonLines)
    }

    /// Whether `bytes` are of this format.
    pub(super) fn fits(self, bytes: &[u8]) -> bool {
        match self {
            Self::Json => is_json(bytes),
            Self::JsonLines => are_json_lines(bytes),
            Self::Toml => {
                std::str::from_utf8(bytes).is_ok_and(|text| text.parse::<toml::Table>().is_ok())
            }
        }
    }

    /// The word that a commit has for a file that is not.
    fn code(self) -> &'static str {
        match self {
            Self::Json => "unparsed-json",
            Self::JsonLines => "unparsed-jsonl",
            Self::Toml => "unparsed-toml",
        }
    }
}

impl Health {
    /// What the findings mean for the whole.
    pub(super) fn of(findings: &[Finding], plan: &Plan) -> Self {
        let code = |finding: &Finding| match finding.trouble {
            // A transcript less is no reason to call the rest bad.
            Trouble::Unreadable(_) if !plan.has_in_parts(&finding.path) => {
                Some("unreadable".to_owned())
            }
            Trouble::Unparsed(format) => Some(format.code().to_owned()),
            Trouble::Collapsed(_) => Some("collapsed".to_owned()),
            Trouble::Special
            | Trouble::Cache
            | Trouble::Private
            | Trouble::Missing
            | Trouble::Unreadable(_)
            | Trouble::Torn => None,
        };
        let found = findings.iter().chain(&plan.skipped);
        let mut codes: Vec<String> = found.filter_map(code).collect();
        codes.sort_unstable();
        codes.dedup();
        if codes.is_empty() { Self::Ok } else { Self::Degraded(codes) }
    }
}

fn is_json(bytes: &[u8]) -> bool {
    serde_json::from_slice::<IgnoredAny>(bytes).is_ok()
}

fn are_json_lines(bytes: &[u8]) -> bool {
    let end = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let mut lines = bytes[..end].split(|byte| *byte == b'\n');
    lines.all(|line| line.trim_ascii().is_empty() || is_json(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_files_are_told_from_whole_ones() {
        let cases = [
            (Format::Json, "{\"a\": 1}\n", true),
            (Format::Json, "{\"a\": 1", false),
            (Format::Json, "", false),
            (Format::JsonLines, "{}\n\n{\"half", true),
            (Format::JsonLines, "{\n{}\n", false),
            (Format::JsonLines, "", true),
            (Format::Toml, "[a]\nb = 1\n", true),
            (Format::Toml, "[a\n", false),
        ];
        for (format, text, expected) in cases {
            assert_eq!(format.fits(text.as_bytes()), expected, "{format}: {text:?}");
        }
    }
}
