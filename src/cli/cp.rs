//! `vaultctl cp`.

use crate::vault::Transfer;

use super::{Checked, Done, Example, Failure, Session, transfer};

/// Copy an entry, or a folder
///
/// Where other recipients are in force, what comes there is encrypted to them, with the other
/// cipher if need be; everything else keeps its bytes.
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    transfer: transfer::Arguments,
}

pub(super) const EXAMPLES: &[Example] = &[Example {
    what: "Keep a copy before a rotation",
    line: "vaultctl cp claude/github-token archive/github-token",
    checked: Checked::Runs,
}];

pub(super) fn run(args: &Args, session: &Session) -> Result<Done, Failure> {
    transfer::run(&args.transfer, Transfer::Copy, session)
}
