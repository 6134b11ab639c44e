//! When something is to happen: cron's five fields, its `@` words, or systemd's calendar events.
//!
//! Whatever it was written in, a calendar is a few rules, and each rule is five sets of numbers that
//! all have to fit. The times are those of the wall clock where the machine is; what becomes of them
//! when that is put forward or back is said in `finder.rs`. What is not understood is refused, with
//! the reason: a backup at a time that nobody meant is worse than an error.

mod classic;
mod field;
mod finder;
mod systemd;
mod words;

#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::BadCalendar;
use field::Unit;
use finder::Finder;

pub(super) use field::Field;
pub use words::in_words;

/// A time fits when all five do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rule {
    pub(super) minutes: Field,
    pub(super) hours: Field,
    pub(super) days: Field,
    pub(super) months: Field,
    pub(super) weekdays: Field,
}

impl Rule {
    /// Every minute.
    fn always() -> Self {
        Self {
            minutes: Field::all(Unit::Minute),
            hours: Field::all(Unit::Hour),
            days: Field::all(Unit::Day),
            months: Field::all(Unit::Month),
            weekdays: Field::all(Unit::Weekday),
        }
    }
}

/// Times on the wall clock, without end.
#[derive(Clone, Debug)]
pub struct Calendar {
    text: String,
    rules: Vec<Rule>,
    finder: Finder,
}

impl Calendar {
    /// The times after `after`, in order. One that the clock leaves out comes at the moment after the
    /// gap, once for all of a gap; one that the clock shows twice comes at the first of both.
    pub fn times(&self, after: Timestamp, zone: &TimeZone) -> impl Iterator<Item = Timestamp> {
        self.finder.times(after, zone)
    }

    /// The rules: a time counts that fits one of them.
    pub(super) fn rules(&self) -> &[Rule] {
        &self.rules
    }
}

impl FromStr for Calendar {
    type Err = BadCalendar;

    fn from_str(text: &str) -> Result<Self, BadCalendar> {
        let text = text.trim();
        let fail = |reason: String| BadCalendar { text: text.to_owned(), reason };
        let words: Vec<&str> = text.split_ascii_whitespace().collect();
        let rules = match words.as_slice() {
            [] => Err("nothing is said".to_owned()),
            [word] if word.starts_with('@') => classic::word(word),
            [minutes, hours, days, months, weekdays] => {
                classic::fields([minutes, hours, days, months, weekdays])
            }
            words => systemd::rules(words),
        };
        let rules = rules.map_err(fail)?;
        let finder = Finder::of(&rules).map_err(fail)?;
        Ok(Self { text: text.to_owned(), rules, finder })
    }
}

impl fmt::Display for Calendar {
    /// As it was written.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
