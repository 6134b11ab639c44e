//! `vaultctl snapshot show`.

use serde_json::{Value, json};

use crate::cli::{Checked, Done, Example, Failure, Session};
use crate::snapshot::{Commit, Error, ObjectRef, SnapshotId, Standing};

use super::target::{Place, Trust};

/// Show what is signed of a snapshot: when it was taken, of what, and which objects it needs
///
/// Needs no passphrase, and does not look at the objects.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Which snapshot
    #[arg(value_name = "SNAP", default_value = "latest")]
    snapshot: String,
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    trust: Trust,
}

pub(in crate::cli) const EXAMPLES: &[Example] = &[Example {
    what: "See what the newest says",
    line: "vaultctl snapshot show --to /media/disk/vaultctl",
    checked: Checked::Parses,
}];

pub(super) fn run(args: &Args, session: &Session) -> Result<Done, Failure> {
    let (paths, storage) = (args.trust.paths(session), args.place.storage(session)?);
    let keyring = session.keyring_of(&paths);
    let repository = args.trust.open(&*storage, &keyring, session)?;
    let mut entries = repository.commits()?.entries;
    let entry = match args.snapshot.as_str() {
        "latest" => entries.pop().ok_or_else(|| Error::Empty(storage.place()))?,
        name => {
            let wanted: SnapshotId = name.parse().map_err(Error::from)?;
            let found = entries.into_iter().find(|entry| entry.id == wanted);
            found.ok_or_else(|| Error::NotFound(name.to_owned()))?
        }
    };
    match entry.standing {
        Standing::Whole { commit, .. } => tell(&commit, session).map(|()| Done::Fully),
        Standing::Newer => Err(Error::Newer(entry.id.to_string()).into()),
        Standing::Damaged(reason) => {
            Err(Error::Damaged { object: entry.id.to_string(), reason }.into())
        }
    }
}

fn tell(commit: &Commit, session: &Session) -> Result<(), Failure> {
    if session.ui.json {
        return session.ui.json(&value(commit));
    }
    let packed: u64 = commit.packs.iter().map(|pack| pack.size).sum();
    let lines = [
        ("snapshot", commit.id.to_string()),
        ("time", commit.id.time.to_string()),
        ("profiles", commit.profiles.join(", ")),
        ("health", commit.health.to_string()),
        ("restores", format!("{} entries, {} bytes", commit.totals.entries, commit.totals.bytes)),
        ("object", format!("{}, {} bytes", commit.object.digest, commit.object.size)),
        ("packs", format!("{}, {packed} bytes", commit.packs.len())),
        ("follows", previous(commit).unwrap_or_else(|| "none; it is the first".to_owned())),
        ("audit", format!("{} events, head {}", commit.audit.seq, commit.audit.digest)),
    ];
    lines.iter().try_for_each(|(what, value)| session.ui.line(&format!("{what:<9} {value}")))
}

fn value(commit: &Commit) -> Value {
    json!({
        "snapshot": commit.id.to_string(), "time": commit.id.time.to_string(), "seq": commit.id.seq,
        "profiles": commit.profiles, "health": commit.health.to_string(),
        "entries": commit.totals.entries, "bytes": commit.totals.bytes,
        "object": object(&commit.object), "packs": commit.packs.iter().map(object).collect::<Vec<_>>(),
        "previous": previous(commit),
        "audit": { "seq": commit.audit.seq, "digest": commit.audit.digest.to_string() },
    })
}

fn object(object: &ObjectRef) -> Value {
    json!({ "sha256": object.digest.to_string(), "size": object.size })
}

fn previous(commit: &Commit) -> Option<String> {
    commit.previous.map(|digest| digest.to_string())
}
