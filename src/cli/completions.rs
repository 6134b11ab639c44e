//! `vaultctl completions`.

use clap_complete::env::Shells;

use super::completion::VARIABLE;
use super::{Checked, Done, Example, Failure, Session};

/// Print the completion script of a shell
///
/// The script asks vaultctl itself at each press of the tab key, so that names of entries complete
/// too. Nothing is decrypted for that.
#[derive(clap::Args)]
pub(super) struct Args {
    /// The shell
    #[arg(value_parser = ["bash", "elvish", "fish", "powershell", "zsh"])]
    shell: String,
}

pub(super) const EXAMPLES: &[Example] = &[Example {
    what: "Complete in this bash session",
    line: "eval \"$(vaultctl completions bash)\"",
    checked: Checked::Runs,
}];

pub(super) fn run(args: &Args, session: &Session) -> Result<Done, Failure> {
    let shells = Shells::builtins();
    let shell = shells.completer(&args.shell).ok_or_else(|| Failure::usage("no such shell"))?;
    let mut script = Vec::new();
    shell.write_registration(VARIABLE, "vaultctl", "vaultctl", "vaultctl", &mut script)?;
    session.ui.data(&script)?;
    Ok(Done::Fully)
}
