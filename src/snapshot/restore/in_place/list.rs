//! What changes places in a restore: written before the first of it does.

use std::fmt::Write;
use std::path::Path;

use crate::snapshot::Error;
use crate::snapshot::archive::TreePath;
use crate::snapshot::repository::text::Malformed;
use crate::sys;

const FIRST_LINE: &str = "vaultctl-restore 1";

/// A larger list is none of ours (bytes).
const LIMIT: usize = 256 * 1024 * 1024;

/// A thing that changes places as a whole.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::snapshot) struct Unit {
    pub(in crate::snapshot) path: TreePath,
    /// The number of the new one, by which it is known wherever it is.
    pub(in crate::snapshot) inode: u64,
}

/// All of them.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::snapshot) struct List {
    /// What is being restored.
    pub(in crate::snapshot) snapshot: String,
    pub(in crate::snapshot) units: Vec<Unit>,
}

impl List {
    /// As it is kept: names may be any bytes, so they are in hexadecimal.
    pub(super) fn render(&self) -> Vec<u8> {
        let mut text = format!("{FIRST_LINE}\nsnapshot {}\n", self.snapshot);
        for Unit { path, inode } in &self.units {
            let hex: String = path.as_bytes().iter().fold(String::new(), |mut hex, byte| {
                write!(hex, "{byte:02x}").ok();
                hex
            });
            writeln!(text, "unit {inode} {hex}").ok();
        }
        (text + "end\n").into_bytes()
    }

    /// Reads what [`List::render`] wrote.
    pub(super) fn read(path: &Path) -> Result<Self, Error> {
        let bytes = sys::read(path, LIMIT)?.unwrap_or_default();
        let parsed = std::str::from_utf8(&bytes).ok().and_then(Self::parse);
        let bad = || Malformed::new(format!("`{}` is not the list of a restore", path.display()));
        Ok(parsed.ok_or_else(bad)?)
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.strip_suffix("end\n")?.lines();
        lines.next().filter(|line| *line == FIRST_LINE)?;
        let snapshot = lines.next()?.strip_prefix("snapshot ")?.to_owned();
        let unit = |line: &str| {
            let (inode, hex) = line.strip_prefix("unit ")?.split_once(' ')?;
            let path = TreePath::parse(&from_hexadecimal(hex)?).ok()?;
            Some(Unit { path, inode: inode.parse().ok()? })
        };
        Some(Self { snapshot, units: lines.map(unit).collect::<Option<_>>()? })
    }
}

fn from_hexadecimal(text: &str) -> Option<Vec<u8>> {
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_read_back_and_never_in_part() {
        let path = TreePath::parse(b"HOME/a b\n\xff").expect("is one");
        let list = List { snapshot: "s".to_owned(), units: vec![Unit { path, inode: 7 }] };
        let text = String::from_utf8(list.render()).expect("is text");
        assert_eq!(List::parse(&text), Some(list));
        for end in 0..text.len() {
            assert_eq!(List::parse(text.get(..end).expect("is ASCII")), None, "cut to {end}");
        }
    }
}
