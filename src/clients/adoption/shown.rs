//! What a change looks like, with nothing of a secret but how long it is.

use std::ops::Range;

/// What changes in one place of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hunk {
    /// Where, as a JSON pointer (RFC 6901).
    pub place: String,
    /// What goes and what comes.
    pub lines: Vec<Line>,
}

/// One line of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// What is there and goes: the name of the part, its text.
    Gone(String, String),
    /// What comes.
    New(String, String),
}

/// The text with each secret in it covered.
pub(super) fn masked(text: &str, places: &[Range<usize>]) -> String {
    let mut shown = text.to_owned();
    let mut places = places.to_vec();
    places.sort_unstable_by_key(|place| place.start);
    for place in places.into_iter().rev() {
        let count = text.get(place.clone()).map_or(0, |secret| secret.chars().count());
        shown.replace_range(place, &format!("‹secret, {count} characters›"));
    }
    shown
}

#[cfg(test)]
mod tests {
    use std::slice::from_ref;

    use super::*;

    #[test]
    fn only_the_length_of_a_secret_is_shown() {
        assert_eq!(masked("Bearer hunter2", from_ref(&(7..14))), "Bearer ‹secret, 7 characters›");
        assert_eq!(masked("é", from_ref(&(0..2))), "‹secret, 1 characters›");
        assert_eq!(
            masked("a=xx b=yy", &[7..9, 2..4]),
            "a=‹secret, 2 characters› b=‹secret, 2 characters›"
        );
    }
}
