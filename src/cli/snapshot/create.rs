//! `vaultctl snapshot create`.

use std::path::Path;

use serde_json::json;

use crate::audit::{Action, Event};
use crate::cli::{Checked, Done, Example, Failure, Session};
use crate::crypto::Recipient;
use crate::snapshot::{
    Behind, Created, Creation, Finding, Level, Lost, Places, Plan, Progress, Repository, State,
    Trouble, Unseen, Verification,
};
use crate::storage::ObjectName;
use crate::sys::{self, harmless};

use super::destination::{Destination, Purpose};
use super::places::{places, profiles};
use super::progress::{Phase, Report};
use super::target::{Place, Trust, known_places};

/// Take a snapshot of Claude's configuration and history, and of the password store
///
/// The configuration and the store are stored whole; transcripts in parts, of which only what is new
/// is stored again.
/// Needs no passphrase: the snapshot is encrypted to public keys and signed by this machine.
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    place: Place,
    /// Take this profile instead of those that the settings name: `config`, `history`,
    /// `credentials`, or one of yours; can be given several times
    #[arg(long, value_name = "NAME")]
    profile: Vec<String>,
    /// Do not open and read again what was stored before it counts: quicker, and nothing is proven
    #[arg(long)]
    no_read_back: bool,
    /// Print what would be stored, and store nothing
    #[arg(long)]
    dry_run: bool,
}

pub(in crate::cli) const EXAMPLES: &[Example] = &[
    Example {
        what: "See what would be stored",
        line: "vaultctl snapshot create --dry-run",
        checked: Checked::Runs,
    },
    Example {
        what: "Take a snapshot",
        line: "vaultctl snapshot create --to /media/disk/vaultctl",
        checked: Checked::Parses,
    },
];

pub(super) fn run(args: &Args, session: &Session) -> Result<Done, Failure> {
    let destinations = args.place.destinations(session).unwrap_or_default();
    let repositories = destinations.iter().filter_map(Destination::folder).map(Path::to_owned);
    let places = places(session, repositories.collect());
    let plan = Plan::of(&places, &profiles(&args.profile, session)?);
    if args.dry_run {
        return dry_run(&plan, session);
    }
    let (keyring, report) = (session.keyring(), Report::new(Phase::Reading, session));
    let reached = args.place.reach(Purpose::Taking, &report, session)?;
    let everywhere = Trust::default().open_all(&reached, &keyring, session)?;
    let created = take(args, &plan, &everywhere.repositories, &*report, session)?;
    report.end();
    tell(&created, session)?;
    tell_replaced(&created.replaced, session);
    let complete = tell_missing(&places, session);
    let is_told = |found: &&Finding| created.findings.iter().any(|told| told.path == found.path);
    let skipped = plan.skipped().iter().filter(|found| !is_told(found));
    let findings = skipped.chain(&created.findings);
    let done = tell_findings(findings, session);
    let lost = everywhere.lost + tell_lost(&created.lost, session);
    for repository in &everywhere.repositories {
        let place = repository.storage().place();
        if !created.lost.iter().any(|lost| lost.place == place) {
            known_places(session).remember(repository)?;
            look_again(repository, tell_behind(&place, &created.behind, session), session)?;
        }
    }
    let whole = complete && lost == 0 && created.behind.is_empty();
    Ok(if whole { done } else { Done::WithOmissions })
}

/// Names what was not built on. The snapshot is whole all the same.
fn tell_replaced(replaced: &[(String, ObjectName)], session: &Session) {
    for (place, name) in replaced {
        session.ui.note(&format!(
            "`{name}` is damaged in `{place}`; what files still have of it was stored anew"
        ));
    }
}

/// Says what a place lacks; the answer is which numbers these are.
fn tell_behind<'c>(place: &str, behind: &'c [Behind], session: &Session) -> &'c [u64] {
    let Some(Behind { numbers, .. }) = behind.iter().find(|behind| behind.place == place) else {
        return &[];
    };
    let runs = numbers.chunk_by(|one, next| one + 1 == *next).map(|run| match run {
        [first, .., last] => format!("{first} to {last}"),
        [only] => only.to_string(),
        [] => String::new(),
    });
    let runs: Vec<String> = runs.collect();
    session.ui.warn(&format!(
        "`{place}` has the new snapshot, and lacks older ones that another destination has: {}",
        runs.join(", ")
    ));
    session.ui.note(
        "hint: `vaultctl snapshot heal --to` that place copies them, with credentials that may read",
    );
    numbers
}

/// Names each place that did not get the snapshot; the answer is how many there are.
fn tell_lost(lost: &[Lost], session: &Session) -> usize {
    for Lost { place, error } in lost {
        session.ui.warn(&format!("the snapshot is not in `{place}`: {error}"));
    }
    lost.len()
}

