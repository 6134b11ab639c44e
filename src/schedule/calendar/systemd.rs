//! systemd's calendar events (systemd.time(7)), without what cron and launchd have no match for:
//! seconds, years, days counted from a month's end, time zones.

use super::Rule;
use super::field::{Field, Unit, WEEKDAYS, weekday};

/// Its words, and what they stand for.
const WORDS: [(&str, [&str; 2]); 12] = [
    ("minutely", ["*-*-*", "*:*"]),
    ("hourly", ["*-*-*", "*:00"]),
    ("daily", ["*-*-*", "00:00"]),
    ("monthly", ["*-*-01", "00:00"]),
    ("weekly", ["Mon", "00:00"]),
    ("yearly", ["*-01-01", "00:00"]),
    ("annually", ["*-01-01", "00:00"]),
    ("quarterly", ["*-01,04,07,10-01", "00:00"]),
    ("semiannually", ["*-01,07-01", "00:00"]),
    ("semi-annually", ["*-01,07-01", "00:00"]),
    ("biannually", ["*-01,07-01", "00:00"]),
    ("bi-annually", ["*-01,07-01", "00:00"]),
];

/// The one rule that the words say: `[weekdays] [date] [time]`, at least one of them.
pub(super) fn rules(words: &[&str]) -> Result<Vec<Rule>, String> {
    if let [word] = words
        && let Some((_, meaning)) = WORDS.iter().find(|(known, _)| known.eq_ignore_ascii_case(word))
    {
        return rules(meaning);
    }
    let mut rule = at_midnight();
    let mut rest = words;
    if let [first, others @ ..] = rest
        && first.starts_with(|c: char| c.is_ascii_alphabetic())
    {
        rule.weekdays = weekdays(first)?;
        rest = others;
    }
    if let [first, others @ ..] = rest
        && !first.contains(':')
    {
        date(first, &mut rule)?;
        rest = others;
    }
    if let [first, others @ ..] = rest {
        time(first, &mut rule)?;
        rest = others;
    }
    match rest {
        [] => Ok(vec![rule]),
        [zone] if zone.contains('/') || zone.chars().all(|c| c.is_ascii_alphabetic()) => {
            Err(format!("a time zone (`{zone}`): the machine's own counts"))
        }
        [word, ..] => Err(format!("`{word}` is a word too many")),
    }
}

fn at_midnight() -> Rule {
    Rule {
        minutes: Field::only(Unit::Minute, 0),
        hours: Field::only(Unit::Hour, 0),
        ..Rule::always()
    }
}

/// `Mon,Wed..Fri`
fn weekdays(text: &str) -> Result<Field, String> {
    let day = |name: &str| weekday(name).ok_or_else(|| format!("`{name}` is no weekday"));
    // It counts them from Monday.
    let from_monday = |day: u32| (day + 6) % 7;
    text.split(',').try_fold(Field::none(Unit::Weekday), |field, part| {
        let ends = part.split_once("..").or_else(|| part.split_once('-'));
        let (first, last) = ends.unwrap_or((part, part));
        let (first, last) = (from_monday(day(first)?), from_monday(day(last)?));
        if last < first {
            return Err(format!("`{part}` runs backwards"));
        }
        Ok((first..=last).map(|day| (day + 1) % 7).fold(field, Field::with))
    })
}

/// `*-*-01` or `12-24`
fn date(text: &str, rule: &mut Rule) -> Result<(), String> {
    if text.contains('~') {
        return Err(
            "days counted from the end of a month (`~`): neither cron nor launchd has them"
                .to_owned(),
        );
    }
    let parts: Vec<&str> = text.split('-').collect();
    let (month, day) = match parts.as_slice() {
        ["*", month, day] | [month, day] => (month, day),
        [_, _, _] => return Err("a year: what is scheduled has no end".to_owned()),
        _ => return Err(format!("`{text}` is no date, as `*-*-01`")),
    };
    rule.months = component(month, Unit::Month)?;
    rule.days = component(day, Unit::Day)?;
    Ok(())
}

/// `02:00` or `02:00:00`
fn time(text: &str, rule: &mut Rule) -> Result<(), String> {
    let parts: Vec<&str> = text.split(':').collect();
    let (hours, minutes) = match parts.as_slice() {
        [hours, minutes] | [hours, minutes, "0" | "00"] => (hours, minutes),
        [_, _, seconds] => return Err(format!("seconds (`{seconds}`): whole minutes only")),
        _ => return Err(format!("`{text}` is no time of day, as `02:00`")),
    };
    rule.hours = component(hours, Unit::Hour)?;
    rule.minutes = component(minutes, Unit::Minute)?;
    Ok(())
}

/// `*`, `1`, `1,15`, `8..18`, `0/15`, `8..18/2`
fn component(text: &str, unit: Unit) -> Result<Field, String> {
    if text == "*" {
        return Ok(Field::all(unit));
    }
    text.split(',').try_fold(Field::none(unit), |field, part| add(field, part, unit))
}

fn add(field: Field, part: &str, unit: Unit) -> Result<Field, String> {
    let (range, step) = match part.split_once('/') {
        Some(("*", _)) => {
            return Err(format!(
                "`{part}`: systemd wants a beginning, as `{}/2`",
                unit.range().start()
            ));
        }
        Some((range, step)) => (range, Some(number(step)?)),
        None => (part, None),
    };
    let (first, last) = match range.split_once("..") {
        Some((first, last)) => (number(first)?, number(last)?),
        // Without an end, a step goes to the last that there is.
        None if step.is_some() => (number(range)?, *unit.range().end()),
        None => (number(range)?, number(range)?),
    };
    match step {
        _ if !unit.range().contains(&first) || !unit.range().contains(&last) => {
            Err(format!("there is no such {}: `{part}`", unit.word()))
        }
        _ if last < first => Err(format!("`{range}` runs backwards")),
        Some(0) => Err(format!("a step of 0: `{part}`")),
        step => {
            let step = usize::try_from(step.unwrap_or(1)).unwrap_or(usize::MAX);
            Ok((first..=last).step_by(step).fold(field, Field::with))
        }
    }
}

fn number(text: &str) -> Result<u32, String> {
    let is_plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_plain).ok_or_else(|| format!("`{text}` is no number"))
}

impl Rule {
    /// As systemd writes it: `Mon..Fri *-*-* 02:00:00`.
    pub(in crate::schedule) fn as_calendar_event(&self) -> String {
        let two = |value: u32| format!("{value:02}");
        let months = self.months.text("..", two);
        let days = self.days.text("..", two);
        let (hours, minutes) = (self.hours.text("..", two), self.minutes.text("..", two));
        let time = format!("*-{months}-{days} {hours}:{minutes}:00");
        if self.weekdays.is_all() { time } else { format!("{} {time}", self.weekday_names()) }
    }

    /// In the order of a week that begins on Monday.
    fn weekday_names(&self) -> String {
        let days = (1..=7).map(|day| day % 7).filter(|day| self.weekdays.has(*day));
        let names = days.filter_map(|day| WEEKDAYS.get(usize::try_from(day).ok()?));
        names.copied().collect::<Vec<_>>().join(",")
    }
}
