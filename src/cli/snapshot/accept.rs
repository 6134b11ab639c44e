//! `vaultctl snapshot accept`.

use crate::cli::{Checked, Done, Example, Failure, Session};
use crate::snapshot::{Plan, State, accept};
use crate::sys::{self, harmless};

use super::places::{places, profiles};
use super::target::{Place, Trust};

/// Say that the configuration is as it should be
///
/// A snapshot is called degraded when a file has collapsed: most of what was in it when it was last in
/// order is gone. If that was your doing, this makes the present state the one to compare with.
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    place: Place,
}

pub(in crate::cli) const EXAMPLES: &[Example] = &[Example {
    what: "You have removed the last MCP server yourself",
    line: "vaultctl snapshot accept --to /media/disk/vaultctl",
    checked: Checked::Parses,
}];

pub(super) fn run(args: &Args, session: &Session) -> Result<Done, Failure> {
    let (keyring, storage) = (session.keyring(), args.place.storage(session)?);
    let repository = Trust::default().open(&*storage, &keyring, session)?;
    let places = places(session, Vec::new());
    let plan = Plan::of(&places, &profiles(&[], session)?);
    let state_folder = session.config.paths.state_folder();
    sys::create_folder(state_folder)?;
    let accepted = accept(&plan, &State::of(state_folder, repository.id()).lock()?)?;
    let names: Vec<String> = accepted.iter().map(|path| path.shown()).collect();
    if session.ui.json {
        session.ui.json(&names)?;
    } else {
        names.iter().try_for_each(|name| session.ui.line(&harmless(name)))?;
    }
    Ok(Done::Fully)
}
