//! What a source knows about one thing, on its way to be an entry in pass's convention: the
//! secret, `field: value` lines, an `otpauth://` line, free text.

use std::fmt::Write;

use crate::secret::{SecretBuffer, SecretText};
use crate::vault::Entry;

use super::node::Node;
use super::unique::Unique;

/// How a one-time-password secret is written (Google Authenticator, "Key Uri Format"; pass-otp).
const OTP_SCHEME: &str = "otpauth://";

/// One thing of a source.
pub(super) struct Draft {
    path: Vec<String>,
    secret: Option<SecretText>,
    fields: Vec<(String, SecretText)>,
    labels: Unique,
    totp: Option<SecretText>,
    notes: Option<SecretText>,
}

/// One entry, not named yet.
pub(super) struct Page {
    /// What it is called below the thing's own name; `None` for the thing itself.
    pub(super) label: Option<String>,
    pub(super) entry: Entry,
    /// What is in it: the names of its fields, no contents.
    pub(super) parts: Vec<String>,
}

impl Draft {
    pub(super) fn new(folders: impl IntoIterator<Item = String>, title: &str) -> Self {
        let path = folders.into_iter().chain([title.to_owned()]).collect();
        Self {
            path,
            secret: None,
            fields: Vec::new(),
            labels: Unique::default(),
            totp: None,
            notes: None,
        }
    }

    /// Folders and title, as the source has them.
    pub(super) fn path(&self) -> &[String] {
        &self.path
    }

    pub(super) fn title(&self) -> &str {
        self.path.last().map_or("", String::as_str)
    }

    /// The first line; what is one too many becomes a field.
    pub(super) fn secret(&mut self, label: &str, value: Node) {
        match value.into_text() {
            Some(value) if self.secret.is_none() => self.secret = Some(value),
            Some(value) => self.push(label, value),
            None => {}
        }
    }

    /// A line `label: value`, unless there is no value.
    pub(super) fn field(&mut self, label: &str, value: Node) {
        if let Some(value) = value.into_text() {
            self.push(label, value);
        }
    }

    pub(super) fn notes(&mut self, value: Node) {
        self.notes = value.into_text();
    }

    /// A one-time-password secret: an `otpauth://` address, or only the key in base32 (RFC 4648).
    pub(super) fn totp(&mut self, value: Node) {
        let Some(value) = value.into_text() else {
            return;
        };
        match otp_line(&value, self.title()) {
            Some(line) if self.totp.is_none() => self.totp = Some(line),
            _ => self.push("totp", value),
        }
    }

    fn push(&mut self, label: &str, value: SecretText) {
        self.fields.push((self.labels.name(clean(label), ' '), value));
    }

    /// The entry, and those of the values that no line of it could hold as they are.
    pub(super) fn pages(mut self) -> Vec<Page> {
        let whole = self.fields.is_empty() && self.totp.is_none() && self.notes.is_none();
        let mut pages = Vec::new();
        if let Some(secret) = self.secret.take_if(|secret| !fits_first_line(secret)) {
            pages.push(Page::of((!whole).then(|| "password".to_owned()), &secret));
        }
        let fields = std::mem::take(&mut self.fields);
        let (kept, own): (Vec<_>, Vec<_>) =
            fields.into_iter().partition(|(_, value)| fits_field(value));
        pages.extend(own.into_iter().map(|(label, value)| Page::of(Some(label), &value)));
        self.fields = kept;
        self.main_page().into_iter().chain(pages).collect()
    }

    fn main_page(self) -> Option<Page> {
        let mut parts = Vec::new();
        let mut content = SecretBuffer::new();
        let mut line = |part: &str, before: &str, value: Option<&SecretText>| {
            parts.extend(value.map(|_| part.to_owned()));
            // EXPOSE: copied into the entry.
            let value = value.map_or("", SecretText::expose);
            [before, value].iter().for_each(|text| content.push(text.as_bytes()));
            if !value.ends_with('\n') {
                content.push(b"\n");
            }
        };
        line("secret", "", self.secret.as_ref());
        for (label, value) in &self.fields {
            line(label, &format!("{label}: "), Some(value));
        }
        self.totp.iter().for_each(|totp| line("otpauth", "", Some(totp)));
        self.notes.iter().for_each(|notes| line("notes", "", Some(notes)));
        let entry = Entry::new(content.into_secret());
        (!parts.is_empty()).then_some(Page { label: None, entry, parts })
    }
}

