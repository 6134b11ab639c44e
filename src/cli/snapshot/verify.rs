//! `vaultctl snapshot verify`.

use std::path::Path;

use serde_json::json;

use crate::cli::{Checked, Code, Done, Example, Failure, Session, reports};
use crate::keys::Keyring;
use crate::recovery::{self, Depth, Reason, Work};
use crate::snapshot::{
    Compared, Fault, Gap, Level, Report, Repository, SnapshotId, Subset, Unseen, Verification,
};

use super::destination::Purpose;
use super::progress::{Phase, Report as Progress};
use super::target::{Place, Trust, known, state};

/// Check that snapshots are what was signed, and name what is not
///
/// The levels, each with those before it: `history` checks signatures and numbers; `exists`, that
/// every object is there; `scrub`, every byte of them; `data` decrypts and reads everything; `live`
/// compares the newest with the files on this machine that have not changed since. The last two need
/// the identity.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Look at the objects of this snapshot only; by default at all
    #[arg(value_name = "SNAP")]
    snapshot: Option<String>,
    #[command(flatten)]
    place: Place,
    /// How much to look at
    #[arg(long, value_name = "LEVEL", default_value = "scrub", value_parser = ["history", "exists", "scrub", "data", "live"])]
    level: String,
    /// Compare only one share of the objects with their hashes: 1/7 today, 2/7 tomorrow
    #[arg(long, value_name = "N/T")]
    subset: Option<Subset>,
    /// Leave a signed report beside the snapshots, for `vaultctl status` on any machine
    #[arg(long, conflicts_with = "snapshot")]
    report: bool,
    #[command(flatten)]
    trust: Trust,
}

pub(in crate::cli) const EXAMPLES: &[Example] = &[
    Example {
        what: "Look for damage, without a key",
        line: "vaultctl snapshot verify --to /media/disk/vaultctl",
        checked: Checked::Parses,
    },
    Example {
        what: "Read a twentieth each night, and leave word of it",
        line: "vaultctl snapshot verify --to /media/disk/vaultctl --subset 3/20 --report",
        checked: Checked::Parses,
    },
    Example {
        what: "Decrypt and read everything",
        line: "vaultctl snapshot verify --to /media/disk/vaultctl --level data",
        checked: Checked::Parses,
    },
];

pub(super) fn run(args: &Args, session: &Session) -> Result<Done, Failure> {
    let (paths, progress) = (args.trust.paths(session), Progress::new(Phase::Verifying, session));
    let reached = args.place.reach(purpose(args), &progress, session)?;
    let keyring = session.keyring_of(&paths);
    let everywhere = args.trust.open_all(&reached, &keyring, session)?;
    let several = everywhere.repositories.len() > 1;
    let (mut failures, mut left) = (Vec::new(), Done::Fully);
    for repository in &everywhere.repositories {
        let verification = verification(args, repository, &keyring, session)?;
        let depth = Depth::from(&verification.level);
        let report = Verification { progress: &*progress, ..verification }.run()?;
        progress.end();
        let place = repository.storage().place();
        // What can not be written down is found again by the next one.
        state(repository, session).remember(&place, &report).ok();
        if several {
            session.ui.note(&format!("{place}:"));
        }
        tell(&report, &place, session)?;
        if args.report && leave(&report, depth, repository, args, session)? == Done::WithOmissions {
            left = Done::WithOmissions;
        }
        failures.extend(fail_on(&report.faults, session).err());
    }
    match failures.pop() {
        Some(last) => {
            failures.iter().for_each(|failure| session.ui.warn(failure.message()));
            Err(last)
        }
        None if everywhere.lost > 0 => Ok(Done::WithOmissions),
        None => Ok(left),
    }
}

/// The first two levels need to read nothing but clear text.
fn purpose(args: &Args) -> Purpose {
    match args.level.as_str() {
        "history" | "exists" => Purpose::Taking,
        _ => Purpose::Maintenance,
    }
}

