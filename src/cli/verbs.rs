//! The list of verbs: one line each here, one file each beside.

use super::{
    Done, Failure, Session, audit, completions, demo, edit, exec, generate, get, init, insert, ls,
    rm, set, show, snapshot,
};

/// What vaultctl can do.
#[derive(clap::Subcommand)]
pub(super) enum Verb {
    Init(init::Args),
    Get(get::Args),
    Set(set::Args),
    Show(show::Args),
    #[command(alias = "list")]
    Ls(ls::Args),
    #[command(alias = "add")]
    Insert(insert::Args),
    Edit(edit::Args),
    Generate(generate::Args),
    #[command(aliases = ["remove", "delete"])]
    Rm(rm::Args),
    Exec(exec::Args),
    Snapshot(snapshot::Args),
    Audit(audit::Args),
    Demo(demo::Args),
    Completions(completions::Args),
}

impl Verb {
    pub(super) fn run(self, session: &Session) -> Result<Done, Failure> {
        match self {
            Self::Init(args) => init::run(&args, session),
            Self::Get(args) => get::run(&args, session),
            Self::Set(args) => set::run(&args, session),
            Self::Show(args) => show::run(&args, session),
            Self::Ls(args) => ls::run(&args, session),
            Self::Insert(args) => insert::run(&args, session),
            Self::Edit(args) => edit::run(&args, session),
            Self::Generate(args) => generate::run(&args, session),
            Self::Rm(args) => rm::run(&args, session),
            Self::Exec(args) => exec::run(&args, session),
            Self::Snapshot(args) => snapshot::run(args, session),
            Self::Audit(args) => audit::run(&args, session),
            Self::Demo(args) => demo::run(&args, session),
            Self::Completions(args) => completions::run(&args, session),
        }
    }
}
