//! A document whose values are known by where they stand, byte for byte.
//!
//! A parser of a library says what is there and from which byte to which; an [`Edit`] changes these
//! bytes and no others, and the result is parsed again. Comments, order, indentation, quoting, a
//! byte order mark and line ends are never written anew: they are the bytes that were there.

mod edit;
mod json;
mod layout;
mod place;
mod splice;
mod table;
mod toml;
mod write;

#[cfg(test)]
mod tests;

use std::ops::Range;

use crate::secret::{Secret, SecretText};

pub use edit::{Edit, EditError, Value};
pub use place::{Place, Step};

use super::Field;

/// The most of a file that is read (bytes). `~/.claude.json` of a busy year has a few MB.
pub(super) const SIZE_LIMIT: usize = 16 * 1024 * 1024;

/// What programs on Windows put in front of a text (U+FEFF).
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// How a document is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// RFC 8259.
    Json,
    /// The same with comments, and commas after the last of a list.
    Jsonc,
    /// TOML 1.1.
    Toml,
}

/// Why a file is none of its format. Nothing of its content is in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct Malformed {
    /// From 1.
    pub line: usize,
    /// In our words: the parser's own might repeat what stands there.
    pub reason: &'static str,
}

/// A parsed file.
#[derive(Debug)]
pub struct Document {
    format: Format,
    bytes: Secret,
    root: Node,
}

/// A value and the bytes that it takes.
#[derive(Debug)]
struct Node {
    span: Range<usize>,
    content: Content,
}

#[derive(Debug)]
enum Content {
    /// A text, decoded.
    Text(SecretText),
    /// A number, a flag, a date: as it is written.
    Plain,
    Null,
    List(Vec<Node>),
    Map(Style, Vec<Member>),
}

/// How a map is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    /// In braces: its members are between them.
    Braces,
    /// A table of TOML under a header of its own: a member is a line below that.
    Header,
    /// A table of TOML that only its members name: `a.b = 1`, `[a.b]`.
    Scattered,
}

#[derive(Debug)]
struct Member {
    key: String,
    key_span: Range<usize>,
    value: Node,
}

impl Member {
    /// From its key to the end of its value, where both stand together.
    fn span(&self) -> Range<usize> {
        self.key_span.start..self.value.span.end
    }
}

impl Node {
    /// Whether it is a table, or tables, of TOML that is not between brackets.
    fn is_spread_out(&self) -> bool {
        match &self.content {
            Content::Map(style, _) => *style != Style::Braces,
            Content::List(nodes) => nodes
                .first()
                .is_some_and(|first| matches!(first.content, Content::Map(Style::Header, _))),
            _ => false,
        }
    }
}

impl Document {
    /// Parses the bytes of a file.
    ///
    /// # Errors
    /// Where and why they are none of the format. Two equal keys in one map are an error: readers
    /// differ in which of them counts.
    pub fn parse(format: Format, bytes: Secret) -> Result<Self, Malformed> {
        // EXPOSE: parsed; every value in it becomes a secret, keys do not.
        let text = std::str::from_utf8(bytes.expose()).map_err(|error| {
            // EXPOSE: only line ends are counted.
            let line = line_at(bytes.expose(), error.valid_up_to());
            Malformed { line, reason: "this is no UTF-8" }
        })?;
        let start = if text.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
        let parsed = match format {
            Format::Json | Format::Jsonc => json::parse(text, start, format == Format::Jsonc),
            Format::Toml => toml::parse(text, start),
        };
        let root = parsed.map_err(|fault| Malformed {
            line: line_at(text.as_bytes(), fault.at),
            reason: fault.reason,
        })?;
        Ok(Self { format, bytes, root })
    }

    /// The bytes that were parsed.
    #[must_use]
    pub fn bytes(&self) -> &Secret {
        &self.bytes
    }

    /// The text, number or flag at `place`; `None` when there is none.
    #[must_use]
    pub fn field(&self, place: &Place) -> Option<Field> {
        let node = self.node(place)?;
        let text = match &node.content {
            // EXPOSE: copied from one secret to another.
            Content::Text(text) => SecretText::copy_from(text.expose()),
            Content::Plain => SecretText::copy_from(self.slice(&node.span)),
            _ => return None,
        };
        Some(Field { place: place.clone(), text })
    }

    /// The texts, numbers and flags in the list at `place`, in its order; none for anything else.
    #[must_use]
    pub fn list(&self, place: &Place) -> Vec<Field> {
        let count = match self.node(place).map(|node| &node.content) {
            Some(Content::List(nodes)) => nodes.len(),
            _ => 0,
        };
        (0..count).filter_map(|index| self.field(&place.index(index))).collect()
    }

    /// The texts, numbers and flags in the map at `place`, with their keys, in its order.
    #[must_use]
    pub fn fields(&self, place: &Place) -> Vec<(String, Field)> {
        let keys = self.keys(place).into_iter().flatten();
        keys.filter_map(|key| Some((key.to_owned(), self.field(&place.key(key))?))).collect()
    }

    /// The keys of the map at `place`, in their order; `None` when there is no map.
    #[must_use]
    pub fn keys(&self, place: &Place) -> Option<Vec<&str>> {
        match &self.node(place)?.content {
            Content::Map(_, members) => {
                Some(members.iter().map(|member| member.key.as_str()).collect())
            }
            _ => None,
        }
    }

    /// Whether anything is at `place`.
    #[must_use]
    pub fn has(&self, place: &Place) -> bool {
        self.node(place).is_some()
    }

    fn node(&self, place: &Place) -> Option<&Node> {
        place.steps().iter().try_fold(&self.root, |node, step| match (step, &node.content) {
            (Step::Key(key), Content::Map(_, members)) => {
                members.iter().find(|member| member.key == *key).map(|member| &member.value)
            }
            (Step::Index(index), Content::List(nodes)) => nodes.get(*index),
            _ => None,
        })
    }

    fn text(&self) -> &str {
        // EXPOSE: for this room's own looking at what stands round a value.
        std::str::from_utf8(self.bytes.expose()).unwrap_or_default()
    }

    fn slice(&self, span: &Range<usize>) -> &str {
        self.text().get(span.clone()).unwrap_or_default()
    }
}

/// What a parser has to say against a text.
struct Fault {
    at: usize,
    reason: &'static str,
}

/// Two members of one map with the same key: where the second is.
fn repeated(members: &[Member]) -> Option<Fault> {
    let mut seen = std::collections::BTreeSet::new();
    let second = members.iter().find(|member| !seen.insert(member.key.as_str()))?;
    Some(Fault { at: second.key_span.start, reason: "a name is there twice" })
}

fn line_at(bytes: &[u8], at: usize) -> usize {
    let before = bytes.get(..at).unwrap_or(bytes);
    before.iter().filter(|byte| **byte == b'\n').count() + 1
}
