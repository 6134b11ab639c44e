//! `vaultctl notify test`.

use serde_json::json;

use crate::cli::notices::{channels, tell_these};
use crate::cli::{Checked, Code, Done, Example, Failure, Session, agent, status};
use crate::config::Notify;
use crate::notify::{Notice, Outcome, preview};
use crate::schedule;
use crate::sys;

/// What the job is called that has not happened.
const JOB: &str = "test";

/// What is said besides, so that nobody gets up for it.
const REASON: &str = "this is only a test: nothing has happened";

/// Tell every channel of the settings something that has not happened
///
/// Each is told, whatever its `on` and `jobs` say. The job is called `test`.
#[derive(clap::Args)]
pub(in crate::cli) struct Args {
    /// Tell this one only: its `name`, or its kind and position, as `webhook 2`
    #[arg(long, value_name = "NAME")]
    channel: Option<String>,
    /// What to tell
    #[arg(long, value_name = "WHAT", default_value = "failure", value_parser = ["start", "success", "omissions", "failure", "overdue"])]
    on: String,
    /// Show what would be sent, without addresses and keys, and send nothing
    #[arg(long)]
    dry_run: bool,
}

pub(in crate::cli) const EXAMPLES: &[Example] = &[
    Example {
        what: "See what would be sent",
        line: "vaultctl notify test --dry-run",
        checked: Checked::Parses,
    },
    Example {
        what: "Try one channel",
        line: "vaultctl notify test --channel phone --on omissions",
        checked: Checked::Parses,
    },
];

pub(super) fn run(args: &Args, session: &Session) -> Result<Done, Failure> {
    let chosen = chosen(args, session)?;
    warn_of_unknown_jobs(&chosen, session);
    let notice = notice(args, session);
    if args.dry_run {
        return show(&chosen, &notice, session);
    }
    agent::refuse("telling channels", session)?;
    let undelivered = tell_these(&chosen, &notice, session);
    if session.ui.json {
        let told: Vec<_> = chosen.iter().map(|(number, channel)| channel.title(*number)).collect();
        let told: Vec<_> = told
            .iter()
            .filter(|title| undelivered.iter().all(|lost| lost.channel != **title))
            .collect();
        session.ui.json(&json!({ "told": told, "undelivered": undelivered }))?;
    } else {
        session.ui.line(&format!("told: {}", chosen.len() - undelivered.len()))?;
    }
    match undelivered.len() {
        0 => Ok(Done::Fully),
        lost => Err(Failure::failed(format!("channels that could not be told: {lost}"))
            .hint("docs/notify.md says what each needs")),
    }
}

fn chosen<'s>(args: &Args, session: &'s Session) -> Result<Vec<(usize, &'s Notify)>, Failure> {
    let mut all: Vec<_> = channels(session).collect();
    if all.is_empty() {
        return Err(Failure::new(Code::NotFound, "the settings name no channel")
            .hint("`[[notify]]` makes one; docs/notify.md shows them"));
    }
    if let Some(name) = &args.channel {
        all.retain(|(number, channel)| channel.title(*number) == *name);
    }
    match (all.is_empty(), &args.channel) {
        (true, Some(name)) => {
            Err(Failure::new(Code::NotFound, format!("no channel is called `{name}`"))
                .hint("`vaultctl notify test --dry-run` shows all"))
        }
        _ => Ok(all),
    }
}

/// A name that is misspelt would never be told of.
fn warn_of_unknown_jobs(chosen: &[(usize, &Notify)], session: &Session) {
    let jobs = schedule::Job::all(&session.config.settings).unwrap_or_default();
    let is_known =
        |name: &str| name == status::JOB || jobs.iter().any(|job| job.name.as_str() == name);
    for (number, channel) in chosen {
        for name in channel.jobs.iter().flatten().filter(|name| !is_known(name)) {
            let title = channel.title(*number);
            session.ui.warn(&format!("{title} waits for a job `{name}`, and there is none"));
        }
    }
}

fn notice(args: &Args, session: &Session) -> Notice {
    let (outcome, status) = match args.on.as_str() {
        "start" => (Outcome::Started, None),
        "success" => (Outcome::Succeeded, Some(Code::Done)),
        "omissions" => (Outcome::WithOmissions, Some(Code::Omissions)),
        "overdue" => (Outcome::Overdue, None),
        _ => (Outcome::Failed, Some(Code::Failed)),
    };
    Notice {
        job: JOB.to_owned(),
        host: sys::host_name(),
        outcome,
        status: status.map(|code| code as u8),
        at: session.world.clock.now(),
        took: None,
        reason: Some(REASON.to_owned()),
        numbers: [].into(),
    }
}

fn show(chosen: &[(usize, &Notify)], notice: &Notice, session: &Session) -> Result<Done, Failure> {
    for (number, channel) in chosen {
        let (title, sent) = (channel.title(*number), preview(channel, notice)?);
        if session.ui.json {
            session.ui.json(&json!({ "channel": title, "would_send": sent }))?;
            continue;
        }
        session.ui.line(&format!("{title}:"))?;
        for line in sent.lines() {
            session.ui.line(&format!("  {line}"))?;
        }
    }
    Ok(Done::Fully)
}
