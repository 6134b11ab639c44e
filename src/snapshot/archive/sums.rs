//! The member `SUMS`: what `cksum` prints for each file (POSIX.1-2024, `cksum`), so that a shell
//! script can check what it has extracted and put together. Against errors, not against people:
//! those are stopped by signatures and age.

use std::collections::HashMap;
use std::io::{self, Read};

use crc_fast::{CrcAlgorithm, Digest};
use serde::{Deserialize, Serialize};

use super::member::TreePath;

/// A checksum in the making; what was summed so far can be kept, and gone on with another day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RunningSum {
    register: u32,
    size: u64,
}

impl RunningSum {
    /// Sums on.
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.feed(bytes);
        self.size += bytes.len() as u64;
    }

    /// How many bytes were summed.
    pub(crate) fn size(self) -> u64 {
        self.size
    }

    /// The length follows the bytes, least significant byte first, without leading zeros.
    pub(crate) fn finish(mut self) -> Sum {
        let size = self.size;
        let length = size.to_le_bytes();
        let used = length.len() - size.leading_zeros() as usize / 8;
        self.feed(&length[..used]);
        Sum { crc: !self.register, size }
    }

    fn feed(&mut self, bytes: &[u8]) {
        let register = u64::from(self.register);
        let mut digest = Digest::new_with_init_state(CrcAlgorithm::Crc32Cksum, register);
        digest.update(bytes);
        self.register = u32::try_from(digest.get_state()).expect("it has 32 bits");
    }
}

/// What `cksum` prints of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sum {
    crc: u32,
    size: u64,
}

impl Sum {
    /// How many bytes were summed.
    pub(super) fn size(self) -> u64 {
        self.size
    }
}

/// Counts and sums what is read through it.
pub(super) struct SumReader<R> {
    inner: R,
    sum: RunningSum,
}

impl<R: Read> SumReader<R> {
    pub(super) fn new(inner: R) -> Self {
        Self { inner, sum: RunningSum::default() }
    }

    /// The sum of what was read.
    pub(super) fn finish(self) -> Sum {
        self.sum.finish()
    }
}

impl<R: Read> Read for SumReader<R> {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(target)?;
        self.sum.update(&target[..count]);
        Ok(count)
    }
}

/// What one line says. Of a file that is stored in parts a reader knows the size only, until it has
/// put the parts together.
#[derive(Clone, Copy)]
enum Line {
    Known(Sum),
    Sized(u64),
}

/// The lines so far.
#[derive(Default)]
pub(super) struct Sums {
    lines: Vec<(TreePath, Line)>,
    of: HashMap<TreePath, Line>,
}

impl Sums {
    /// A file.
    pub(super) fn add(&mut self, path: &TreePath, sum: Sum) {
        self.add_line(path, Line::Known(sum));
    }

    /// A file of which only the size is known.
    pub(super) fn add_sized(&mut self, path: &TreePath, size: u64) {
        self.add_line(path, Line::Sized(size));
    }

    /// Another name of a file that was added.
    pub(super) fn add_link(&mut self, path: &TreePath, first: &TreePath) {
        if let Some(line) = self.of.get(first).copied() {
            self.add_line(path, line);
        }
    }

    fn add_line(&mut self, path: &TreePath, line: Line) {
        self.lines.push((path.clone(), line));
        self.of.insert(path.clone(), line);
    }

    /// The member's content, where every sum is known.
    pub(super) fn text(&self) -> Vec<u8> {
        let mut text = Vec::new();
        for (path, line) in &self.lines {
            if let Line::Known(Sum { crc, size }) = line {
                text.extend(format!("{crc} {size} ").bytes());
                text.extend(path.member());
                text.push(b'\n');
            }
        }
        text
    }

    /// The longest text that can say it (bytes): two numbers, two blanks and a line end beside a name.
    pub(super) fn longest(&self) -> u64 {
        let line = |(path, _): &(TreePath, Line)| path.member().len() as u64 + 10 + 20 + 3;
        self.lines.iter().map(line).sum()
    }

    /// Whether a text says what is known.
    pub(super) fn agree_with(&self, text: &[u8]) -> bool {
        let mut rest = Some(text);
        for (path, line) in &self.lines {
            rest = rest.and_then(|rest| after_line(rest, path, *line));
        }
        rest.is_some_and(<[u8]>::is_empty)
    }
}

/// What follows the line of `path`, if that is what the text begins with.
fn after_line<'t>(text: &'t [u8], path: &TreePath, line: Line) -> Option<&'t [u8]> {
    let (rest, size) = match line {
        Line::Known(Sum { crc, size }) => (text.strip_prefix(crc.to_string().as_bytes())?, size),
        Line::Sized(size) => (after_number(text)?, size),
    };
    let rest = rest.strip_prefix(format!(" {size} ").as_bytes())?;
    rest.strip_prefix(&path.member()[..])?.strip_prefix(b"\n")
}

/// What follows a checksum, if that is what the text begins with.
fn after_number(text: &[u8]) -> Option<&[u8]> {
    let end = text.iter().position(|byte| !byte.is_ascii_digit())?;
    let (number, rest) = text.split_at(end);
    let value: u32 = std::str::from_utf8(number).ok()?.parse().ok()?;
    (value.to_string().as_bytes() == number).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(bytes: &[u8]) -> (u32, u64) {
        let mut reader = SumReader::new(bytes);
        io::copy(&mut reader, &mut io::sink()).expect("reads");
        let sum = reader.finish();
        (sum.crc, sum.size)
    }

    #[test]
    fn sums_as_cksum_does() {
        // Printed by `cksum` of GNU coreutils 9.1.
        assert_eq!(line(b""), (4_294_967_295, 0));
        assert_eq!(line(b"x"), (12_738_659, 1));
        assert_eq!(line(b"123456789"), (930_766_865, 9));
    }

    #[test]
    fn goes_on_where_it_stopped() {
        let mut sum = RunningSum::default();
        b"123456789".chunks(2).for_each(|piece| sum.update(piece));
        assert_eq!(sum.finish(), Sum { crc: 930_766_865, size: 9 });
    }

    #[test]
    fn a_sum_that_is_not_known_may_be_any_number() {
        let path = TreePath::parse(b"HOME/a").expect("is one");
        let mut sums = Sums::default();
        sums.add_sized(&path, 7);
        for (text, expected) in [
            ("12 7 files/HOME/a\n", true),
            ("4294967295 7 files/HOME/a\n", true),
            ("4294967296 7 files/HOME/a\n", false),
            ("012 7 files/HOME/a\n", false),
            ("12 8 files/HOME/a\n", false),
            ("12 7 files/HOME/a\n1", false),
            (" 7 files/HOME/a\n", false),
            ("", false),
        ] {
            assert_eq!(sums.agree_with(text.as_bytes()), expected, "{text:?}");
        }
    }
}
