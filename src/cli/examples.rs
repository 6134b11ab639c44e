//! Examples as data: shown under `--help` and in the man page, and run by a test.

use std::fmt::Write;

use super::{
    audit, completions, cp, demo, drill, edit, env, exec, find, generate, get, git, grep, headers,
    history, import, init, insert, ls, mcp, metrics, mv, notify, otp, pass, recipients, recover,
    recovery_kit, reencrypt, rm, rollback, schedule, set, show, snapshot, status,
};

/// One line that a person could type.
#[derive(Clone, Copy, Debug)]
pub struct Example {
    /// What it is for; imperative, no full stop.
    pub what: &'static str,
    /// The line, for a POSIX shell.
    pub line: &'static str,
    /// How far a test goes with it.
    pub checked: Checked,
}

/// How far a test goes with an example.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checked {
    /// It is run, in a world that holds what the examples speak of, and must succeed.
    Runs,
    /// Its words are parsed; running it needs something that a test world has not.
    Parses,
}

/// Every command's words and examples.
pub(super) const TABLE: &[(&str, &[Example])] = &[
    ("init", init::EXAMPLES),
    ("get", get::EXAMPLES),
    ("set", set::EXAMPLES),
    ("show", show::EXAMPLES),
    ("ls", ls::EXAMPLES),
    ("insert", insert::EXAMPLES),
    ("edit", edit::EXAMPLES),
    ("generate", generate::EXAMPLES),
    ("rm", rm::EXAMPLES),
    ("mv", mv::EXAMPLES),
    ("cp", cp::EXAMPLES),
    ("find", find::EXAMPLES),
    ("grep", grep::EXAMPLES),
    ("otp code", otp::CODE_EXAMPLES),
    ("otp insert", otp::INSERT_EXAMPLES),
    ("otp append", otp::APPEND_EXAMPLES),
    ("otp uri", otp::URI_EXAMPLES),
    ("otp validate", otp::VALIDATE_EXAMPLES),
    ("history", history::EXAMPLES),
    ("rollback", rollback::EXAMPLES),
    ("git", git::EXAMPLES),
    ("recipients list", recipients::LIST_EXAMPLES),
    ("recipients add", recipients::ADD_EXAMPLES),
    ("recipients rm", recipients::RM_EXAMPLES),
    ("recipients set", recipients::SET_EXAMPLES),
    ("recipients unset", recipients::UNSET_EXAMPLES),
    ("reencrypt", reencrypt::EXAMPLES),
    ("exec", exec::EXAMPLES),
    ("headers", headers::EXAMPLES),
    ("env export", env::EXPORT_EXAMPLES),
    ("env template", env::TEMPLATE_EXAMPLES),
    ("mcp adopt", mcp::adopt::EXAMPLES),
    ("mcp list", mcp::list::EXAMPLES),
    ("mcp undo", mcp::undo::EXAMPLES),
    ("mcp check", mcp::check::EXAMPLES),
    ("import gh", import::gh::EXAMPLES),
    ("import env", import::env::EXAMPLES),
    ("import 1password", import::onepassword::EXAMPLES),
    ("import bitwarden", import::bitwarden::EXAMPLES),
    ("pass", pass::EXAMPLES),
    ("snapshot init", snapshot::init::EXAMPLES),
    ("snapshot create", snapshot::create::EXAMPLES),
    ("snapshot list", snapshot::list::EXAMPLES),
    ("snapshot show", snapshot::show::EXAMPLES),
    ("snapshot verify", snapshot::verify::EXAMPLES),
    ("snapshot heal", snapshot::heal::EXAMPLES),
    ("snapshot ls", snapshot::ls::EXAMPLES),
    ("snapshot diff", snapshot::diff::EXAMPLES),
    ("snapshot restore", snapshot::restore::EXAMPLES),
    ("snapshot export", snapshot::export::EXAMPLES),
    ("snapshot accept", snapshot::accept::EXAMPLES),
    ("snapshot prune", snapshot::prune::EXAMPLES),
    ("schedule install", schedule::install::EXAMPLES),
    ("schedule list", schedule::list::EXAMPLES),
    ("schedule remove", schedule::remove::EXAMPLES),
    ("schedule run", schedule::run::EXAMPLES),
    ("drill", drill::EXAMPLES),
    ("recover", recover::EXAMPLES),
    ("recovery-kit", recovery_kit::EXAMPLES),
    ("status", status::EXAMPLES),
    ("metrics", metrics::EXAMPLES),
    ("notify test", notify::test::EXAMPLES),
    ("audit show", audit::SHOW_EXAMPLES),
    ("audit verify", audit::VERIFY_EXAMPLES),
    ("demo", demo::EXAMPLES),
    ("completions", completions::EXAMPLES),
];

/// Puts each command's examples under its help.
pub(super) fn attach(mut command: clap::Command) -> clap::Command {
    for (words, examples) in TABLE {
        let words: Vec<&str> = words.split(' ').collect();
        command = attach_below(command, &words, &render(examples));
    }
    command
}

fn attach_below(command: clap::Command, words: &[&str], text: &str) -> clap::Command {
    match words.split_first() {
        None => command.after_help(text.to_owned()),
        Some((word, rest)) => command.mut_subcommand(word, |below| attach_below(below, rest, text)),
    }
}

fn render(examples: &[Example]) -> String {
    let mut text = String::from("Examples:");
    for example in examples {
        write!(text, "\n  # {}\n  {}", example.what, example.line).ok();
    }
    text
}
