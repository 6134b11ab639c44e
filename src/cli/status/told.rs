//! How everything stands, in words and as JSON.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::cli::{Failure, Session};
use crate::doctor::{Job, Place, Problem, Proof, Snapshot, Status, ago};
use crate::schedule::Record;
use crate::snapshot::Health;

/// Says all of it.
pub(super) fn show(
    status: &Status,
    problems: &[Problem],
    session: &Session,
) -> Result<(), Failure> {
    if session.ui.json {
        return session.ui.json(&value(status, problems));
    }
    let places = status.places.iter().flat_map(|place| lines(place, status.at));
    let lost = status.lost.iter().map(|(place, why)| format!("{place}: can not be read: {why}"));
    let problems = problems.iter().map(|problem| format!("problem: {}", said(problem)));
    let jobs = status.jobs.iter().flat_map(|job| job_lines(job, status.at));
    places.chain(lost).chain(jobs).chain(problems).try_for_each(|line| session.ui.line(&line))
}

fn lines(place: &Place, now: Timestamp) -> Vec<String> {
    let snapshot = |what: &str, Snapshot { id, health, .. }: &Snapshot| {
        format!("{what} {id}, {}, {health}", ago(id.time, now))
    };
    let mut lines = vec![match &place.newest {
        None => "no snapshot".to_owned(),
        Some(newest) => snapshot("newest snapshot", newest),
    }];
    if place.newest.as_ref().is_some_and(|newest| newest.health != Health::Ok) {
        lines.push(place.healthy.as_ref().map_or_else(
            || "no healthy snapshot".to_owned(),
            |healthy| snapshot("last healthy snapshot", healthy),
        ));
    }
    lines.push(proven("verified", place.verified.as_ref(), now));
    lines.push(proven("drilled", place.drilled.as_ref(), now));
    lines.extend(place.faults.iter().map(|fault| format!("fault: {fault}")));
    lines.into_iter().map(|line| format!("{}: {line}", place.name)).collect()
}

fn proven(done: &str, proof: Option<&Proof>, now: Timestamp) -> String {
    let Some(proof) = proof else {
        return format!("never {done}, as far as reports say");
    };
    let failed = proof.failure().map(|why| format!("; failed: {why}"));
    format!("{done} {} ({}){}", ago(proof.at(), now), proof.what(), failed.unwrap_or_default())
}

fn job_lines(job: &Job, now: Timestamp) -> Vec<String> {
    let lines = match &job.record {
        Ok(record) => record_lines(record, job.missed, now),
        Err(reason) => vec![reason.clone()],
    };
    lines.into_iter().map(|line| format!("job {}: {line}", job.name)).collect()
}

fn record_lines(record: &Record, missed: Option<Timestamp>, now: Timestamp) -> Vec<String> {
    let mut lines = vec![match (record.started, record.ended, record.status) {
        (None, ..) => "has not run yet".to_owned(),
        (Some(started), ..) if record.is_open() => {
            format!("began {}, and has not ended", ago(started, now))
        }
        (_, Some(ended), Some(0)) => format!("done {}", ago(ended, now)),
        (_, ended, status) => {
            let ended = ended.map_or_else(String::new, |ended| format!(" {}", ago(ended, now)));
            let status =
                status.map_or_else(String::new, |status| format!(" with exit status {status}"));
            let reason = record.reason.as_ref().map(|reason| format!(": {reason}"));
            format!("ended{ended}{status}{}", reason.unwrap_or_default())
        }
    }];
    lines.extend(missed.map(|missed| format!("was due {}, and has not run", ago(missed, now))));
    let left = record.left_out.iter();
    lines.extend(left.map(|left| format!("left out `{}`: {}", left.step, left.reason)));
    let lost = record.undelivered.iter();
    lines.extend(lost.map(|lost| format!("{} was not told: {}", lost.channel, lost.reason)));
    lines
}

fn value(status: &Status, problems: &[Problem]) -> Value {
    let places: Vec<_> = status.places.iter().map(place_value).collect();
    let lost: Vec<_> =
        status.lost.iter().map(|(place, why)| json!({ "place": place, "reason": why })).collect();
    let problems: Vec<_> = problems
        .iter()
        .map(|problem| json!({ "subject": problem.subject, "problem": problem.what }))
        .collect();
    let jobs: Vec<_> = status.jobs.iter().map(job_value).collect();
    json!({ "at": status.at.to_string(), "places": places, "lost": lost, "jobs": jobs, "problems": problems })
}

fn job_value(job: &Job) -> Value {
    match &job.record {
        Ok(record) => json!({ "job": job.name, "record": record }),
        Err(reason) => json!({ "job": job.name, "unreadable": reason }),
    }
}

fn place_value(place: &Place) -> Value {
    let snapshot = |snapshot: &Snapshot| json!({ "snapshot": snapshot.id.to_string(), "time": snapshot.at().to_string(), "health": snapshot.health.to_string() });
    let proof = |proof: &Proof| json!({ "time": proof.at().to_string(), "what": proof.what(), "failure": proof.failure() });
    json!({
        "place": place.name,
        "snapshots": place.snapshots,
        "newest": place.newest.as_ref().map(snapshot),
        "healthy": place.healthy.as_ref().map(snapshot),
        "verified": place.verified.as_ref().map(proof),
        "drilled": place.drilled.as_ref().map(proof),
        "faults": place.faults,
    })
}

/// The first problem, and how many more there are.
pub(super) fn summary(first: &Problem, more: usize) -> String {
    match more {
        0 => said(first),
        more => format!("{} (and {more} more)", said(first)),
    }
}

fn said(Problem { subject, what }: &Problem) -> String {
    format!("{subject}: {what}")
}
