//! dotenv files.
//!
//! There is no one standard; this reads what the `dotenv` package for Node ("Rules", README) and
//! Docker Compose ("Syntax for `.env` files") agree on: `KEY=value`, an `export` before it, values
//! that are bare, or in single, double or back quotes over several lines. Where programs would fill
//! in other variables (`$OTHER`), the text is kept as it stands, and it is said.

use std::collections::BTreeMap;

use crate::secret::{Secret, SecretBuffer, SecretText};

use super::draft::Draft;
use super::node::{Node, utf8};
use super::{Error, Found};

const FORMAT: &str = "dotenv";

/// What stands between words, on one line.
const BLANKS: [char; 2] = [' ', '\t'];

/// One `KEY=value`.
struct Setting {
    key: String,
    value: SecretText,
    line: usize,
    /// Whether a program would fill in other variables.
    expands: bool,
}

/// What a line holds.
enum Line {
    Nothing,
    Setting(Setting),
    /// Something else.
    Other,
}

/// Reads a dotenv file: one draft for each key.
///
/// # Errors
/// [`Error::Malformed`] for a quote that is not closed, since nothing after it is certain.
pub fn read(content: &Secret) -> Result<Found, Error> {
    // EXPOSE: parsed; each value becomes a secret.
    let mut reader = Reader { rest: utf8(content.expose(), FORMAT)?, line: 1 };
    let (mut found, mut settings) = (Found::default(), Settings::default());
    while !reader.rest.is_empty() {
        let line = reader.line;
        match reader.line()? {
            Line::Nothing => {}
            Line::Setting(setting) => settings.add(setting, &mut found),
            Line::Other => found.leave_out(format!("line {line}, which is no KEY=VALUE")),
        }
    }
    settings.list.into_iter().for_each(|setting| tell(setting, &mut found));
    Ok(found)
}

/// Each key once, in the file's order.
#[derive(Default)]
struct Settings {
    list: Vec<Setting>,
    places: BTreeMap<String, usize>,
}

impl Settings {
    /// Programs let the last value of a key count.
    fn add(&mut self, setting: Setting, found: &mut Found) {
        match self.places.get(&setting.key).and_then(|place| self.list.get_mut(*place)) {
            None => {
                self.places.insert(setting.key.clone(), self.list.len());
                self.list.push(setting);
            }
            Some(old) => {
                let (key, lines) = (&setting.key, (old.line, setting.line));
                found.remark(format!(
                    "`{key}` is set on lines {} and {}: the last one counts",
                    lines.0, lines.1
                ));
                *old = setting;
            }
        }
    }
}

fn tell(setting: Setting, found: &mut Found) {
    let Setting { key, value, expands, .. } = setting;
    // EXPOSE: whether it is a reference to the store, which is no secret.
    if value.expose().starts_with("vault:") {
        return found.remark(format!("`{key}` is a reference already"));
    }
    if expands {
        found.remark(format!("`{key}` has a `$`: kept as it stands, nothing was filled in"));
    }
    let mut draft = Draft::new([], &key);
    draft.secret("value", Node::Text(value));
    found.add(draft);
}

/// What is left to be read.
struct Reader<'t> {
    rest: &'t str,
    line: usize,
}

impl<'t> Reader<'t> {
    fn line(&mut self) -> Result<Line, Error> {
        let line = self.rest.split('\n').next().unwrap_or_default();
        let words = line.trim();
        let assignment =
            line.split_once('=').and_then(|(before, _)| Some((key(before)?, before.len())));
        if words.is_empty() || words.starts_with('#') {
            self.skip_line();
            return Ok(Line::Nothing);
        }
        let Some((key, length)) = assignment else {
            self.skip_line();
            return Ok(Line::Other);
        };
        let after = self.rest.get(length + 1..).unwrap_or_default();
        self.rest = after.trim_start_matches(BLANKS);
        self.value(key.to_owned())
    }

    fn skip_line(&mut self) {
        self.rest = self.rest.split_once('\n').map_or("", |(_, rest)| rest);
        self.line += 1;
    }

    fn value(&mut self, key: String) -> Result<Line, Error> {
        let line = self.line;
        let quote = self.rest.chars().next().filter(|c| matches!(c, '\'' | '"' | '`'));
        let (value, expands) = match quote {
            Some(quote) => self.quoted(quote)?,
            None => self.bare(),
        };
        let tail = self.rest.split('\n').next().unwrap_or_default().trim();
        let ended = quote.is_none() || tail.is_empty() || tail.starts_with('#');
        self.skip_line();
        match value.into_secret().to_text().filter(|_| ended) {
            Some(value) => Ok(Line::Setting(Setting { key, value, line, expands })),
            None => Ok(Line::Other),
        }
    }

    /// To the end of the line, or to a `#` after a blank.
    fn bare(&self) -> (SecretBuffer, bool) {
        let line = self.rest.split('\n').next().unwrap_or_default();
        let comment =
            if line.starts_with('#') { Some(0) } else { line.find(" #").or(line.find("\t#")) };
        let text = comment.and_then(|end| line.get(..end)).unwrap_or(line).trim();
        let mut value = SecretBuffer::new();
        value.push(text.as_bytes());
        (value, expands(text))
    }

