//! One field of a calendar: the minutes, the weekdays, … that count.

use std::ops::RangeInclusive;

/// What a field counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::schedule) enum Unit {
    Minute,
    Hour,
    Day,
    Month,
    /// From 0, which is Sunday.
    Weekday,
}

/// Three letters each, as cron and systemd have them.
pub(super) const WEEKDAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const WEEKDAYS_IN_FULL: [&str; 7] =
    ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
pub(super) const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

impl Unit {
    pub(super) fn range(self) -> RangeInclusive<u32> {
        match self {
            Self::Minute => 0..=59,
            Self::Hour => 0..=23,
            Self::Day => 1..=31,
            Self::Month => 1..=12,
            Self::Weekday => 0..=6,
        }
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Month => "month",
            Self::Weekday => "weekday",
        }
    }
}

/// The number of a weekday by its name, in three letters or in full.
pub(super) fn weekday(name: &str) -> Option<u32> {
    let name = name.to_ascii_lowercase();
    let is_it = |(short, full): (&&str, &&str)| short.eq_ignore_ascii_case(&name) || **full == name;
    let at = WEEKDAYS.iter().zip(&WEEKDAYS_IN_FULL).position(is_it);
    at.and_then(|at| u32::try_from(at).ok())
}

/// Which values of a unit count; at least one, once it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::schedule) struct Field {
    unit: Unit,
    bits: u64,
}

impl Field {
    /// None of them.
    pub(super) fn none(unit: Unit) -> Self {
        Self { unit, bits: 0 }
    }

    /// All of them.
    pub(super) fn all(unit: Unit) -> Self {
        unit.range().fold(Self::none(unit), Self::with)
    }

    /// This one only.
    pub(super) fn only(unit: Unit, value: u32) -> Self {
        Self::none(unit).with(value)
    }

    /// With this value too, which is in range.
    pub(super) fn with(mut self, value: u32) -> Self {
        self.bits |= 1 << value;
        self
    }

    /// The values, in order.
    pub(in crate::schedule) fn values(self) -> impl Iterator<Item = u32> {
        self.unit.range().filter(move |value| self.has(*value))
    }

    /// Whether the value counts.
    pub(in crate::schedule) fn has(self, value: u32) -> bool {
        self.bits & (1 << value) != 0
    }

    /// Whether all values count: then the field says nothing.
    pub(in crate::schedule) fn is_all(self) -> bool {
        self == Self::all(self.unit)
    }

    /// The values as stretches without a gap, first and last of each.
    pub(in crate::schedule) fn stretches(self) -> Vec<(u32, u32)> {
        let mut stretches: Vec<(u32, u32)> = Vec::new();
        for value in self.values() {
            match stretches.last_mut() {
                Some((_, last)) if *last + 1 == value => *last = value,
                _ => stretches.push((value, value)),
            }
        }
        stretches
    }

    /// The values as text: `*`, or stretches of at least three by `show`, the others one by one.
    pub(in crate::schedule) fn text(self, between: &str, show: impl Fn(u32) -> String) -> String {
        if self.is_all() {
            return "*".to_owned();
        }
        let stretches = self.stretches().into_iter().flat_map(|(first, last)| match last - first {
            0 => vec![show(first)],
            1 => vec![show(first), show(last)],
            _ => vec![format!("{}{between}{}", show(first), show(last))],
        });
        stretches.collect::<Vec<_>>().join(",")
    }
}