fn verification<'v>(
    args: &Args,
    repository: &'v Repository<'v>,
    keyring: &'v Keyring<'_>,
    session: &'v Session,
) -> Result<Verification<'v>, Failure> {
    let only = args.snapshot.as_deref().map(str::parse::<SnapshotId>).transpose();
    Ok(Verification {
        repository,
        known: known(repository, session)?,
        level: level(&args.level, keyring, &session.config.paths.home)?,
        only: only.map_err(crate::snapshot::Error::from)?,
        subset: args.subset,
        progress: &Unseen,
    })
}

fn level<'k>(name: &str, keyring: &'k Keyring<'_>, home: &'k Path) -> Result<Level<'k>, Failure> {
    Ok(match name {
        "history" => Level::History,
        "exists" => Level::Exists,
        "data" => Level::Data(keyring.identity()?),
        "live" => Level::Live(keyring.identity()?, home),
        _ => Level::Scrub,
    })
}

fn tell(report: &Report, place: &str, session: &Session) -> Result<(), Failure> {
    if session.ui.json {
        let faults: Vec<_> = report
            .faults
            .iter()
            .map(|Fault { object, reason }| json!({ "object": object, "reason": reason }))
            .collect();
        let gaps: Vec<_> = report.gaps.iter().map(|gap| [gap.first, gap.last]).collect();
        return session.ui.json(
            &json!({ "place": place, "snapshots": report.commits, "objects": report.objects, "faults": faults, "gaps": gaps }),
        );
    }
    for id in &report.newer {
        session
            .ui
            .warn(&format!("{id} was written by a newer vaultctl; its objects were not looked at"));
    }
    report.gaps.iter().for_each(|gap| session.ui.note(&unknown(*gap)));
    if let Some(Compared { same, changed }) = report.live {
        session.ui.note(&format!("files as in the snapshot: {same}; changed since: {changed}"));
    }
    if report.faults.is_empty() {
        session.ui.line(&format!(
            "snapshots: {}, objects: {}; all as they were signed",
            report.commits, report.objects
        ))?;
    }
    Ok(())
}

/// What was seen, without the names of anything.
fn leave(
    report: &Report,
    level: Depth,
    repository: &Repository<'_>,
    args: &Args,
    session: &Session,
) -> Result<Done, Failure> {
    let count = |count: usize| count as u64;
    let verified = recovery::Verified {
        level,
        subset: args.subset,
        snapshots: count(report.commits),
        objects: count(report.objects),
        faults: count(report.faults.len()),
    };
    let mut left = recovery::Report {
        repository: repository.id().clone(),
        at: session.world.clock.now(),
        tool: reports::tool(),
        place: reports::name_of(&repository.storage().place(), session),
        reasons: report.faults.first().map(|_| Reason::Damaged).into_iter().collect(),
        omissions: Vec::new(),
        work: Work::Verify(verified),
    };
    Ok(reports::leave(&mut left, &args.place.destinations(session)?, session))
}

fn unknown(gap: Gap) -> String {
    let Gap { first, last, .. } = gap;
    let which = if first == last {
        format!("snapshot {first} is")
    } else {
        format!("snapshots {first} to {last} are")
    };
    format!("{which} gone; this machine can not know whether prune did that")
}

/// What to do about faults.
const HINT: &str = "what is still whole can be restored: `vaultctl snapshot restore SNAP`; `vaultctl snapshot heal` mends it from another destination; without one, the next `vaultctl snapshot create` stores anew what files still have of it";

/// Names every fault; the last thing said is how many there are.
pub(super) fn fail_on(faults: &[Fault], session: &Session) -> Result<(), Failure> {
    let told = |Fault { object, reason }: &Fault| format!("`{object}`: {reason}");
    let message = match faults {
        [] => return Ok(()),
        [fault] => told(fault),
        faults => {
            faults.iter().for_each(|fault| session.ui.warn(&told(fault)));
            let names: Vec<&str> = faults.iter().map(|fault| fault.object.as_str()).collect();
            format!("{} faults, in {}", faults.len(), names.join(", "))
        }
    };
    Err(Failure::new(Code::NotVerified, message).hint(HINT))
}
