//! Calendars and times as a person would say them.

use jiff::Timestamp;
use jiff::civil::Weekday;
use jiff::tz::TimeZone;

use super::{Calendar, Field, Rule};

const WEEKDAYS: [&str; 7] =
    ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// More times of day than these are not spelled out.
const MANY_TIMES: usize = 6;

impl Calendar {
    /// What it means: `at 02:00 every day`.
    #[must_use]
    pub fn words(&self) -> String {
        self.rules.iter().map(rule).collect::<Vec<_>>().join(", and ")
    }
}

fn rule(rule: &Rule) -> String {
    let mut days = Vec::new();
    if !rule.weekdays.is_all() {
        days.push(format!("on {}", list(rule.weekdays, |day| named(&WEEKDAYS, day))));
    }
    if !rule.days.is_all() {
        let word = if rule.days.values().nth(1).is_some() { "days" } else { "day" };
        let joint = if days.is_empty() { "on" } else { "if it is" };
        days.push(format!(
            "{joint} {word} {} of the month",
            list(rule.days, |day| day.to_string())
        ));
    }
    if !rule.months.is_all() {
        days.push(format!("in {}", list(rule.months, |month| named(&MONTHS, month - 1))));
    }
    match days.is_empty() {
        true => format!("{} every day", times(rule)),
        false => format!("{} {}", times(rule), days.join(" ")),
    }
}

fn times(rule: &Rule) -> String {
    let (minutes, hours): (Vec<u32>, Vec<u32>) =
        (rule.minutes.values().collect(), rule.hours.values().collect());
    if minutes.len() * hours.len() <= MANY_TIMES {
        let times = hours.iter().flat_map(|hour| minutes.iter().map(move |minute| (hour, minute)));
        let times: Vec<String> =
            times.map(|(hour, minute)| format!("{hour:02}:{minute:02}")).collect();
        return format!("at {}", joined(&times));
    }
    let minutes = match (rule.minutes.is_all(), minutes.as_slice()) {
        (true, _) => "every minute".to_owned(),
        (false, [0]) => "every full hour".to_owned(),
        _ => format!("at minutes {}", list(rule.minutes, |minute| format!("{minute:02}"))),
    };
    match rule.hours.is_all() {
        true => minutes,
        false => format!("{minutes} of hours {}", list(rule.hours, |hour| format!("{hour:02}"))),
    }
}

fn named(names: &[&str], at: u32) -> String {
    let name = usize::try_from(at).ok().and_then(|at| names.get(at));
    name.copied().unwrap_or_default().to_owned()
}

fn list(field: Field, name: impl Fn(u32) -> String) -> String {
    let stretches = field.stretches().into_iter().flat_map(|(first, last)| match last - first {
        0 => vec![name(first)],
        1 => vec![name(first), name(last)],
        _ => vec![format!("{} to {}", name(first), name(last))],
    });
    joined(&stretches.collect::<Vec<_>>())
}

/// `a, b and c`
fn joined(parts: &[String]) -> String {
    match parts.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => String::new(),
    }
}

/// A moment as the wall clock and the calendar on the wall show it: `Sunday 29 November 2026, 02:00`.
#[must_use]
pub fn in_words(moment: Timestamp, zone: &TimeZone) -> String {
    let local = zone.to_datetime(moment);
    let weekday = match local.weekday() {
        Weekday::Sunday => 0,
        day => u32::from(day.to_monday_one_offset().unsigned_abs()),
    };
    let month = u32::from(local.month().unsigned_abs());
    format!(
        "{} {} {} {}, {:02}:{:02}",
        named(&WEEKDAYS, weekday),
        local.day(),
        named(&MONTHS, month - 1),
        local.year(),
        local.hour(),
        local.minute()
    )
}
