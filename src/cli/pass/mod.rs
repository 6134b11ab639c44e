//! `pass`, the standard unix password manager, as it is known: called through a link of that name,
//! or as `vaultctl pass …`.
//!
//! Whoever has scripts, extensions or habits made for pass 1.7.4 gets its messages on the same
//! streams, its prompts, its tree, its git subjects and its exit codes. Behind them is the same
//! vault as behind our own verbs: lock, journal, access log, atomic writes. What differs on purpose
//! is listed in `docs/pass.md`.

mod charset;
mod died;
mod edit;
mod extension;
mod find;
mod generate;
mod getopt;
mod git;
mod grep;
mod init;
mod input;
mod insert;
mod instead;
mod line;
mod mkdir;
mod otp;
mod path;
mod quoting;
#[cfg(test)]
mod real;
mod remove;
mod show;
mod transfer;
mod tree;
mod words;

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;
use std::process::ExitCode;

use crate::store::{Name, Store};
use crate::sys::{PrivateUmask, Variables, World};
use crate::vault::{Transfer, Vault};

use super::{Checked, Example, Failure, Global, Session, agent, ui};

use died::Died;
use getopt::{Opt, Parsed};

/// What the link is called; also what messages say, as pass's do.
const PROGRAM: &str = "pass";

/// Do what pass does: the same verbs, options, messages and exit codes
///
/// A link called `pass` does the same: `ln -s "$(command -v vaultctl)" ~/.local/bin/pass`.
/// `vaultctl pass help` shows the verbs.
#[derive(clap::Args)]
#[command(disable_help_flag = true)]
pub(super) struct Args {
    /// A verb of pass and its arguments, or the name of an entry
    #[arg(value_name = "WORD", trailing_var_arg = true, allow_hyphen_values = true)]
    words: Vec<OsString>,
}

pub(super) const EXAMPLES: &[Example] = &[
    Example {
        what: "Show an entry as pass does",
        line: "vaultctl pass show claude/github-token",
        checked: Checked::Runs,
    },
    Example {
        what: "Find entries by a part of their name",
        line: "vaultctl pass find github",
        checked: Checked::Runs,
    },
];

/// The words after `pass`, when that is how we were called.
pub(super) fn called(arguments: &[OsString]) -> Option<Vec<OsString>> {
    let (own, words) = arguments.split_first()?;
    match words.split_first() {
        _ if Path::new(own).file_name()? == PROGRAM => Some(words.to_vec()),
        Some((first, words)) if first == PROGRAM => Some(words.to_vec()),
        _ => None,
    }
}

/// Does what pass does with these words.
pub(super) fn run(words: Vec<OsString>, world: World) -> ExitCode {
    let store = world.variables.path("PASSWORD_STORE_DIR");
    run_with(words, Global { store, ..Global::default() }, world)
}

/// The same, after our own global options.
pub(super) fn run_args(args: Args, global: Global, world: World) -> ExitCode {
    let store = global.store.or_else(|| world.variables.path("PASSWORD_STORE_DIR"));
    run_with(args.words, Global { store, ..global }, world)
}

fn run_with(words: Vec<OsString>, global: Global, world: World) -> ExitCode {
    let typed = global.store.clone();
    let done = Session::begin(global, world).map_err(Died::from).and_then(|session| {
        let prefix = typed.unwrap_or_else(|| session.config.paths.store.clone());
        let words: Vec<Vec<u8>> = words.into_iter().map(OsStringExt::into_vec).collect();
        let called = words
            .first()
            .map_or_else(String::new, |word| String::from_utf8_lossy(word).into_owned());
        let pass = Pass { prefix: prefix.into_os_string().into_vec(), session: &session, called };
        let _umask = PrivateUmask::begin_with(session.umask());
        pass.dispatch(&words)
    });
    ExitCode::from(done.err().map_or(0, |died| died.tell()))
}

