//! `vaultctl git`.

use std::ffi::OsString;
use std::io;

use crate::git::LOCATIONS;
use crate::sys::{self, Environment, PrivateUmask, Program};

use super::{Checked, Code, Done, Example, Failure, Session, agent};

/// Run git in the store
///
/// It is your own git, with your hooks and aliases; it takes the place of vaultctl. The variables
/// that would lead it to another repository (GIT_DIR and its companions) are taken away.
#[derive(clap::Args)]
#[command(disable_help_flag = true)]
pub(super) struct Args {
    /// What git is given
    #[arg(value_name = "ARGUMENT", trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<OsString>,
}

pub(super) const EXAMPLES: &[Example] = &[
    Example {
        what: "See the newest changes",
        line: "vaultctl git log --oneline -5",
        checked: Checked::Runs,
    },
    Example { what: "Keep a copy elsewhere", line: "vaultctl git push", checked: Checked::Parses },
];

pub(super) fn run(args: &Args, session: &Session) -> Result<Done, Failure> {
    agent::refuse_git(&args.arguments, session)?;
    let root = &session.config.paths.store;
    crate::store::Store::open(root)?;
    let mut environment = Environment::default();
    for (name, value) in session.world.variables.without(&LOCATIONS).iter() {
        environment.set(name, value);
    }
    // A repository that merely encloses the store is not its history.
    let above = root.parent().unwrap_or(root);
    environment.set("GIT_CEILING_DIRECTORIES", above);
    let mut arguments: Vec<OsString> = vec!["-C".into(), root.into()];
    arguments.extend(args.arguments.iter().cloned());
    let _umask = PrivateUmask::begin();
    let error =
        sys::replace_self(&Program { name: "git".into(), arguments, folder: None }, &environment);
    match error.kind() {
        io::ErrorKind::NotFound => {
            Err(Failure::new(Code::NoProgram, "the program `git` is not on the PATH")
                .hint("vaultctl records changes without it; install git for everything else"))
        }
        _ => Err(Failure::new(Code::NotExecutable, format!("cannot start `git`: {error}"))),
    }
}
