//! `vaultctl snapshot init`.

use std::path::{Path, PathBuf};

use crate::cli::init::establish;
use crate::cli::{Checked, Done, Example, Failure, Session};
use crate::snapshot::Repository;
use crate::storage::Local;
use crate::sys;

use super::target::Place;

/// Make a snapshot repository
///
/// Makes the keys that are missing: your identity, this machine's signing key, and a recovery
/// identity, which is shown once and kept nowhere; print it. A repository is for one machine.
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    place: Place,
    /// Write the recovery identity to FILE, which must not exist, instead of showing it
    #[arg(long, value_name = "FILE")]
    recovery_out: Option<PathBuf>,
}

pub(in crate::cli) const EXAMPLES: &[Example] = &[Example {
    what: "Keep snapshots on another disk",
    line: "vaultctl snapshot init --to /media/disk/vaultctl",
    checked: Checked::Parses,
}];

pub(super) fn run(args: &Args, session: &Session) -> Result<Done, Failure> {
    let folder = args.place.folder(session)?;
    let keyring = session.keyring();
    establish(&keyring, args.recovery_out.as_ref(), session)?;
    let storage = Local::create(&folder)?;
    let repository = Repository::init(&storage, &keyring.signer()?)?;
    session.ui.note(&format!("snapshot repository made at {}", folder.display()));
    session.ui.note(&format!("it is signed by {}", repository.signer()));
    if args.place.is_configured(session) {
        Ok(Done::Fully)
    } else {
        print_settings(&folder, session)
    }
}

fn print_settings(folder: &Path, session: &Session) -> Result<Done, Failure> {
    let folder = sys::without_links(folder).unwrap_or_else(|| folder.to_owned());
    session.ui.note(&format!(
        "to be able to leave --to out, add to {}:",
        session.config.paths.settings.display()
    ));
    let url = format!("file://{}", folder.display());
    session.ui.line("[[snapshot.destination]]")?;
    let name = folder.file_name().map_or_else(|| "local".into(), |name| name.to_string_lossy());
    session.ui.line(&format!("name = {name:?}"))?;
    session.ui.line(&format!("url = {url:?}"))?;
    Ok(Done::Fully)
}
