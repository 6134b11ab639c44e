use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, civil};
use proptest::prelude::*;

use super::*;

fn calendar(text: &str) -> Calendar {
    text.parse().unwrap_or_else(|error| panic!("{error}"))
}

fn refused(text: &str) -> String {
    match text.parse::<Calendar>() {
        Ok(calendar) => panic!("`{text}` is taken for: {}", calendar.words()),
        Err(error) => error.reason,
    }
}

fn berlin() -> TimeZone {
    TimeZone::get("Europe/Berlin").expect("is known")
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("is a time")
}

/// The next times in a zone, as its clocks show them with their distance from UTC.
fn next(text: &str, after: &str, zone: &TimeZone, count: usize) -> Vec<String> {
    let times = calendar(text).times(at(after), zone).take(count).collect::<Vec<_>>();
    times
        .iter()
        .map(|time| time.to_zoned(zone.clone()).strftime("%a %F %H:%M %:z").to_string())
        .collect()
}

#[test]
fn five_fields_mean_what_they_mean_to_cron() {
    for (text, words) in [
        ("0 2 * * *", "at 02:00 every day"),
        ("30 2,14 * * *", "at 02:30 and 14:30 every day"),
        ("*/15 * * * *", "at minutes 00, 15, 30 and 45 every day"),
        (
            "*/30 8-18/2 * * Mon-Fri",
            "at minutes 00 and 30 of hours 08, 10, 12, 14, 16 and 18 on Monday to Friday",
        ),
        ("0 0 1 jan,JUL *", "at 00:00 on day 1 of the month in January and July"),
        ("0 4 * * 7", "at 04:00 on Sunday"),
        ("0 4 * * 0", "at 04:00 on Sunday"),
        ("0 4 * * 5-7", "at 04:00 on Sunday, Friday and Saturday"),
        ("0 4 * * sun-tue", "at 04:00 on Sunday to Tuesday"),
        ("0 0 13 * 5", "at 00:00 on day 13 of the month, and at 00:00 on Friday"),
        (
            "0 0 */2 * 1",
            "at 00:00 on Monday if it is days 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29 and 31 of the month",
        ),
        ("@hourly", "every full hour every day"),
        ("@midnight", "at 00:00 every day"),
        ("@Weekly", "at 00:00 on Sunday"),
        ("@monthly", "at 00:00 on day 1 of the month"),
        ("@annually", "at 00:00 on day 1 of the month in January"),
        ("* * * * *", "every minute every day"),
    ] {
        assert_eq!(calendar(text).words(), words, "{text}");
    }
}

#[test]
fn calendar_events_mean_what_they_mean_to_systemd() {
    for (text, words) in [
        ("daily", "at 00:00 every day"),
        ("weekly", "at 00:00 on Monday"),
        ("quarterly", "at 00:00 on day 1 of the month in January, April, July and October"),
        ("Mon..Fri 02:00", "at 02:00 on Monday to Friday"),
        ("Sat..Sun", "at 00:00 on Sunday and Saturday"),
        ("*-*-* 02:00:00", "at 02:00 every day"),
        ("Mon *-*-01 3:5", "at 03:05 on Monday if it is day 1 of the month"),
        ("12-24 18:00", "at 18:00 on day 24 of the month in December"),
        ("*:0/20", "at minutes 00, 20 and 40 every day"),
        ("8..18/5:00", "at 08:00, 13:00 and 18:00 every day"),
    ] {
        assert_eq!(calendar(text).words(), words, "{text}");
    }
}

