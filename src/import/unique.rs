//! Giving out names of which each may stand only once.

use std::collections::BTreeMap;

/// What was given out, in small letters: fields and some file systems do not tell case apart.
#[derive(Default)]
pub(super) struct Unique(BTreeMap<String, usize>);

impl Unique {
    /// `wanted`, or if that was given out, `wanted` with the next free number behind `between`.
    pub(super) fn name(&mut self, wanted: String, between: char) -> String {
        let key = wanted.to_lowercase();
        let Some(last) = self.0.get(&key).copied() else {
            self.0.insert(key, 1);
            return wanted;
        };
        let free =
            (last + 1..).find(|number| !self.0.contains_key(&format!("{key}{between}{number}")));
        let number = free.unwrap_or_default();
        self.0.insert(key, number);
        self.name(format!("{wanted}{between}{number}"), between)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_given_once() {
        let mut unique = Unique::default();
        let given =
            ["a", "A", "a-2", "a", "a-3", "b"].map(|name| unique.name(name.to_owned(), '-'));
        assert_eq!(given, ["a", "A-2", "a-2-2", "a-3", "a-3-2", "b"]);
    }

    #[test]
    fn many_of_one_name_take_no_time() {
        let mut unique = Unique::default();
        let last = (0..100_000).map(|_| unique.name("a".to_owned(), ' ')).last();
        assert_eq!(last.as_deref(), Some("a 100000"));
    }
}
