//! The form of our clear-text statements: a first line that names kind and version, then one
//! `key value` a line in a fixed order, then `end`. ASCII, LF, nothing else.
//!
//! Whoever parses one renders it again and compares: then one statement has exactly one text, and
//! no byte of a file is free to change unnoticed.

use std::str::FromStr;

/// What is wrong with a statement.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{0}")]
pub struct Malformed(String);

impl Malformed {
    pub(in crate::snapshot) fn new(what: impl Into<String>) -> Self {
        Self(what.into())
    }
}

/// The lines of a statement, taken one after the other.
pub(in crate::snapshot) struct Lines<'a> {
    rest: std::iter::Peekable<std::str::Split<'a, char>>,
}

impl<'a> Lines<'a> {
    /// Begins behind the first line, which must be `first`.
    pub(in crate::snapshot) fn begin(bytes: &'a [u8], first: &str) -> Result<Self, Malformed> {
        let text = std::str::from_utf8(bytes).map_err(|_| Malformed::new("it is no text"))?;
        let mut rest = text.split('\n').peekable();
        match rest.next() {
            Some(line) if line == first => Ok(Self { rest }),
            _ => Err(Malformed::new(format!("it does not begin with `{first}`"))),
        }
    }

    /// The value of the next line, which must have this key.
    pub(in crate::snapshot) fn value(&mut self, key: &str) -> Result<&'a str, Malformed> {
        self.value_if(key).ok_or_else(|| Malformed::new(format!("the line `{key}` is missing")))
    }

    /// The value of the next line, if it has this key.
    pub(in crate::snapshot) fn value_if(&mut self, key: &str) -> Option<&'a str> {
        let value = self.rest.peek()?.strip_prefix(key)?.strip_prefix(' ')?;
        self.rest.next();
        Some(value)
    }

    /// As [`Lines::value`], parsed.
    pub(in crate::snapshot) fn parsed<T: FromStr>(&mut self, key: &str) -> Result<T, Malformed> {
        parse(key, self.value(key)?)
    }

    /// The last line; nothing may follow it.
    pub(in crate::snapshot) fn end(mut self) -> Result<(), Malformed> {
        if (self.rest.next(), self.rest.next(), self.rest.next()) == (Some("end"), Some(""), None) {
            Ok(())
        } else {
            Err(Malformed::new("it does not end where it should"))
        }
    }
}

/// Parses the value of the line `key`.
pub(in crate::snapshot) fn parse<T: FromStr>(key: &str, value: &str) -> Result<T, Malformed> {
    value.parse().map_err(|_| Malformed::new(format!("`{key}` has a value that is none")))
}

/// The two halves of a value that has two.
pub(in crate::snapshot) fn pair<'a>(
    key: &str,
    value: &'a str,
) -> Result<(&'a str, &'a str), Malformed> {
    value.split_once(' ').ok_or_else(|| Malformed::new(format!("`{key}` needs two values")))
}

/// Compares a text with what was read from it.
pub(in crate::snapshot) fn expect_canonical(bytes: &[u8], rendered: &str) -> Result<(), Malformed> {
    if rendered.as_bytes() == bytes {
        Ok(())
    } else {
        Err(Malformed::new("it is not written in the one form that it has"))
    }
}

/// The version in the first line, when it is of this kind: `kind 7` is `Some(7)`.
pub(super) fn version(bytes: &[u8], kind: &str) -> Option<u64> {
    let first = bytes.split(|byte| *byte == b'\n').next()?;
    let version = std::str::from_utf8(first).ok()?.strip_prefix(kind)?.strip_prefix(' ')?;
    version.parse().ok()
}

/// Whether `text` is a word that may stand in a list: `claude-json`.
pub(super) fn is_word(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !text.is_empty() && text.bytes().all(plain)
}

/// The words of a comma-separated list; at least one.
pub(super) fn words(key: &str, value: &str) -> Result<Vec<String>, Malformed> {
    let words: Vec<String> = value.split(',').map(str::to_owned).collect();
    if words.iter().all(|word| is_word(word)) {
        Ok(words)
    } else {
        Err(Malformed::new(format!("`{key}` has a value that is none")))
    }
}
