//! `vaultctl import env`.

use std::path::PathBuf;

use crate::cli::{Checked, Done, Example, Failure, Session};
use crate::import::read_dotenv;

use super::How;
use super::source::Source;

/// Import a dotenv file
///
/// Each variable becomes an entry. Quotes and escapes are undone; where a program would fill in
/// other variables (`$OTHER`), the text is kept as it stands.
#[derive(clap::Args)]
pub(in crate::cli) struct Args {
    /// The file
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    how: How,
}

pub(in crate::cli) const EXAMPLES: &[Example] = &[
    Example {
        what: "Look at what would be imported",
        line: "vaultctl import env .env --prefix claude --dry-run",
        checked: Checked::Runs,
    },
    Example {
        what: "Import it",
        line: "vaultctl import env .env --prefix claude --yes",
        checked: Checked::Runs,
    },
];

pub(super) fn run(args: &Args, session: &Session) -> Result<Done, Failure> {
    let source = Source { name: "env", folder: "env", file: Some(&args.file) };
    Ok(source.import(source.read(read_dotenv)?, &args.how, session)?.done)
}
