//! Reads Rust source as far as the architecture test needs it: which paths it names, on which
//! lines. Comments and literals are left out, so that prose about a room is no use of it.

use std::fs;
use std::path::Path;

use super::oracle::everything_below;

/// One file of `src/`.
pub(crate) struct Source {
    /// Relative to the package, as `src/crypto/age.rs`.
    pub(crate) name: String,
    pub(crate) text: String,
    tokens: Vec<Token>,
}

/// What the scanner tells apart.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    /// `::`
    Step,
    Sign(char),
}

impl Source {
    /// Every Rust file below a folder of the package, by name.
    pub(crate) fn all(folder: &str) -> Vec<Self> {
        let package = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut paths = everything_below(&package.join(folder));
        paths.retain(|path| path.extension().is_some_and(|ending| ending == "rs"));
        paths.sort();
        paths.iter().map(|path| Self::read(package, path)).collect()
    }

    fn read(package: &Path, path: &Path) -> Self {
        let name = path.strip_prefix(package).expect("it is in the package").display().to_string();
        let text = fs::read_to_string(path).expect("source is text");
        Self::new(name, text)
    }

    pub(crate) fn new(name: String, text: String) -> Self {
        let tokens = scan(&text);
        Self { name, text, tokens }
    }

    /// The room that it is in: `crypto` for `src/crypto/age.rs`, nothing for `src/main.rs`.
    pub(crate) fn room(&self) -> Option<&str> {
        self.name.strip_prefix("src/")?.split_once('/').map(|(room, _)| room)
    }

    /// Whether the word stands anywhere in the code.
    pub(crate) fn says(&self, word: &str) -> bool {
        self.tokens.iter().any(|token| matches!(token, Token::Word(found) if found == word))
    }

    /// The modules that it declares.
    pub(crate) fn modules(&self) -> Vec<&str> {
        let pairs = self.tokens.windows(2).filter(|pair| pair[0] == Token::Word("mod".to_owned()));
        pairs
            .filter_map(
                |pair| {
                    if let Token::Word(name) = &pair[1] { Some(name.as_str()) } else { None }
                },
            )
            .collect()
    }

    /// Every path of at least two steps, with the groups of `use` taken apart.
    pub(crate) fn paths(&self) -> Vec<Vec<String>> {
        let mut found = Vec::new();
        let mut rest = self.tokens.as_slice();
        while !rest.is_empty() {
            rest = read_path(rest, &[], &mut found);
        }
        found.retain(|path| path.len() > 1);
        found
    }
}

/// Reads one path (or skips one other token) and says what is left.
fn read_path<'t>(
    tokens: &'t [Token],
    before: &[String],
    found: &mut Vec<Vec<String>>,
) -> &'t [Token] {
    let mut path = before.to_vec();
    let mut rest = tokens;
    while let [Token::Word(word), after @ ..] = rest {
        path.push(word.clone());
        rest = after;
        match rest {
            [Token::Step, after @ ..] => rest = after,
            _ => break,
        }
    }
    match rest {
        [Token::Sign('{'), after @ ..] if rest.len() < tokens.len() && stepped(tokens, rest) => {
            read_group(after, &path, found)
        }
        _ => {
            found.push(path);
            if rest.len() == tokens.len() { &rest[1..] } else { rest }
        }
    }
}

/// Whether the token before `rest` is `::`.
fn stepped(tokens: &[Token], rest: &[Token]) -> bool {
    tokens[tokens.len() - rest.len() - 1] == Token::Step
}

fn read_group<'t>(
    mut rest: &'t [Token],
    path: &[String],
    found: &mut Vec<Vec<String>>,
) -> &'t [Token] {
    loop {
        match rest {
            [] => return rest,
            [Token::Sign('}'), after @ ..] => return after,
            [Token::Sign(','), after @ ..] => rest = after,
            [Token::Word(word), _, after @ ..] if word == "as" => rest = after,
            _ => rest = read_path(rest, path, found),
        }
    }
}

fn scan(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        rest = read_token(rest, first, &mut tokens);
    }
    tokens
}

/// Reads one token, comment or literal and says what is left.
fn read_token<'t>(text: &'t str, first: char, tokens: &mut Vec<Token>) -> &'t str {
    if let Some(comment) = text.strip_prefix("//") {
        return after(comment, "\n");
    }
    if let Some(comment) = text.strip_prefix("/*") {
        return after(comment, "*/");
    }
    if let Some(rest) = text.strip_prefix("::") {
        tokens.push(Token::Step);
        return rest;
    }
    match (first, text.strip_prefix(first).unwrap_or_default()) {
        ('"', string) => after_string(string),
        ('\'', quoted) => after_quote(quoted),
        (c, _) if is_word(c) => read_word(text, tokens),
        (c, rest) => {
            tokens.extend((!c.is_whitespace()).then_some(Token::Sign(c)));
            rest
        }
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn after<'t>(text: &'t str, end: &str) -> &'t str {
    text.split_once(end).map_or("", |(_, rest)| rest)
}

/// A word, or the raw string that it begins (`r#"…"#`, `br"…"`).
fn read_word<'t>(text: &'t str, tokens: &mut Vec<Token>) -> &'t str {
    let rest = text.trim_start_matches(is_word);
    let word = text.strip_suffix(rest).unwrap_or_default();
    let quoted = rest.trim_start_matches('#');
    if let (true, Some(body)) = (matches!(word, "r" | "br"), quoted.strip_prefix('"')) {
        let hashes = rest.len() - quoted.len();
        return after(body, &format!("\"{}", "#".repeat(hashes)));
    }
    tokens.push(Token::Word(word.to_owned()));
    rest
}

fn after_string(string: &str) -> &str {
    let mut chars = string.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => break,
            '\\' => drop(chars.next()),
            _ => {}
        }
    }
    chars.as_str()
}

/// After a character; of a lifetime, only after its tick.
fn after_quote(quoted: &str) -> &str {
    let mut chars = quoted.chars();
    match chars.next() {
        Some('\\') => {
            chars.next();
            after(chars.as_str(), "'")
        }
        _ => chars.as_str().strip_prefix('\'').unwrap_or(quoted),
    }
}

#[cfg(test)]
mod tests {
    use super::Source;

    fn paths(text: &str) -> Vec<String> {
        let source = Source::new("src/x/y.rs".to_owned(), text.to_owned());
        source.paths().iter().map(|path| path.join(" ")).collect()
    }

    #[test]
    fn reads_groups_and_expressions() {
        assert_eq!(
            paths("use crate::{a, b::{c, d as e}, f::*};"),
            ["crate a", "crate b c", "crate b d", "crate f"]
        );
        assert_eq!(paths("let x = a::b::<T>(c::d) + ::e::f;"), ["a b", "c d", "e f"]);
        assert_eq!(paths("if x == a::B { c::d() }"), ["a B", "c d"]);
    }

    #[test]
    fn leaves_out_comments_and_literals() {
        let text = "// a::b\n/// [`c::d`]\nlet x = \"e::f \\\" g::h\"; /* i::j */ r#\"k::l\"m::n\"#; b'\\''; '\"'; o::p\n'a::b";
        assert_eq!(paths(text), ["o p", "a b"]);
    }

    #[test]
    fn knows_rooms_and_modules() {
        let source =
            Source::new("src/crypto/age.rs".to_owned(), "mod a; pub(crate) mod b { }".to_owned());
        assert_eq!((source.room(), source.modules()), (Some("crypto"), vec!["a", "b"]));
    }
}
