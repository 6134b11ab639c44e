//! How long ago something was, in words.

use jiff::Timestamp;

/// The units, each with its seconds, and from how many of it on the next one is used.
const UNITS: [(&str, i64, i64); 3] = [("s", 1, 120), ("min", 60, 120), ("h", 3600, 48)];

/// `40 s ago`, `15 h ago`, `3 d ago`; `in 2 h` for what has yet to come.
#[must_use]
pub fn ago(at: Timestamp, now: Timestamp) -> String {
    let seconds = now.duration_since(at).as_secs();
    let (number, unit) = in_words(seconds.abs());
    if seconds < 0 { format!("in {number} {unit}") } else { format!("{number} {unit} ago") }
}

fn in_words(seconds: i64) -> (i64, &'static str) {
    let unit = UNITS.iter().find(|(_, length, limit)| seconds < length * limit);
    unit.map_or((seconds / 86_400, "d"), |(unit, length, _)| (seconds / length, unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_said_in_units_that_a_person_thinks_in() {
        let at = |seconds: i64| Timestamp::from_second(1_800_000_000 + seconds).expect("in range");
        for (seconds, words) in [
            (0, "0 s ago"),
            (119, "119 s ago"),
            (120, "2 min ago"),
            (7199, "119 min ago"),
            (7200, "2 h ago"),
            (172_799, "47 h ago"),
            (172_800, "2 d ago"),
            (-7200, "in 2 h"),
        ] {
            assert_eq!(ago(at(0), at(seconds)), words);
        }
    }
}