/// One call of pass.
struct Pass<'s> {
    session: &'s Session,
    /// The store's folder as it was given: relative, with a slash at its end.
    prefix: Vec<u8>,
    /// The word that chose the verb.
    called: String,
}

impl Pass<'_> {
    fn dispatch(&self, words: &[Vec<u8>]) -> Result<(), Died> {
        let (verb, rest) =
            words.split_first().map_or((&[][..], words), |(verb, rest)| (verb.as_slice(), rest));
        match verb {
            b"help" | b"--help" => self.print(&words::usage(self.variables())),
            b"version" | b"--version" => self.print(&words::version()),
            b"init" => init::run(self, rest),
            b"show" | b"ls" | b"list" => show::run(self, rest),
            b"find" | b"search" => find::run(self, rest),
            b"grep" => grep::run(self, rest),
            b"insert" | b"add" => insert::run(self, rest),
            b"edit" => edit::run(self, rest),
            b"generate" => generate::run(self, rest),
            b"delete" | b"rm" | b"remove" => remove::run(self, rest),
            b"mv" | b"rename" => transfer::run(self, rest, Transfer::Move),
            b"cp" | b"copy" => transfer::run(self, rest, Transfer::Copy),
            b"git" => git::run(self, rest),
            extension::HANDED_BACK => extension::hand_back(self, rest),
            _ => {
                extension::run(self, words)?;
                match verb {
                    b"otp" => otp::run(self, rest),
                    _ => show::run(&self.called_as("show"), words),
                }
            }
        }
    }

    fn called_as(&self, called: &str) -> Pass<'_> {
        Pass { prefix: self.prefix.clone(), session: self.session, called: called.to_owned() }
    }

    fn variables(&self) -> &Variables {
        &self.session.world.variables
    }

    /// The setting, unless it is empty; pass's own default otherwise.
    fn setting<'v>(&'v self, name: &str, default: &'v str) -> &'v [u8] {
        let value = self.variables().raw(name).filter(|value| !value.is_empty());
        value.map_or(default.as_bytes(), OsStrExt::as_bytes)
    }

    /// `$PREFIX/below`, as pass writes it.
    fn full(&self, below: &[u8]) -> Vec<u8> {
        [&self.prefix, b"/".as_slice(), below].concat()
    }

    fn root(&self) -> &Path {
        &self.session.config.paths.store
    }

    /// The tree of ciphertext; `None` where there is no store yet.
    fn store(&self) -> Option<Store> {
        Store::open(self.root()).ok()
    }

    fn vault<T>(&self, work: impl FnOnce(&Vault<'_>) -> Result<T, Died>) -> Result<T, Died> {
        self.session.open_vault(work)?
    }

    /// What is between our rules under an AI agent and a verb of pass.
    fn unless_agent(refused: Result<(), Failure>) -> Result<(), Died> {
        refused.map_err(|failure| Died::refused(&failure))
    }

    fn refuse_agent(&self, what: &str) -> Result<(), Died> {
        Self::unless_agent(agent::refuse(what, self.session))
    }

    fn refuse_entry(&self, name: &Name) -> Result<(), Died> {
        Self::unless_agent(agent::refuse_entry(name, self.session))
    }

    fn print(&self, text: &str) -> Result<(), Died> {
        self.print_bytes(text.as_bytes())
    }

    fn print_bytes(&self, bytes: &[u8]) -> Result<(), Died> {
        Ok(self.session.ui.data(bytes)?)
    }

    /// Takes the words apart and says what is wrong with them, as getopt would.
    fn parse(&self, known: &[Opt], words: &[Vec<u8>]) -> Parsed {
        let parsed = getopt::parse(known, words);
        for error in &parsed.errors {
            ui::say_bytes(&[PROGRAM.as_bytes(), b": ", error, b"\n"].concat());
        }
        parsed
    }

    fn usage(&self, arguments: &str) -> Died {
        Died::new(format!("Usage: {PROGRAM} {} {arguments}", self.called))
    }
}
