//! Answering the shell's tab key.
//!
//! The scripts of `vaultctl completions` call vaultctl with the words so far and this variable set
//! to the shell's name. It selects another output and reaches no secret: names only.

use std::ffi::OsString;

use clap_complete::env::Shells;

use crate::sys::World;

use super::ui::Ui;
use super::{Code, command};

/// Set by the completion scripts, and by nobody else.
pub(super) const VARIABLE: &str = "_VAULTCTL_COMPLETE";

/// The shell that asks, if one does.
pub(super) fn wanted(world: &World) -> Option<String> {
    world.variables.text(VARIABLE).map(str::to_owned)
}

/// Prints what could come next. Whatever goes wrong, a tab key gets silence.
pub(super) fn answer(shell: &str, arguments: Vec<OsString>, _world: &World) -> Code {
    let shells = Shells::builtins();
    let Some(shell) = shells.completer(shell) else {
        return Code::Usage;
    };
    // The scripts put their words behind `--`.
    let words = arguments
        .into_iter()
        .skip_while(|word| word != "--")
        .skip(1)
        .collect();
    let mut answer = Vec::new();
    let written = shell.write_complete(&mut command(), words, None, &mut answer);
    let ui = Ui {
        json: false,
        quiet: true,
    };
    if written.is_ok() && ui.data(&answer).is_ok() {
        Code::Done
    } else {
        Code::Failed
    }
}
