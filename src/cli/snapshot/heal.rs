//! `vaultctl snapshot heal`.

use serde_json::json;

use crate::audit::{Action, Event};
use crate::cli::{Checked, Done, Example, Failure, Session};
use crate::keys::Keyring;
use crate::snapshot::{Diagnosis, Extent, Healed, Healing, Repository, Wound, open_wounded};
use crate::storage::Storage;
use crate::sys;

use super::progress::{Phase, Report as Progress};
use super::target::{Place, Trust, state};

/// Copy back what is missing or damaged, from another copy of the same repository
///
/// Needs no passphrase. What is copied has a right signature, or the hash that a signed snapshot
/// names. Without --scrub only what is missing, or has another size, is found.
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    place: Place,
    /// Copy from this destination: a name from the settings, or a folder; can be repeated
    ///
    /// By default all others that the settings name.
    #[arg(long, value_name = "DEST")]
    from: Vec<String>,
    /// Read everything, and find what has other bytes
    #[arg(long)]
    scrub: bool,
    /// Print what is missing or damaged and could be copied, and copy nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    trust: Trust,
}

pub(in crate::cli) const EXAMPLES: &[Example] = &[
    Example {
        what: "Read everything, and mend what has rotted",
        line: "vaultctl snapshot heal --to /media/disk/vaultctl --from /srv/backup --scrub",
        checked: Checked::Parses,
    },
    Example {
        what: "See what is missing",
        line: "vaultctl snapshot heal --to /media/disk/vaultctl --from /srv/backup --dry-run",
        checked: Checked::Parses,
    },
];

pub(super) fn run(args: &Args, session: &Session) -> Result<Done, Failure> {
    let paths = args.trust.paths(session);
    let keyring = session.keyring_of(&paths);
    let report = Progress::new(Phase::Healing, session);
    let storage = report.watch(args.place.whole_storage(session)?);
    let storages = others(args, &storage.place(), session)?;
    let sources = sources(&storages, args, &keyring, session)?;
    let target = open_wounded(&*storage, &sources[0])?;
    sys::create_folder(session.config.paths.state_folder())?;
    let healing = Healing {
        target: &target,
        sources: &sources,
        state: &state(&target, session).lock()?,
        extent: if args.scrub { Extent::Scrub } else { Extent::Exists },
    };
    let diagnosis = healing.look()?;
    if args.dry_run {
        report.end();
        return preview(diagnosis, session);
    }
    let healed = healing.carry_out(diagnosis);
    report.end();
    record(&target, healed.is_ok(), session)?;
    tell(healed?, "; copied", session)
}

/// The places to copy from: those that were named, else all others of the settings.
fn others(args: &Args, target: &str, session: &Session) -> Result<Vec<Box<dyn Storage>>, Failure> {
    let open = |name: &String| Place { to: Some(name.clone()) }.whole_storage(session);
    if !args.from.is_empty() {
        return args.from.iter().map(open).collect();
    }
    let configured = &session.config.settings.snapshot.destination;
    let opened = configured.iter().map(|destination| open(&destination.name));
    let mut storages: Vec<_> =
        opened.filter_map(|opened| unless_unusable(opened, session)).collect();
    storages.retain(|storage| storage.place() != target);
    Ok(storages)
}

fn sources<'s>(
    storages: &'s [Box<dyn Storage>],
    args: &Args,
    keyring: &Keyring<'_>,
    session: &Session,
) -> Result<Vec<Repository<'s>>, Failure> {
    let opened = storages.iter().map(|storage| args.trust.open(&**storage, keyring, session));
    if !args.from.is_empty() {
        return opened.collect();
    }
    let sources: Vec<_> = opened.filter_map(|opened| unless_unusable(opened, session)).collect();
    if sources.is_empty() {
        return Err(Failure::usage("there is no other destination to copy from")
            .hint("--from DEST names one"));
    }
    Ok(sources)
}

/// One place that can not be used is no reason not to ask the others.
fn unless_unusable<T>(tried: Result<T, Failure>, session: &Session) -> Option<T> {
    tried.map_err(|failure| session.ui.warn(failure.message())).ok()
}

fn record(target: &Repository<'_>, done: bool, session: &Session) -> Result<(), Failure> {
    let event = if done { Event::ok } else { Event::failed };
    let event = event(Action::Heal, &target.storage().place());
    session.log().append(session.world.clock.now(), &[event], true)?;
    Ok(())
}

/// Nothing is wrong with what is only looked at, as long as it can be helped.
fn preview(diagnosis: Diagnosis, session: &Session) -> Result<Done, Failure> {
    tell(Healed { copied: diagnosis.wounds, failed: diagnosis.hopeless }, "", session)
}

fn tell(healed: Healed, done: &str, session: &Session) -> Result<Done, Failure> {
    let told = |Wound { name, reason, .. }: &Wound| format!("{name}: {reason}{done}");
    if session.ui.json {
        let copied = healed.copied.iter().map(|wound| fault(wound.name.as_str(), &wound.reason));
        let failed = healed.failed.iter().map(|fault| self::fault(&fault.object, &fault.reason));
        let (copied, failed): (Vec<_>, Vec<_>) = (copied.collect(), failed.collect());
        session.ui.json(&json!({ "copied": copied, "failed": failed }))?;
    } else {
        healed.copied.iter().try_for_each(|wound| session.ui.line(&told(wound)))?;
    }
    super::verify::fail_on(&healed.failed, session).map(|()| Done::Fully)
}

fn fault(object: &str, reason: &str) -> serde_json::Value {
    json!({ "object": object, "reason": reason })
}
