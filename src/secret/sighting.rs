//! Where in a text a secret is.
//!
//! The judgement is for moving a secret elsewhere, so it wants to be right: what is no secret is
//! left where it is. (Whoever only hides what he shows may judge more freely, and does:
//! `snapshot::danger`.) A name that says so is believed, unless the value is clearly none; a form
//! that a service gives its keys is believed under any name; without either, a value has to look random.

use std::fmt;
use std::ops::Range;

use super::naming::Says;
use super::placeholder::{is_number, is_path, is_placeholder, is_reference, is_uuid};
use super::shapes::{is_public, shape_of};

/// A secret in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// Which bytes of the text it is.
    pub place: Range<usize>,
    /// Why it is taken for one.
    pub why: Why,
}

/// Why something is taken for a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// It has the form of a known kind of key, which is named with its article.
    Shape(&'static str),
    /// It is called like one.
    Named,
    /// An address has a password in it, or another secret.
    Address,
    /// It looks random.
    Random,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shape(name) => write!(f, "looks like {name}"),
            Self::Named => f.write_str("is called like a secret"),
            Self::Address => f.write_str("is an address with a secret in it"),
            Self::Random => f.write_str("looks random"),
        }
    }
}

/// What stands before a secret in a header (RFC 9110, section 11.1), in small letters.
const SCHEMES: [&str; 6] = ["bearer", "basic", "token", "apikey", "api-key", "bot"];

/// The shortest values that are believed to be secret because of their names (bytes).
const LEAST_PASSWORD: usize = 3;
const LEAST_SECRET: usize = 6;
const LEAST_PERHAPS: usize = 12;

/// So many characters in a row, of small and capital letters and digits, may be random.
const LEAST_RANDOM: usize = 20;

/// What a run of that many random characters has at least (bits for each; Shannon, 1948). English
/// has about 4 as well, which is why the changes between kinds of characters are counted too.
const LEAST_ENTROPY: f64 = 3.6;

/// The secrets in `value`, which is what a variable, an option, a header or a parameter called
/// `name` is set to (empty, when it has no name). Not more than one, but in longer texts.
#[must_use]
pub fn sightings(name: &str, value: &str) -> Vec<Sighting> {
    let whole = bare(value);
    let Some(text) = value.get(whole.clone()) else {
        return Vec::new();
    };
    if text.contains("${") {
        return beside_placeholders(value);
    }
    // Of an address only the parts are looked at: its host may be an example, its password none.
    if is_reference(text) || is_public(text) || !is_address(text) && is_placeholder(text) {
        return Vec::new();
    }
    // What follows a scheme may be a secret, whatever it is called.
    let has_scheme = whole.start > value.len() - value.trim_start().len();
    let says = Says::of(name).max(if has_scheme { Says::Perhaps } else { Says::Plain });
    match verdict(says, text) {
        Some(why) => vec![Sighting { place: whole, why }],
        None if is_address(text) => Vec::new(),
        None => words(value).filter_map(|place| known(value, place)).collect(),
    }
}

/// The keys in a text of which a client fills in a part: such a key may be what is put there if there
/// is nothing else (`${KEY:-…}`).
fn beside_placeholders(value: &str) -> Vec<Sighting> {
    let places = words(value).map(|place| {
        let word = value.get(place.clone()).unwrap_or_default();
        place.end - word.trim_start_matches('-').len()..place.end
    });
    places.filter_map(|place| known(value, place)).collect()
}

/// The secrets in an address: its password, parameters, parts of its path. None in what is no address.
#[must_use]
pub fn sightings_in_address(address: &str) -> Vec<Sighting> {
    let Some((scheme, rest)) = address.split_once("://").filter(|_| is_address(address)) else {
        return Vec::new();
    };
    let start = scheme.len() + "://".len();
    let host_end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, below) = rest.split_at(host_end);
    let password = authority.rsplit_once('@').and_then(|(user, _)| user.split_once(':'));
    let password = password.map(|(user, password)| Part {
        name: "password",
        value: password,
        place: start + user.len() + 1,
    });
    let parts = password.into_iter().chain(parts_below(below, start + host_end));
    parts.filter_map(Part::sighting).collect()
}