#[test]
fn what_is_not_understood_is_refused_with_the_reason() {
    for (text, reason) in [
        ("", "nothing is said"),
        ("@reboot", "`@reboot` is no time"),
        ("@fortnightly", "`@fortnightly` is none of cron's words"),
        ("60 2 * * *", "there is no minute 60: 0 to 59"),
        ("0 24 * * *", "there is no hour 24: 0 to 23"),
        ("0 2 0 * *", "there is no day 0: 1 to 31"),
        ("0 2 * 13 *", "there is no month 13: 1 to 12"),
        ("0 2 * * 8", "there is no weekday 8: 0 to 6"),
        ("0 2 * * monday", "`monday` is no weekday"),
        ("0 2 ? * *", "`?` is no day"),
        ("0 2 L * *", "`L` is no day"),
        ("5/10 * * * *", "a step needs a range or `*`"),
        ("*/0 * * * *", "a step of 0"),
        ("0 2 * * 6-0", "`6-0` runs backwards"),
        ("5-1 * * * *", "`5-1` runs backwards"),
        ("0 2 31 2 *", "there is no such day"),
        ("+1 2 * * *", "`+1` is no minute"),
        ("0 0 2 * * *", "`0` is no date"),
        ("Fri..Mon", "`Fri..Mon` runs backwards"),
        ("Mon, Tue", "`` is no weekday"),
        ("2026-01-01", "a year: what is scheduled has no end"),
        ("*-*~1", "days counted from the end"),
        ("*:*:30", "seconds (`30`): whole minutes only"),
        ("*-*-* */2:00", "`*/2`: systemd wants a beginning"),
        ("daily UTC", "`daily` is no weekday"),
        ("02:00 Europe/Berlin", "a time zone (`Europe/Berlin`)"),
        ("24:00", "there is no such hour"),
        ("*-02-30", "there is no such day"),
        ("02", "`02` is no date"),
    ] {
        let said = refused(text);
        assert!(said.starts_with(reason), "`{text}`: {said}");
    }
}

/// A night in March that has no 02:30: the job runs when the clock shows 03:00, once.
#[test]
fn a_time_that_the_clock_leaves_out_comes_after_the_gap() {
    let after = "2026-03-28T12:00:00Z";
    assert_eq!(
        next("30 2 * * *", after, &berlin(), 3),
        [
            "Sun 2026-03-29 03:00 +02:00",
            "Mon 2026-03-30 02:30 +02:00",
            "Tue 2026-03-31 02:30 +02:00"
        ]
    );
    assert_eq!(
        next("*/20 2 * * *", after, &berlin(), 2),
        ["Sun 2026-03-29 03:00 +02:00", "Mon 2026-03-30 02:00 +02:00"],
        "three times of one gap are one"
    );
    assert_eq!(
        next("0 * * * *", "2026-03-29T00:30:00Z", &berlin(), 2),
        ["Sun 2026-03-29 03:00 +02:00", "Sun 2026-03-29 04:00 +02:00"],
        "what comes after the gap anyway comes once"
    );
    let samoa = TimeZone::get("Pacific/Apia").expect("is known");
    assert_eq!(
        next("0 2 * * *", "2011-12-29T23:00:00Z", &samoa, 2),
        ["Sat 2011-12-31 00:00 +14:00", "Sat 2011-12-31 02:00 +14:00"],
        "a whole day that never was"
    );
}

/// A night in October that has 02:30 twice: the job runs at the first.
#[test]
fn a_time_that_comes_twice_is_taken_once() {
    assert_eq!(
        next("30 2 * * *", "2026-10-24T12:00:00Z", &berlin(), 2),
        ["Sun 2026-10-25 02:30 +02:00", "Mon 2026-10-26 02:30 +01:00"]
    );
    for between in ["2026-10-25T00:30:00Z", "2026-10-25T00:45:00Z", "2026-10-25T01:15:00Z"] {
        assert_eq!(next("30 2 * * *", between, &berlin(), 1), ["Mon 2026-10-26 02:30 +01:00"]);
    }
    assert_eq!(
        next("30 * * * *", "2026-10-25T00:00:00Z", &berlin(), 2),
        ["Sun 2026-10-25 02:30 +02:00", "Sun 2026-10-25 03:30 +01:00"]
    );
}

#[test]
fn a_leap_day_is_waited_for() {
    let after = "2026-11-28T00:00:00Z";
    assert_eq!(next("0 0 29 2 *", after, &TimeZone::UTC, 1), ["Tue 2028-02-29 00:00 +00:00"]);
    assert_eq!(
        next("0 0 31 * *", after, &TimeZone::UTC, 2),
        ["Thu 2026-12-31 00:00 +00:00", "Sun 2027-01-31 00:00 +00:00"]
    );
}

#[test]
fn times_are_told_in_words() {
    let moment = at("2026-11-29T01:00:00Z");
    assert_eq!(in_words(moment, &berlin()), "Sunday 29 November 2026, 02:00");
}

