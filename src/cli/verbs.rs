//! The list of verbs: one line each here, one file each beside.

use super::{Done, Failure, Session, completions};

/// What vaultctl can do.
#[derive(clap::Subcommand)]
pub(super) enum Verb {
    Completions(completions::Args),
}

impl Verb {
    pub(super) fn run(self, session: &Session) -> Result<Done, Failure> {
        match self {
            Self::Completions(args) => completions::run(&args, session),
        }
    }
}
