//! Known secrets taken out of text that somebody else wrote.

use super::Secret;

/// What stands where a secret was.
const MASK: &str = "[masked]";

/// Shorter values (in bytes) are no secrets, and would be found everywhere.
const SHORTEST: usize = 6;

/// `text` without the secrets, as they are or line by line. Not in other forms: whoever wrote the
/// text could always have written them so that nobody finds them.
#[must_use]
pub fn masked<'s>(text: &str, secrets: impl IntoIterator<Item = &'s Secret>) -> String {
    // EXPOSE: looked for, to be taken out.
    let values = secrets.into_iter().filter_map(|secret| std::str::from_utf8(secret.expose()).ok());
    let mut words: Vec<&str> = values.flat_map(|value| value.lines().chain([value])).collect();
    words.retain(|word| word.len() >= SHORTEST);
    // The longest first: one may be a part of another.
    words.sort_unstable_by_key(|word| std::cmp::Reverse(word.len()));
    words.iter().fold(text.to_owned(), |text, word| text.replace(word, MASK))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_taken_out_whole_and_line_by_line() {
        let secrets = ["hunter22", "hunter22-longer", "-----BEGIN\nabcdefgh\n", "1", "\u{ff}"];
        let secrets = secrets.map(|text| Secret::copy_from(text.as_bytes()));
        let said = "1: no hunter22, no hunter22-longer, no `abcdefgh`";
        assert_eq!(masked(said, &secrets), "1: no [masked], no [masked], no `[masked]`");
    }
}
