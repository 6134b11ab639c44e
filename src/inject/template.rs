//! A value with references in it: one alone, or several in `{{…}}` inside longer text.

use std::ffi::OsStr;
use std::fmt;

use crate::secret::{Secret, SecretBuffer};

use super::Reference;

const OPEN: &str = "{{";
const CLOSE: &str = "}}";

/// What a value is made of, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Reference(Reference),
}

impl Template {
    /// Reads the value of a variable; `None` when no reference is in it.
    #[must_use]
    pub fn parse(value: &OsStr) -> Option<Self> {
        Some(Self::of(value.to_str()?)).filter(|template| template.references().next().is_some())
    }

    /// Takes any text apart. What stands in braces and is no reference stays as it is.
    #[must_use]
    pub fn of(text: &str) -> Self {
        match Reference::read(text) {
            Some(reference) => Self(vec![Piece::Reference(reference)]),
            None => Self(pieces(text)),
        }
    }

    /// The reference that is all of it.
    #[must_use]
    pub fn alone(&self) -> Option<&Reference> {
        match self.0.as_slice() {
            [Piece::Reference(reference)] => Some(reference),
            _ => None,
        }
    }

    /// All references in it, in order.
    pub fn references(&self) -> impl Iterator<Item = &Reference> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Reference(reference) => Some(reference),
            Piece::Text(_) => None,
        })
    }

    /// The value, with what `find` gives in the place of each reference.
    ///
    /// # Errors
    /// What `find` says.
    pub(super) fn fill<E>(
        &self,
        mut find: impl FnMut(&Reference) -> Result<Secret, E>,
    ) -> Result<Secret, E> {
        if let Some(reference) = self.alone() {
            return find(reference);
        }
        let mut filled = SecretBuffer::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => filled.push(text.as_bytes()),
                // EXPOSE: put together in another secret.
                Piece::Reference(reference) => filled.push(find(reference)?.expose()),
            }
        }
        Ok(filled.into_secret())
    }
}

impl From<Reference> for Template {
    fn from(reference: Reference) -> Self {
        Self(vec![Piece::Reference(reference)])
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(reference) = self.alone() {
            return write!(f, "{reference}");
        }
        self.0.iter().try_for_each(|piece| match piece {
            Piece::Text(text) => f.write_str(text),
            Piece::Reference(reference) => write!(f, "{OPEN}{reference}{CLOSE}"),
        })
    }
}

fn pieces(text: &str) -> Vec<Piece> {
    let (mut pieces, mut plain, mut rest) = (Vec::new(), String::new(), text);
    while let Some(at) = rest.find(OPEN) {
        let (before, braced) = rest.split_at(at);
        plain.push_str(before);
        if let Some((reference, after)) = braced_reference(braced) {
            pieces.extend((!plain.is_empty()).then(|| Piece::Text(std::mem::take(&mut plain))));
            pieces.push(Piece::Reference(reference));
            rest = after;
        } else {
            // The brace after this one may begin a reference.
            plain.push('{');
            rest = braced.strip_prefix('{').unwrap_or_default();
        }
    }
    plain.push_str(rest);
    pieces.extend((!plain.is_empty()).then_some(Piece::Text(plain)));
    pieces
}

/// The reference that the text begins with, and what follows it.
fn braced_reference(text: &str) -> Option<(Reference, &str)> {
    let (inner, after) = text.strip_prefix(OPEN)?.split_once(CLOSE)?;
    Some((Reference::read(inner)?, after)).filter(|_| !inner.contains(['{', '}']))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(text: &str) -> String {
        let value = Template::of(text)
            .fill(|reference| Ok::<_, ()>(Secret::copy_from(format!("<{reference}>").as_bytes())));
        // EXPOSE: the test looks at what it put in.
        String::from_utf8(value.expect("is filled").expose().to_vec()).expect("is text")
    }

    #[test]
    fn references_are_found_inside_longer_text() {
        for (text, expected) in [
            ("vault:a", "<vault:a>"),
            ("{{vault:a}}", "<vault:a>"),
            ("postgres://u:{{vault:db#password}}@h/db", "postgres://u:<vault:db#password>@h/db"),
            ("{{vault:a}}{{vault:b#*}}, {{oauth:c}}!", "<vault:a><vault:b#*>, <oauth:c>!"),
            ("{{{vault:a}}}", "{<vault:a>}"),
            ("{\"a\":{\"b\":\"{{vault:a}}\"}}", "{\"a\":{\"b\":\"<vault:a>\"}}"),
            ("{{ {{vault:a}} }}", "{{ <vault:a> }}"),
            ("{{vault:x {{vault:a}}", "{{vault:x <vault:a>"),
        ] {
            assert_eq!(filled(text), expected);
            assert!(Template::parse(OsStr::new(text)).is_some(), "{text}");
        }
    }

    #[test]
    fn braces_without_a_reference_stay_as_they_are() {
        for text in
            ["", "{{", "}}", "{{}}", "{{name}}", "{{ vault:a }}", "{{vault:}}", "{{vault:v1:x}}"]
        {
            assert_eq!(filled(text), text);
            assert_eq!(Template::parse(OsStr::new(text)), None, "{text}");
        }
    }

    #[test]
    fn it_is_shown_as_it_was_written() {
        for text in ["vault:a", "a {{vault:b}} c {{oauth:d}}", "{{{vault:a}}}"] {
            assert_eq!(Template::of(text).to_string(), text);
        }
    }
}
