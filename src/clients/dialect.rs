//! What a client replaces in texts by itself, before it uses them.

use super::Client;

/// How a client marks what it replaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    /// It replaces nothing.
    Nothing,
    /// `${…}`.
    Braces,
    /// `${…}` and `$NAME`.
    Dollars,
}

/// Something in a text that its client replaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placeholder {
    /// What is between the braces: `TOKEN`, `env:TOKEN`, `input:token`.
    pub name: String,
    /// Whether there is something to use in its place (`${TOKEN:-value}`), which may be a secret.
    pub has_default: bool,
}

impl Client {
    /// Everything in `text` that this client replaces, in its order.
    #[must_use]
    pub fn placeholders(self, text: &str) -> Vec<Placeholder> {
        let dialect = self.description().dialect;
        let mut found = Vec::new();
        let mut rest = text;
        while let Some((_, after)) = rest.split_once('$').filter(|_| dialect != Dialect::Nothing) {
            let braced = after.strip_prefix('{').and_then(|inner| inner.split_once('}'));
            let bare = after.len() - after.trim_start_matches(is_of_a_name).len();
            (found, rest) = match braced {
                Some((inner, after)) => (pushed(found, placeholder(inner)), after),
                None if dialect == Dialect::Dollars && bare > 0 => {
                    let (name, after) = after.split_at(bare);
                    (pushed(found, placeholder(name)), after)
                }
                None => (found, after),
            };
        }
        found
    }
}

fn pushed(mut found: Vec<Placeholder>, one: Option<Placeholder>) -> Vec<Placeholder> {
    found.extend(one);
    found
}

/// `None` for what looks like no name: it would be repeated, and may be anything.
fn placeholder(inner: &str) -> Option<Placeholder> {
    let (name, default) = inner.split_once(":-").unwrap_or((inner, ""));
    let is_named = |c: char| is_of_a_name(c) || matches!(c, ':' | '.' | '-' | '/' | '~');
    let is_plain = !name.is_empty() && name.chars().all(is_named);
    is_plain.then(|| Placeholder { name: name.to_owned(), has_default: !default.is_empty() })
}

fn is_of_a_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(client: Client, text: &str) -> Vec<String> {
        client.placeholders(text).into_iter().map(|found| found.name).collect()
    }

    #[test]
    fn each_client_has_its_own() {
        let text = "Bearer ${TOKEN} ${env:OTHER}$KEY ${input:a-b}";
        let braced = ["TOKEN", "env:OTHER", "input:a-b"];
        assert_eq!(names(Client::ClaudeCode, text), braced);
        assert_eq!(names(Client::VsCode, text), braced);
        assert_eq!(names(Client::GeminiCli, text), ["TOKEN", "env:OTHER", "KEY", "input:a-b"]);
        assert_eq!(names(Client::CodexCli, text), [""; 0]);
        assert_eq!(names(Client::ClaudeDesktop, text), [""; 0]);
    }

    #[test]
    fn a_default_is_seen_and_what_is_no_name_is_not_repeated() {
        let found = Client::ClaudeCode.placeholders("${TOKEN:-sk-1}${A:-}${sk 1}${}${open");
        let seen: Vec<_> = found.iter().map(|one| (one.name.as_str(), one.has_default)).collect();
        assert_eq!(seen, [("TOKEN", true), ("A", false)]);
        assert_eq!(names(Client::GeminiCli, "$ $$A $1"), ["A", "1"]);
    }
}
