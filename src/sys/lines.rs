//! Bytes of a stream as lines: all of them up to a length, or the last few.

use std::collections::VecDeque;

use super::Heard;

/// Cuts what comes in into lines, none longer than allowed.
pub(super) struct Lines {
    pending: VecDeque<u8>,
    /// How much of it has no line end in it for sure.
    seen: usize,
    limit: usize,
    is_over: bool,
}

impl Lines {
    /// A line may have `limit` bytes, its end not counted.
    pub(super) fn new(limit: usize) -> Self {
        Self { pending: VecDeque::new(), seen: 0, limit, is_over: false }
    }

    /// More of the stream.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.pending.extend(bytes);
    }

    /// There is no more: what is left is a line too.
    pub(super) fn finish(&mut self) {
        self.is_over = true;
    }

    /// Drops what is there.
    pub(super) fn forget(&mut self) {
        self.pending.clear();
        self.seen = 0;
    }

    /// The next line, or that it has grown too long.
    pub(super) fn next(&mut self) -> Option<Heard> {
        let end = self.pending.range(self.seen..).position(|byte| *byte == b'\n');
        let length = end.map_or(self.pending.len(), |at| self.seen + at);
        self.seen = length;
        if length > self.limit {
            return Some(Heard::TooLong);
        }
        if end.is_none() && (!self.is_over || length == 0) {
            return None;
        }
        let line = self.pending.drain(..length).collect();
        self.pending.pop_front();
        self.seen = 0;
        Some(Heard::Line(line))
    }
}

/// How much of what a program says is kept (bytes).
const TAIL_LIMIT: usize = 16 * 1024;

/// How many of its last lines are worth reading.
const LAST_LINES: usize = 5;

/// The end of a stream.
#[derive(Default)]
pub(super) struct Tail {
    bytes: VecDeque<u8>,
    is_cut: bool,
}

impl Tail {
    /// More of the stream.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend(bytes);
        let excess = self.bytes.len().saturating_sub(TAIL_LIMIT);
        self.is_cut |= excess > 0;
        self.bytes.drain(..excess);
    }

    /// The last whole lines that are not empty. The beginning of a line that was cut is left out:
    /// half of a secret would not be known for one.
    pub(super) fn lines(&self) -> Vec<String> {
        let bytes: Vec<u8> = self.bytes.iter().copied().collect();
        let text = String::from_utf8_lossy(&bytes);
        let whole = text.lines().skip(usize::from(self.is_cut));
        let lines: Vec<&str> = whole.map(str::trim_end).filter(|line| !line.is_empty()).collect();
        let first = lines.len().saturating_sub(LAST_LINES);
        lines[first..].iter().map(|line| (*line).to_owned()).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What comes out when the stream comes in pieces of this size.
    fn cut(stream: &[u8], piece: usize, limit: usize) -> Vec<Heard> {
        let mut lines = Lines::new(limit);
        let mut heard = Vec::new();
        for piece in stream.chunks(piece) {
            lines.push(piece);
            while let Some(line) = lines.next() {
                let is_last = line == Heard::TooLong;
                heard.push(line);
                if is_last {
                    return heard;
                }
            }
        }
        lines.finish();
        heard.extend(lines.next());
        heard
    }

    fn line(text: &str) -> Heard {
        Heard::Line(text.as_bytes().to_vec())
    }

    #[test]
    fn lines_come_one_by_one_and_none_is_too_long() {
        assert_eq!(cut(b"one\n\ntwo", 2, 3), [line("one"), line(""), line("two")]);
        assert_eq!(cut(b"one\nfour\n", 100, 3), [line("one"), Heard::TooLong]);
        assert_eq!(cut(b"four", 1, 3), [Heard::TooLong]);
        assert_eq!(cut(b"", 1, 3), []);
    }

    proptest! {
        #[test]
        fn pieces_do_not_matter(stream in "[a\n]{0,60}", piece in 1_usize..20) {
            let expected = stream.split_terminator('\n').map(line).collect::<Vec<_>>();
            prop_assert_eq!(cut(stream.as_bytes(), piece, 60), expected);
        }
    }

    #[test]
    fn a_tail_has_the_last_whole_lines() {
        let mut tail = Tail::default();
        assert!(tail.lines().is_empty());
        tail.push(b"one\n\ntwo\nthree\nfour\nfive\nsix");
        assert_eq!(tail.lines(), ["two", "three", "four", "five", "six"]);
        tail.push(&[b'x'; TAIL_LIMIT]);
        assert!(tail.lines().is_empty(), "half a line is none");
        tail.push(b"\nlast\n");
        assert_eq!(tail.lines(), ["last"]);
    }
}
