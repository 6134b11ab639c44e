//! `vaultctl import 1password`.

use std::path::PathBuf;

use crate::cli::{Checked, Done, Example, Failure, Session};
use crate::import::read_onepassword;

use super::How;
use super::source::Source;

/// Import an export of 1Password
///
/// The .1pux form has everything but passkeys; the .csv form has logins only. Attachments are named
/// and left out.
#[derive(clap::Args)]
pub(in crate::cli) struct Args {
    /// The export (.1pux or .csv)
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    how: How,
}

pub(in crate::cli) const EXAMPLES: &[Example] = &[
    Example {
        what: "Import the vaults as folders below 1password",
        line: "vaultctl import 1password ~/export.1pux",
        checked: Checked::Parses,
    },
    Example {
        what: "Import logins into the store's root",
        line: "vaultctl import 1password 1password.csv --prefix '' --yes",
        checked: Checked::Runs,
    },
];

pub(super) fn run(args: &Args, session: &Session) -> Result<Done, Failure> {
    let source = Source { name: "1password", folder: "1password", file: Some(&args.file) };
    Ok(source.import(source.read(read_onepassword)?, &args.how, session)?.done)
}
