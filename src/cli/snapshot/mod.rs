//! `vaultctl snapshot`.

pub(super) mod accept;
pub(super) mod choice;
pub(super) mod create;
pub(super) mod credentials;
pub(super) mod destination;
pub(super) mod diff;
pub(super) mod export;
pub(super) mod heal;
pub(super) mod init;
pub(super) mod list;
pub(super) mod ls;
pub(super) mod prune;
pub(super) mod restore;
mod night;
pub(super) mod places;
pub(super) mod progress;
pub(super) mod show;
pub(super) mod source;
pub(super) mod target;
pub(super) mod verify;

pub(super) use night::answers_at_night;

use super::{Done, Failure, Session};

/// Take encrypted, signed snapshots, and bring them back
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(clap::Subcommand)]
enum Verb {
    Init(init::Args),
    Create(create::Args),
    List(list::Args),
    Show(show::Args),
    Verify(verify::Args),
    Heal(heal::Args),
    Ls(ls::Args),
    Diff(diff::Args),
    Restore(restore::Args),
    Export(export::Args),
    Accept(accept::Args),
    Prune(prune::Args),
}

pub(super) fn run(args: Args, session: &Session) -> Result<Done, Failure> {
    match args.verb {
        Verb::Init(args) => init::run(&args, session),
        Verb::Create(args) => create::run(&args, session),
        Verb::List(args) => list::run(&args, session),
        Verb::Show(args) => show::run(&args, session),
        Verb::Verify(args) => verify::run(&args, session),
        Verb::Heal(args) => heal::run(&args, session),
        Verb::Ls(args) => ls::run(&args, session),
        Verb::Diff(args) => diff::run(&args, session),
        Verb::Restore(args) => restore::run(&args, session),
        Verb::Export(args) => export::run(&args, session),
        Verb::Accept(args) => accept::run(&args, session),
        Verb::Prune(args) => prune::run(&args, session),
    }
}
