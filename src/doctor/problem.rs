//! What should be otherwise, by limits that somebody sets.

use jiff::{SignedDuration, Timestamp};

use crate::config::Span;
use crate::snapshot::ReportKind;

use super::{Limits, Place, Proof, Status, ago};

/// A clock that is so far ahead is wrong, and what it dates would never be too old.
const AHEAD: SignedDuration = SignedDuration::from_hours(1);

/// Something that should be otherwise.
#[derive(Debug, PartialEq, Eq)]
pub struct Problem {
    /// Of what: a place, or a job.
    pub subject: String,
    /// What, in one line.
    pub what: String,
}

impl Status {
    /// Everything that is too old, failed, missed, damaged or out of reach.
    #[must_use]
    pub fn problems(&self, limits: &Limits) -> Vec<Problem> {
        let lost = self.lost.iter().map(|(place, why)| Problem::new(place, why.clone()));
        let found = self.places.iter().flat_map(|place| {
            let judge = Judge { place, now: self.at };
            let said = judge.judge(limits).into_iter().chain(place.faults.iter().cloned());
            said.map(|what| Problem::new(&place.name, what))
        });
        let jobs = self.jobs.iter().filter_map(|job| {
            Some(Problem::new(&format!("job {}", job.name), job.problem(self.at)?))
        });
        lost.chain(found).chain(jobs).collect()
    }
}

impl Problem {
    fn new(subject: &str, what: String) -> Self {
        Self { subject: subject.to_owned(), what }
    }
}

struct Judge<'p> {
    place: &'p Place,
    now: Timestamp,
}

impl Judge<'_> {
    fn judge(&self, limits: &Limits) -> Vec<String> {
        let Place { verified, drilled, .. } = self.place;
        [
            limits.snapshot.and_then(|limit| self.snapshot(limit)),
            limits
                .verify
                .and_then(|limit| self.proof(ReportKind::Verify, verified.as_ref(), limit)),
            limits.drill.and_then(|limit| self.proof(ReportKind::Drill, drilled.as_ref(), limit)),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    fn snapshot(&self, limit: Span) -> Option<String> {
        match &self.place.healthy {
            None => Some("there is no healthy snapshot".to_owned()),
            Some(healthy) => self.age("the last healthy snapshot", healthy.at(), limit),
        }
    }

    fn proof(&self, kind: ReportKind, proof: Option<&Proof>, limit: Span) -> Option<String> {
        let Some(proof) = proof else {
            // A repository that is younger than the limit has had no occasion.
            let age = self.place.since.map(|since| self.now.duration_since(since));
            let is_over = age.is_some_and(|age| age.unsigned_abs() > limit.duration());
            return is_over.then(|| format!("there was no {kind} that left a report in {limit}"));
        };
        let failed = proof.failure().map(|why| format!("the last {kind} failed: {why}"));
        failed.or_else(|| self.age(&format!("the last {kind}"), proof.at(), limit))
    }

    fn age(&self, what: &str, at: Timestamp, limit: Span) -> Option<String> {
        let age = self.now.duration_since(at);
        if age < -AHEAD {
            return Some(format!("{what} is dated {at}, which is yet to come"));
        }
        let is_over = age.unsigned_abs() > limit.duration() && age.is_positive();
        is_over.then(|| {
            format!("{what} was {}, and should be no older than {limit}", ago(at, self.now))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Snapshot;
    use crate::snapshot::{Health, SnapshotId};

    fn now() -> Timestamp {
        "2026-11-28T17:00:00Z".parse().expect("is a time")
    }

    fn place(hours: Option<i64>) -> Place {
        let healthy = hours.map(|hours| Snapshot {
            id: SnapshotId { time: now() - SignedDuration::from_hours(hours), seq: 1 },
            health: Health::Ok,
            bytes: 1,
        });
        Place {
            name: "nas".to_owned(),
            snapshots: 1,
            since: healthy.as_ref().map(Snapshot::at),
            newest: healthy.clone(),
            healthy,
            verified: None,
            drilled: None,
            faults: Vec::new(),
        }
    }

    fn said(place: Place, limits: &str) -> Vec<String> {
        let status = Status { at: now(), places: vec![place], lost: Vec::new(), jobs: Vec::new() };
        let problems = status.problems(&limits.parse().expect("are limits"));
        problems.into_iter().map(|problem| problem.what).collect()
    }

    #[test]
    fn what_is_too_old_is_said() {
        let snapshot = |hours| said(place(hours), "snapshot=26h");
        assert!(snapshot(Some(26)).is_empty());
        assert_eq!(
            snapshot(Some(27)),
            ["the last healthy snapshot was 27 h ago, and should be no older than 26h"]
        );
        assert_eq!(snapshot(None), ["there is no healthy snapshot"]);
    }

    #[test]
    fn a_clock_that_is_ahead_hides_nothing() {
        assert!(said(place(Some(-1)), "snapshot=26h").is_empty());
        assert_eq!(
            said(place(Some(-2)), "snapshot=26h"),
            ["the last healthy snapshot is dated 2026-11-28T19:00:00Z, which is yet to come"]
        );
    }

    #[test]
    fn what_was_never_done_is_overdue_when_there_was_time_for_it() {
        assert!(said(place(Some(1)), "26h").is_empty());
        let never = ["there was no verify that left a report in 8d"];
        assert_eq!(said(place(Some(24 * 8 + 1)), "verify=8d,drill=35d"), never);
        assert!(said(place(None), "verify=8d").is_empty(), "that there is no snapshot says all");
    }

    #[test]
    fn a_place_that_is_lost_or_damaged_is_a_problem() {
        let damaged = Place { faults: vec!["x: damaged".to_owned()], ..place(Some(1)) };
        assert_eq!(said(damaged, "snapshot=26h"), ["x: damaged"]);
        let lost = vec![("cloud".to_owned(), "no answer".to_owned())];
        let status = Status { at: now(), places: Vec::new(), lost, jobs: Vec::new() };
        let problem = Problem { subject: "cloud".to_owned(), what: "no answer".to_owned() };
        assert_eq!(status.problems(&Limits::default()), [problem]);
    }
}
