//! `vaultctl drill`.

mod told;
mod trial;

use std::path::PathBuf;

use crate::secret::SecretText;

use super::snapshot::target::{Place, Trust};
use super::{Checked, Code, Done, Example, Failure, Session, agent};

use trial::Trial;

/// Prove that a snapshot can be got back: restore it, check it, time it, and take it away again
///
/// It goes into a private scratch folder, in memory if there is room, and never near the files that
/// are in use. Every file is compared with the snapshot; clients' files must parse, entries of the
/// store must be for the right recipients, one of each folder must decrypt, the store's history must
/// be whole. The settings say how old the newest snapshot may be, and how long all this may take. A
/// signed report is left beside the snapshots.
///
/// Ends with 0 if all was as it should be; with 13 if it can not be restored, is different, or an
/// objective is missed; with 14 if it can not be reached, with 15 if the identity is locked and nobody
/// is there.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Which snapshot
    #[arg(value_name = "SNAP", default_value = "latest")]
    snapshot: String,
    #[command(flatten)]
    place: Place,
    /// Restore as the recovery sheet says, with restore.sh, age, zstd and tar
    #[arg(long)]
    stock: bool,
    /// Open it with the recovery identity, typed from the paper, and compare the signer on it
    #[arg(long, conflicts_with_all = ["identity", "signer"])]
    recovery: bool,
    /// Leave no report beside the snapshots
    #[arg(long)]
    no_report: bool,
    /// Restore below DIR, instead of in memory or, where that is too small, in the state folder
    #[arg(long, value_name = "DIR")]
    scratch: Option<PathBuf>,
    #[command(flatten)]
    trust: Trust,
}

pub(super) const EXAMPLES: &[Example] = &[
    Example {
        what: "Prove that the newest snapshot comes back",
        line: "vaultctl drill --to /media/disk/vaultctl",
        checked: Checked::Parses,
    },
    Example {
        what: "Prove the paper: type the recovery identity, restore with stock tools only",
        line: "vaultctl drill --to /media/disk/vaultctl --recovery --stock",
        checked: Checked::Parses,
    },
];

/// Each destination for itself: a copy that makes up for another is not proven by that.
pub(super) fn run(args: &Args, session: &Session) -> Result<Done, Failure> {
    agent::refuse("a drill, which decrypts everything into a folder,", session)?;
    let paper = args.recovery.then(|| ask_for_key(session)).transpose()?;
    let destinations = args.place.destinations(session)?;
    let mut agreed = None;
    let (mut done, mut failures) = (Done::Fully, Vec::new());
    for destination in &destinations {
        let mut trial = Trial::new(args, destination, paper.as_ref(), session);
        let ended = trial.run(&mut agreed);
        match trial.conclude(ended, &destinations) {
            Ok(Done::Fully) => {}
            Ok(Done::WithOmissions) => done = Done::WithOmissions,
            Err(failure) => failures.push(failure),
        }
    }
    // What was found wrong weighs more than what could not be looked at.
    failures.sort_by_key(|failure| failure.code() == Code::NotVerified);
    match failures.pop() {
        Some(worst) => {
            failures.iter().for_each(|failure| session.ui.warn(failure.message()));
            Err(worst)
        }
        None => Ok(done),
    }
}

/// The key on the paper.
fn ask_for_key(session: &Session) -> Result<SecretText, Failure> {
    let asked =
        session.world.prompt.ask_secret("Recovery identity from your sheet (AGE-SECRET-KEY-...):");
    asked.map_err(|error| {
        Failure::from(error).hint("`--identity FILE`, instead of --recovery, reads it from a file")
    })
}
