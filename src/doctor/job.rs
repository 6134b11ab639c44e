//! What the jobs of this machine left.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::schedule::{self, Record, Records, due};

use super::ago;

/// How much later than it should a job may begin, besides its own jitter: a machine that has just
/// woken up has something else to do first.
const GRACE: SignedDuration = SignedDuration::from_hours(1);

/// A run that has taken so long hangs, or was killed.
const LONGEST: SignedDuration = SignedDuration::from_hours(24);

/// Exit statuses of a job that has done its work.
const DONE: [u8; 2] = [0, 3];

/// A job that has run, or is to.
#[derive(Debug)]
pub struct Job {
    /// What it is called.
    pub name: String,
    /// What it left; or why that, or the job itself, is not understood.
    pub record: Result<Record, String>,
    /// When it should have begun, if it has not.
    pub missed: Option<Timestamp>,
}

impl Job {
    /// Those among `jobs` that run by themselves, or have run.
    #[must_use]
    pub fn all(
        jobs: &[(String, Result<schedule::Job, schedule::Error>)],
        records: &Records,
        now: Timestamp,
        zone: &TimeZone,
    ) -> Vec<Self> {
        let found = jobs.iter().map(|(name, job)| match job {
            Ok(job) => Self::of(job, records, now, zone),
            Err(error) => Self { name: name.clone(), record: Err(error.to_string()), missed: None },
        });
        let has_left =
            |job: &Self| job.record.as_ref().map_or(true, |record| last(record).is_some());
        found.filter(has_left).collect()
    }

    fn of(job: &schedule::Job, records: &Records, now: Timestamp, zone: &TimeZone) -> Self {
        let unread = |error| format!("what it left can not be read: {error}");
        let record = records.read(&job.name).map_err(unread);
        let jitter = SignedDuration::try_from(job.jitter).unwrap_or_default();
        let missed = record.as_ref().ok().and_then(|record| {
            let due = due(&job.calendar, last(record)?, now, zone)?;
            (!record.is_open() && now.duration_since(due) > GRACE + jitter).then_some(due)
        });
        Self { name: job.name.to_string(), record, missed }
    }

    /// What is wrong with it, if something is.
    pub(super) fn problem(&self, now: Timestamp) -> Option<String> {
        let record = match &self.record {
            Ok(record) => record,
            Err(reason) => return Some(reason.clone()),
        };
        if let Some(missed) = self.missed {
            return Some(format!("was due {}, and has not run", ago(missed, now)));
        }
        let begun = record.started.filter(|_| record.is_open());
        if let Some(begun) = begun.filter(|begun| now.duration_since(*begun) > LONGEST) {
            return Some(format!("began {}, and has not ended", ago(begun, now)));
        }
        let status = record.status.filter(|status| !DONE.contains(status))?;
        let reason = record.reason.as_ref().map(|reason| format!(": {reason}"));
        Some(format!("ended with exit status {status}{}", reason.unwrap_or_default()))
    }

    /// What it is called.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// What it left, where that can be read.
    pub(super) fn record(&self) -> Option<&Record> {
        self.record.as_ref().ok()
    }
}

/// From when on its calendar counts.
fn last(record: &Record) -> Option<Timestamp> {
    record.started.max(record.since)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Settings;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("is a time")
    }

    /// Of the nightly job, which is due at two.
    fn problem(record: &Record, now: &str) -> Option<String> {
        let place = tempfile::tempdir().expect("a folder");
        let records = Records::of(place.path());
        records.write(&"nightly".parse().expect("is a name"), record).expect("writes");
        let jobs = schedule::Job::each(&Settings::default());
        let jobs = Job::all(&jobs, &records, at(now), &TimeZone::UTC);
        assert_eq!(jobs.len(), 1, "jobs that have left nothing are passed over");
        jobs[0].problem(at(now))
    }

    #[test]
    fn a_night_that_was_missed_is_told_when_it_is_late() {
        let since = |since| Record { since: Some(at(since)), ..Record::default() };
        let installed = since("2026-11-27T12:00:00Z");
        assert_eq!(problem(&installed, "2026-11-28T01:00:00Z"), None);
        assert_eq!(problem(&installed, "2026-11-28T03:05:00Z"), None, "it may be a little late");
        assert_eq!(
            problem(&installed, "2026-11-28T17:00:00Z").as_deref(),
            Some("was due 15 h ago, and has not run")
        );
    }

    #[test]
    fn what_failed_or_hangs_is_told() {
        let ran = |status, reason: &str| Record {
            started: Some(at("2026-11-28T02:00:00Z")),
            ended: Some(at("2026-11-28T02:01:00Z")),
            status: Some(status),
            reason: Some(reason.to_owned()),
            ..Record::default()
        };
        let now = "2026-11-28T17:00:00Z";
        assert_eq!(problem(&ran(0, ""), now), None);
        assert_eq!(problem(&ran(3, "a file was left out"), now), None);
        assert_eq!(
            problem(&ran(14, "no answer"), now).as_deref(),
            Some("ended with exit status 14: no answer")
        );
        let open = Record { ended: None, ..ran(0, "") };
        assert_eq!(problem(&open, now), None, "it may still be at it");
        assert_eq!(
            problem(&open, "2026-11-30T17:00:00Z").as_deref(),
            Some("began 2 d ago, and has not ended")
        );
    }
}