/// Of `name@host`, in a DSN: who asks is the secret.
fn has_user(address: &str) -> bool {
    address.split_once("://").is_some_and(|(_, rest)| {
        rest.split(['/', '?', '#']).next().unwrap_or_default().contains('@')
    })
}

/// A piece of an address.
struct Part<'a> {
    name: &'a str,
    value: &'a str,
    place: usize,
}

impl Part<'_> {
    fn sighting(self) -> Option<Sighting> {
        let text = self.value;
        let is_secret = !is_placeholder(text)
            && !is_public(text)
            && match Says::of(self.name) {
                Says::Password => true,
                Says::Secret => text.len() >= LEAST_SECRET,
                // In an address a bare `key=` or `auth=` is what opens it.
                Says::Perhaps | Says::Nothing if self.name == "key" => text.len() >= LEAST_SECRET,
                Says::Perhaps => is_mixed(text),
                Says::Nothing => shape_of(text).is_some() || is_random(text),
                Says::Plain => shape_of(text).is_some(),
            };
        let place = self.place..self.place + text.len();
        is_secret.then_some(Sighting { place, why: Why::Address })
    }
}

/// The parts of a path, and the parameters behind it.
fn parts_below(below: &str, start: usize) -> Vec<Part<'_>> {
    let without_fragment = below.split('#').next().unwrap_or_default();
    let (path, query) = without_fragment.split_once('?').unwrap_or((without_fragment, ""));
    let mut parts = Vec::new();
    let mut place = start;
    for value in path.split('/') {
        parts.push(Part { name: "", value, place });
        place += value.len() + 1;
    }
    let mut place = start + path.len() + 1;
    for pair in query.split('&') {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        parts.push(Part { name, value, place: place + pair.len() - value.len() });
        place += pair.len() + 1;
    }
    parts
}

fn is_address(text: &str) -> bool {
    text.split_once("://").is_some_and(|(scheme, rest)| {
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
        !scheme.is_empty()
            && scheme.chars().all(is_part)
            && !rest.is_empty()
            && !rest.contains(char::is_whitespace)
    })
}

/// Where the value is without blanks around it and a scheme before it.
fn bare(value: &str) -> Range<usize> {
    let start = value.len() - value.trim_start().len();
    let end = value.trim_end().len().max(start);
    let text = value.get(start..end).unwrap_or_default();
    match text.split_once(char::is_whitespace) {
        Some((scheme, rest)) if SCHEMES.contains(&&*scheme.to_lowercase()) => {
            end - rest.trim_start().len()..end
        }
        _ => start..end,
    }
}

/// Whether all of `text` is one secret.
fn verdict(says: Says, text: &str) -> Option<Why> {
    if let Some(shape) = shape_of(text) {
        return Some(Why::Shape(shape));
    }
    if is_address(text) {
        let is_dsn = says == Says::Secret && has_user(text);
        return (is_dsn || !sightings_in_address(text).is_empty()).then_some(Why::Address);
    }
    let is_named = match says {
        Says::Password => text.len() >= LEAST_PASSWORD && !is_path(text),
        Says::Secret => text.len() >= LEAST_SECRET && !is_path(text) && !is_number(text),
        Says::Perhaps => is_mixed(text),
        Says::Nothing | Says::Plain => false,
    };
    let is_seen = says == Says::Nothing && is_random(text);
    is_named.then_some(Why::Named).or(is_seen.then_some(Why::Random))
}

/// The words of a longer text, by their places.
fn words(text: &str) -> impl Iterator<Item = Range<usize>> {
    let is_between = |c: char| c.is_whitespace() || "\"'`,;:=()[]{}<>|&\\".contains(c);
    let mut start = 0;
    let ends = text.match_indices(is_between).map(|(at, between)| (at, at + between.len()));
    ends.chain([(text.len(), text.len())]).map(move |(end, next)| {
        let place = start..end;
        start = next;
        place
    })
}

fn known(text: &str, place: Range<usize>) -> Option<Sighting> {
    let shape = shape_of(text.get(place.clone())?)?;
    Some(Sighting { place, why: Why::Shape(shape) })
}

/// Long enough, one word, of letters and digits.
fn is_mixed(text: &str) -> bool {
    let has = |kind: fn(char) -> bool| text.contains(kind);
    text.len() >= LEAST_PERHAPS
        && !has(char::is_whitespace)
        && has(|c| c.is_ascii_digit())
        && has(char::is_alphabetic)
        && !is_path(text)
        && !is_number(text)
        && !text.contains(['@', '/', ','])
}

