//! `vaultctl schedule install`.

use serde_json::{Value, json};

use crate::cli::mcp::refuse_as_root;
use crate::cli::{Checked, Done, Example, Failure, Session, agent};
use crate::schedule::{Change, Error, Job, Plan, Record, Scheduler, Setting, in_words};

use super::{readiness, records, setting};

/// Have the system's scheduler start the jobs of the settings
///
/// systemd for users, launchd or cron: the best that is here. What the settings do not have any more
/// goes. Then it is tested whether what the jobs need can be had without anybody there, and what can
/// not is named (exit status 3).
#[derive(clap::Args)]
pub(in crate::cli) struct Args {
    /// Use this one
    #[arg(long, value_name = "SCHEDULER", value_parser = ["systemd", "launchd", "cron"])]
    with: Option<String>,
    /// Print what would be written, and change nothing
    #[arg(long)]
    dry_run: bool,
}

pub(in crate::cli) const EXAMPLES: &[Example] = &[
    Example {
        what: "See what would be written",
        line: "vaultctl schedule install --with systemd --dry-run",
        checked: Checked::Runs,
    },
    Example {
        what: "Have it done every night",
        line: "vaultctl schedule install",
        checked: Checked::Parses,
    },
];

pub(super) fn run(args: &Args, session: &Session) -> Result<Done, Failure> {
    if !args.dry_run {
        agent::refuse("changing what is done by itself", session)?;
        refuse_as_root(session)?;
    }
    let jobs = Job::all(&session.config.settings)?;
    let setting = setting(session)?;
    let scheduler = scheduler(args, &setting)?;
    let plans = plans(scheduler, &jobs, &setting)?;
    if args.dry_run {
        let changes = plans.into_iter().flat_map(|plan| plan.changes).collect::<Vec<_>>();
        return show(&changes, session).map(|()| Done::Fully);
    }
    plans.iter().try_for_each(|plan| plan.carry_out(&setting))?;
    begin(&jobs, session)?;
    let changes = plans.into_iter().flat_map(|plan| plan.changes).collect::<Vec<_>>();
    tell(scheduler, &jobs, &changes, session)?;
    readiness::tell(scheduler, &jobs, &setting, session)
}

/// What is only shown need not be here.
fn scheduler(args: &Args, setting: &Setting<'_>) -> Result<Scheduler, Failure> {
    let named = Scheduler::ALL.into_iter().find(|one| Some(one.word()) == args.with.as_deref());
    match named {
        Some(named) if args.dry_run => Ok(named),
        Some(named) => Ok(named.check(setting).map(|()| named)?),
        None => Ok(Scheduler::best(setting)?),
    }
}

/// The others start nothing of ours any more: two would start each job twice.
fn plans(wanted: Scheduler, jobs: &[Job], setting: &Setting<'_>) -> Result<Vec<Plan>, Failure> {
    let others = Scheduler::ALL.into_iter().filter(|other| *other != wanted);
    let mut plans = others.map(|other| other.plan(&[], setting)).collect::<Result<Vec<_>, _>>()?;
    plans.push(wanted.plan(jobs, setting)?);
    Ok(plans)
}

/// From now on a job that does not run is missed. A damaged record gives way to a fresh one.
fn begin(jobs: &[Job], session: &Session) -> Result<(), Failure> {
    let records = records(session);
    for job in jobs {
        let record = match records.read(&job.name) {
            Err(Error::BadRecord { .. }) => Record::default(),
            read => read?,
        };
        if record.since.is_none() {
            let since = Some(session.world.clock.now());
            records.write(&job.name, &Record { since, ..record })?;
        }
    }
    Ok(())
}

fn tell(
    scheduler: Scheduler,
    jobs: &[Job],
    changes: &[Change],
    session: &Session,
) -> Result<(), Failure> {
    if session.ui.json {
        return show(changes, session);
    }
    if changes.is_empty() {
        session.ui.note("it was installed already; nothing has changed");
    }
    let (now, zone) = (session.world.clock.now(), session.world.clock.zone());
    for job in jobs {
        let next = job.calendar.times(now, &zone).next();
        let next = next.map_or("never".to_owned(), |time| in_words(time, &zone));
        session.ui.line(&format!(
            "{} by {}: {}",
            job.name,
            scheduler.word(),
            job.calendar.words()
        ))?;
        session.ui.line(&format!("  next: {next}"))?;
    }
    Ok(())
}

/// The changes, as they are written.
pub(super) fn show(changes: &[Change], session: &Session) -> Result<(), Failure> {
    if session.ui.json {
        return session.ui.json(&changes.iter().map(value).collect::<Vec<_>>());
    }
    for change in changes {
        match change {
            Change::Write { path, text } => {
                session.ui.line(&format!("write {}", path.display()))?;
                indented(text, session)?;
            }
            Change::Remove { path } => session.ui.line(&format!("remove {}", path.display()))?,
            Change::Crontab { text } => {
                session.ui.line("crontab")?;
                indented(text, session)?;
            }
        }
    }
    Ok(())
}

fn indented(text: &str, session: &Session) -> Result<(), Failure> {
    text.lines().try_for_each(|line| session.ui.line(format!("  {line}").trim_end()))
}

fn value(change: &Change) -> Value {
    match change {
        Change::Write { path, text } => json!({ "write": path, "text": text }),
        Change::Remove { path } => json!({ "remove": path }),
        Change::Crontab { text } => json!({ "crontab": text }),
    }
}
