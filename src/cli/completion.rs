//! Answering the shell's tab key.
//!
//! The scripts of `vaultctl completions` call vaultctl with the words so far and this variable set
//! to the shell's name. It selects another output and reaches no secret: names only.

use std::ffi::{OsStr, OsString};
use std::sync::Arc;

use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};
use clap_complete::env::Shells;

use crate::config::{Config, Overrides};
use crate::store::{Name, Store};
use crate::sys::World;

use super::ui::Ui;
use super::{Code, command};

/// Set by the completion scripts, and by nobody else.
pub(super) const VARIABLE: &str = "_VAULTCTL_COMPLETE";

/// The arguments that are names of entries, by the name that the help gives them.
const ENTRY_ARGUMENTS: [&str; 3] = ["NAME", "NAME[#FIELD]", "TO"];

/// The arguments that are names of permissions.
const SERVER_ARGUMENTS: [&str; 1] = ["SERVER"];

/// What there is to be named.
#[derive(Default)]
struct Known {
    entries: Vec<String>,
    servers: Vec<String>,
}

/// The shell that asks, if one does.
pub(super) fn wanted(world: &World) -> Option<String> {
    world.variables.text(VARIABLE).map(str::to_owned)
}

/// Prints what could come next. Whatever goes wrong, a tab key gets silence.
pub(super) fn answer(shell: &str, arguments: Vec<OsString>, world: &World) -> Code {
    let shells = Shells::builtins();
    let Some(shell) = shells.completer(shell) else {
        return Code::Usage;
    };
    let mut command = with_names(command(), &Arc::new(known(world).unwrap_or_default()));
    // The scripts put their words behind `--`.
    let words = arguments.into_iter().skip_while(|word| word != "--").skip(1).collect();
    let mut answer = Vec::new();
    let written = shell.write_complete(&mut command, words, None, &mut answer);
    let ui = Ui { json: false, quiet: true, on_terminal: false };
    if written.is_ok() && ui.data(&answer).is_ok() { Code::Done } else { Code::Failed }
}

fn known(world: &World) -> Option<Known> {
    let config = Config::load(&world.variables, &Overrides::default()).ok()?;
    let servers = config.settings.server.into_keys().collect();
    let store = Store::open(&config.paths.store).ok();
    let names = store.map(|store| store.list(None).names).unwrap_or_default();
    Some(Known { entries: names.iter().map(Name::to_string).collect(), servers })
}

/// The same commands, in which each argument that is a name completes to the names there are.
fn with_names(command: clap::Command, known: &Arc<Known>) -> clap::Command {
    let known = Arc::clone(known);
    command
        .mut_args({
            let known = Arc::clone(&known);
            move |argument| {
                if is_one_of(&ENTRY_ARGUMENTS, &argument) {
                    argument.add(completer(&known, |known| &known.entries))
                } else if is_one_of(&SERVER_ARGUMENTS, &argument) {
                    argument.add(completer(&known, |known| &known.servers))
                } else {
                    argument
                }
            }
        })
        .mut_subcommands(move |below| with_names(below, &known))
}

fn is_one_of(wanted: &[&str], argument: &clap::Arg) -> bool {
    let names = argument.get_value_names().unwrap_or_default();
    names.iter().any(|name| wanted.contains(&name.as_str()))
}

fn completer(known: &Arc<Known>, names: fn(&Known) -> &Vec<String>) -> ArgValueCompleter {
    let known = Arc::clone(known);
    ArgValueCompleter::new(move |typed: &OsStr| {
        let typed = typed.to_string_lossy();
        let fitting = names(&known).iter().filter(|name| name.starts_with(&*typed));
        fitting.map(CompletionCandidate::new).collect::<Vec<_>>()
    })
}
