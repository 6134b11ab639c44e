//! `vaultctl snapshot restore`.

use std::path::PathBuf;

use crate::audit::{Action, Event};
use crate::cli::{Checked, Done, Example, Failure, Session};
use crate::snapshot::{Error, Health, Verified, preview, restore};
use crate::sys;

use crate::sys::harmless;

use super::target::{Place, Trust, pin};

/// Restore a snapshot into a new folder
///
/// What belongs below the home comes back in DIR/HOME, everything else in DIR/ROOT; it belongs to
/// you. Nothing appears in DIR before the last byte was checked.
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
];

pub(super) fn run(args: &Args, session: &Session) -> Result<Done, Failure> {
    let (paths, storage) = (args.trust.paths(session), args.place.whole_storage(session)?);
    let keyring = session.keyring_of(&paths);
    let repository = args.trust.open(&*storage, &keyring)?;
    let wanted = match args.snapshot.as_str() {
        "latest" => None,
        name => Some(name.parse().map_err(Error::from)?),
    };
    let verified = Verified::prove(&repository, pin(&repository, session)?, wanted)?;
    warn_of(&verified, session);
    match &args.target {
        Some(target) if !args.dry_run => {
            let restored = restore(&repository, &verified, keyring.identity()?, target);
            record(&verified, restored.is_ok(), session);
            restored?;
            session.ui.note(&format!("restored {} to {}", verified.commit().id, target.display()));
        }
        _ => {
            let lines = preview(&repository, &verified, keyring.identity()?)?;
            lines.iter().try_for_each(|line| session.ui.line(&harmless(line)))?;
        }
    }
    Ok(Done::Fully)
}

fn warn_of(verified: &Verified, session: &Session) {
    let commit = verified.commit();
    if commit.health != Health::Ok {
        session.ui.warn(&format!(
            "{} is {}: some of what was taken did not parse",
            commit.id, commit.health
        ));
    }
}

/// On a machine that has just been set up there may be no place for the log; that stops nobody.
fn record(verified: &Verified, done: bool, session: &Session) {
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
