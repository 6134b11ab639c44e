//! TOML. The library's own tree has the bytes of every key and value.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use crate::secret::SecretText;

use super::{Content, Fault, Member, Node, Style};

/// Parses what follows `start`. The library refuses equal keys, and what is nested too deeply.
pub(super) fn parse(text: &str, start: usize) -> Result<Node, Fault> {
    let body = text.get(start..).unwrap_or_default();
    let table = DeTable::parse(body).map_err(|error| Fault {
        at: start + error.span().map_or(body.len(), |span| span.start),
        reason: reason(error.message()),
    })?;
    let tree = Tree { body, start };
    let content = Content::Map(Style::Header, tree.members(table.get_ref()));
    Ok(Node { span: start..start, content })
}

fn reason(message: &str) -> &'static str {
    match message {
        "duplicate key" => "a name is there twice",
        message if message.contains("recurs") => "it is nested too deeply",
        _ => "this is no TOML",
    }
}

/// The text of the tree that is taken over.
struct Tree<'t> {
    body: &'t str,
    start: usize,
}

impl Tree<'_> {
    fn node(&self, value: &Spanned<DeValue<'_>>) -> Node {
        let content = match value.get_ref() {
            DeValue::String(text) => Content::Text(SecretText::copy_from(text)),
            DeValue::Array(nodes) => {
                Content::List(nodes.iter().map(|value| self.node(value)).collect())
            }
            DeValue::Table(table) => Content::Map(self.style(&value.span()), self.members(table)),
            _ => Content::Plain,
        };
        Node { span: self.shifted(value.span()), content }
    }

    /// In the order of the file; the library sorts by key.
    fn members(&self, table: &DeTable<'_>) -> Vec<Member> {
        let member = |(key, value): (&Spanned<DeString<'_>>, &Spanned<DeValue<'_>>)| Member {
            key: key.get_ref().clone().into_owned(),
            key_span: self.shifted(key.span()),
            value: self.node(value),
        };
        let mut members: Vec<Member> = table.iter().map(member).collect();
        members.sort_by_key(|member| member.key_span.start);
        members
    }

    /// The span of a table is its braces, its header, or the key that it is named by.
    fn style(&self, span: &Range<usize>) -> Style {
        match self.body.as_bytes().get(span.start) {
            Some(b'{') => Style::Braces,
            Some(b'[') => Style::Header,
            _ => Style::Scattered,
        }
    }

    fn shifted(&self, span: Range<usize>) -> Range<usize> {
        self.start + span.start..self.start + span.end
    }
}
