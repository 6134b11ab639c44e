//! The same for Prometheus, in the text form that node exporter's textfile collector reads.
//!
//! Names and units follow Prometheus's own rules ("Metric and label naming"): base units, and what is
//! a point in time is seconds since 1970. A time that is not there has no sample: alerting on it is
//! `absent(…)`, and no zero is taken for a date.

use jiff::Timestamp;

use crate::schedule::Record;

use super::{Job, Place, Proof, Status};

/// A metric, and what it says of each thing.
type Gauge<T> = (&'static str, &'static str, fn(&T) -> Option<f64>);

const PLACES: [Gauge<Place>; 11] = [
    ("snapshots", "Snapshots that are listed.", |place| Some(number(place.snapshots))),
    ("snapshot_last_timestamp_seconds", "When the newest snapshot was taken.", |place| {
        place.newest.as_ref().map(|snapshot| seconds(snapshot.at()))
    }),
    (
        "snapshot_last_healthy_timestamp_seconds",
        "When the newest healthy snapshot was taken.",
        |place| place.healthy.as_ref().map(|snapshot| seconds(snapshot.at())),
    ),
    ("snapshot_last_size_bytes", "What restoring the newest snapshot writes.", |place| {
        place.newest.as_ref().map(|snapshot| snapshot.bytes as f64)
    }),
    ("faults", "What is not as it should be: damaged or unknown snapshots and reports.", |place| {
        Some(number(place.faults.len()))
    }),
    ("verify_last_timestamp_seconds", "When a verification left its last report.", |place| {
        place.verified.as_ref().map(|proof| seconds(proof.at()))
    }),
    ("verify_last_success", "Whether that verification found all as it was signed.", |place| {
        place.verified.as_ref().map(success)
    }),
    ("drill_last_timestamp_seconds", "When a drill left its last report.", |place| {
        place.drilled.as_ref().map(|proof| seconds(proof.at()))
    }),
    ("drill_last_success", "Whether that drill restored all, in time.", |place| {
        place.drilled.as_ref().map(success)
    }),
    (
        "drill_last_recovery_time_seconds",
        "How long that drill took until everything was back.",
        |place| Some(place.drilled.as_ref()?.recovery_time()?.as_secs_f64()),
    ),
    (
        "drill_last_recovery_point_age_seconds",
        "How old the newest snapshot was at that drill.",
        |place| Some(place.drilled.as_ref()?.recovery_point_age()?.as_secs_f64()),
    ),
];

const JOBS: [Gauge<Record>; 6] = [
    ("job_last_start_timestamp_seconds", "When the job began last.", |record| {
        record.started.map(seconds)
    }),
    ("job_last_end_timestamp_seconds", "When the job ended last.", |record| {
        record.ended.map(seconds)
    }),
    (
        "job_last_success_timestamp_seconds",
        "When its last run began that did all, or named what it left out.",
        |record| record.succeeded.map(seconds),
    ),
    ("job_last_exit_status", "The exit status of its last run that ended.", |record| {
        record.status.map(f64::from)
    }),
    (
        "job_left_out_steps",
        "Steps for which nobody there had the credentials or the key.",
        |record| Some(number(record.left_out.len())),
    ),
    ("job_undelivered_notices", "Channels that its last run could not tell.", |record| {
        Some(number(record.undelivered.len()))
    }),
];

/// The whole of it, one family after the other.
#[must_use]
pub fn metrics(status: &Status) -> String {
    let mut text = Exposition::default();
    let lost = status.lost.iter().map(|(place, _)| (place.as_str(), 0.0));
    let reached = status.places.iter().map(|place| (place.name.as_str(), 1.0)).chain(lost);
    text.family("place_reachable", "Whether the repository there could be read.", "place", reached);
    for (name, help, value) in PLACES {
        let of = |place| Some((Place::name(place), value(place)?));
        text.family(name, help, "place", status.places.iter().filter_map(of));
    }
    for (name, help, value) in JOBS {
        let of = |job| Some((Job::name(job), value(job.record()?)?));
        text.family(name, help, "job", status.jobs.iter().filter_map(of));
    }
    text.0
}

#[derive(Default)]
struct Exposition(String);

impl Exposition {
    /// One family: what it is, and a sample for each value of its one label.
    fn family<'n>(
        &mut self,
        name: &str,
        help: &str,
        label: &str,
        samples: impl Iterator<Item = (&'n str, f64)>,
    ) {
        let mut samples = samples.peekable();
        if samples.peek().is_none() {
            return;
        }
        let mut line = |line: String| self.0.extend([line.as_str(), "\n"]);
        line(format!("# HELP vaultctl_{name} {help}"));
        line(format!("# TYPE vaultctl_{name} gauge"));
        for (value, sample) in samples {
            line(format!("vaultctl_{name}{{{label}=\"{}\"}} {sample}", escaped(value)));
        }
    }
}

/// A label's value ("Exposition formats", comments and escaping).
fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

fn seconds(at: Timestamp) -> f64 {
    at.as_millisecond() as f64 / 1000.0
}

fn number(count: usize) -> f64 {
    count as f64
}

fn success(proof: &Proof) -> f64 {
    if proof.failure().is_none() { 1.0 } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_document_has_every_metric_and_no_other() {
        let document = include_str!("../../docs/status.md");
        let quoted = document.lines().filter(|line| line.starts_with("| `"));
        let quoted =
            quoted.filter_map(|line| line.split('|').nth(1)).flat_map(|cell| cell.split('`'));
        let documented: BTreeSet<String> =
            quoted.filter(|name| name.ends_with('}')).map(str::to_owned).collect();
        let places = PLACES.iter().map(|(name, ..)| format!("{name}{{place}}"));
        let jobs = JOBS.iter().map(|(name, ..)| format!("{name}{{job}}"));
        let own = ["place_reachable{place}".to_owned()];
        assert_eq!(documented, places.chain(jobs).chain(own).collect());
    }

    #[test]
    fn a_label_may_be_any_text() {
        assert_eq!(escaped("a\\b\"c\nd"), "a\\\\b\\\"c\\nd");
    }
}
