//! `vaultctl rm`.

use crate::store::{self, Name};
use crate::vault::Vault;

use super::{Checked, Code, Done, Example, Failure, Session};

/// Remove an entry, or a folder of entries
///
/// Earlier states stay in the store's git history.
#[derive(clap::Args)]
pub(super) struct Args {
    /// The entry or folder
    #[arg(value_name = "NAME")]
    name: String,
    /// Remove a folder and all that is in it
    #[arg(short, long)]
    recursive: bool,
    /// Do not ask; needed where nobody can be asked
    #[arg(short, long)]
    force: bool,
    /// Only say what would be removed
    #[arg(long)]
    dry_run: bool,
}

pub(super) const EXAMPLES: &[Example] = &[
    Example {
        what: "Remove an entry, after a question",
        line: "vaultctl rm claude/old-token",
        checked: Checked::Parses,
    },
    Example {
        what: "See what a folder's removal would take",
        line: "vaultctl rm -r --dry-run claude",
        checked: Checked::Runs,
    },
];

pub(super) fn run(args: &Args, session: &Session) -> Result<Done, Failure> {
    session.with_vault(|vault| {
        let name: Name = args.name.parse().map_err(store::Error::from)?;
        let names = doomed(&name, args.recursive, vault)?;
        if args.dry_run {
            names.iter().try_for_each(|name| session.ui.line(name.as_str()))?;
            return Ok(Done::Fully);
        }
        confirm(&name, names.len(), args.force, session)?;
        vault.edit(&format!("Remove {name} from store."), |edit| {
            names.iter().try_for_each(|name| edit.remove(name))
        })?;
        if args.recursive && vault.store().is_folder(&name)? {
            session.ui.warn(&format!("`{name}` still holds files that are no entries"));
            return Ok(Done::WithOmissions);
        }
        Ok(Done::Fully)
    })
}

fn doomed(name: &Name, recursive: bool, vault: &Vault<'_>) -> Result<Vec<Name>, Failure> {
    if vault.store().cipher_of(name)?.is_some() {
        return Ok(vec![name.clone()]);
    }
    if !vault.store().is_folder(name)? {
        return Err(store::Error::NoEntry(name.clone()).into());
    }
    match recursive {
        true => Ok(vault.store().list(Some(name)).names),
        false => Err(Failure::failed(format!("`{name}` is a folder"))
            .hint("`-r` removes it with all that is in it")),
    }
}

fn confirm(name: &Name, count: usize, force: bool, session: &Session) -> Result<(), Failure> {
    if force {
        return Ok(());
    }
    if !session.world.stdin_is_terminal {
        let failure = Failure::new(
            Code::NeedsPerson,
            format!("removing `{name}` needs a yes, and there is no terminal"),
        );
        return Err(failure.hint("`-f` removes without asking"));
    }
    let question = match count {
        1 => format!("Remove {name}?"),
        _ => format!("Remove {name} and the {count} entries in it?"),
    };
    match session.world.prompt.ask_yes(&question)? {
        true => Ok(()),
        false => Err(Failure::failed("nothing was changed")),
    }
}
