//! `vaultctl snapshot ls`.

use serde_json::Value;

use crate::cli::{Checked, Done, Example, Failure, Session};
use crate::snapshot::{Selection, Wanted};
use crate::sys::harmless;

use super::choice::tree_path;
use super::restore::value;
use super::source::with_source;
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
    let wanted = args.path.iter().map(|path| Ok(Wanted::Path(tree_path(path, session)?)));
    let selection = Selection::only(wanted.collect::<Result<_, Failure>>()?);
    let things = with_source(&args.place, &args.trust, session, |source| {
        let verified = source.prove(&args.snapshot)?;
        Ok(source.restoration(&verified, &selection)?.things()?)
    })?;
    if session.ui.json {
        session.ui.json(&things.iter().map(value).collect::<Vec<Value>>())?;
    } else {
        things.iter().try_for_each(|thing| session.ui.line(&harmless(&thing.to_string())))?;
    }
    Ok(Done::Fully)
}
