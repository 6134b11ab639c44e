//! `vaultctl snapshot restore`.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::audit::{Action, Event};
use crate::cli::{Checked, Done, Example, Failure, Session};
use crate::snapshot::{MovedHome, Restoration, Restored, Thing, Verified};
use crate::sys::{self, harmless};

use super::choice::{Choice, prove};
use super::destination::Purpose;
use super::target::{Place, Trust};

/// Restore a snapshot, or some of it, into a new folder
///
/// What belongs below the home comes back in DIR/HOME, everything else in DIR/ROOT; it belongs to
/// you. Nothing appears in DIR before the last byte was checked. Git repositories come back without
/// hooks and with nothing in their configuration but remotes and branches, and what starts programs
/// is commented out in our own settings.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Which snapshot
    #[arg(value_name = "SNAP", default_value = "latest")]
    snapshot: String,
    #[command(flatten)]
    place: Place,
    /// Where to; must not exist, or be empty
    #[arg(long, value_name = "DIR", required_unless_present = "dry_run")]
    target: Option<PathBuf>,
    #[command(flatten)]
    choice: Choice,
    /// Rename the folders of Claude's projects, which are called after the projects' paths, and what
    /// lay below OLD
    ///
    /// Only names change; what files say is left as it was. `-home-ann-x` may be of `/home/ann/x` or
    /// of `/home/ann-x`: both are renamed.
    #[arg(long, value_name = "OLD=NEW", value_parser = MovedHome::parse)]
    map_home: Option<MovedHome>,
    /// List what would be restored, and restore nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    trust: Trust,
}

pub(in crate::cli) const EXAMPLES: &[Example] = &[
    Example {
        what: "Restore the newest",
        line: "vaultctl snapshot restore --to /media/disk/vaultctl --target ~/restored",
        checked: Checked::Parses,
    },
    Example {
        what: "Restore on a new machine, with the identity from the paper",
        line: "vaultctl snapshot restore --to /media/disk/vaultctl --identity recovery.txt --target ~/restored",
        checked: Checked::Parses,
    },
    Example {
        what: "Get one transcript back",
        line: "vaultctl snapshot restore --to /media/disk/vaultctl --only session:5e0c9b62 --target ~/restored",
        checked: Checked::Parses,
    },
];

pub(super) fn run(args: &Args, session: &Session) -> Result<Done, Failure> {
    let (paths, reached) =
        (args.trust.paths(session), args.place.reach(Purpose::Maintenance, session)?);
    let keyring = session.keyring_of(&paths);
    let repositories = args.trust.open_all(&reached, &keyring, session)?.repositories;
    let verified = prove(&repositories, &args.snapshot, session)?;
    let restoration = Restoration {
        repositories: &repositories,
        verified: &verified,
        identity: keyring.identity()?,
        selection: &args.choice.selection(session)?,
        moved: args.map_home.as_ref(),
    };
    match &args.target {
        Some(target) if !args.dry_run => {
            let restored = restoration.to(target);
            record(&verified, restored.is_ok(), session);
            tell(&restored?, session);
            session.ui.note(&format!("restored {} to {}", verified.commit().id, target.display()));
        }
        _ => list(&restoration.preview()?, session)?,
    }
    Ok(Done::Fully)
}

fn list(things: &[Thing], session: &Session) -> Result<(), Failure> {
    if session.ui.json {
        return session.ui.json(&things.iter().map(value).collect::<Vec<_>>());
    }
    things.iter().try_for_each(|thing| session.ui.line(&harmless(&thing.to_string())))
}

/// For `--json`.
pub(super) fn value(thing: &Thing) -> Value {
    let kind = match thing.kind {
        sys::Kind::File if thing.leads_to.is_some() => "hard link",
        sys::Kind::File => "file",
        sys::Kind::Folder => "folder",
        sys::Kind::Link => "link",
        sys::Kind::Other => "other",
    };
    json!({
        "path": thing.path.shown(), "kind": kind, "size": thing.size, "mode": format!("{:04o}", thing.mode),
        "mtime": thing.mtime, "leads_to": thing.leads_to,
    })
}

/// What is not as it was, and what was not as it should be.
pub(super) fn tell(restored: &Restored, session: &Session) {
    for altered in &restored.altered {
        session.ui.note(&format!("{}: {}", altered.path.shown(), altered.told));
    }
    for lost in &restored.passed_over {
        session.ui.warn(&format!("`{}`: {}; another place made up for it", lost.place, lost.error));
    }
}

/// On a machine that has just been set up there may be no place for the log; that stops nobody.
pub(super) fn record(verified: &Verified, done: bool, session: &Session) {
    let id = verified.commit().id.to_string();
    let event =
        if done { Event::ok(Action::Restore, &id) } else { Event::failed(Action::Restore, &id) };
    let logged = sys::create_folder(session.config.paths.state_folder())
        .map_err(Failure::from)
        .and_then(|()| Ok(session.log().append(session.world.clock.now(), &[event], true)?));
    if logged.is_err() {
        session.ui.warn("the access log can not be written");
    }
}
