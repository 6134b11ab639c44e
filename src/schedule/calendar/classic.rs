//! Cron's five fields and its `@` words (crontab(5) of Debian's cron, the descendant of Vixie's).

use super::Rule;
use super::field::{Field, MONTHS, Unit, weekday};

/// What `@daily` and its like stand for.
const WORDS: [(&str, &str); 7] = [
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
    ("@monthly", "0 0 1 * *"),
    ("@weekly", "0 0 * * 0"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@hourly", "0 * * * *"),
];

/// The rules of an `@` word.
pub(super) fn word(word: &str) -> Result<Vec<Rule>, String> {
    if word.eq_ignore_ascii_case("@reboot") {
        return Err("`@reboot` is no time; what was missed is made up for without it".to_owned());
    }
    match WORDS.iter().find(|(known, _)| known.eq_ignore_ascii_case(word)) {
        Some((_, meaning)) => {
            let mut parts = meaning.split(' ');
            fields(std::array::from_fn(|_| parts.next().unwrap_or_default()))
        }
        None => Err(format!("`{word}` is none of cron's words")),
    }
}

/// The rules of five fields: minute, hour, day of month, month, day of week.
///
/// Where both day fields say something, a day that fits one of them is enough: that is two rules.
/// A field that begins with `*` says nothing in this sense, `*/2` included: then both must fit.
pub(super) fn fields(texts: [&str; 5]) -> Result<Vec<Rule>, String> {
    let [minutes, hours, days, months, weekdays] = texts;
    let both = Rule {
        minutes: field(minutes, Unit::Minute)?,
        hours: field(hours, Unit::Hour)?,
        days: field(days, Unit::Day)?,
        months: field(months, Unit::Month)?,
        weekdays: field(weekdays, Unit::Weekday)?,
    };
    if days.starts_with('*') || weekdays.starts_with('*') {
        return Ok(vec![both]);
    }
    let by_day = Rule { weekdays: Field::all(Unit::Weekday), ..both };
    let by_weekday = Rule { days: Field::all(Unit::Day), ..both };
    Ok(vec![by_day, by_weekday])
}

fn field(text: &str, unit: Unit) -> Result<Field, String> {
    text.split(',').try_fold(Field::none(unit), |field, part| add(field, part, unit))
}

/// Adds `*`, `7`, `1-5`, `*/10` or `0-30/10`.
fn add(field: Field, part: &str, unit: Unit) -> Result<Field, String> {
    let (range, step) = match part.split_once('/') {
        Some((range, step)) => (range, Some(number(step, unit)?)),
        None => (part, None),
    };
    let (first, last) = match range.split_once('-') {
        _ if range == "*" => (*unit.range().start(), *unit.range().end()),
        Some((first, last)) => (value(first, unit)?, value(last, unit)?),
        None if step.is_some() => return Err(format!("a step needs a range or `*`: `{part}`")),
        None => (value(range, unit)?, value(range, unit)?),
    };
    if last < first {
        return Err(format!("`{range}` runs backwards, and cron would never start it"));
    }
    match step {
        Some(0) => Err(format!("a step of 0: `{part}`")),
        step => {
            let step = usize::try_from(step.unwrap_or(1)).unwrap_or(usize::MAX);
            // Sunday is 0 and 7.
            let fold = |value: u32| if unit == Unit::Weekday { value % 7 } else { value };
            Ok((first..=last).step_by(step).map(fold).fold(field, Field::with))
        }
    }
}

fn value(text: &str, unit: Unit) -> Result<u32, String> {
    let named = match unit {
        Unit::Month => MONTHS.iter().position(|name| name.eq_ignore_ascii_case(text)),
        Unit::Weekday if text.len() == 3 => weekday(text).and_then(|day| usize::try_from(day).ok()),
        _ => None,
    };
    let named = named.and_then(|at| u32::try_from(at).ok());
    if let Some(at) = named {
        return Ok(if unit == Unit::Month { at + 1 } else { at });
    }
    let value = number(text, unit)?;
    let is_sunday = unit == Unit::Weekday && value == 7;
    if unit.range().contains(&value) || is_sunday {
        return Ok(value);
    }
    let (first, last) = (unit.range().start().to_owned(), unit.range().end().to_owned());
    Err(format!("there is no {} {value}: {first} to {last}", unit.word()))
}

fn number(text: &str, unit: Unit) -> Result<u32, String> {
    let is_plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse().ok().filter(|_| is_plain);
    number.ok_or_else(|| format!("`{text}` is no {}", unit.word()))
}
