//! `vaultctl get`.

use crate::vault::Address;

use super::instead::Instead;
use super::{Checked, Done, Example, Failure, Session, agent};

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
    #[arg(short = 'n', long, conflicts_with_all = ["clip", "qrcode"])]
    no_newline: bool,
    #[command(flatten)]
    instead: Instead,
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
        agent::refuse_entry(&address.name, session)?;
        let value = address.of(&vault.read(&address.name)?)?;
        if args.no_newline {
            session.ui.reveal(&value)?;
        } else {
            args.instead.hand_out(&value, &address.to_string(), session)?;
        }
        Ok(Done::Fully)
    })
}
