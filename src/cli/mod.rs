//! The mouth: one file per verb, each with its arguments, its examples and a short function.
//!
//! No logic lives here. A verb parses, calls one or two doors and prints; what went wrong in a room
//! becomes a message, a hint and an exit status in `failure.rs`, and nowhere else.

mod agent;
mod code;
mod completion;
mod examples;
mod failure;
mod instead;
mod reports;
mod notices;
mod session;
mod ui;
mod verbs;

mod audit;
mod completions;
mod cp;
mod demo;
mod drill;
mod edit;
mod env;
mod exec;
mod explain;
mod find;
mod generate;
mod get;
mod git;
mod grep;
mod headers;
mod history;
mod import;
mod init;
mod insert;
mod ls;
mod mcp;
mod metrics;
mod mv;
mod notify;
mod otp;
mod pass;
mod recipients;
mod recover;
mod recovery_kit;
mod reencrypt;
mod rm;
mod rollback;
mod schedule;
mod set;
mod show;
mod snapshot;
mod status;
mod transfer;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches, Parser};

use crate::sys::World;

pub use code::Code;
pub use examples::{Checked, Example};

use failure::Failure;
use session::Session;
use verbs::Verb;

/// Keep API keys for MCP servers, hand each server its own, and take snapshots that restore
#[derive(Parser)]
#[command(name = "vaultctl", version, max_term_width = 100, disable_help_subcommand = true)]
struct Arguments {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    verb: Manner,
}

/// Whose manners a verb has: messages, prompts, exit codes.
#[derive(clap::Subcommand)]
enum Manner {
    #[command(flatten)]
    Ours(Verb),
    Pass(pass::Args),
}

/// What every verb understands.
#[derive(clap::Args, Default)]
struct Global {
    /// Read the settings from FILE instead of ~/.config/vaultctl/config.toml
    #[arg(long, value_name = "FILE", global = true)]
    config: Option<std::path::PathBuf>,
    /// Use the store in DIR instead of ~/.password-store
    #[arg(long, value_name = "DIR", global = true)]
    store: Option<std::path::PathBuf>,
    /// Print data as JSON
    #[arg(long, global = true)]
    json: bool,
    /// Say nothing but errors and warnings
    #[arg(long, global = true)]
    quiet: bool,
    /// Ask nothing, even on a terminal
    #[arg(long, global = true)]
    no_input: bool,
}

/// How a verb ended when it did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Done {
    /// All of it.
    Fully,
    /// With omissions that were named on the way (exit status 3).
    WithOmissions,
}

/// The whole command line as data: for help, man pages, completions and their tests.
#[must_use]
pub fn command() -> clap::Command {
    let mut command = Arguments::command();
    // Whatever is deferred is made now.
    command.build();
    examples::attach(command)
}

/// Every command's examples, by its words (`["snapshot", "create"]`).
#[must_use]
pub fn examples() -> Vec<(Vec<&'static str>, &'static [Example])> {
    examples::TABLE
        .iter()
        .map(|(words, examples)| (words.split(' ').collect(), *examples))
        .collect()
}

/// Without the examples, which are for the help only, and would be rendered for every command.
fn parse(arguments: &[OsString]) -> Result<Arguments, clap::Error> {
    let parse_as = |command: clap::Command| {
        let matches = command.try_get_matches_from(arguments)?;
        Arguments::from_arg_matches(&matches)
    };
    match parse_as(Arguments::command()) {
        Err(error) if is_help(&error) => parse_as(command()),
        parsed => parsed,
    }
}

/// Whether it is the help that will be shown, which knows the arguments of all verbs.
fn is_help(error: &clap::Error) -> bool {
    let kind = error.kind();
    !error.use_stderr() || kind == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
}

/// Runs one command line and says how it ended.
#[must_use]
pub fn run(arguments: Vec<OsString>, world: World) -> ExitCode {
    if let Some(code) = instead::keeper(&arguments, &world) {
        return code.into();
    }
    if let Some(shell) = completion::wanted(&world) {
        return completion::answer(&shell, arguments, &world).into();
    }
    if let Some(words) = pass::called(&arguments) {
        return pass::run(words, world);
    }
    let Arguments { global, verb } = match parse(&show::with_attached_lines(arguments)) {
        Ok(parsed) => parsed,
        Err(error) => return failure::usage(&error).into(),
    };
    let verb = match verb {
        Manner::Ours(verb) => verb,
        Manner::Pass(args) => return pass::run_args(args, global, world),
    };
    let (json, ended) =
        (global.json, Session::begin(global, world).and_then(|session| verb.run(&session)));
    match ended {
        Ok(Done::Fully) => Code::Done.into(),
        Ok(Done::WithOmissions) => Code::Omissions.into(),
        Err(failure) => failure.tell(json).into(),
    }
}