/// Whether the store is where it should be. A snapshot without it may be right, where none was ever
/// made; but not where somebody has said which store it is.
fn tell_missing(places: &Places, session: &Session) -> bool {
    if sys::exists(&places.store) {
        return true;
    }
    let text = format!("there is no store at `{}`", places.store.display());
    let is_chosen = session.config.paths.store_is_chosen;
    if is_chosen {
        session.ui.warn(&text);
    } else {
        session.ui.note(&text);
    }
    !is_chosen
}

fn dry_run(plan: &Plan, session: &Session) -> Result<Done, Failure> {
    let names: Vec<String> = plan.names().collect();
    if session.ui.json {
        session.ui.json(&names)?;
    } else {
        names.iter().rev().try_for_each(|name| session.ui.line(&harmless(name)))?;
    }
    Ok(tell_findings(plan.skipped().iter(), session))
}

fn take(
    args: &Args,
    plan: &Plan,
    repositories: &[Repository<'_>],
    progress: &dyn Progress,
    session: &Session,
) -> Result<Created, Failure> {
    let (signer, recipients) = (session.keyring().signer()?, recipients(session)?);
    let state_folder = session.config.paths.state_folder();
    sys::create_folder(state_folder)?;
    let creation = Creation {
        repositories,
        state: &State::of(state_folder, repositories[0].id()).lock()?,
        signer: &signer,
        recipients: &recipients,
        at: session.world.clock.now(),
        audit: session.log().head()?,
        pruned_elsewhere: session.config.settings.snapshot.pruned_elsewhere,
        read_back: !args.no_read_back,
        progress,
    };
    let created = creation.run(plan).inspect_err(|_| {
        let place = repositories[0].storage().place();
        record(&Event::failed(Action::Snapshot, &place), session).ok();
    })?;
    record(&Event::ok(Action::Snapshot, &created.commit.id.to_string()), session)?;
    Ok(created)
}

fn record(event: &Event, session: &Session) -> Result<(), Failure> {
    let appended =
        session.log().append(session.world.clock.now(), std::slice::from_ref(event), true);
    appended.map(|_| ()).map_err(Failure::from)
}

/// To whom: the settings say, else the user's own public keys.
fn recipients(session: &Session) -> Result<Vec<Recipient>, Failure> {
    let configured = &session.config.settings.snapshot.recipients;
    if configured.is_empty() {
        return Ok(session.keyring().recipients()?);
    }
    let parsed: Result<Vec<Recipient>, _> = configured.iter().map(|text| text.parse()).collect();
    Ok(parsed?)
}

/// A snapshot among commits or objects that do not hold is a reason for alarm, though it is there.
/// That it lacks `behind` was told.
fn look_again(
    repository: &Repository<'_>,
    behind: &[u64],
    session: &Session,
) -> Result<(), Failure> {
    let known = super::target::known(repository, session)?.not_missing(behind);
    let (level, progress) = (Level::Exists, &Unseen);
    let report =
        Verification { repository, known, level, only: None, subset: None, progress }.run()?;
    super::verify::fail_on(&report.faults, session)
        .map_err(|failure| failure.about("the snapshot was taken, but the repository"))
}

fn tell(created: &Created, session: &Session) -> Result<(), Failure> {
    let Created { commit, unchanged, .. } = created;
    if session.ui.json {
        let health = commit.health.to_string();
        return session.ui.json(&json!({
            "snapshot": commit.id.to_string(), "unchanged": unchanged, "health": health,
            "entries": commit.totals.entries, "bytes": commit.totals.bytes, "stored": created.stored,
        }));
    }
    let (entries, bytes) = (commit.totals.entries, commit.totals.bytes);
    let stored = match created.stored {
        0 => "nothing has changed".to_owned(),
        stored => format!("{stored} bytes stored, encrypted and signed"),
    };
    session.ui.note(&format!("{entries} entries, {bytes} bytes; {stored}"));
    session.ui.line(&commit.id.to_string())
}

/// Names everything that is not as it should be.
fn tell_findings<'f>(findings: impl Iterator<Item = &'f Finding>, session: &Session) -> Done {
    let (mut done, mut collapsed) = (Done::Fully, false);
    for finding in findings {
        collapsed |= matches!(finding.trouble, Trouble::Collapsed(_));
        let text = harmless(&finding.to_string());
        if finding.trouble.is_omission() {
            session.ui.warn(&text);
            done = Done::WithOmissions;
        } else {
            session.ui.note(&text);
        }
    }
    if collapsed {
        session.ui.note("hint: if that was your doing, `vaultctl snapshot accept` says so");
    }
    done
}
