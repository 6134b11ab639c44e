//! A document as a tree whose texts are secrets: what JSON, YAML and CSV have in common.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::error::Category;
use zeroize::Zeroizing;

use crate::secret::{Secret, SecretText};

use super::Error;

/// The most of a document that is read (bytes).
pub(super) const DOCUMENT_LIMIT: usize = 32 * 1024 * 1024;

/// No list, and no source, has more things than this: small things are large in memory.
pub(super) const COUNT_LIMIT: usize = 100_000;

/// What windows programs put in front of a text (U+FEFF).
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// One value. Every text and number is a secret: a PIN may be a number.
#[derive(Debug, Default)]
pub(super) enum Node {
    #[default]
    Nothing,
    Flag(bool),
    Text(SecretText),
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
}

impl Node {
    /// Reads a JSON document (RFC 8259).
    pub(super) fn from_json(content: &Secret) -> Result<Self, Error> {
        // EXPOSE: parsed; every text in it becomes a secret.
        let text = utf8(content.expose(), "JSON")?;
        serde_json::from_str(text).map_err(|error| Error::Malformed {
            format: "JSON",
            line: error.line(),
            // The parser's own words may repeat what stands there.
            reason: match error.classify() {
                Category::Eof => "it ends too early",
                Category::Data => "a list is too long",
                _ => "this is no JSON",
            },
        })
    }

    /// A text, or nothing where it is empty.
    pub(super) fn text(text: &str) -> Self {
        if text.is_empty() { Self::Nothing } else { Self::Text(SecretText::copy_from(text)) }
    }

    /// Takes the value of `key` out of a map; nothing when there is none.
    pub(super) fn take(&mut self, key: &str) -> Self {
        let Self::Map(pairs) = self else {
            return Self::Nothing;
        };
        let place = pairs.iter().position(|(name, _)| name == key);
        place.map_or(Self::Nothing, |place| pairs.remove(place).1)
    }

    /// What is in a list; nothing for anything else.
    pub(super) fn into_list(self) -> Vec<Self> {
        if let Self::List(nodes) = self { nodes } else { Vec::new() }
    }

    /// What is in a map, in its order; nothing for anything else.
    pub(super) fn into_pairs(self) -> Vec<(String, Self)> {
        if let Self::Map(pairs) = self { pairs } else { Vec::new() }
    }

    /// A text that is not empty.
    pub(super) fn into_text(self) -> Option<SecretText> {
        match self {
            Self::Text(text) => Some(text).filter(|text| !text.is_empty()),
            Self::Flag(flag) => Some(SecretText::copy_from(if flag { "true" } else { "false" })),
            _ => None,
        }
    }

    /// A text that is no secret: a title, a folder, a label, an id.
    pub(super) fn into_label(self) -> String {
        // EXPOSE: titles and labels become the names of entries and fields.
        self.into_text().map(|text| text.expose().to_owned()).unwrap_or_default()
    }

    pub(super) fn is_true(&self) -> bool {
        matches!(self, Self::Flag(true))
    }

    /// Whether nothing would be lost with it.
    pub(super) fn is_empty(&self) -> bool {
        match self {
            Self::Nothing | Self::Flag(_) => true,
            Self::Text(text) => text.is_empty(),
            Self::List(nodes) => nodes.iter().all(Self::is_empty),
            Self::Map(pairs) => pairs.iter().all(|(_, node)| node.is_empty()),
        }
    }
}

/// The bytes as text, without a byte order mark.
pub(super) fn utf8<'b>(bytes: &'b [u8], format: &'static str) -> Result<&'b str, Error> {
    if bytes.len() > DOCUMENT_LIMIT {
        return Err(Error::TooLarge(DOCUMENT_LIMIT));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let before = bytes.iter().take(error.valid_up_to());
        let line = 1 + before.filter(|byte| **byte == b'\n').count();
        Error::Malformed { format, line, reason: "this is not UTF-8" }
    })?;
    Ok(text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text))
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

/// A number in its written form.
fn number<E>(number: impl fmt::Display) -> Result<Node, E> {
    Ok(Node::text(&Zeroizing::new(number.to_string())))
}

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Nothing)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Node, E> {
        Ok(Node::Flag(flag))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        number(value)
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        number(value)
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
        number(value)
    }

    fn visit_str<E>(self, text: &str) -> Result<Node, E> {
        Ok(Node::text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Node, A::Error> {
        let mut nodes = Vec::new();
        while let Some(node) = list.next_element()? {
            if nodes.len() == COUNT_LIMIT {
                return Err(A::Error::custom("a list is too long"));
            }
            nodes.push(node);
        }
        Ok(Node::List(nodes))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = map.next_entry()? {
            pairs.push(pair);
        }
        Ok(Node::Map(pairs))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(json: &str) -> Result<Node, Error> {
        Node::from_json(&Secret::copy_from(json.as_bytes()))
    }

    #[test]
    fn takes_a_document_apart() {
        let mut node =
            parse("\u{feff}{\"a\": [\"x\", 12, -1.5], \"b\": {\"c\": true}}").expect("parses");
        let list = node.take("a").into_list().into_iter();
        assert_eq!(list.map(Node::into_label).collect::<Vec<_>>(), ["x", "12", "-1.5"]);
        assert!(node.take("b").take("c").is_true());
        assert!(node.is_empty());
    }

    #[test]
    fn says_where_and_never_what() {
        let said = |json: &str| parse(json).expect_err("is none").to_string();
        assert_eq!(said("{\n\"a\": s3cret}"), "JSON, line 2: this is no JSON");
        assert_eq!(said("{\"a\": \"s3cret"), "JSON, line 1: it ends too early");
        assert!(parse(&"[".repeat(100_000)).is_err());
        let long = format!("[{}0]", "0,".repeat(COUNT_LIMIT));
        assert_eq!(said(&long), "JSON, line 1: a list is too long");
    }
}
