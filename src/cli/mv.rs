//! `vaultctl mv`.

use crate::vault::Transfer;

use super::{Checked, Done, Example, Failure, Session, transfer};

/// Move or rename an entry, or a folder
///
/// Where other recipients are in force, what comes there is encrypted to them, with the other
/// cipher if need be; everything else keeps its bytes.
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    transfer: transfer::Arguments,
}

pub(super) const EXAMPLES: &[Example] = &[
    Example {
        what: "Rename an entry",
        line: "vaultctl mv claude/old-token claude/spare-token",
        checked: Checked::Runs,
    },
    Example {
        what: "Move a folder into another",
        line: "vaultctl mv --dry-run claude archive/",
        checked: Checked::Runs,
    },
];

pub(super) fn run(args: &Args, session: &Session) -> Result<Done, Failure> {
    transfer::run(&args.transfer, Transfer::Move, session)
}
