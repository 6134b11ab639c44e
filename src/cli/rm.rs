//! `vaultctl rm`.

use std::path::{Path, PathBuf};

use crate::store::{self, Name};
use crate::vault::Vault;

use super::{Checked, Code, Done, Example, Failure, Session};

/// Remove an entry, or a folder with all that is in it
///
/// Earlier states stay in the store's git history.
#[derive(clap::Args)]
pub(super) struct Args {
    /// The entry or folder
    #[arg(value_name = "NAME")]
    name: String,
    /// Remove a folder and all that is in it, entries or not
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

/// What is going to be removed.
enum Doomed {
    Entry,
    Folder(Vec<PathBuf>),
}

pub(super) fn run(args: &Args, session: &Session) -> Result<Done, Failure> {
    session.with_vault(|vault| {
        let name: Name = args.name.parse().map_err(store::Error::from)?;
        let doomed = doomed(&name, args.recursive, vault)?;
        if args.dry_run {
            return tell(&name, &doomed, session);
        }
        confirm(&name, &doomed, args.force, session)?;
        vault.edit(&format!("Remove {name} from store."), |edit| match doomed {
            Doomed::Entry => edit.remove(&name),
            Doomed::Folder(_) => edit.remove_folder(&name),
        })?;
        Ok(Done::Fully)
    })
}

fn doomed(name: &Name, recursive: bool, vault: &Vault<'_>) -> Result<Doomed, Failure> {
    if vault.store().cipher_of(name)?.is_some() {
        return Ok(Doomed::Entry);
    }
    if !vault.store().is_folder(name)? {
        return Err(store::Error::NoEntry(name.clone()).into());
    }
    if !recursive {
        return Err(Failure::failed(format!("`{name}` is a folder"))
            .hint("`-r` removes it with all that is in it"));
    }
    let files = vault.store().files(Path::new(name.as_str()))?;
    let files: Vec<PathBuf> = files.into_iter().map(|(path, _)| path).collect();
    match files.iter().find(|path| path.iter().any(|part| part == ".git")) {
        None => Ok(Doomed::Folder(files)),
        Some(path) => {
            Err(Failure::failed(format!("`{}` is a git repository of its own", repository(path)))
                .hint(
                    "its history would be lost; remove it by hand, or as `vaultctl pass rm` does",
                ))
        }
    }
}

/// The folder that a file of git's belongs to.
fn repository(path: &Path) -> String {
    let parts: PathBuf = path.iter().take_while(|part| *part != ".git").collect();
    parts.display().to_string()
}

/// Entries by their names, other files by their paths.
fn tell(name: &Name, doomed: &Doomed, session: &Session) -> Result<Done, Failure> {
    match doomed {
        Doomed::Entry => session.ui.line(name.as_str())?,
        Doomed::Folder(files) => {
            for path in files {
                match Name::of_file(path) {
                    Some((entry, _)) => session.ui.line(entry.as_str())?,
                    None => session.ui.line(&path.display().to_string())?,
                }
            }
        }
    }
    Ok(Done::Fully)
}

fn confirm(name: &Name, doomed: &Doomed, force: bool, session: &Session) -> Result<(), Failure> {
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
    let question = match doomed {
        Doomed::Entry => format!("Remove {name}?"),
        Doomed::Folder(files) => format!("Remove {name} and the {} files in it?", files.len()),
    };
    match session.world.prompt.ask_yes(&question)? {
        true => Ok(()),
        false => Err(Failure::failed("nothing was changed")),
    }
}
