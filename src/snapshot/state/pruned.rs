//! Which numbers this machine knows to be gone: those that it has pruned itself.
//!
//! Prune leaves gaps in the numbers, and so does whoever removes snapshots that he should not.
//! Only memory tells the two apart, so prune writes down what it will remove before it does. What
//! was there before this machine remembers anything (its state was lost, or another machine takes
//! the snapshots), it can not judge.

use std::fmt::Write;

use crate::snapshot::repository::text::{self, Lines, Malformed};

const FIRST_LINE: &str = "vaultctl-pruned 1";

/// What this machine knows about numbers that are not there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    /// From this number on it knows each; `None` when it never took a snapshot.
    since: Option<u64>,
    /// First and last number of each run that it removed; by number, with something between.
    gone: Vec<(u64, u64)>,
}

/// A run of numbers that are not there, and for which this machine knows no reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The first one.
    pub first: u64,
    /// The last one.
    pub last: u64,
    /// Whether this machine would know, if it had been right to remove them.
    pub is_fault: bool,
}

impl Pruned {
    /// Everything from the first number on.
    pub(super) const SINCE_EVER: Self = Self { since: Some(1), gone: Vec::new() };

    /// The same, where this machine knows each number from `seq` on.
    pub(super) fn knowing_since(self, seq: u64) -> Self {
        Self { since: Some(seq), ..self }
    }

    /// The same, where another machine prunes too.
    pub(in crate::snapshot) fn judging_nothing(self) -> Self {
        Self { since: None, ..self }
    }

    /// Whether this machine has removed, or was about to remove, this number.
    #[must_use]
    pub fn contains(&self, seq: u64) -> bool {
        self.gone.iter().any(|(first, last)| (*first..=*last).contains(&seq))
    }

    /// Adds a number.
    pub(in crate::snapshot) fn add(&mut self, seq: u64) {
        self.add_run(seq, seq);
    }

    /// Adds all numbers from `first` to `last`.
    pub(in crate::snapshot) fn add_run(&mut self, first: u64, last: u64) {
        self.gone.push((first, last));
        self.gone.sort_unstable();
        let mut merged: Vec<(u64, u64)> = Vec::new();
        for (first, last) in self.gone.drain(..) {
            match merged.last_mut() {
                Some(before) if first <= before.1.saturating_add(1) => {
                    before.1 = before.1.max(last)
                }
                _ => merged.push((first, last)),
            }
        }
        self.gone = merged;
    }

    /// What of `first` to `last`, which are not there, is not explained. The run may be as long as
    /// numbers go: names of commits can be made by anybody who can write there.
    pub(in crate::snapshot) fn gaps(&self, first: u64, last: u64) -> Vec<Gap> {
        let mut unexplained = Vec::new();
        let mut next = Some(first);
        for (from, to) in self.gone.iter().filter(|(from, to)| *from <= last && *to >= first) {
            unexplained.extend(run(next, from.checked_sub(1)));
            next = to.checked_add(1);
        }
        unexplained.extend(run(next, Some(last)));
        unexplained.into_iter().flat_map(|(first, last)| self.judge(first, last)).collect()
    }

    /// Divides a run where this machine's memory begins.
    fn judge(&self, first: u64, last: u64) -> impl Iterator<Item = Gap> {
        let known_from = self.since.map(|since| since.max(first));
        let before =
            known_from.map_or(Some(last), |from| from.checked_sub(1)).map(|end| end.min(last));
        let unknown = run(Some(first), before).map(|run| (run, false));
        let known = run(known_from, Some(last)).map(|run| (run, true));
        let gap = |((first, last), is_fault)| Gap { first, last, is_fault };
        unknown.into_iter().chain(known).map(gap)
    }

    pub(super) fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut lines = Lines::begin(bytes, FIRST_LINE)?;
        let since = match lines.value("since")? {
            "-" => None,
            number => Some(text::parse("since", number)?),
        };
        let runs = std::iter::from_fn(|| lines.value_if("gone"));
        let gone = runs.map(numbers).collect::<Result<Vec<_>, _>>()?;
        lines.end()?;
        expect_apart(&gone)?;
        let pruned = Self { since, gone };
        text::expect_canonical(bytes, &pruned.render())?;
        Ok(pruned)
    }

    pub(super) fn render(&self) -> String {
        let since = self.since.map_or_else(|| "-".to_owned(), |since| since.to_string());
        let mut text = format!("{FIRST_LINE}\nsince {since}\n");
        for (first, last) in &self.gone {
            writeln!(text, "gone {first} {last}").ok();
        }
        text + "end\n"
    }
}

