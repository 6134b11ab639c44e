//! `vaultctl snapshot list`.

use serde_json::{Value, json};

use crate::cli::{Checked, Done, Example, Failure, Session};
use crate::snapshot::{Entry, Standing};

use super::target::{Place, Trust};

/// List the snapshots, oldest first
///
/// Needs no passphrase: what is listed is signed clear text.
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    trust: Trust,
}

pub(in crate::cli) const EXAMPLES: &[Example] = &[Example {
    what: "See what there is",
    line: "vaultctl snapshot list --to /media/disk/vaultctl",
    checked: Checked::Parses,
}];

pub(super) fn run(args: &Args, session: &Session) -> Result<Done, Failure> {
    let (paths, storage) = (args.trust.paths(session), args.place.storage(session)?);
    let keyring = session.keyring_of(&paths);
    let repository = args.trust.open(&*storage, &keyring, session)?;
    let listing = repository.commits()?;
    if session.ui.json {
        session.ui.json(&listing.entries.iter().map(value).collect::<Vec<_>>())?;
    } else {
        listing.entries.iter().try_for_each(|entry| session.ui.line(&line(entry)))?;
    }
    Ok(Done::Fully)
}

fn line(entry: &Entry) -> String {
    let id = entry.id;
    match &entry.standing {
        Standing::Whole { commit, .. } => {
            let (totals, stored) = (commit.totals, commit.object.size);
            format!(
                "{id}  {:>7} entries {:>12} bytes {stored:>12} stored  {}",
                totals.entries, totals.bytes, commit.health
            )
        }
        Standing::Newer => format!("{id}  written by a newer vaultctl"),
        Standing::Damaged(reason) => format!("{id}  damaged: {reason}"),
    }
}

fn value(entry: &Entry) -> Value {
    let id = entry.id.to_string();
    match &entry.standing {
        Standing::Whole { commit, .. } => json!({
            "snapshot": id, "time": commit.id.time.to_string(), "seq": commit.id.seq, "profiles": commit.profiles,
            "health": commit.health.to_string(), "entries": commit.totals.entries, "bytes": commit.totals.bytes,
            "object": commit.object.digest.to_string(), "stored": commit.object.size,
        }),
        Standing::Newer => json!({ "snapshot": id, "newer": true }),
        Standing::Damaged(reason) => json!({ "snapshot": id, "damaged": reason }),
    }
}
