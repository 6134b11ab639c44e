//! What is in an entry: pass's convention.
//!
//! The first line is the secret; further lines may be `field: value`; the rest is free text. Bytes
//! are kept exactly: changing one line leaves all others as they are, line ends included.

use crate::secret::{Secret, SecretBuffer};

/// The plaintext of an entry. Read line by line, never as a whole text: it may be binary.
pub struct Entry(Secret);

impl Entry {
    /// An entry of these bytes.
    #[must_use]
    pub fn new(bytes: Secret) -> Self {
        Self(bytes)
    }

    /// All bytes.
    #[must_use]
    pub fn bytes(&self) -> &Secret {
        &self.0
    }

    /// All bytes, given away.
    #[must_use]
    pub fn into_bytes(self) -> Secret {
        self.0
    }

    /// The first line without its end; `None` when it is empty.
    #[must_use]
    pub fn first_line(&self) -> Option<Secret> {
        self.line(1)
    }

    /// A line without its end, the first being 1; `None` when it is empty, or there is none.
    #[must_use]
    pub fn line(&self, number: usize) -> Option<Secret> {
        let line = content(self.lines().nth(number.checked_sub(1)?)?);
        (!line.is_empty()).then(|| Secret::copy_from(line))
    }

    /// The value of the first line `field: value` after the first line, without surrounding
    /// blanks. Field names are compared without regard to case.
    #[must_use]
    pub fn field(&self, field: &str) -> Option<Secret> {
        self.lines().skip(1).find_map(|line| field_value(line, field)).map(Secret::copy_from)
    }

    /// The lines, without their ends, that `fits` says yes to.
    #[must_use]
    pub fn lines_that(&self, fits: impl Fn(&[u8]) -> bool) -> Vec<Secret> {
        self.lines().map(content).filter(|line| fits(line)).map(Secret::copy_from).collect()
    }

    /// The same entry with another first line.
    #[must_use]
    pub fn with_first_line(&self, value: &Secret) -> Self {
        // EXPOSE: copied into the new entry.
        let (value, mut edited) = (value.expose(), SecretBuffer::new());
        edited.push(value);
        match self.lines().next() {
            Some(old) => edited.push(&old[content(old).len()..]),
            None => edited.push(b"\n"),
        }
        self.lines().skip(1).for_each(|line| edited.push(line));
        Self(edited.into_secret())
    }

    /// The same entry with another value of `field`, which is added at the end if it is new.
    #[must_use]
    pub fn with_field(&self, field: &str, value: &Secret) -> Self {
        // EXPOSE: copied into the new entry.
        let (value, mut edited) = (value.expose(), SecretBuffer::new());
        let place = self
            .lines()
            .skip(1)
            .position(|line| field_value(line, field).is_some())
            .map(|place| place + 1);
        let mut ended = true;
        for (number, line) in self.lines().enumerate() {
            ended = line.ends_with(b"\n");
            if Some(number) == place {
                let name = line.split(|byte| *byte == b':').next().unwrap_or_default();
                [name, b": ", value, &line[content(line).len()..]]
                    .into_iter()
                    .for_each(|part| edited.push(part));
            } else {
                edited.push(line);
            }
        }
        if place.is_none() {
            let first: &[u8] = if ended && !self.0.is_empty() { b"" } else { b"\n" };
            [first, field.as_bytes(), b": ", value, b"\n"]
                .into_iter()
                .for_each(|part| edited.push(part));
        }
        Self(edited.into_secret())
    }

    /// The lines, each with its end.
    fn lines(&self) -> impl Iterator<Item = &[u8]> {
        // EXPOSE: looked at line by line; what leaves this file is a secret again.
        self.0.expose().split_inclusive(|byte| *byte == b'\n')
    }
}

/// A line without its end (`\n` or `\r\n`).
fn content(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

fn field_value<'a>(line: &'a [u8], field: &str) -> Option<&'a [u8]> {
    let line = content(line);
    let colon = line.iter().position(|byte| *byte == b':')?;
    let (name, value) = line.split_at(colon);
    name.trim_ascii().eq_ignore_ascii_case(field.as_bytes()).then(|| value[1..].trim_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(text: &str) -> Entry {
        Entry::new(Secret::copy_from(text.as_bytes()))
    }

    fn text(secret: &Secret) -> String {
        // EXPOSE: the test compares it.
        String::from_utf8_lossy(secret.expose()).into_owned()
    }

    fn value(text: &str) -> Secret {
        Secret::copy_from(text.as_bytes())
    }

    #[test]
    fn the_first_line_is_the_secret() {
        let first = |content| entry(content).first_line().as_ref().map(text);
        assert_eq!(first("s3cret\nuser: ann\n").as_deref(), Some("s3cret"));
        assert_eq!(first("s3cret").as_deref(), Some("s3cret"));
        assert_eq!(first("s3cret\r\nmore").as_deref(), Some("s3cret"));
        assert_eq!(first("\nuser: ann\n"), None);
        assert_eq!(first(""), None);
    }

    #[test]
    fn lines_are_counted_from_1() {
        let line = |number| entry("a\r\n\nc").line(number).as_ref().map(text);
        assert_eq!([line(1), line(3)], [Some("a".to_owned()), Some("c".to_owned())]);
        assert_eq!([line(0), line(2), line(4)], [None, None, None]);
    }

    #[test]
    fn fields_follow_it() {
        let entry = entry("a: b\nUser :  ann \nurl:https://x:1/\nuser: bob\n");
        assert_eq!(entry.field("user").as_ref().map(text).as_deref(), Some("ann"));
        assert_eq!(entry.field("URL").as_ref().map(text).as_deref(), Some("https://x:1/"));
        assert!(entry.field("a").is_none());
    }

    #[test]
    fn changing_a_line_leaves_the_others_as_they_are() {
        let first = |content, new| text(entry(content).with_first_line(&value(new)).bytes());
        assert_eq!(first("old\r\nuser: ann", "new"), "new\r\nuser: ann");
        assert_eq!(first("old", "new"), "new");
        assert_eq!(first("", "new"), "new\n");
        let field = |content, name, new| text(entry(content).with_field(name, &value(new)).bytes());
        assert_eq!(field("s\nUser: ann\r\nrest", "user", "bob"), "s\nUser: bob\r\nrest");
        assert_eq!(field("s\n", "user", "bob"), "s\nuser: bob\n");
        assert_eq!(field("s", "user", "bob"), "s\nuser: bob\n");
        assert_eq!(field("", "user", "bob"), "\nuser: bob\n");
    }
}
