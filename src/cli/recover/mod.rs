//! `vaultctl recover`.

mod bare;
mod config;
mod heritage;
mod origin;
mod told;
mod trust;

use std::path::PathBuf;

use crate::snapshot::Moment;

use super::{Checked, Done, Example, Failure, Session, agent};

/// Get everything back onto a new machine, from the snapshots and the recovery sheet
///
/// Takes the newest healthy snapshot and shows what it would change in what runs programs; then
/// restores it in place, makes a new identity and a new signing key, encrypts the store's entries to
/// these and to the recovery identity, begins a repository of its own beside the old one, looks at
/// what came back, and prints a new sheet. If it is interrupted, the same line goes on.
///
/// Whose signature counts is said by the recovery identity's line `# signer:`, or by --signer. Without
/// both, only --yes goes on.
///
/// `recover config` is for the everyday accident on a machine that works: it puts back what MCP
/// clients are configured by, as it was in the last healthy snapshot, and keeps what was there.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Put back only the clients' configuration, on this machine
    #[arg(value_parser = ["config"], conflicts_with_all = ["before", "signer", "identity", "credentials", "to"])]
    what: Option<String>,
    /// Where the snapshots are: a folder, or s3://BUCKET/PREFIX?endpoint=URL&region=NAME
    #[arg(long, value_name = "DEST", required_unless_present = "what")]
    from: Option<String>,
    /// Decrypt with FILE; without it you are asked for the recovery identity
    #[arg(long, value_name = "FILE")]
    identity: Option<PathBuf>,
    /// Trust the signer with this fingerprint, as the sheet has it
    #[arg(long, value_name = "FINGERPRINT")]
    signer: Option<String>,
    /// The machine was stolen: take nothing that may have been made after TIME (2026-11-20T18:00:00Z)
    #[arg(long, value_name = "TIME")]
    before: Option<Moment>,
    /// The bucket's access key is in FILE; without it, and without AWS's variables, you are asked
    #[arg(long, value_name = "FILE")]
    credentials: Option<PathBuf>,
    /// Begin the new repository in DEST, instead of beside the old one
    #[arg(long, value_name = "DEST")]
    to: Option<String>,
    /// With `config`: put back only the MCP servers, and touch nothing else in those files
    #[arg(long, value_name = "PART", value_parser = ["mcp"], requires = "what")]
    only: Option<String>,
    /// Show what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
    /// Do not ask; go on even if nothing says whose signature counts
    #[arg(long)]
    yes: bool,
}

pub(super) const EXAMPLES: &[Example] = &[
    Example {
        what: "Recover from another disk; the identity is typed from the sheet",
        line: "vaultctl recover --from /media/disk/vaultctl --signer SHA256:sHqGOzbTjzSMMIE2xkGHxDMKDWGlzi8FI2bTdFqjr1c",
        checked: Checked::Parses,
    },
    Example {
        what: "Recover from a bucket, the identity on a stick",
        line: "vaultctl recover --from 's3://backups/laptop?endpoint=https://s3.example.net&region=garage' --identity /media/stick/recovery.txt",
        checked: Checked::Parses,
    },
    Example {
        what: "Take nothing that a thief may have made",
        line: "vaultctl recover --from /media/disk/vaultctl --identity recovery.txt --before 2026-11-20T18:00:00Z",
        checked: Checked::Parses,
    },
    Example {
        what: "Put back the MCP servers that an update has lost",
        line: "vaultctl recover config --only mcp",
        checked: Checked::Parses,
    },
];

pub(super) fn run(args: &Args, session: &Session) -> Result<Done, Failure> {
    agent::refuse("recovering", session)?;
    match (&args.what, &args.from) {
        (None, Some(from)) => bare::run(args, from, session),
        _ => config::run(args, session),
    }
}
