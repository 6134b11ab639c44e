//! Whether a job has to be made up for.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::Calendar;

/// A start that is so far in the future was written by a clock that was wrong.
const BELIEVED: SignedDuration = SignedDuration::from_hours(24);

/// The first time of the calendar that has passed since the last start, if one has: after a sleep,
/// a night that was slept through, a week in a drawer. However many have passed, one run makes up
/// for all of them.
#[must_use]
pub fn due(
    calendar: &Calendar,
    last: Timestamp,
    now: Timestamp,
    zone: &TimeZone,
) -> Option<Timestamp> {
    let is_from_the_future = last.duration_since(now) > BELIEVED;
    if is_from_the_future {
        return Some(now);
    }
    calendar.times(last, zone).next().filter(|time| *time <= now)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("is a time")
    }

    fn nightly() -> Calendar {
        "0 2 * * *".parse().expect("is one")
    }

    #[test]
    fn what_was_slept_through_is_due_once() {
        let due = |last: &str, now: &str| due(&nightly(), at(last), at(now), &TimeZone::UTC);
        let night = "2026-11-28T02:00:00Z";
        assert_eq!(due("2026-11-27T02:00:03Z", "2026-11-28T01:59:59Z"), None, "not yet");
        assert_eq!(due("2026-11-27T02:00:03Z", night), Some(at(night)), "on time");
        assert_eq!(due("2026-11-27T02:00:03Z", "2026-11-28T09:12:00Z"), Some(at(night)), "woken");
        assert_eq!(due("2026-11-28T09:12:00Z", "2026-11-28T23:00:00Z"), None, "made up for");
        assert_eq!(
            due("2026-10-01T02:00:00Z", "2026-11-28T09:12:00Z"),
            Some(at("2026-10-02T02:00:00Z")),
            "after weeks"
        );
    }

    #[test]
    fn a_clock_that_was_wrong_stops_nothing() {
        let due = |last: &str, now: &str| due(&nightly(), at(last), at(now), &TimeZone::UTC);
        assert_eq!(due("2026-11-28T02:00:01Z", "2026-11-28T02:00:00Z"), None, "a second back");
        let now = "2026-11-28T05:00:00Z";
        assert_eq!(due("2031-01-01T00:00:00Z", now), Some(at(now)), "five years ahead");
    }

    proptest! {
        /// Whenever somebody looks, and however often: each night that has passed is made up for,
        /// and no night runs twice.
        #[test]
        fn every_night_is_run_at_most_once_and_none_is_forgotten(
            looks in proptest::collection::vec(1_i64..200_000, 1..60)
        ) {
            let berlin = TimeZone::get("Europe/Berlin").expect("is known");
            let mut now = at("2026-03-20T12:00:00Z");
            let mut last = now;
            let nights = |from, to| nightly().times(from, &berlin).take_while(|t| *t <= to).count();
            for pause in looks {
                now += SignedDuration::from_secs(pause);
                let missed = nights(last, now);
                let due = due(&nightly(), last, now, &berlin);
                prop_assert_eq!(due.is_some(), missed > 0);
                if due.is_some() {
                    last = now;
                    prop_assert!(due.expect("is").duration_since(now).is_negative() || due == Some(now));
                }
            }
        }
    }
}
