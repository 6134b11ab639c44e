//! Looking at what stands round a value: lines, indentation, commas, comments.

use std::ops::Range;

use super::{BYTE_ORDER_MARK, Format};

/// A text as a person laid it out.
#[derive(Clone, Copy)]
pub(super) struct Layout<'t> {
    text: &'t str,
    format: Format,
    /// Where the text begins after a byte order mark.
    begin: usize,
}

impl<'t> Layout<'t> {
    pub(super) fn new(text: &'t str, format: Format) -> Self {
        let begin = text.len() - text.trim_start_matches(BYTE_ORDER_MARK).len();
        Self { text, format, begin }
    }

    pub(super) fn slice(&self, span: Range<usize>) -> &'t str {
        self.text.get(span).unwrap_or_default()
    }

    fn after(&self, at: usize) -> &'t str {
        self.slice(at..self.text.len())
    }

    /// Where the line begins that `at` is on.
    pub(super) fn line_start(&self, at: usize) -> usize {
        self.slice(0..at).rfind('\n').map_or(self.begin, |end| end + 1)
    }

    /// Where the line ends that `at` is on: before `\n` or `\r\n`.
    pub(super) fn line_end(&self, at: usize) -> usize {
        let rest = self.after(at);
        let line =
            rest.split_once('\n').map_or(rest, |(line, _)| line.strip_suffix('\r').unwrap_or(line));
        at + line.len()
    }

    /// What ends the line before the one that `at` is on, or that one, if it is the first.
    pub(super) fn newline(&self, at: usize) -> &'static str {
        let (before, rest) = (self.slice(0..self.line_start(at)), self.after(self.line_end(at)));
        let is_first = !before.ends_with('\n');
        let crlf = before.ends_with("\r\n") || (is_first && rest.starts_with("\r\n"));
        if crlf { "\r\n" } else { "\n" }
    }

    /// The white space before `at`, when nothing else is on its line before it, and the line begins
    /// after `floor`.
    pub(super) fn indentation(&self, at: usize, floor: usize) -> Option<&'t str> {
        let start = self.line_start(at);
        let before = self.slice(start..at);
        (start > floor && before.chars().all(char::is_whitespace)).then_some(before)
    }

    /// Whether nothing but white space follows on the line.
    fn ends_line(&self, at: usize) -> bool {
        self.slice(at..self.line_end(at)).chars().all(char::is_whitespace)
    }

    /// The comma that follows `at`, white space and comments between them.
    pub(super) fn comma(&self, at: usize) -> Option<usize> {
        let at = self.skip(at, char::is_whitespace);
        self.after(at).starts_with(',').then_some(at)
    }

    /// Where the line ends, if nothing but white space and comments follow on it.
    pub(super) fn bare_line_end(&self, at: usize) -> Option<usize> {
        let end = self.line_end(at);
        (self.skip(at, |c| c.is_whitespace() && !matches!(c, '\r' | '\n')) == end).then_some(end)
    }

    /// The first place from `at` on that is neither a comment nor one of these characters.
    fn skip(&self, mut at: usize, is_space: fn(char) -> bool) -> usize {
        loop {
            let rest = self.after(at);
            let space = rest.len() - rest.trim_start_matches(is_space).len();
            let comment = self.comment(at + space);
            if comment == 0 {
                return at + space;
            }
            at += space + comment;
        }
    }

    /// How many bytes the comment takes that begins at `at`.
    fn comment(&self, at: usize) -> usize {
        let rest = self.after(at);
        let is_json = self.format != Format::Toml;
        let line = if is_json { "//" } else { "#" };
        if rest.starts_with(line) {
            return self.line_end(at) - at;
        }
        match rest.strip_prefix("/*").filter(|_| is_json).and_then(|rest| rest.find("*/")) {
            Some(inner) => inner + "/**/".len(),
            None => 0,
        }
    }

    /// `span` with its whole line, when nothing else is on that; else with the white space after it
    /// or, if nothing follows that is meant to stay apart, before it.
    pub(super) fn widened(&self, span: &Range<usize>, floor: usize, is_last: bool) -> Range<usize> {
        let is_blank = |c: char| matches!(c, ' ' | '\t');
        let begins_line = self.indentation(span.start, floor).is_some();
        if begins_line && self.ends_line(span.end) {
            let end = self.line_end(span.end);
            let rest = self.after(end);
            let newline = ["\r\n", "\n"].into_iter().find(|newline| rest.starts_with(newline));
            return self.line_start(span.start)..end + newline.map_or(0, str::len);
        }
        if is_last && !begins_line {
            let before = self.slice(floor..span.start);
            return floor + before.trim_end_matches(is_blank).len()..span.end;
        }
        let after = self.after(span.end);
        span.start..self.text.len() - after.trim_start_matches(is_blank).len()
    }
}
