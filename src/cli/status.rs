//! `vaultctl status`.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::doctor::{self, Job, Limits, Problem, Proof, Snapshot, Status, ago};
use crate::notify::{Notice, Outcome};
use crate::schedule::{self, Record, Records};
use crate::snapshot::Health;
use crate::sys;

use super::snapshot::destination::{Destination, Purpose};
use super::snapshot::target::{Place, Trust, pin};
use super::{Checked, Code, Done, Example, Failure, Session, notices};

/// What a notice calls it, in the place of a job.
pub(super) const JOB: &str = "status";

/// Show how snapshots, verifications and drills stand
///
/// Needs no key that decrypts: from another machine, the right to read the repository and its signer's
/// fingerprint are enough. With --max-age, what is too old, failed or damaged is a problem, and the
/// exit status is 1.
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    trust: Trust,
    /// Fail if the last healthy snapshot is older than AGE, the last verification than 8d, the last
    /// drill than 35d; or as in snapshot=26h,drill=90d, and then nothing else
    #[arg(long, value_name = "AGE")]
    max_age: Option<Limits>,
    /// Tell the channels of the settings how it stands: that something is overdue, or that nothing is
    #[arg(long, requires = "max_age")]
    notify: bool,
}

pub(in crate::cli) const EXAMPLES: &[Example] = &[
    Example {
        what: "See how everything stands",
        line: "vaultctl status --to /media/disk/vaultctl",
        checked: Checked::Parses,
    },
    Example {
        what: "Watch the snapshots of another machine",
        line: "vaultctl status --to s3://backups/laptop --signer SHA256:abc --max-age 26h --notify",
        checked: Checked::Parses,
    },
];

pub(super) fn run(args: &Args, session: &Session) -> Result<Done, Failure> {
    let (status, last) = observe(&args.place, &args.trust, session)?;
    let problems = args.max_age.map_or_else(Vec::new, |limits| status.problems(&limits));
    show(&status, &problems, session)?;
    if args.notify {
        notices::tell(&notice(&status, &problems), session);
    }
    match (last, problems.split_first()) {
        // Nothing is known of anything: why that is so says more than that.
        (Some(failure), _) if status.places.is_empty() => Err(failure),
        (_, Some((first, more))) => Err(Failure::failed(summary(first, more.len()))
            .hint("docs/status.md says what each limit is about")),
        (Some(_), None) => Ok(Done::WithOmissions),
        (None, None) => Ok(Done::Fully),
    }
}

/// How everything stands. A place that can not be read is in it, and why the last such one could not
/// beside it.
pub(super) fn observe(
    place: &Place,
    trust: &Trust,
    session: &Session,
) -> Result<(Status, Option<Failure>), Failure> {
    let mut status = Status {
        at: session.world.clock.now(),
        places: Vec::new(),
        lost: Vec::new(),
        jobs: jobs(place, session)?,
    };
    let mut last = None;
    for (name, destination) in place.named(session)? {
        match look(&name, &destination, trust, session) {
            Ok(place) => status.places.push(place),
            Err(failure) => {
                status.lost.push((name, failure.message().to_owned()));
                last = Some(failure);
            }
        }
    }
    Ok((status, last))
}

/// What our own jobs left; it says nothing of somebody else's repository.
fn jobs(place: &Place, session: &Session) -> Result<Vec<Job>, Failure> {
    if !place.is_configured(session) {
        return Ok(Vec::new());
    }
    let (now, zone) = (session.world.clock.now(), session.world.clock.zone());
    let records = Records::of(session.config.paths.state_folder());
    let jobs = schedule::Job::all(&session.config.settings)?;
    Ok(Job::all(&jobs, &records, now, &zone))
}

fn look(
    name: &str,
    destination: &Destination,
    trust: &Trust,
    session: &Session,
) -> Result<doctor::Place, Failure> {
    let (paths, storage) = (trust.paths(session), destination.open(Purpose::Taking, session)?);
    let keyring = session.keyring_of(&paths);
    let repository = trust.open(&*storage, &keyring, session)?;
    let pin = pin(&repository, session)?;
    Ok(doctor::Place::look(name.to_owned(), &repository, pin)?)
}

fn show(status: &Status, problems: &[Problem], session: &Session) -> Result<(), Failure> {
    if session.ui.json {
        return session.ui.json(&value(status, problems));
    }
    let places = status.places.iter().flat_map(|place| lines(place, status.at));
    let lost = status.lost.iter().map(|(place, why)| format!("{place}: can not be read: {why}"));
    let problems = problems.iter().map(|problem| format!("problem: {}", said(problem)));
    let jobs = status.jobs.iter().flat_map(|job| job_lines(job, status.at));
    places.chain(lost).chain(jobs).chain(problems).try_for_each(|line| session.ui.line(&line))
}

fn lines(place: &doctor::Place, now: Timestamp) -> Vec<String> {
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
        Err(reason) => vec![format!("what it left can not be read: {reason}")],
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

fn said(Problem { subject, what }: &Problem) -> String {
    format!("{subject}: {what}")
}

fn summary(first: &Problem, more: usize) -> String {
    match more {
        0 => said(first),
        more => format!("{} (and {more} more)", said(first)),
    }
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

fn place_value(place: &doctor::Place) -> Value {
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

fn notice(status: &Status, problems: &[Problem]) -> Notice {
    let (outcome, code) = match problems {
        [] => (Outcome::Succeeded, Code::Done),
        _ => (Outcome::Overdue, Code::Failed),
    };
    let reason = problems.split_first().map(|(first, more)| summary(first, more.len()));
    Notice {
        job: JOB.to_owned(),
        host: sys::host_name(),
        outcome,
        status: Some(code as u8),
        at: status.at,
        took: None,
        reason: reason.map(|reason| sys::harmless(&reason)),
        numbers: [("problems".to_owned(), problems.len() as u64)].into(),
    }
}
