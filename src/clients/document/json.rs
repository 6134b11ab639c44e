//! JSON, with comments or without, by the parser of `dprint` and `deno`.

use std::ops::Range;

use jsonc_parser::ast::{Array, Object, Value};
use jsonc_parser::common::Ranged;
use jsonc_parser::errors::ParseErrorKind;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};

use crate::secret::SecretText;

use super::{Content, Fault, Member, Node, Style, repeated};

/// Nothing of JSON5; and what Visual Studio Code allows beyond JSON only where it is allowed.
fn options(with_comments: bool) -> ParseOptions {
    ParseOptions {
        allow_comments: with_comments,
        allow_trailing_commas: with_comments,
        allow_loose_object_property_names: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    }
}

/// Parses what follows `start`. How deep lists and maps may lie in each other is limited by the
/// library (512), so that no file overflows the stack.
pub(super) fn parse(text: &str, start: usize, with_comments: bool) -> Result<Node, Fault> {
    let body = text.get(start..).unwrap_or_default();
    let parsed = parse_to_ast(body, &CollectOptions::default(), &options(with_comments));
    let parsed = parsed
        .map_err(|error| Fault { at: start + error.range().start, reason: reason(error.kind()) })?;
    match parsed.value {
        Some(root) => Tree { body, start }.node(&root),
        // Editors take an empty file of settings for one that sets nothing.
        None if with_comments => Ok(Node { span: start..start, content: Content::Null }),
        None => Err(Fault { at: start, reason: "it is empty" }),
    }
}

fn reason(kind: &ParseErrorKind) -> &'static str {
    match kind {
        ParseErrorKind::CommentsNotAllowed => "its client allows no comments",
        ParseErrorKind::TrailingCommasNotAllowed => "its client allows no comma after the last",
        ParseErrorKind::NestingDepthExceeded => "it is nested too deeply",
        ParseErrorKind::UnterminatedArray
        | ParseErrorKind::UnterminatedObject
        | ParseErrorKind::UnterminatedCommentBlock => "what begins here does not end",
        _ => "this is no JSON",
    }
}

/// The text of the tree that is taken over.
struct Tree<'t> {
    body: &'t str,
    start: usize,
}

impl Tree<'_> {
    fn node(&self, value: &Value<'_>) -> Result<Node, Fault> {
        let span = self.span(value);
        let content = match value {
            Value::StringLit(text) => {
                self.check_text(&span)?;
                Content::Text(SecretText::copy_from(&text.value))
            }
            Value::NumberLit(_) | Value::BooleanLit(_) => Content::Plain,
            Value::NullKeyword(_) => Content::Null,
            Value::Array(array) => self.list(array)?,
            Value::Object(object) => self.map(object)?,
        };
        Ok(Node { span, content })
    }

    fn list(&self, array: &Array<'_>) -> Result<Content, Fault> {
        let nodes = array.elements.iter().map(|value| self.node(value));
        Ok(Content::List(nodes.collect::<Result<_, _>>()?))
    }

    fn map(&self, object: &Object<'_>) -> Result<Content, Fault> {
        let member = |property: &jsonc_parser::ast::ObjectProp<'_>| {
            let key_span = self.span(&property.name);
            self.check_text(&key_span)?;
            let key = property.name.as_str().to_owned();
            Ok(Member { key, key_span, value: self.node(&property.value)? })
        };
        let members: Vec<Member> =
            object.properties.iter().map(member).collect::<Result<_, Fault>>()?;
        repeated(&members).map_or(Ok(Content::Map(Style::Braces, members)), Err)
    }

    /// Control characters stand in no text as they are (RFC 8259, section 7); the library lets them.
    fn check_text(&self, span: &Range<usize>) -> Result<(), Fault> {
        let raw = self.body.get(span.start - self.start..span.end - self.start);
        let control = raw.unwrap_or_default().bytes().position(|byte| byte < 0x20);
        let fault =
            |at| Fault { at: span.start + at, reason: "a text goes on over the end of a line" };
        control.map_or(Ok(()), |at| Err(fault(at)))
    }

    fn span(&self, ranged: &impl Ranged) -> Range<usize> {
        let range = ranged.range();
        self.start + range.start..self.start + range.end
    }
}
