//! `vaultctl schedule remove`.

use crate::cli::{Checked, Done, Example, Failure, Session, agent};
use crate::schedule::Scheduler;

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
    let mut changes = Vec::new();
    for scheduler in Scheduler::ALL {
        let plan = scheduler.plan(&[], &setting)?;
        if !args.dry_run {
            plan.carry_out(&setting)?;
        }
        changes.extend(plan.changes);
    }
    if !args.dry_run {
        records(session).clear()?;
    }
    super::install::show(&changes, session)?;
    if changes.is_empty() {
        session.ui.note("nothing was installed");
    }
    Ok(Done::Fully)
}
