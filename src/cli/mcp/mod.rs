//! `vaultctl mcp`.

pub(super) mod list;

use crate::clients::{Surroundings, System};
use crate::sys::absolute;

use super::{Done, Failure, Session};

/// Look at the MCP servers of every client on this machine
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(clap::Subcommand)]
enum Verb {
    List(list::Args),
}

pub(super) fn run(args: &Args, session: &Session) -> Result<Done, Failure> {
    match &args.verb {
        Verb::List(args) => list::run(args, session),
    }
}

/// This machine and the current folder.
fn surroundings(session: &Session) -> Surroundings<'_> {
    let variables = &session.world.variables;
    Surroundings {
        home: &session.config.paths.home,
        variables,
        system: System::of_this_machine(variables),
        folder: absolute(".".into()),
    }
}
