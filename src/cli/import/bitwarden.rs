//! `vaultctl import bitwarden`.

use std::path::PathBuf;

use crate::cli::{Checked, Done, Example, Failure, Session};
use crate::import::read_bitwarden;

use super::How;
use super::source::Source;

/// Import an export of Bitwarden
///
/// The .json form has everything but attachments, the .zip form names those too, the .csv form has
/// logins and notes only. An encrypted export can not be read.
#[derive(clap::Args)]
pub(in crate::cli) struct Args {
    /// The export (.json, .zip or .csv)
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    how: How,
}

pub(in crate::cli) const EXAMPLES: &[Example] = &[
    Example {
        what: "Look at what would be imported",
        line: "vaultctl import bitwarden bitwarden.json --dry-run",
        checked: Checked::Runs,
    },
    Example {
        what: "Import it again, and take over what has changed there",
        line: "vaultctl import bitwarden bitwarden.json --overwrite --yes",
        checked: Checked::Runs,
    },
];

pub(super) fn run(args: &Args, session: &Session) -> Result<Done, Failure> {
    let source = Source { name: "bitwarden", folder: "bitwarden", file: Some(&args.file) };
    Ok(source.import(source.read(read_bitwarden)?, &args.how, session)?.done)
}
