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
    let mut command = with_entries(command(), &Arc::new(entries(world).unwrap_or_default()));
    // The scripts put their words behind `--`.
    let words = arguments.into_iter().skip_while(|word| word != "--").skip(1).collect();
    let mut answer = Vec::new();
    let written = shell.write_complete(&mut command, words, None, &mut answer);
    let ui = Ui { json: false, quiet: true, on_terminal: false };
    if written.is_ok() && ui.data(&answer).is_ok() { Code::Done } else { Code::Failed }
}

fn entries(world: &World) -> Option<Vec<String>> {
    let config = Config::load(&world.variables, &Overrides::default()).ok()?;
    let names = Store::open(&config.paths.store).ok()?.list(None).names;
    Some(names.iter().map(Name::to_string).collect())
}

/// The same commands, in which each argument that is a name completes to the names there are.
fn with_entries(command: clap::Command, names: &Arc<Vec<String>>) -> clap::Command {
    let names = Arc::clone(names);
    command
        .mut_args({
            let names = Arc::clone(&names);
            move |argument| {
                if is_entry(&argument) { argument.add(completer(&names)) } else { argument }
            }
        })
        .mut_subcommands(move |below| with_entries(below, &names))
}

fn is_entry(argument: &clap::Arg) -> bool {
    let names = argument.get_value_names().unwrap_or_default();
    names.iter().any(|name| ENTRY_ARGUMENTS.contains(&name.as_str()))
}

fn completer(names: &Arc<Vec<String>>) -> ArgValueCompleter {
    let names = Arc::clone(names);
    ArgValueCompleter::new(move |typed: &OsStr| {
        let typed = typed.to_string_lossy();
        let fitting = names.iter().filter(|name| name.starts_with(&*typed));
        fitting.map(CompletionCandidate::new).collect::<Vec<_>>()
    })
}