/// Whether a time on the wall fits, by the definition and nothing else.
fn fits(rules: &[Rule], time: civil::DateTime) -> bool {
    let part = |part: i8| u32::from(part.unsigned_abs());
    let weekday = part(time.weekday().to_sunday_zero_offset());
    rules.iter().any(|rule| {
        rule.minutes.has(part(time.minute()))
            && rule.hours.has(part(time.hour()))
            && rule.days.has(part(time.day()))
            && rule.months.has(part(time.month()))
            && rule.weekdays.has(weekday)
    })
}

/// All moments within some hours at which the wall clock shows a time that fits, minute by minute:
/// the first of two; for those that it leaves out, the first that it shows again.
fn by_hand(calendar: &Calendar, after: Timestamp, hours: i64, zone: &TimeZone) -> Vec<Timestamp> {
    let minute = SignedDuration::from_mins(1);
    let first = Timestamp::from_second(after.as_second().div_euclid(60) * 60 + 60).expect("is one");
    let mut found = Vec::new();
    // Where an hour comes twice, it may have been shown already.
    let earlier = (1..=180).map(|ago| zone.to_datetime(first - SignedDuration::from_mins(ago)));
    let mut highest = earlier.max().expect("some");
    for step in 0..hours * 60 {
        let now = first + SignedDuration::from_mins(step);
        let wall = zone.to_datetime(now);
        let mut shown = highest;
        // Every minute from the last that was shown to this one: more than one after a gap.
        let mut counts = false;
        while shown < wall {
            shown = shown.checked_add(minute).expect("is one");
            counts |= fits(calendar.rules(), shown);
        }
        if counts {
            found.push(now);
        }
        highest = highest.max(wall);
    }
    found
}

/// Fields of all kinds, as cron would take them.
fn field(first: u32, last: u32) -> impl Strategy<Value = String> {
    let one = (first..=last).prop_map(|value| value.to_string());
    let range = (first..=last, first..=last, 1_u32..8)
        .prop_map(|(a, b, step)| format!("{}-{}/{step}", a.min(b), a.max(b)));
    let step = (1_u32..20).prop_map(|step| format!("*/{step}"));
    let part = prop_oneof![3 => Just("*".to_owned()), 3 => one, 2 => range, 1 => step];
    proptest::collection::vec(part, 1..3).prop_map(|parts| parts.join(","))
}

fn expression() -> impl Strategy<Value = String> {
    (field(0, 59), field(0, 23), field(1, 31), field(1, 12), field(0, 7))
        .prop_map(|(a, b, c, d, e)| format!("{a} {b} {c} {d} {e}"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    /// Round both changes of the clock, and at any other time, in zones with odd habits.
    #[test]
    fn times_are_those_that_the_wall_clock_shows(
        text in expression(),
        zone in prop_oneof![
            Just("Europe/Berlin"), Just("America/New_York"), Just("Australia/Lord_Howe"),
            Just("America/Havana"), Just("Asia/Kathmandu"), Just("UTC"),
        ],
        start in prop_oneof![
            1_774_600_000_i64..1_774_900_000,
            1_792_700_000_i64..1_793_600_000,
            0_i64..4_000_000_000,
        ],
    ) {
        let Ok(calendar) = text.parse::<Calendar>() else { return Ok(()) };
        let zone = TimeZone::get(zone).expect("is known");
        let after = Timestamp::from_second(start).expect("is one");
        let hours = 50;
        let end = after + SignedDuration::from_hours(hours);
        let expected = by_hand(&calendar, after, hours, &zone);
        let found: Vec<Timestamp> =
            calendar.times(after, &zone).take_while(|time| *time <= end).collect();
        prop_assert_eq!(found, expected, "{}", text);
    }

    #[test]
    fn nothing_that_is_typed_makes_a_parser_stumble(text in "[0-9*/,.:@A-Za-z~ -]{0,30}|\\PC{0,12}") {
        if let Ok(calendar) = text.parse::<Calendar>() {
            prop_assert!(calendar.times(at("2026-11-28T00:00:00Z"), &TimeZone::UTC).next().is_some());
            // What systemd is told means the same.
            for rule in calendar.rules() {
                let again: Calendar = rule.as_calendar_event().parse().expect("is understood");
                prop_assert_eq!(again.rules(), [*rule]);
            }
        }
    }
}
