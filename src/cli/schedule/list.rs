//! `vaultctl schedule list`.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::cli::{Checked, Done, Example, Failure, Session};
use crate::schedule::{Destinations, Error, Job, Name, Record, Scheduler, in_words};
use crate::sys::harmless;

use super::{records, setting};

/// How many times to come are shown.
const TIMES: usize = 5;

/// List the jobs: when they are due, when they ran last and how that ended
#[derive(clap::Args)]
pub(in crate::cli) struct Args {}

pub(in crate::cli) const EXAMPLES: &[Example] = &[Example {
    what: "See what is done when",
    line: "vaultctl schedule list",
    checked: Checked::Runs,
}];

/// A job and all that is known of it.
struct Standing {
    job: Job,
    record: Record,
    /// Why what it left can not be read.
    damage: Option<String>,
    next: Vec<Timestamp>,
    installed: Vec<Scheduler>,
    steps: Vec<String>,
}

pub(super) fn run(_args: &Args, session: &Session) -> Result<Done, Failure> {
    let installed = installed(session)?;
    let destinations = Destinations::of(&session.config.settings);
    let (now, zone) = (session.world.clock.now(), session.world.clock.zone());
    let mut standings = Vec::new();
    for job in Job::all(&session.config.settings)? {
        let (record, damage) = match records(session).read(&job.name) {
            Err(error @ Error::BadRecord { .. }) => (Record::default(), Some(error.to_string())),
            read => (read?, None),
        };
        let next = job.calendar.times(now, &zone).take(TIMES).collect();
        let steps = job.steps(&destinations, &record).iter().map(|step| step.line()).collect();
        let by = installed.iter().filter(|(_, names)| names.contains(&job.name));
        let installed = by.map(|(scheduler, _)| *scheduler).collect();
        standings.push(Standing { job, record, damage, next, installed, steps });
    }
    if session.ui.json {
        session.ui.json(&standings.iter().map(value).collect::<Vec<_>>())?;
    } else {
        standings.iter().try_for_each(|standing| tell(standing, session))?;
    }
    let known = |name: &Name| standings.iter().any(|standing| standing.job.name == *name);
    for (scheduler, name) in
        installed.iter().flat_map(|(by, names)| names.iter().map(move |n| (by, n)))
    {
        if !known(name) {
            session.ui.warn(&format!(
                "{} starts `{name}`, which the settings do not have; `vaultctl schedule install` puts that right",
                scheduler.word()
            ));
        }
    }
    Ok(Done::Fully)
}

fn installed(session: &Session) -> Result<Vec<(Scheduler, Vec<Name>)>, Failure> {
    let setting = setting(session)?;
    let all = Scheduler::ALL.into_iter();
    all.map(|scheduler| Ok((scheduler, scheduler.installed(&setting)?))).collect()
}

fn tell(standing: &Standing, session: &Session) -> Result<(), Failure> {
    let Standing { job, record, damage, next, installed, .. } = standing;
    let zone = session.world.clock.zone();
    let by = match installed.as_slice() {
        [] => "not installed".to_owned(),
        some => {
            let words: Vec<&str> = some.iter().map(|scheduler| scheduler.word()).collect();
            format!("by {}", words.join(" and "))
        }
    };
    session.ui.line(&format!("{}: {}; {by}", job.name, job.calendar.words()))?;
    for (number, time) in next.iter().enumerate() {
        let label = if number == 0 { "next:" } else { "" };
        session.ui.line(&format!("  {label:<6}{}", in_words(*time, &zone)))?;
    }
    let last = match damage {
        Some(damage) => harmless(&format!("not known: {damage}")),
        None => last(record, session),
    };
    session.ui.line(&format!("  {:<6}{last}", "last:"))?;
    for left in &record.left_out {
        session.ui.line(&harmless(&format!("  left out: {}: {}", left.step, left.reason)))?;
    }
    let undelivered = record.undelivered.iter();
    undelivered
        .map(|lost| format!("  not told: {}: {}", lost.channel, lost.reason))
        .try_for_each(|line| session.ui.line(&harmless(&line)))
}

fn last(record: &Record, session: &Session) -> String {
    let zone = session.world.clock.zone();
    let Some(started) = record.started else {
        return "never".to_owned();
    };
    let started = in_words(started, &zone);
    if record.is_open() {
        return format!("{started}, and has not ended");
    }
    match (record.status, &record.reason) {
        (Some(0) | None, _) => format!("{started}, done"),
        (Some(status), Some(reason)) => {
            harmless(&format!("{started}, exit status {status}: {reason}"))
        }
        (Some(status), None) => format!("{started}, exit status {status}"),
    }
}

fn value(standing: &Standing) -> Value {
    let Standing { job, record, damage, next, installed, steps } = standing;
    json!({
        "job": job.name.as_str(),
        "at": job.calendar.to_string(),
        "words": job.calendar.words(),
        "next": next,
        "steps": steps,
        "installed": installed.iter().map(|scheduler| scheduler.word()).collect::<Vec<_>>(),
        "last": record,
        "damage": damage,
    })
}
