//! `vaultctl schedule run`.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use crate::cli::{Checked, Code, Done, Example, Failure, Session, metrics, notices};
use crate::notify::{Notice, Outcome};
use crate::schedule::{Child, Destinations, Ended, Error, Job, Record, Run, Step, When};
use crate::sys::{self, Interrupts};

use super::{chosen_places, records};

/// Run a job now, as the system's scheduler does
///
/// Its steps are run one after the other, and the exit status is that of the worst. Whoever is to be
/// told is told. A job that is running is not run a second time (exit status 11); one waits until
/// another has ended.
#[derive(clap::Args)]
pub(in crate::cli) struct Args {
    /// The job; with --due it can be left out, for all of them
    #[arg(value_name = "JOB", required_unless_present = "due")]
    job: Option<String>,
    /// Run it only if one of its times has passed since it began last
    #[arg(long)]
    due: bool,
    /// Wait first, at random for as long as the job's `jitter` allows
    #[arg(long)]
    jitter: bool,
}

pub(in crate::cli) const EXAMPLES: &[Example] = &[
    Example {
        what: "Do tonight's work now",
        line: "vaultctl schedule run nightly",
        checked: Checked::Parses,
    },
    Example {
        what: "Make up for what was missed",
        line: "vaultctl schedule run --due",
        checked: Checked::Runs,
    },
];

pub(super) fn run(args: &Args, session: &Session) -> Result<Done, Failure> {
    let settings = &session.config.settings;
    let named = match &args.job {
        Some(name) => vec![(name.clone(), Job::find(name, settings))],
        None => Job::each(settings),
    };
    let interrupts = Interrupts::hold();
    let (mut jobs, mut done, mut failures) = (Vec::new(), Vec::new(), Vec::new());
    for (name, job) in named {
        match job {
            Ok(job) => jobs.push(job),
            Err(error) => failures.push(not_understood(&name, error, session)),
        }
    }
    for job in &jobs {
        match run_one(job, args, &interrupts, session) {
            Ok(record) => done.extend(record.map(|record| (job, record))),
            Err(failure) if args.job.is_some() => return Err(failure),
            Err(failure) => failures.push(failure),
        }
    }
    if !done.is_empty() {
        metrics::leave(session);
    }
    if session.ui.json {
        session
            .ui
            .json(&done.iter().map(|(job, record)| value(job, record)).collect::<Vec<_>>())?;
    }
    failures.extend(done.iter().filter_map(|(job, record)| failure(job, record)));
    match failures.pop() {
        Some(last) => {
            failures.iter().for_each(|failure| session.ui.warn(failure.message()));
            Err(last)
        }
        None if done.iter().any(|(_, record)| record.status != Some(0)) => Ok(Done::WithOmissions),
        None => Ok(Done::Fully),
    }
}

/// A job that can not be run is told as one that failed: nobody else would say that it does not.
fn not_understood(name: &str, error: Error, session: &Session) -> Failure {
    let reason = Some(sys::harmless(&error.to_string()));
    let is_none = matches!(error, Error::NoJob(_));
    let failure = Failure::from(error);
    if !is_none {
        notices::tell(
            &Notice {
                job: sys::harmless(name),
                host: sys::harmless(&sys::host_name()),
                outcome: Outcome::Failed,
                status: Some(failure.code() as u8),
                at: session.world.clock.now(),
                took: None,
                reason,
                numbers: BTreeMap::new(),
            },
            session,
        );
    }
    failure
}

fn run_one(
    job: &Job,
    args: &Args,
    interrupts: &Interrupts,
    session: &Session,
) -> Result<Option<Record>, Failure> {
    let (records, destinations) = (records(session), Destinations::of(&session.config.settings));
    let child = child(session)?;
    let run = Run {
        job,
        records: &records,
        destinations: &destinations,
        clock: &*session.world.clock,
        interrupts,
        perform: &|step| perform(step, &child, interrupts, session),
        announce: &|notice| notices::announce(notice, session),
        tell: &|notice| notices::tell(notice, session),
    };
    let when = if args.due { When::Due } else { When::Now };
    if args.jitter && run.is_wanted(when)? {
        interrupts.wait(Duration::from_millis(sys::random_below(millis(job.jitter))));
        if interrupts.happened() {
            return Err(Error::Interrupted.into());
        }
    }
    let record = run.go(when)?;
    for left in record.iter().flat_map(|record| &record.left_out) {
        session.ui.note(&format!("left out: {}: {}", left.step, left.reason));
    }
    Ok(record)
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// This program, with the same places as we have.
fn child(session: &Session) -> Result<Child, Failure> {
    let places = chosen_places(session).into_iter().map(|(name, value)| (name.into(), value));
    let variables = session.world.variables.clone().with(places);
    Ok(Child { program: sys::own_program()?, variables })
}

fn perform(
    step: &Step,
    child: &Child,
    interrupts: &Interrupts,
    session: &Session,
) -> Result<Ended, Error> {
    session.ui.note(&step.line());
    let ended = child.perform(step, interrupts)?;
    for said in &ended.said {
        session.ui.warn(&format!("{}: {said}", step.line()));
    }
    if let (1.., Some(reason)) = (ended.status, &ended.reason) {
        session.ui.warn(&format!("{}: {reason}", step.line()));
    }
    Ok(ended)
}

fn failure(job: &Job, record: &Record) -> Option<Failure> {
    let status = record.status.filter(|status| ![0, Code::Omissions as u8].contains(status))?;
    let code = Code::ALL.into_iter().find(|code| *code as u8 == status).unwrap_or(Code::Failed);
    let reason = record.reason.as_deref().unwrap_or("a step failed");
    Some(Failure::new(code, format!("{}: {reason}", job.name)))
}

fn value(job: &Job, record: &Record) -> Value {
    json!({
        "job": job.name.as_str(),
        "started": record.started,
        "ended": record.ended,
        "status": record.status,
        "reason": record.reason,
        "numbers": record.numbers,
        "left_out": record.left_out,
        "undelivered": record.undelivered,
    })
}