/// `first..=last`, unless it is empty.
fn run(first: Option<u64>, last: Option<u64>) -> Option<(u64, u64)> {
    first.zip(last).filter(|(first, last)| first <= last)
}

fn numbers(value: &str) -> Result<(u64, u64), Malformed> {
    let (first, last) = text::pair("gone", value)?;
    Ok((text::parse("gone", first)?, text::parse("gone", last)?))
}

/// Each run ends where it does not begin, and before the next one does.
fn expect_apart(gone: &[(u64, u64)]) -> Result<(), Malformed> {
    let forwards = gone.iter().all(|(first, last)| first <= last);
    let apart =
        gone.windows(2).all(|pair| pair[0].1.checked_add(1).is_some_and(|next| next < pair[1].0));
    if forwards && apart { Ok(()) } else { Err(Malformed::new("the numbers are not in order")) }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn pruned(since: Option<u64>, gone: &BTreeSet<u64>) -> Pruned {
        let mut pruned = Pruned { since, gone: Vec::new() };
        gone.iter().rev().for_each(|seq| pruned.add(*seq));
        pruned
    }

    proptest! {
        #[test]
        fn is_read_back_as_it_was_written(
            since in proptest::option::of(any::<u64>()),
            gone in proptest::collection::btree_set(0..40_u64, 0..20),
        ) {
            let pruned = pruned(since, &gone);
            prop_assert_eq!(Pruned::parse(pruned.render().as_bytes()), Ok(pruned));
        }

        /// Number by number, it says what the sets say.
        #[test]
        fn what_is_not_pruned_is_a_gap(
            since in proptest::option::of(0..40_u64),
            gone in proptest::collection::btree_set(0..40_u64, 0..20),
            (first, length) in (0..40_u64, 0..40_u64),
        ) {
            let (pruned, last) = (pruned(since, &gone), first + length);
            let gaps = pruned.gaps(first, last);
            for seq in first..=last {
                let of = gaps.iter().filter(|gap| (gap.first..=gap.last).contains(&seq));
                let told: Vec<bool> = of.map(|gap| gap.is_fault).collect();
                let expected = (!gone.contains(&seq)).then(|| since.is_some_and(|since| since <= seq));
                prop_assert_eq!(told, expected.into_iter().collect::<Vec<_>>(), "number {}", seq);
                prop_assert_eq!(pruned.contains(seq), gone.contains(&seq));
            }
        }

        #[test]
        fn nothing_crashes_the_parser(bytes in any::<Vec<u8>>()) {
            let _answer = Pruned::parse(&bytes);
        }
    }

    #[test]
    fn the_ends_of_the_numbers_are_numbers_too() {
        let mut pruned = Pruned::SINCE_EVER;
        pruned.add(u64::MAX);
        pruned.add(u64::MAX - 1);
        assert_eq!(pruned.gaps(u64::MAX - 1, u64::MAX), []);
        let all = pruned.gaps(1, u64::MAX);
        assert_eq!(all, [Gap { first: 1, last: u64::MAX - 2, is_fault: true }]);
        assert_eq!(Pruned::default().gaps(0, 0), [Gap { first: 0, last: 0, is_fault: false }]);
    }

    #[test]
    fn a_file_has_one_form() {
        let good = "vaultctl-pruned 1\nsince 1\ngone 2 3\ngone 5 5\nend\n";
        assert!(Pruned::parse(good.as_bytes()).is_ok());
        for (one, other) in [
            ("gone 2 3", "gone 3 2"),
            ("gone 5 5", "gone 4 5"),
            ("gone 5 5", "gone 1 1"),
            ("gone 5 5", "gone 05 5"),
            ("since 1", "since"),
            ("end\n", ""),
        ] {
            let other = good.replacen(one, other, 1);
            assert!(Pruned::parse(other.as_bytes()).is_err(), "{other}");
        }
    }
}
