//! Random sequences of store commands on the real `pass` and on ours: the same exit codes, the same
//! messages, and in the end the same tree, plaintext, recipients, and git history.
//!
//! Which sequences is fixed, so that a test that has passed passes again. Others:
//!
//! `VAULTCTL_DIFFERENTIAL=1000..2000 cargo test --test it -- differential`
//!
//! A number alone replays one. What differs is shortened before it is told: every line that is
//! shown is needed. `VAULTCTL_DIFFERENTIAL_PROGRAM` names another program to take the place of ours.

mod author;
mod faults;
mod opened;
mod sequence;
mod side;

use std::ops::Range;
use std::path::{Path, PathBuf};

use sequence::{Kind, Sequence};
use side::{Side, State};

use crate::world::PROGRAM;

/// Half of them run in a plain folder, half in a git repository, at the same time.
const EACH: u64 = 260;

/// After so many differences nobody reads on.
const ENOUGH: usize = 8;

/// `timeout` ended it: `pass edit` tries for ever to encrypt to a key that it can not use.
const HANGS: i32 = 124;

/// The real `pass`, and what claims to be one.
struct Pair {
    real: Side,
    ours: Side,
}

/// What two sides do not have in common.
#[derive(Debug, PartialEq, Eq)]
struct Difference {
    /// The line that showed it, with both exit codes; or the path of what was left.
    place: String,
    told: String,
}

impl Pair {
    fn new(program: &Path) -> Self {
        Self { real: Side::new(None), ours: Side::new(Some(program)) }
    }

    /// The first thing that is not the same.
    fn difference(&self, sequence: &Sequence) -> Option<Difference> {
        self.real.begin(&sequence.setting);
        self.ours.begin(&sequence.setting);
        for line in &sequence.lines {
            let real = self.real.run(line);
            if real.status == HANGS {
                return None;
            }
            let ours = self.ours.run(line);
            // `pass` moves and copies first, and then finds that nobody is named.
            if is_transfer(&line.text) && real.names_nobody() && real.status == ours.status {
                return None;
            }
            if !real.allows(&ours) {
                return Some(Difference {
                    place: format!("`{}`, exit code {} or {}", line.text, real.status, ours.status),
                    told: real.told_beside(&ours),
                });
            }
        }
        difference_of_states(&self.real.state(), &self.ours.state())
    }

    /// Leaves out what is not needed for a difference at the same place, beginning with the last
    /// line.
    fn shortened(&self, sequence: Sequence, place: &str) -> Sequence {
        let mut shortest = sequence;
        for number in (0..shortest.lines.len()).rev() {
            let shorter = shortest.without(number);
            if self.difference(&shorter).is_some_and(|difference| difference.place == place) {
                shortest = shorter;
            }
        }
        shortest
    }

    /// What differs in the sequence with this number, and how.
    fn report(&self, number: u64, kind: Kind) -> Option<String> {
        let sequence = Sequence::numbered(number, kind);
        let first = self.difference(&sequence)?;
        let sequence = self.shortened(sequence, &first.place);
        let Difference { place, told } = self.difference(&sequence).unwrap_or(first);
        Some(format!("sequence {number}, {kind:?}:\n{sequence}  {place}\n{told}"))
    }
}

fn is_transfer(line: &str) -> bool {
    ["pass mv ", "pass rename ", "pass cp ", "pass copy "].iter().any(|verb| line.contains(verb))
}

fn difference_of_states(real: &State, ours: &State) -> Option<Difference> {
    let mut names = real.keys().chain(ours.keys());
    let is_same = |name: &str| real.get(name) == ours.get(name) || is_forgotten(name, real, ours);
    let place = names.find(|name| !is_same(name))?.clone();
    let told = |state: &State| state.get(&place).map_or("nothing", String::as_str).to_owned();
    let told = side_by_side(&told(real), &told(ours));
    Some(Difference { place, told })
}

/// Whether what differs is that `pass` has left something in a repository within the store without a
/// commit: it looks for one where the line says that it goes, and not at where what is encrypted anew
/// lies. The next commit there may take it along.
fn is_forgotten(place: &str, real: &State, ours: &State) -> bool {
    let is_change = |line: &&str| line.starts_with(" M ") || line.starts_with("?? ");
    let is_anew = |line: &&str| line.contains("subject Reencrypt password store");
    let kept = |state: &State| -> Vec<String> {
        let told = state.get(place).map_or("", String::as_str).lines();
        told.filter(|line| !is_anew(line)).map(str::to_owned).collect()
    };
    let told = real.get(place).map_or("", String::as_str);
    place.starts_with("git in ")
        && place.ends_with("/nested")
        && (told.lines().any(|line| is_change(&line)) || kept(real) == kept(ours))
}

fn side_by_side(real: &str, ours: &str) -> String {
    format!("    expected {real}\n    got      {ours}\n")
}

/// The numbers that the variable asks for, or the usual ones.
fn numbers() -> Range<u64> {
    let Ok(asked) = std::env::var("VAULTCTL_DIFFERENTIAL") else { return 0..EACH };
    let number = |text: &str| text.parse::<u64>().expect("VAULTCTL_DIFFERENTIAL is `N` or `N..M`");
    match asked.split_once("..") {
        Some((first, end)) => number(first)..number(end),
        None => number(&asked)..number(&asked) + 1,
    }
}

fn program() -> PathBuf {
    std::env::var_os("VAULTCTL_DIFFERENTIAL_PROGRAM").map_or_else(|| PROGRAM.into(), PathBuf::from)
}

fn check(kind: Kind) {
    let pair = Pair::new(&program());
    let reports: Vec<String> =
        numbers().filter_map(|number| pair.report(number, kind)).take(ENOUGH).collect();
    assert!(reports.is_empty(), "{} differ:\n{}", reports.len(), reports.join("\n"));
}

#[test]
fn a_plain_store_is_the_same() {
    check(Kind::Plain);
}

#[test]
fn a_store_in_git_is_the_same() {
    check(Kind::Git);
}
