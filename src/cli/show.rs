//! `vaultctl show`.

use crate::store::Name;

use super::{Checked, Done, Example, Failure, Session, ls};

/// Print all of an entry, byte for byte, or the tree of a folder
#[derive(clap::Args)]
pub(super) struct Args {
    /// The entry or folder
    #[arg(value_name = "NAME")]
    name: Option<String>,
}

pub(super) const EXAMPLES: &[Example] = &[Example {
    what: "Print an entry with its fields",
    line: "vaultctl show claude/github-token",
    checked: Checked::Runs,
}];

pub(super) fn run(args: &Args, session: &Session) -> Result<Done, Failure> {
    session.with_vault(|vault| {
        let Some(text) = &args.name else {
            return ls::print_tree(None, vault, session);
        };
        let name: Name = text.parse().map_err(crate::store::Error::from)?;
        if vault.store().cipher_of(&name)?.is_none() && vault.store().is_folder(&name)? {
            return ls::print_tree(Some(&name), vault, session);
        }
        let entry = vault.read(&name)?;
        session.ui.reveal(entry.bytes())?;
        Ok(Done::Fully)
    })
}
