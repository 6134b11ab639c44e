//! `vaultctl grep`.

use regex::bytes::{Regex, RegexBuilder};

use crate::secret::Secret;
use crate::store::{self, Name};
use crate::vault::{self, Entry};

use super::{Checked, Code, Done, Example, Failure, Session, agent};

/// Show the lines of entries that fit a pattern
///
/// All entries are decrypted, many at once, and each read is in the access log. With --names only
/// the names of the entries are shown.
#[derive(clap::Args)]
pub(super) struct Args {
    /// A regular expression (the syntax of the Rust crate `regex`), or with -F a text
    #[arg(value_name = "PATTERN")]
    pattern: String,
    /// Only entries in this folder
    #[arg(value_name = "FOLDER")]
    folder: Option<String>,
    /// Upper and lower case are the same
    #[arg(short, long)]
    ignore_case: bool,
    /// PATTERN is a text, not an expression
    #[arg(short = 'F', long)]
    fixed_strings: bool,
    /// Show the names of the entries only
    #[arg(short = 'l', long)]
    names: bool,
}

pub(super) const EXAMPLES: &[Example] = &[
    Example {
        what: "Which entries belong to ann?",
        line: "vaultctl grep --names 'user: *ann'",
        checked: Checked::Runs,
    },
    Example {
        what: "Find a key that leaked, without putting it on the command line",
        line: "vaultctl grep --names -F \"$(cut -c 1-8 leaked.txt)\"",
        checked: Checked::Parses,
    },
];

pub(super) fn run(args: &Args, session: &Session) -> Result<Done, Failure> {
    // The names alone would tell an entry's content, character by character.
    agent::refuse("searching in entries", session)?;
    let pattern = pattern(args)?;
    session.with_vault(|vault| {
        let folder: Option<Name> =
            args.folder.as_deref().map(str::parse).transpose().map_err(store::Error::from)?;
        let listing = vault.store().list(folder.as_ref());
        let mut tally = Tally { found: 0, unread: listing.unread.len() };
        listing.unread.iter().for_each(|error| session.ui.warn(&error.to_string()));
        vault.read_many(&listing.names, |name, opened| {
            look_into(name, opened, &pattern, args, session, &mut tally)
        })?;
        match tally {
            Tally { found: 0, unread: 0 } => {
                Err(Failure::new(Code::NotFound, "no entry has such a line"))
            }
            Tally { unread: 0, .. } => Ok(Done::Fully),
            _ => Ok(Done::WithOmissions),
        }
    })
}

struct Tally {
    found: usize,
    unread: usize,
}

fn pattern(args: &Args) -> Result<Regex, Failure> {
    let text = if args.fixed_strings { regex::escape(&args.pattern) } else { args.pattern.clone() };
    let built = RegexBuilder::new(&text).case_insensitive(args.ignore_case).build();
    // The library's message would repeat the pattern, which may be part of a secret.
    built.map_err(|_| {
        Failure::usage("the pattern is no regular expression")
            .hint("-F takes it as a text; see https://docs.rs/regex for the syntax")
    })
}

fn look_into(
    name: &Name,
    opened: Result<Entry, vault::Error>,
    pattern: &Regex,
    args: &Args,
    session: &Session,
    tally: &mut Tally,
) -> Result<(), Failure> {
    let lines = match opened {
        Ok(entry) => entry.lines_that(|line| pattern.is_match(line)),
        Err(error) => {
            tally.unread += 1;
            session.ui.warn(&error.to_string());
            return Ok(());
        }
    };
    if lines.is_empty() {
        return Ok(());
    }
    tally.found += 1;
    tell(name, &lines, args.names, session)
}

fn tell(name: &Name, lines: &[Secret], only_names: bool, session: &Session) -> Result<(), Failure> {
    if session.ui.json {
        let lines: Vec<String> = if only_names { Vec::new() } else { session.ui.texts(lines) };
        return session.ui.json(&serde_json::json!({ "name": name.as_str(), "lines": lines }));
    }
    if only_names {
        return session.ui.line(name.as_str());
    }
    session.ui.line(&format!("{name}:"))?;
    lines.iter().try_for_each(|line| {
        session.ui.reveal(line)?;
        session.ui.data(b"\n")
    })
}
