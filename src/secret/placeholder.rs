//! What stands where a secret will be, or is clearly none.

use super::shapes::variety;

/// What begins a reference to a secret: ours, and those of other tools.
const REFERENCES: [&str; 10] = [
    "vault:",
    "oauth:",
    "{{",
    "op://",
    "keychain:",
    "keyring:",
    "env:",
    "ref+",
    "arn:aws:secretsmanager:",
    "arn:aws:ssm:",
];

/// Words that only an example has, in small letters.
const EXAMPLES: [&str; 24] = [
    "placeholder",
    "changeme",
    "change-me",
    "change_me",
    "change this",
    "replace",
    "example",
    "redacted",
    "dummy",
    "insert-",
    "insert_",
    "insert ",
    "goes-here",
    "goes_here",
    "goes here",
    "your-",
    "your_",
    "your ",
    "yourapi",
    "yourtoken",
    "yourkey",
    "yoursecret",
    "yourpass",
    "xxxx",
];

/// Values that are words of configuration, or what people type when nothing is protected.
const WORDS: [&str; 46] = [
    "none",
    "null",
    "nil",
    "undefined",
    "true",
    "false",
    "yes",
    "no",
    "on",
    "off",
    "enabled",
    "disabled",
    "default",
    "auto",
    "optional",
    "required",
    "empty",
    "unset",
    "todo",
    "tbd",
    "n/a",
    "na",
    "test",
    "testing",
    "secret",
    "password",
    "passwd",
    "token",
    "key",
    "apikey",
    "api-key",
    "api_key",
    "foo",
    "bar",
    "baz",
    "abc",
    "123",
    "1234",
    "basic",
    "bearer",
    "oauth",
    "oauth2",
    "keychain",
    "keyring",
    "anonymous",
    "local",
];

/// Folders at the root of a system, and of containers.
const ROOTS: [&str; 22] = [
    "Applications",
    "Library",
    "Users",
    "Volumes",
    "app",
    "bin",
    "config",
    "data",
    "dev",
    "etc",
    "home",
    "mnt",
    "nix",
    "opt",
    "private",
    "proc",
    "root",
    "run",
    "srv",
    "tmp",
    "usr",
    "var",
];

/// Whether a value stands for a secret that is elsewhere, or for none yet.
pub(super) fn is_placeholder(value: &str) -> bool {
    let value = value.trim();
    let small = value.to_lowercase();
    variety(value) <= 2
        || is_reference(value)
        || is_bracketed(value)
        || WORDS.contains(&small.as_str())
        || EXAMPLES.iter().any(|word| small.contains(word))
        || value.ends_with("...")
        || value.ends_with('…')
}

/// Whether something fills this in before the server sees it.
pub(super) fn is_reference(value: &str) -> bool {
    let is_name = |name: &str| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    let is_windows = |value: &str| {
        value.strip_prefix('%').and_then(|rest| rest.strip_suffix('%')).is_some_and(is_name)
    };
    REFERENCES.iter().any(|begin| value.starts_with(begin))
        || value.contains("${")
        || value.contains("$(")
        || value.strip_prefix('$').is_some_and(|name| {
            is_name(name) && name.starts_with(|c: char| c.is_ascii_uppercase() || c == '_')
        })
        || is_windows(value)
}

/// `<token>`, `[token]`, `{token}`: one word in brackets, or several.
fn is_bracketed(value: &str) -> bool {
    let inner = [('<', '>'), ('[', ']'), ('{', '}')].iter().find_map(|(open, close)| {
        value.strip_prefix(*open).and_then(|rest| rest.strip_suffix(*close))
    });
    let is_words = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '_' | '-' | '.');
    inner.is_some_and(|inner| inner.chars().all(is_words))
}

/// Whether it is the path of a file or folder. Base64 may begin with `/` too.
pub(super) fn is_path(value: &str) -> bool {
    let begins = |start: &str| value.starts_with(start);
    let bytes = value.as_bytes();
    let is_drive = bytes.len() > 2
        && bytes[0].is_ascii_alphabetic()
        && bytes[1] == b':'
        && matches!(bytes[2], b'\\' | b'/');
    let is_absolute = value.strip_prefix('/').is_some_and(|rest| {
        let (first, below) = rest.split_once('/').unwrap_or((rest, ""));
        ROOTS.contains(&first) || below.contains('.')
    });
    is_drive || is_absolute || ["~/", "./", "../", "file:", "\\\\"].into_iter().any(begins)
}

/// A number, a time, a version: digits, and hardly anything else.
pub(super) fn is_number(value: &str) -> bool {
    let letters = value.chars().filter(|c| c.is_alphabetic()).count();
    let is_part =
        |c: char| c.is_alphanumeric() || matches!(c, '.' | ',' | '-' | '+' | ':' | '_' | '%');
    letters <= 2 && !value.is_empty() && value.chars().all(is_part)
}

/// RFC 9562, section 4.
pub(super) fn is_uuid(value: &str) -> bool {
    let lengths: Vec<usize> = value.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12] && value.chars().all(|c| c.is_ascii_hexdigit() || c == '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_for_a_secret_is_none() {
        for value in [
            "",
            " ",
            "xxx",
            "XXXXXXXX",
            "****",
            "........",
            "<your token>",
            "<TOKEN>",
            "[API KEY]",
            "{token}",
            "YOUR_API_KEY",
            "your-token-here",
            "changeme",
            "ChangeMe123",
            "replace-me",
            "${GITHUB_TOKEN}",
            "${input:token}",
            "${env:TOKEN}",
            "$GITHUB_TOKEN",
            "%TOKEN%",
            "{{vault:a}}",
            "vault:claude/a",
            "oauth:linear",
            "op://vault/item/field",
            "none",
            "password",
            "sk-...",
            "AKIAIOSFODNN7EXAMPLE",
            "$(pass show x)",
            "token-goes-here",
        ] {
            assert!(is_placeholder(value), "{value}");
        }
        for value in [
            "hunter2",
            "Tr0ub4dor&3",
            "correct horse battery",
            "$2b$12$abcdefg",
            "pa$$word9",
            "{\"a\":\"b\"}",
        ] {
            assert!(!is_placeholder(value), "{value}");
        }
    }

    #[test]
    fn paths_numbers_and_ids_are_told_from_keys() {
        for path in [
            "/home/ann/key.json",
            "/run/secrets/token",
            "~/k",
            "./k",
            "C:\\keys\\a",
            "/keys/service.json",
        ] {
            assert!(is_path(path), "{path}");
        }
        for value in ["/9j4AAQ/SkZJRgABAQ", "wJalr/UtnFEMI", "keys"] {
            assert!(!is_path(value), "{value}");
        }
        for number in ["1", "3600", "1.2.3", "v2", "10.5", "2026-11-28", "30s", "100%"] {
            assert!(is_number(number), "{number}");
        }
        assert!(!is_number("") && !is_number("hunter2"));
        assert!(is_uuid("123e4567-e89b-12d3-a456-426614174000") && !is_uuid("123e4567"));
    }
}
