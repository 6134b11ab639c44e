//! `vaultctl import`.

pub(super) mod bitwarden;
pub(super) mod env;
pub(super) mod gh;
pub(super) mod onepassword;
mod report;
mod source;

use super::{Done, Failure, Session};

/// Bring secrets from elsewhere into the store
///
/// Shows first what would become which entry: names and fields, never values. Entries that exist
/// are left alone, unless `--overwrite` is given. The source is neither changed nor removed.
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(clap::Subcommand)]
enum Verb {
    Gh(gh::Args),
    Env(env::Args),
    #[command(name = "1password")]
    OnePassword(onepassword::Args),
    Bitwarden(bitwarden::Args),
}

/// What every import understands.
#[derive(clap::Args)]
pub(super) struct How {
    /// Put the entries into FOLDER; an empty one is the store's root
    #[arg(long, value_name = "FOLDER")]
    prefix: Option<String>,
    /// Import without asking; needed where nobody can be asked
    #[arg(short, long)]
    yes: bool,
    /// Replace entries that exist and differ
    #[arg(long)]
    overwrite: bool,
    /// Only show what would be imported
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(args: &Args, session: &Session) -> Result<Done, Failure> {
    match &args.verb {
        Verb::Gh(args) => gh::run(args, session),
        Verb::Env(args) => env::run(args, session),
        Verb::OnePassword(args) => onepassword::run(args, session),
        Verb::Bitwarden(args) => bitwarden::run(args, session),
    }
}
