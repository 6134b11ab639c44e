//! Writing a value anew: on one line, and as plain as the format allows.

use crate::secret::{Secret, SecretBuffer};

use super::{Format, Value};

/// Puts text together that may be secret.
pub(super) struct Writer {
    format: Format,
    buffer: SecretBuffer,
}

impl Writer {
    pub(super) fn new(format: Format) -> Self {
        Self { format, buffer: SecretBuffer::new() }
    }

    pub(super) fn into_secret(self) -> Secret {
        self.buffer.into_secret()
    }

    /// As it stands.
    pub(super) fn raw(mut self, text: &str) -> Self {
        self.buffer.push(text.as_bytes());
        self
    }

    /// With text before all that is there.
    pub(super) fn before(self, text: &str) -> Self {
        let mut buffer = SecretBuffer::new();
        buffer.push(text.as_bytes());
        // EXPOSE: copied from one secret to another.
        buffer.push(self.buffer.into_secret().expose());
        Self { format: self.format, buffer }
    }

    /// The name of a member.
    pub(super) fn key(self, key: &str) -> Self {
        let is_bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        let bare = self.format == Format::Toml && !key.is_empty() && key.chars().all(is_bare);
        if bare { self.raw(key) } else { self.quoted(key) }
    }

    pub(super) fn value(self, value: &Value) -> Self {
        match value {
            // EXPOSE: written into the document, which is a secret as a whole.
            Value::Text(text) => self.quoted(text.expose()),
            Value::List(values) => {
                self.raw("[").separated(values, |writer, value| writer.value(value)).raw("]")
            }
            Value::Map(members) => {
                let (open, between, close) = match self.format {
                    Format::Toml => ("{ ", " = ", " }"),
                    Format::Json | Format::Jsonc => ("{", ": ", "}"),
                };
                self.raw(open)
                    .separated(members, |writer, (key, value)| {
                        writer.key(key).raw(between).value(value)
                    })
                    .raw(close)
            }
        }
    }

    fn separated<T>(self, items: &[T], write: impl Fn(Self, &T) -> Self) -> Self {
        items.iter().enumerate().fold(self, |writer, (number, item)| {
            let writer = if number > 0 { writer.raw(", ") } else { writer };
            write(writer, item)
        })
    }

    /// A text of JSON that is a basic string of TOML too (TOML 1.0, section "String").
    fn quoted(mut self, text: &str) -> Self {
        self = self.raw("\"");
        for c in text.chars() {
            self = match c {
                '"' => self.raw("\\\""),
                '\\' => self.raw("\\\\"),
                '\n' => self.raw("\\n"),
                '\r' => self.raw("\\r"),
                '\t' => self.raw("\\t"),
                c if c.is_control() => self.raw(&format!("\\u{:04x}", u32::from(c))),
                c => self.raw(c.encode_utf8(&mut [0; 4])),
            };
        }
        self.raw("\"")
    }
}