impl Page {
    /// One value, byte for byte; with a line end after it, if it is a first line.
    fn of(label: Option<String>, value: &SecretText) -> Self {
        let mut content = SecretBuffer::new();
        // EXPOSE: copied into the entry.
        content.push(value.expose().as_bytes());
        let part = if fits_first_line(value) { "secret" } else { "lines" };
        if part == "secret" {
            content.push(b"\n");
        }
        Self { label, entry: Entry::new(content.into_secret()), parts: vec![part.to_owned()] }
    }
}

/// Whether an entry's first line gives it back as it is.
fn fits_first_line(value: &SecretText) -> bool {
    let value = value.expose(); // EXPOSE: looked at for line ends only.
    !value.contains('\n') && !value.ends_with('\r')
}

/// Whether a line `label: value` gives it back as it is: [`Entry::field`] takes blanks away.
fn fits_field(value: &SecretText) -> bool {
    // EXPOSE: looked at for blanks and line ends only.
    let bytes = value.expose().as_bytes();
    fits_first_line(value) && bytes.trim_ascii().len() == bytes.len()
}

/// A label that can stand before a colon, and after the `#` of an address.
fn clean(label: &str) -> String {
    let plain = |c: char| if c.is_control() || matches!(c, ':' | '#') { ' ' } else { c };
    let text: String = label.chars().map(plain).collect();
    let words: Vec<&str> = text.split_whitespace().collect();
    if words.is_empty() { "field".to_owned() } else { words.join(" ") }
}

/// The line that pass-otp reads; `None` when this is something else (`steam://…`).
fn otp_line(value: &SecretText, title: &str) -> Option<SecretText> {
    let text = value.expose(); // EXPOSE: copied into the line.
    if text.starts_with(OTP_SCHEME) {
        return fits_field(value).then(|| SecretText::copy_from(text));
    }
    let mut line = SecretBuffer::new();
    line.push(format!("{OTP_SCHEME}totp/{}?secret=", percent_encoded(title)).as_bytes());
    for c in text.chars().filter(|c| !matches!(c, ' ' | '-' | '=')) {
        if !matches!(c.to_ascii_uppercase(), 'A'..='Z' | '2'..='7') {
            return None;
        }
        line.push(&[c.to_ascii_uppercase() as u8]);
    }
    let is_key = text.contains(|c: char| c.is_ascii_alphanumeric());
    line.into_secret().to_text().filter(|_| is_key)
}

/// RFC 3986, section 2.1.
fn percent_encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(char::from(byte));
            }
            _ => drop(write!(encoded, "%{byte:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(draft: Draft) -> Vec<(String, String)> {
        let tell = |page: Page| {
            // EXPOSE: the test compares it.
            let text = String::from_utf8_lossy(page.entry.bytes().expose()).into_owned();
            (page.label.unwrap_or_default(), text)
        };
        draft.pages().into_iter().map(tell).collect()
    }

    fn draft() -> Draft {
        Draft::new(["Web".to_owned()], "My site")
    }

    fn pair(path: &str, text: &str) -> (String, String) {
        (path.to_owned(), text.to_owned())
    }

    #[test]
    fn an_entry_follows_the_convention() {
        let mut draft = draft();
        draft.field("user", Node::text("ann"));
        draft.secret("password", Node::text(" pa ss "));
        draft.field("PIN: #1", Node::text("12"));
        draft.field("User", Node::text("bob"));
        draft.totp(Node::text("jbsw y3dp"));
        draft.notes(Node::text("one\r\ntwo"));
        let expected = " pa ss \nuser: ann\nPIN 1: 12\nUser 2: bob\notpauth://totp/My%20site?secret=JBSWY3DP\none\r\ntwo\n";
        assert_eq!(told(draft), [pair("", expected)]);
    }

    #[test]
    fn what_no_line_can_hold_gets_an_entry_of_its_own() {
        let mut draft = draft();
        draft.field("user", Node::text("ann"));
        draft.field("key", Node::text("-----\nkey\n-----\n"));
        draft.field("blank", Node::text(" x"));
        draft.totp(Node::text("steam://abc"));
        assert_eq!(
            told(draft),
            [
                pair("", "\nuser: ann\ntotp: steam://abc\n"),
                pair("key", "-----\nkey\n-----\n"),
                pair("blank", " x\n"),
            ]
        );
    }

    #[test]
    fn a_value_of_many_lines_alone_is_the_whole_entry() {
        let mut alone = draft();
        alone.secret("password", Node::text("a\nb"));
        assert_eq!(told(alone), [pair("", "a\nb")]);
        let mut with_user = draft();
        with_user.secret("password", Node::text("a\nb"));
        with_user.field("user", Node::text("ann"));
        let expected = [pair("", "\nuser: ann\n"), pair("password", "a\nb")];
        assert_eq!(told(with_user), expected);
        assert!(told(draft()).is_empty());
    }
}
