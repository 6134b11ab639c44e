//! YAML as far as the GitHub CLI's `hosts.yml` has it: block mappings of scalars.
//!
//! A whole YAML library for a dozen lines that one program writes would be the largest parser here,
//! and the usual one (`serde_yaml`) is no longer kept. So this is a strict part of YAML 1.2 (chapters
//! 7.3 and 8.2.2): mappings by indentation, plain scalars on one line, quoted ones without escapes,
//! comments. Everything else (lists, flow collections, anchors, tags, block scalars, tabs, escapes,
//! several documents) is refused with its line, never guessed at.

use crate::secret::Secret;

use super::Error;
use super::node::{Node, utf8};

const FORMAT: &str = "YAML";

/// Mappings are no deeper than this.
const DEPTH_LIMIT: usize = 16;

/// What a plain scalar can not begin with (YAML 1.2, rule 123, `ns-plain-first`).
const INDICATORS: &[char] = &[
    '-', '?', ':', ',', '[', ']', '{', '}', '#', '&', '*', '!', '|', '>', '\'', '"', '%', '@', '`',
];

/// A line that has something on it.
struct Line<'t> {
    number: usize,
    indent: usize,
    text: &'t str,
}

impl Line<'_> {
    fn refused(&self, reason: &'static str) -> Error {
        Error::Malformed { format: FORMAT, line: self.number, reason }
    }
}

/// Reads a document.
pub(super) fn read(content: &Secret) -> Result<Node, Error> {
    // EXPOSE: parsed; every scalar becomes a secret.
    let text = utf8(content.expose(), FORMAT)?;
    let lines = text.lines().enumerate().filter_map(|(number, line)| {
        let text = line.trim_start_matches(' ');
        let line =
            Line { number: number + 1, indent: line.len() - text.len(), text: text.trim_end() };
        let is_mark = number == 0 && line.text == "---";
        (!line.text.is_empty() && !line.text.starts_with('#') && !is_mark).then_some(line)
    });
    let lines: Vec<Line<'_>> = lines.collect();
    let mut rest = lines.as_slice();
    let node = mapping(&mut rest, 0, DEPTH_LIMIT)?;
    match rest.first() {
        Some(line) => Err(line.refused("this indentation belongs to nothing")),
        None => Ok(node),
    }
}

fn mapping(rest: &mut &[Line<'_>], indent: usize, depth: usize) -> Result<Node, Error> {
    let mut pairs: Vec<(String, Node)> = Vec::new();
    while let Some((line, after)) = rest.split_first().filter(|(line, _)| line.indent == indent) {
        *rest = after;
        let (key, value) = pair(line)?;
        if pairs.iter().any(|(old, _)| *old == key) {
            return Err(line.refused("a key stands twice"));
        }
        let node = match (value, after.first()) {
            (None, Some(next)) if next.indent > indent => {
                let deeper =
                    depth.checked_sub(1).ok_or_else(|| next.refused("this is too deep"))?;
                mapping(rest, next.indent, deeper)?
            }
            (None, _) => Node::Nothing,
            (Some(value), _) => Node::text(value),
        };
        pairs.push((key, node));
    }
    Ok(Node::Map(pairs))
}

/// `key: value`, or `key:` alone.
fn pair<'t>(line: &Line<'t>) -> Result<(String, Option<&'t str>), Error> {
    if line.text.contains('\t') {
        return Err(line.refused("tabs are not read"));
    }
    let colon = line.text.strip_suffix(':').map(|key| (key, ""));
    let colon = line.text.split_once(": ").or(colon);
    let (key, value) = colon.ok_or_else(|| line.refused("this is no `key: value`"))?;
    let key = scalar(key.trim(), line)?.unwrap_or_default().to_owned();
    Ok((key, scalar(value.trim(), line)?))
}

/// A scalar; `None` for an empty one that stands for nothing.
fn scalar<'t>(text: &'t str, line: &Line<'t>) -> Result<Option<&'t str>, Error> {
    if text.is_empty() || text.starts_with('#') {
        return Ok(None);
    }
    for quote in ['"', '\''] {
        let Some((inside, after)) =
            text.strip_prefix(quote).and_then(|text| text.split_once(quote))
        else {
            continue;
        };
        let ended =
            after.is_empty() || after.trim_start().starts_with('#') && after.starts_with(' ');
        let plain = quote == '\'' || !inside.contains('\\');
        return if ended && plain {
            Ok(Some(inside))
        } else {
            Err(line.refused("escapes are not read"))
        };
    }
    if text.starts_with(INDICATORS) {
        return Err(line.refused("only mappings of plain texts are read"));
    }
    Ok(text.split(" #").next().map(str::trim_end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Node, Error> {
        read(&Secret::copy_from(text.as_bytes()))
    }

    #[test]
    fn reads_mappings() {
        let text =
            "---\n# c\na:\n    b: 'x # y' # c\n    \"c d\": plain: text # c\n\n    e:\n\nf: \"\"\n";
        let mut node = parse(text).expect("reads");
        let mut a = node.take("a");
        assert_eq!(a.take("b").into_label(), "x # y");
        assert_eq!(a.take("c d").into_label(), "plain: text");
        assert!(a.take("e").is_empty() && node.take("f").is_empty());
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        for text in [
            "a: [b]",
            "a: {b: c}",
            "a: &x b",
            "a: *x",
            "a: |",
            "a: !t b",
            "- a",
            "a: \"b\\n\"",
            "a: 'it''s'",
            "a:\n\tb: c",
            "a",
            "a:\n  b: c\n d: e",
            "a: b\na: c",
            "a: b\n---\nc: d",
            "a: 'b",
            "a: 'b' c",
            "a: b\n  c: d",
        ] {
            assert!(matches!(parse(text), Err(Error::Malformed { .. })), "{text}");
        }
        let deep: String = (0..40).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
        assert!(parse(&deep).is_err());
    }
}
