//! The list of verbs: one line each here, one file each beside.

use super::{
    Done, Failure, Session, audit, completions, cp, demo, drill, edit, env, exec, find, generate,
    get, git, grep, headers, history, import, init, insert, ls, mcp, metrics, mv, notify, otp,
    recipients, recover, recovery_kit, reencrypt, rm, rollback, schedule, set, show, snapshot,
    status,
};

/// What vaultctl can do. The arguments of a verb are made when it is the one: making all of them
/// would be felt at each start.
#[derive(clap::Subcommand)]
#[command(defer = true)]
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
    #[command(alias = "rename")]
    Mv(mv::Args),
    #[command(alias = "copy")]
    Cp(cp::Args),
    #[command(alias = "search")]
    Find(find::Args),
    Grep(grep::Args),
    Otp(otp::Args),
    History(history::Args),
    Rollback(rollback::Args),
    Git(git::Args),
    Recipients(recipients::Args),
    Reencrypt(reencrypt::Args),
    Exec(exec::Args),
    Headers(headers::Args),
    Env(env::Args),
    Mcp(mcp::Args),
    Import(import::Args),
    Snapshot(snapshot::Args),
    Schedule(schedule::Args),
    Drill(drill::Args),
    Recover(recover::Args),
    RecoveryKit(recovery_kit::Args),
    Status(status::Args),
    Metrics(metrics::Args),
    Notify(notify::Args),
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
            Self::Mv(args) => mv::run(&args, session),
            Self::Cp(args) => cp::run(&args, session),
            Self::Find(args) => find::run(&args, session),
            Self::Grep(args) => grep::run(&args, session),
            Self::Otp(args) => otp::run(&args, session),
            Self::History(args) => history::run(&args, session),
            Self::Rollback(args) => rollback::run(&args, session),
            Self::Git(args) => git::run(&args, session),
            Self::Recipients(args) => recipients::run(&args, session),
            Self::Reencrypt(args) => reencrypt::run(&args, session),
            Self::Exec(args) => exec::run(&args, session),
            Self::Headers(args) => headers::run(&args, session),
            Self::Env(args) => env::run(&args, session),
            Self::Mcp(args) => mcp::run(&args, session),
            Self::Import(args) => import::run(&args, session),
            Self::Snapshot(args) => snapshot::run(args, session),
            Self::Schedule(args) => schedule::run(&args, session),
            Self::Drill(args) => drill::run(&args, session),
            Self::Recover(args) => recover::run(&args, session),
            Self::RecoveryKit(args) => recovery_kit::run(&args, session),
            Self::Status(args) => status::run(&args, session),
            Self::Metrics(args) => metrics::run(&args, session),
            Self::Notify(args) => notify::run(&args, session),
            Self::Audit(args) => audit::run(&args, session),
            Self::Demo(args) => demo::run(&args, session),
            Self::Completions(args) => completions::run(&args, session),
        }
    }
}