/// Whether there is a run of characters in it that no word, name, version or id has. Hexadecimal
/// digits and UUIDs are ids more often than keys, and are none without a name.
fn is_random(text: &str) -> bool {
    let is_one_word = !text.contains(|c: char| c.is_whitespace() || "@:,;\"'(){}<>\\".contains(c));
    is_one_word
        && !is_path(text)
        && !is_uuid(text)
        && text.split(|c: char| !c.is_ascii_alphanumeric()).any(is_random_run)
}

fn is_random_run(run: &str) -> bool {
    let count = |kind: fn(&u8) -> bool| run.bytes().filter(kind).count();
    let kinds = [u8::is_ascii_lowercase, u8::is_ascii_uppercase, u8::is_ascii_digit];
    run.len() >= LEAST_RANDOM
        && kinds.iter().all(|kind| count(*kind) >= 2)
        && changes(run) * 2 >= run.len()
        && entropy(run) >= LEAST_ENTROPY
}

/// How often a character is of another kind than the one before it. Random text of letters and
/// digits changes at six of ten places, words joined in capitals at four.
fn changes(run: &str) -> usize {
    let kind = |byte: u8| (byte.is_ascii_lowercase(), byte.is_ascii_uppercase());
    run.as_bytes().windows(2).filter(|pair| kind(pair[0]) != kind(pair[1])).count()
}

