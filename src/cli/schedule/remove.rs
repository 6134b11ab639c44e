//! `vaultctl schedule remove`.

use crate::cli::{Checked, Done, Example, Failure, Session, agent};
use crate::schedule::{Change, Error, Scheduler, Setting};

use super::{records, setting};

/// Take every job away from the system's scheduler, and what jobs have left here
///
/// Nothing stays: no unit, no line in the crontab, no memory of runs. What was stored at
/// destinations stays, and `schedule run JOB` still works.
#[derive(clap::Args)]
pub(in crate::cli) struct Args {
    /// Print what would go, and change nothing
    #[arg(long)]
    dry_run: bool,
}

pub(in crate::cli) const EXAMPLES: &[Example] = &[Example {
    what: "See what would go",
    line: "vaultctl schedule remove --dry-run",
    checked: Checked::Runs,
}];

pub(super) fn run(args: &Args, session: &Session) -> Result<Done, Failure> {
    if !args.dry_run {
        agent::refuse("stopping what is done by itself", session)?;
    }
    let setting = setting(session)?;
    let (mut changes, mut trouble) = (Vec::new(), Vec::new());
    for scheduler in Scheduler::ALL {
        // What one of them refuses is no reason to leave the others as they are.
        match take_away(scheduler, args.dry_run, &setting) {
            Ok(gone) => changes.extend(gone),
            Err(error) => trouble.push(error),
        }
    }
    if !args.dry_run {
        trouble.extend(records(session).clear().err());
    }
    super::install::show(&changes, session)?;
    if let Some(first) = trouble.into_iter().next() {
        return Err(first.into());
    }
    if changes.is_empty() {
        session.ui.note("nothing was installed");
    }
    Ok(Done::Fully)
}

fn take_away(
    scheduler: Scheduler,
    dry_run: bool,
    setting: &Setting<'_>,
) -> Result<Vec<Change>, Error> {
    let plan = scheduler.plan(&[], setting)?;
    if !dry_run {
        plan.carry_out(setting)?;
    }
    Ok(plan.changes)
}
