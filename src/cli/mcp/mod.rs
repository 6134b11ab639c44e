//! `vaultctl mcp`.

pub(super) mod adopt;
mod difference;
pub(super) mod check;
pub(super) mod list;
pub(super) mod undo;

use std::path::PathBuf;
use std::time::Duration;

use crate::clients::adoption::Copies;
use crate::clients::{Surroundings, System};
use crate::store::{NoHistory, Store};
use crate::sys::{self, Lock, absolute};
use crate::vault::Vault;

use super::{Code, Done, Failure, Session};

/// Look at the MCP servers of every client on this machine, and move their secrets into the store
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(clap::Subcommand)]
enum Verb {
    List(list::Args),
    Adopt(adopt::Args),
    Undo(undo::Args),
    Check(check::Args),
}

pub(super) fn run(args: &Args, session: &Session) -> Result<Done, Failure> {
    match &args.verb {
        Verb::List(args) => list::run(args, session),
        Verb::Adopt(args) => adopt::run(args, session),
        Verb::Undo(args) => undo::run(args, session),
        Verb::Check(args) => check::run(args, session),
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

/// Opens the vault of sealed copies. They belong to this machine: it is below the state folder and has
/// no history.
fn with_copies<T>(
    session: &Session,
    work: impl FnOnce(&Copies<'_>) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let folder = copies_folder(session);
    sys::create_folder(&folder)?;
    let store = Store::open(&folder)?;
    session.furnish(store, Box::new(NoHistory), |vault| work(&Copies::new(vault)))
}

/// Has the sealed copies encrypted to those that adopted entries are encrypted to now.
pub(in crate::cli) fn reseal_copies(store: &Vault<'_>, session: &Session) -> Result<(), Failure> {
    if !sys::exists(&copies_folder(session)) {
        return Ok(());
    }
    with_copies(session, |copies| match copies.is_empty() {
        true => Ok(()),
        false => Ok(copies.follow(store)?),
    })
}

fn copies_folder(session: &Session) -> PathBuf {
    session.config.paths.state_folder().join("copies")
}

/// Has the files of clients to itself until it is dropped: two who plan the same change at the same time
/// would make the same entries.
fn alone(session: &Session) -> Result<Lock, Failure> {
    let state = session.config.paths.state_folder();
    sys::create_folder(state)?;
    Ok(Lock::wait(&state.join("clients.lock"), Duration::ZERO)?)
}

/// Refuses to make files of root's in somebody's home, who could not read them.
pub(in crate::cli) fn refuse_as_root(session: &Session) -> Result<(), Failure> {
    let home = &session.config.paths.home;
    if !sys::is_root_elsewhere(home) {
        return Ok(());
    }
    let message = format!("this runs as root, and `{}` is somebody else's", home.display());
    Err(Failure::failed(message).hint(
        "without `sudo`: entries and settings would be root's, and not to be read by their user",
    ))
}

/// Asks whether to go on, unless that was said already.
fn confirm(is_said: bool, question: &str, session: &Session) -> Result<(), Failure> {
    if is_said {
        return Ok(());
    }
    if !session.world.stdin_is_terminal {
        let failure = Failure::new(Code::NeedsPerson, "this needs a yes, and there is no terminal");
        return Err(failure.hint("`--yes` goes on without asking; nothing was changed"));
    }
    match session.world.prompt.ask_yes(question)? {
        true => Ok(()),
        false => Err(Failure::failed("nothing was changed")),
    }
}
