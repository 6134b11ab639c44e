//! `vaultctl snapshot ls`.

use serde_json::Value;

use crate::cli::{Checked, Done, Example, Failure, Session};
use crate::snapshot::{Restoration, Selection, Wanted};
use crate::sys::harmless;

use super::choice::{prove, tree_path};
use super::destination::Purpose;
use super::restore::value;
use super::target::{Place, Trust};

/// List what a snapshot holds: mode, size, name
#[derive(clap::Args)]
pub(super) struct Args {
    /// Which snapshot
    #[arg(value_name = "SNAP", default_value = "latest")]
    snapshot: String,
    /// Only this, and what is below it
    #[arg(value_name = "PATH")]
    path: Option<String>,
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    trust: Trust,
}

pub(in crate::cli) const EXAMPLES: &[Example] = &[Example {
    what: "See which agents the newest has",
    line: "vaultctl snapshot ls latest ~/.claude/agents --to /media/disk/vaultctl",
    checked: Checked::Parses,
}];

pub(super) fn run(args: &Args, session: &Session) -> Result<Done, Failure> {
    let (paths, reached) =
        (args.trust.paths(session), args.place.reach(Purpose::Maintenance, session)?);
    let keyring = session.keyring_of(&paths);
    let repositories = args.trust.open_all(&reached, &keyring, session)?.repositories;
    let wanted = args.path.iter().map(|path| Ok(Wanted::Path(tree_path(path, session)?)));
    let restoration = Restoration {
        repositories: &repositories,
        verified: &prove(&repositories, &args.snapshot, session)?,
        identity: keyring.identity()?,
        selection: &Selection::only(wanted.collect::<Result<_, Failure>>()?),
        moved: None,
    };
    let things = restoration.things()?;
    if session.ui.json {
        session.ui.json(&things.iter().map(value).collect::<Vec<Value>>())?;
    } else {
        things.iter().try_for_each(|thing| session.ui.line(&harmless(&thing.to_string())))?;
    }
    Ok(Done::Fully)
}
