//! `vaultctl snapshot diff`.

use serde_json::{Value, json};

use crate::cli::{Checked, Done, Example, Failure, Session};
use crate::snapshot::{Change, Plan, Selection, Thing, Verified, compare};
use crate::sys::harmless;

use super::places::{known_profiles, places};
use super::restore::value;
use super::source::with_source;
use super::target::{Place, Trust};

/// Say what differs between a snapshot and what is here, or another one: names, sizes, modes, times
///
/// `+` is only in the second, `-` only in the first, `~` in both and not the same. Contents are not
/// compared.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Which snapshot
    #[arg(value_name = "SNAP", default_value = "latest")]
    first: String,
    /// With which other snapshot; `live` is what is here now
    #[arg(value_name = "SNAP2|live", default_value = "live")]
    second: String,
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    trust: Trust,
}

pub(in crate::cli) const EXAMPLES: &[Example] = &[Example {
    what: "See what has changed since the newest",
    line: "vaultctl snapshot diff --to /media/disk/vaultctl",
    checked: Checked::Parses,
}];

pub(super) fn run(args: &Args, session: &Session) -> Result<Done, Failure> {
    let changes = with_source(&args.place, &args.trust, session, |source| {
        let all = Selection::everything();
        let things = |verified: &Verified| -> Result<Vec<Thing>, Failure> {
            Ok(source.restoration(verified, &all)?.things()?)
        };
        let first = source.prove(&args.first)?;
        let second = match args.second.as_str() {
            "live" => live(&first, session)?,
            name => things(&source.prove(name)?)?,
        };
        Ok(compare(things(&first)?, second))
    })?;
    tell(&changes, session).map(|()| Done::Fully)
}

/// What is here of what the snapshot's profiles take.
fn live(verified: &Verified, session: &Session) -> Result<Vec<Thing>, Failure> {
    let profiles = known_profiles(&verified.commit().profiles, session)?;
    Ok(Plan::of(&places(session, Vec::new()), &profiles).things())
}

fn tell(changes: &[Change], session: &Session) -> Result<(), Failure> {
    if session.ui.json {
        return session.ui.json(&changes.iter().map(change).collect::<Vec<Value>>());
    }
    changes.iter().try_for_each(|change| session.ui.line(&harmless(&line(change))))
}

fn line(change: &Change) -> String {
    match change {
        Change::Added(thing) => format!("+ {thing}"),
        Change::Removed(thing) => format!("- {thing}"),
        Change::Changed(before, after) if before.size != after.size => {
            format!("~ {after} (was {} bytes)", before.size)
        }
        Change::Changed(_, after) => format!("~ {after}"),
    }
}

fn change(change: &Change) -> Value {
    match change {
        Change::Added(thing) => json!({ "change": "added", "after": value(thing) }),
        Change::Removed(thing) => json!({ "change": "removed", "before": value(thing) }),
        Change::Changed(before, after) => {
            json!({ "change": "changed", "before": value(before), "after": value(after) })
        }
    }
}
