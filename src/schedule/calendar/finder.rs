//! From rules to moments. The only file that knows the `cron` crate, and `chrono`, which it brings.
//!
//! The crate wants seconds, numbers weekdays from 1 (Sunday) and wants both day fields to fit, so a
//! calendar is one of its schedules for each rule. It is asked for times on the wall clock only, as
//! if that were UTC: what a zone makes of them is decided here, with jiff, in one place.

use std::str::FromStr;

use chrono::{DateTime, Datelike, TimeZone as _, Timelike, Utc};
use cron::Schedule;
use jiff::Timestamp;
use jiff::civil;
use jiff::tz::{AmbiguousOffset, TimeZone};

use super::{Field, Rule};

/// Finds the times that fit at least one of several rules.
#[derive(Clone, Debug)]
pub(super) struct Finder {
    schedules: Vec<Schedule>,
}

impl Finder {
    /// For these rules; the error says which can never fit.
    pub(super) fn of(rules: &[Rule]) -> Result<Self, String> {
        let schedules = rules.iter().map(schedule).collect::<Result<Vec<_>, _>>()?;
        if schedules.iter().all(|schedule| schedule.after(&DateTime::UNIX_EPOCH).next().is_none()) {
            return Err("there is no such day".to_owned());
        }
        Ok(Self { schedules })
    }

    /// See [`super::Calendar::times`].
    pub(super) fn times(
        &self,
        after: Timestamp,
        zone: &TimeZone,
    ) -> impl Iterator<Item = Timestamp> {
        let local = zone.to_datetime(after);
        let mut wall = to_chrono(local);
        let mut last = after;
        std::iter::from_fn(move || {
            loop {
                let next =
                    self.schedules.iter().filter_map(|schedule| schedule.after(&wall?).next());
                let next = next.min()?;
                wall = Some(next);
                // Times of one gap come at one moment, and those of the hour that comes twice have
                // been when it comes again.
                let moment = moment(from_chrono(next)?, zone)?;
                if moment > last {
                    last = moment;
                    return Some(moment);
                }
            }
        })
    }
}

fn schedule(rule: &Rule) -> Result<Schedule, String> {
    let list = |field: Field, first: u32| {
        let numbers = field.values().map(|value| (value + first).to_string());
        numbers.collect::<Vec<_>>().join(",")
    };
    // For the crate, a list of all weekdays is not the same as none.
    let text = format!(
        "0 {} {} {} {} {}",
        list(rule.minutes, 0),
        list(rule.hours, 0),
        list(rule.days, 0),
        list(rule.months, 0),
        if rule.weekdays.is_all() { "*".to_owned() } else { list(rule.weekdays, 1) },
    );
    Schedule::from_str(&text).map_err(|error| error.to_string())
}

/// When the wall clock shows that time; for one that it leaves out, the moment after the gap.
fn moment(time: civil::DateTime, zone: &TimeZone) -> Option<Timestamp> {
    let found = zone.to_ambiguous_timestamp(time);
    match found.offset() {
        AmbiguousOffset::Gap { after, .. } => {
            // By the later offset it would be before the gap, from where the clock is put forward next.
            let before = after.to_timestamp(time).ok()?;
            zone.following(before).next().map(|change| change.timestamp())
        }
        _ => found.earlier().ok(),
    }
}

fn to_chrono(time: civil::DateTime) -> Option<DateTime<Utc>> {
    let [month, day, hour, minute, second] =
        [time.month(), time.day(), time.hour(), time.minute(), time.second()]
            .map(|part| u32::from(part.unsigned_abs()));
    Utc.with_ymd_and_hms(i32::from(time.year()), month, day, hour, minute, second).single()
}

fn from_chrono(time: DateTime<Utc>) -> Option<civil::DateTime> {
    let part = |part: u32| i8::try_from(part).ok();
    civil::DateTime::new(
        i16::try_from(time.year()).ok()?,
        part(time.month())?,
        part(time.day())?,
        part(time.hour())?,
        part(time.minute())?,
        part(time.second())?,
        0,
    )
    .ok()
}