    /// To the closing quote, over line ends. Only double quotes know escapes.
    fn quoted(&mut self, quote: char) -> Result<(SecretBuffer, bool), Error> {
        let begun = self.line;
        let mut value = SecretBuffer::new();
        let mut expanding = false;
        let mut rest = self.rest.strip_prefix(quote).unwrap_or_default();
        loop {
            let stops: &[char] =
                if quote == '"' { &['"', '\\', '$', '\n'] } else { &[quote, '\n'] };
            let Some((text, stop, after)) = split_at_any(rest, stops) else {
                let reason = "the quote is not closed";
                return Err(Error::Malformed { format: FORMAT, line: begun, reason });
            };
            value.push(text.as_bytes());
            rest = after;
            match stop {
                '\n' => {
                    self.line += 1;
                    value.push(b"\n");
                }
                '$' => {
                    expanding |= begins_variable(after);
                    value.push(b"$");
                }
                '\\' => rest = unescape(after, &mut value),
                _ => break,
            }
        }
        self.rest = rest;
        Ok((value, expanding))
    }
}

/// The text before the first of `stops`, that one, and the text after it.
fn split_at_any<'t>(text: &'t str, stops: &[char]) -> Option<(&'t str, char, &'t str)> {
    let place = text.find(stops)?;
    let (before, from) = text.split_at_checked(place)?;
    let stop = from.chars().next()?;
    Some((before, stop, from.strip_prefix(stop)?))
}

/// What an escape stands for; one that is not known stays as it is.
fn unescape<'t>(text: &'t str, value: &mut SecretBuffer) -> &'t str {
    let known = [("n", "\n"), ("r", "\r"), ("t", "\t"), ("\\", "\\"), ("\"", "\""), ("$", "$")];
    for (escape, meaning) in known {
        if let Some(rest) = text.strip_prefix(escape) {
            value.push(meaning.as_bytes());
            return rest;
        }
    }
    value.push(b"\\");
    text
}

/// The name before the `=`.
fn key(before: &str) -> Option<&str> {
    let name = before.trim();
    let exported = name.strip_prefix("export").filter(|rest| rest.starts_with(BLANKS));
    let name = exported.unwrap_or(name).trim_start();
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    (!name.is_empty() && name.chars().all(fits)).then_some(name)
}

fn expands(text: &str) -> bool {
    text.split('$').skip(1).any(begins_variable)
}

fn begins_variable(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '_' | '{' | '('))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> Result<Found, Error> {
        read(&Secret::copy_from(text.as_bytes()))
    }

    /// Keys and values as entries would hold them.
    fn told(text: &str) -> Vec<(String, String)> {
        let items = read_text(text).expect("reads").items("").expect("names");
        let tell = |item: &crate::import::Item| {
            // EXPOSE: the test compares it.
            let text = String::from_utf8_lossy(item.entry.bytes().expose()).into_owned();
            (item.name.to_string(), text)
        };
        items.iter().map(tell).collect()
    }

    fn value(text: &str) -> String {
        told(&format!("K={text}")).first().map(|(_, value)| value.clone()).unwrap_or_default()
    }

    #[test]
    fn bare_values() {
        assert_eq!(value("a b  # comment\r\n"), "a b\n");
        assert_eq!(value("p#ss#"), "p#ss#\n");
        assert_eq!(value(" http://x/?a=b"), "http://x/?a=b\n");
        assert_eq!(value("it's"), "it's\n");
        assert_eq!(value("# nothing"), "");
    }

    #[test]
    fn quoted_values() {
        assert_eq!(value("'a # \\n \"b\"' # comment"), "a # \\n \"b\"\n");
        assert_eq!(value(r#""a\"b\\c\td\$e\q""#), "a\"b\\c\td$e\\q\n");
        assert_eq!(value("`it's \"x\"`"), "it's \"x\"\n");
        assert_eq!(value("\"one\r\ntwo\"\n"), "one\r\ntwo");
        assert_eq!(value("' x '"), " x \n");
        assert_eq!(value("\"a\\nb\""), "a\nb");
    }

    #[test]
    fn lines() {
        let text = "\u{feff}# c\n\n export A = 1\r\nB='2\n3'\nno\n1 2=3\nC.d-e=4\nD='x' y\n";
        let expected = [("A", "1\n"), ("B", "2\n3"), ("C.d-e", "4\n")];
        let told = told(text);
        assert_eq!(
            told.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect::<Vec<_>>(),
            expected
        );
        let found = read_text(text).expect("reads");
        assert_eq!(
            found.left_out,
            [6, 7, 9].map(|line| format!("line {line}, which is no KEY=VALUE"))
        );
    }

    #[test]
    fn what_is_good_to_know_is_said() {
        let found = read_text("A=1\nA=2\nB=\"$X\"\nC='$X'\nD=vault:a/b\nE=$5\n").expect("reads");
        assert_eq!(
            found.remarks,
            [
                "`A` is set on lines 1 and 2: the last one counts",
                "`B` has a `$`: kept as it stands, nothing was filled in",
                "`D` is a reference already",
            ]
        );
        assert_eq!(told("A=1\nA=2\n"), [("A".to_owned(), "2\n".to_owned())]);
    }

    #[test]
    fn an_open_quote_is_an_error() {
        let error = read_text("A=1\nB=\"s3cret\nC=3\n").err().expect("is one").to_string();
        assert_eq!(error, "dotenv, line 2: the quote is not closed");
        assert!(read(&Secret::copy_from(b"A=\xff")).is_err());
    }
}
