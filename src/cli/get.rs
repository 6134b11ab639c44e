//! `vaultctl get`.

use crate::vault::Address;

use super::{Checked, Done, Example, Failure, Session, clip};

/// Print the secret of an entry: its first line, or one field
///
/// Prints exactly the value and one line end. `NAME#FIELD` is the value of the line `FIELD: value`,
/// `NAME#*` all bytes of the entry.
#[derive(clap::Args)]
pub(super) struct Args {
    /// The entry, with or without a field
    #[arg(value_name = "NAME[#FIELD]")]
    name: String,
    /// Print no line end after the value
    #[arg(short = 'n', long)]
    no_newline: bool,
    /// Copy it to the clipboard; after 45 s what was there before is put back
    #[arg(short, long, conflicts_with = "no_newline")]
    clip: bool,
}

pub(super) const EXAMPLES: &[Example] = &[
    Example {
        what: "Print a token",
        line: "vaultctl get claude/github-token",
        checked: Checked::Runs,
    },
    Example {
        what: "Print one field of it",
        line: "vaultctl get claude/github-token#user",
        checked: Checked::Runs,
    },
    Example {
        what: "Copy it to the clipboard, for 10 seconds",
        line: "PASSWORD_STORE_CLIP_TIME=10 vaultctl get -c claude/github-token",
        checked: Checked::Parses,
    },
];

pub(super) fn run(args: &Args, session: &Session) -> Result<Done, Failure> {
    session.with_vault(|vault| {
        let address = Address::resolve(&args.name, vault.store())?;
        let value = address.of(&vault.read(&address.name)?)?;
        if args.clip {
            clip::copy(&value, &address.to_string(), session)?;
            return Ok(Done::Fully);
        }
        session.ui.reveal(&value)?;
        if !args.no_newline {
            session.ui.data(b"\n")?;
        }
        Ok(Done::Fully)
    })
}
