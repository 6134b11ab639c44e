//! What may be shown of a value. When in doubt, nothing: whoever moves secrets elsewhere has to be
//! surer (`secret::sightings`).

use crate::secret::shape_of;

/// In these, each value is a secret unless it is clearly none.
const SECRETIVE: [&str; 3] = ["env", "headers", "http_headers"];

/// What a reference to a secret begins with; it is none itself.
const REFERENCES: [&str; 4] = ["vault:", "oauth:", "{{", "${"];

/// What many sites let their keys begin with.
const PREFIXES: [&str; 11] =
    ["sk-", "ghp", "gho", "ghs", "github_pat", "glpat", "xox", "AKIA", "AIza", "eyJ", "Bearer"];

/// Words in the name of what is secret.
const WORDS: [&str; 9] =
    ["auth", "cookie", "credential", "key", "passphrase", "passw", "pwd", "secret", "token"];

/// So many letters and digits in a row, both among them, are no word (bytes).
const LONGEST_WORD: usize = 16;

/// A value as it may be shown; `after` is the text before it in the same list.
pub(super) fn shown(path: &[String], after: Option<&str>, text: &str, is_text: bool) -> String {
    if !is_text {
        return text.to_owned();
    }
    let secretive = path.iter().any(|name| SECRETIVE.contains(&name.as_str()));
    let is_reference = REFERENCES.iter().any(|begin| text.starts_with(begin));
    let is_named = path.last().is_some_and(|name| sounds_secret(name)) && !is_helper(path);
    let hidden = secretive || is_named || after.is_some_and(sounds_secret) || looks_secret(text);
    match address(text) {
        _ if is_reference && !looks_secret(text) => quoted(text),
        _ if secretive || !hidden && !text.contains("://") => {
            if hidden {
                covered(text)
            } else {
                quoted(text)
            }
        }
        Some(address) => address,
        None if hidden => covered(text),
        None => quoted(text),
    }
}

/// Whether what follows in the same list may be secret because of this: an option's name.
pub(super) fn may_be_named_next(text: &str) -> bool {
    text.starts_with('-') && !text.contains('=') && sounds_secret(text)
}

/// `apiKeyHelper` names a program, not a key.
fn is_helper(path: &[String]) -> bool {
    path.last().is_some_and(|name| name.ends_with("Helper") || name.ends_with("command"))
}

fn sounds_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    WORDS.iter().any(|word| name.contains(word))
}

/// Of an address only with whom it is and what for; not who asks, with what.
fn address(text: &str) -> Option<String> {
    let (scheme, rest) = text.split_once("://")?;
    if !scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'+') {
        return None;
    }
    let (host, path) = rest.split_once(['/', '?', '#']).unwrap_or((rest, ""));
    let (user, host) =
        host.rsplit_once('@').map_or((None, host), |(user, host)| (Some(user), host));
    let is_plain = user.is_none() && !looks_secret(text) && !rest.contains(['?', '#']);
    let rest_of_it = if path.is_empty() { "" } else { "/…" };
    Some(if is_plain { quoted(text) } else { format!("\"{scheme}://{host}{rest_of_it}\"") })
}

fn looks_secret(text: &str) -> bool {
    let is_key = |word: &str| {
        PREFIXES.iter().any(|prefix| word.starts_with(prefix) && word.len() > prefix.len() + 4)
    };
    let mut words = text.split(|c: char| c.is_whitespace() || "=:,;/@\"'".contains(c));
    let assigned = text.split_once('=').is_some_and(|(name, _)| sounds_secret(name));
    assigned || words.any(|word| is_key(word) || is_random(word) || shape_of(word).is_some())
}

/// Long, of letters and digits.
fn is_random(word: &str) -> bool {
    let mut runs = word.split(|c: char| !c.is_ascii_alphanumeric() && c != '+' && c != '_');
    runs.any(|run| {
        let has = |kind: fn(&u8) -> bool| run.bytes().any(|byte| kind(&byte));
        run.len() >= LONGEST_WORD && has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic)
    })
}

fn quoted(text: &str) -> String {
    format!("{text:?}")
}

fn covered(text: &str) -> String {
    format!("(not shown, {} bytes)", text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_moved_into_the_store_is_not_shown_either() {
        for (name, value) in [
            ("note", "npm_a8Kd03nvUw72LmQx94TyRb61ZcVe5HsJgPoT"),
            ("note", "lin_api_9aB8cD7eF6gH5iJ4kL3mN2oP1qR0"),
            ("note", "figd_q8W-e7R_t6Y5u4I3o2P1a0S9d8F7"),
            ("apiKey", "hunter2"),
            ("password", "hunter2"),
            ("note", "q8WzT5u3KbV0nR7yLx2PfD9sHg4JmC6a"),
            ("note", "postgres://ann:hunter2@db/app"),
        ] {
            assert_ne!(crate::secret::sightings(name, value), [], "{value}");
            let shown = shown(&[name.to_owned()], None, value, true);
            assert!(!shown.contains(value) && !shown.contains("hunter2"), "{shown}");
        }
    }
}
