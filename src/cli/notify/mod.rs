//! `vaultctl notify`.

pub(super) mod test;

use super::{Done, Failure, Session};

/// Try the channels that tell you what became of a job
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(clap::Subcommand)]
enum Verb {
    Test(test::Args),
}

pub(super) fn run(args: &Args, session: &Session) -> Result<Done, Failure> {
    match &args.verb {
        Verb::Test(args) => test::run(args, session),
    }
}
