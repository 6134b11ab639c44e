//! `vaultctl reencrypt`.

use crate::store::{self, Name};
use crate::vault::Which;

use super::transfer::{all_or_nothing, told};
use super::{Checked, Done, Example, Failure, Session, agent, mcp};

/// Encrypt entries anew to the recipients of their folders, all or none
///
/// Useful after a recipients file was changed by hand or by somebody else. Many entries are worked
/// on at once.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Only what is in this folder
    #[arg(short, long, value_name = "FOLDER")]
    path: Option<String>,
    /// Only entries that can be seen to be encrypted to others; an age file does not tell
    #[arg(long)]
    needed: bool,
    /// Only say which entries are concerned
    #[arg(long, conflicts_with = "needed")]
    dry_run: bool,
}

pub(super) const EXAMPLES: &[Example] = &[Example {
    what: "Encrypt one folder anew",
    line: "vaultctl reencrypt -p claude",
    checked: Checked::Runs,
}];

pub(super) fn run(args: &Args, session: &Session) -> Result<Done, Failure> {
    session.with_vault(|vault| {
        let folder: Option<Name> =
            args.path.as_deref().map(str::parse).transpose().map_err(store::Error::from)?;
        if let Some(folder) = &folder
            && !vault.store().is_folder(folder)?
        {
            return Err(store::Error::NoEntry(folder.clone()).into());
        }
        let names = vault.store().list(folder.as_ref()).names;
        if args.dry_run {
            names.iter().try_for_each(|name| session.ui.line(name.as_str()))?;
            return Ok(Done::Fully);
        }
        // Somebody may have put themselves into a recipients file.
        agent::refuse("encrypting entries anew", session)?;
        let which = if args.needed { Which::Differing } else { Which::All };
        let place = args.path.as_ref().map(|path| format!(" ({path})")).unwrap_or_default();
        let resealed = vault.edit(&format!("Reencrypt entries{place}."), |edit| {
            all_or_nothing(edit.reencrypt(&names, which)?)
        })?;
        mcp::reseal_copies(vault, session)?;
        session.ui.note(&told(resealed.len()));
        Ok(Done::Fully)
    })
}