/// Bits for each character.
fn entropy(run: &str) -> f64 {
    let mut counts = [0_u32; 256];
    run.bytes().for_each(|byte| counts[usize::from(byte)] += 1);
    #[expect(clippy::cast_precision_loss, reason = "texts are not that long")]
    let length = run.len() as f64;
    let share = |count: &u32| f64::from(*count) / length;
    counts.iter().filter(|count| **count > 0).map(share).map(|share| -share * share.log2()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The secret, if there is exactly one.
    fn seen<'v>(name: &str, value: &'v str) -> Option<&'v str> {
        match sightings(name, value).as_slice() {
            [] => None,
            [one] => value.get(one.place.clone()),
            many => panic!("{name}={value}: {many:?}"),
        }
    }

    #[test]
    fn secrets_are_seen() {
        for (name, value) in [
            ("GITHUB_PERSONAL_ACCESS_TOKEN", "ghp_8fK2mQz7RtYw4LbNc9XeVa1HsUd5JgPoTi3B"),
            ("WHATEVER", "sk-ant-api03-Hq7_2bVn-x9ZkLw4RtYm8PcQs6"),
            ("EXA_API_KEY", "3f1c9a52-7e4b-4d6a-9b0e-5c2d8f7a1e63"),
            ("NOTION_API_KEY", "1429989fe8ac4effbc8f57f56486db54"),
            ("AWS_SECRET_ACCESS_KEY", "/alrXUtnFEMI+K7MDENGbPxRfiCYQ9z3kLmN0pZs"),
            ("AWS_ACCESS_KEY_ID", "AKIAQ7X3MZ5R2WNB4KTY"),
            ("DB_PASSWORD", "hunter2"),
            ("DB_PASSWORD", "48151623"),
            ("PGPASSWORD", "correct horse battery staple"),
            ("SMTP_PASS", "p@ss/w0rd"),
            ("AUTH_TOKEN", "abcdefgh"),
            ("CONFLUENCE_COOKIE", "JSESSIONID=0A1B2C3D4E5F"),
            ("DATABASE_URL", "postgres://ann:hunter2@db.example.net:5432/app"),
            ("MONGO", "mongodb+srv://ann:hunter2@cluster0.abcde.mongodb.net/?retryWrites=true"),
            ("REDIS_URL", "redis://:hunter2@localhost:6379/0"),
            (
                "SENTRY_DSN",
                "https://9f8e7d6c5b4a39281706f5e4d3c2b1a0@o447951.ingest.sentry.io/5429215",
            ),
            ("ENDPOINT", "https://mcp.tavily.com/mcp/?tavilyApiKey=hunter2hunter2"),
            (
                "SLACK_WEBHOOK_URL",
                "https://hooks.slack.com/services/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",
            ),
            ("CONFIG", "q8WzT5u3KbV0nR7yLx2PfD9sHg4JmC6a"),
            ("BRAVE_KEY", "BSA4kLm9Qw2xZt7Rv1Yc5Nb8Hd3Jf6"),
            ("", "q8WzT5u3KbV0nR7yLx2PfD9sHg4JmC6a"),
            (
                "GOOGLE_CREDENTIALS",
                "{\"type\": \"service_account\", \"private_key_id\": \"0a1b2c\"}",
            ),
        ] {
            assert_eq!(seen(name, value), Some(value), "{name}");
        }
    }

    #[test]
    fn a_scheme_is_no_part_of_the_secret() {
        for (name, value, secret) in [
            ("Authorization", "Bearer hunter2hunter2", "hunter2hunter2"),
            ("authorization", "bearer  hunter2hunter2 ", "hunter2hunter2"),
            ("Authorization", "Basic YW5uOmh1bnRlcjI=", "YW5uOmh1bnRlcjI="),
            ("X-Api-Key", "hunter2hunter2", "hunter2hunter2"),
            ("AUTH_HEADER", "Bearer q8WzT5u3KbV0nR7y", "q8WzT5u3KbV0nR7y"),
            ("HEADER", "Bearer hunter2hunter2", "hunter2hunter2"),
            (
                "OPENAPI_MCP_HEADERS",
                "{\"Authorization\": \"Bearer ntn_48291037465aBcDeFgHiJkLmNoPqRsTuVwXy\", \"Notion-Version\": \"2022-06-28\"}",
                "ntn_48291037465aBcDeFgHiJkLmNoPqRsTuVwXy",
            ),
        ] {
            assert_eq!(seen(name, value), Some(secret), "{name}");
        }
    }

    const NO_SECRETS: &[(&str, &str)] = &[
        ("GITHUB_PERSONAL_ACCESS_TOKEN", "<your token>"),
        ("GITHUB_PERSONAL_ACCESS_TOKEN", "YOUR_GITHUB_TOKEN_HERE"),
        ("GITHUB_TOKEN", "${GITHUB_TOKEN}"),
        ("GITHUB_TOKEN", "${input:github_token}"),
        ("GITHUB_TOKEN", "vault:claude/github-token"),
        ("Authorization", "Bearer ${TOKEN}"),
        ("Authorization", "Bearer {{vault:claude/linear-token}}"),
        ("Authorization", "Bearer"),
        ("API_KEY", "xxx"),
        ("API_KEY", "sk-ant-..."),
        ("API_KEY", "changeme"),
        ("API_KEY", ""),
        ("DB_PASSWORD", "changeme"),
        ("DB_PASSWORD", "true"),
        ("AUTH", "none"),
        ("AUTH", "oauth2"),
        ("AUTH_PROVIDER", "keycloak"),
        ("AUTH_TOKEN_TTL", "3600"),
        ("TOKEN", "250000"),
        ("SORT_KEY", "created_at"),
        ("PARTITION_KEY", "customer#region"),
        ("CACHE_KEY", "github-mcp-cache"),
        ("MAX_TOKENS", "4096"),
        ("GOOGLE_APPLICATION_CREDENTIALS", "/home/ann/.config/gcloud/key.json"),
        ("SSH_KEY", "~/.ssh/id_ed25519"),
        ("TOKEN_FILE", "/run/secrets/token"),
        ("SSH_AUTH_SOCK", "/run/user/1000/agent.sock"),
        ("PWD", "/home/ann/project"),
        ("PATH", "/usr/local/bin:/usr/bin:/bin"),
        ("MODEL", "claude-3-5-sonnet-20241022"),
        ("MODEL", "Qwen2.5-Coder-32B-Instruct"),
        ("MODEL", "us.anthropic.claude-sonnet-4-20250514-v1:0"),
        ("PACKAGE", "@modelcontextprotocol/server-github@2025.4.8"),
        ("VERSION", "2025.11.28-beta.1"),
        ("PROJECT_ID", "3f1c9a52-7e4b-4d6a-9b0e-5c2d8f7a1e63"),
        ("PROJECT", "3f1c9a52-7e4b-4d6a-9b0e-5c2d8f7a1e63"),
        ("SUPABASE_PROJECT_REF", "abcdefghijklmnopqrst"),
        ("NOTION_DATABASE_ID", "1429989fe8ac4effbc8f57f56486db54"),
        ("DATABASE", "1429989fe8ac4effbc8f57f56486db54"),
        ("GIT_COMMIT", "d6d5883f0c1b2a39485766554433221100ffeedd"),
        (
            "IMAGE",
            "mcp/github@sha256:1429989fe8ac4effbc8f57f56486db541429989fe8ac4effbc8f57f56486db54",
        ),
        ("DATABASE_URL", "postgres://localhost:5432/app"),
        ("DATABASE_URL", "postgres://ann@localhost/app"),
        ("DATABASE_URL", "postgres://user:<password>@host/db"),
        ("API_URL", "https://api.example.net/v1/users?sort=created_at&page=2"),
        ("AUTH_URL", "https://login.example.net/oauth2/authorize"),
        ("STRIPE_PUBLISHABLE_KEY", "pk_live_4eC39HqLyjWDarjtT1zdp7dc"),
        ("LANGFUSE_PUBLIC_KEY", "pk-lf-3f1c9a52-7e4b-4d6a-9b0e-5c2d8f7a1e63"),
        ("NODE_OPTIONS", "--max-old-space-size=4096"),
        ("DEBUG", "mcp:*"),
        ("TZ", "Europe/Berlin"),
        ("EMAIL", "ann@example.net"),
        ("LABEL", "MyVeryLongServerNameForProductionUseVersion22"),
        ("DESCRIPTION", "Reads issues and pull requests of the team's repositories"),
        ("ALLOWED", "read_file,write_file,list_directory"),
        ("", "-y"),
        ("", "--allow-write"),
        ("", "/home/ann/Documents/2026/Reports/Q3Final"),
    ];

    #[test]
    fn a_key_beside_what_a_client_fills_in_is_seen() {
        let key = "ghp_8fK2mQz7RtYw4LbNc9XeVa1HsUd5JgPoTi3B";
        for value in [format!("${{KEY:-{key}}}"), format!("Bearer ${{USER}} {key}")] {
            let places = sightings("API_KEY", &value).into_iter().map(|one| one.place);
            let seen: Vec<_> = places.filter_map(|place| value.get(place)).collect();
            assert_eq!(seen, [key], "{value}");
        }
    }

    #[test]
    fn what_is_no_secret_is_not_seen() {
        for (name, value) in NO_SECRETS {
            assert_eq!(sightings(name, value), [], "{name}={value}");
        }
    }

    #[test]
    fn an_address_says_where_its_secrets_are() {
        let inside = |address: &'static str| -> Vec<&str> {
            let seen = sightings_in_address(address);
            seen.into_iter().filter_map(|one| address.get(one.place)).collect()
        };
        assert_eq!(inside("postgres://ann:hun@ter2@db/app"), ["hun@ter2"]);
        assert_eq!(inside("https://h/mcp?user=ann&token=hunter2&x=1#frag"), ["hunter2"]);
        assert_eq!(inside("https://h/mcp?key=hunter2"), ["hunter2"]);
        assert_eq!(
            inside("https://ann:pw1@h/s/q8WzT5u3KbV0nR7yLx2PfD9sHg4JmC6a/mcp?api_key=hunter2"),
            ["pw1", "q8WzT5u3KbV0nR7yLx2PfD9sHg4JmC6a", "hunter2"]
        );
        for plain in
            ["https://h/mcp", "https://h/a?b=c&d", "https://h", "no address?token=hunter2", "://x"]
        {
            assert_eq!(inside(plain), [""; 0], "{plain}");
        }
    }

    /// Whatever it is given, places are within the text and on the borders of characters.
    #[test]
    fn odd_texts_are_survived() {
        for text in [
            "é",
            "Bearer é",
            "a\u{2003}ghp_8fK2mQz7RtYw4LbNc9XeVa1HsUd5JgPoTi3B",
            "?",
            "a://é:é@é?é=é",
            " ",
        ] {
            for sighting in sightings("TOKEN", text).into_iter().chain(sightings_in_address(text)) {
                assert!(text.get(sighting.place).is_some(), "{text}");
            }
        }
    }
}
