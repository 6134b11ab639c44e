//! What `mv` and `cp` have in common.

use std::path::{Path, PathBuf};

use crate::store::{self, Name, RecipientsFile};
use crate::vault::{Place, Resealed, Transfer, Vault};

use super::{Done, Failure, Session, agent};

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The entry or folder
    #[arg(value_name = "NAME")]
    from: String,
    /// Its new name, or the folder to put it into: one that is there, or any with a final `/`
    #[arg(value_name = "TO")]
    to: String,
    /// Replace what is there, without asking
    #[arg(short, long)]
    force: bool,
    /// Only say what would go where
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(args: &Arguments, how: Transfer, session: &Session) -> Result<Done, Failure> {
    session.with_vault(|vault| {
        let from = Place::find(&args.from, vault.store())?;
        let to = from.destination(&args.to, vault.store())?;
        let pairs = pairs(&from, &to, vault)?;
        if args.dry_run {
            for (old, new) in &pairs {
                session.ui.line(&format!("{old} -> {new}"))?;
            }
            return Ok(Done::Fully);
        }
        pairs.iter().try_for_each(|(_, new)| agent::refuse_under(new, session))?;
        confirm(&pairs, &from, args, vault, session)?;
        let (verb, aside) = match how {
            Transfer::Move => ("Rename", format!("Remove {}.", args.from)),
            Transfer::Copy => ("Copy", String::new()),
        };
        let subject = format!("{verb} {} to {}.", args.from, args.to);
        let resealed =
            vault.edit(&subject, |edit| all_or_nothing(edit.transfer(&from, &to, how, &aside)?))?;
        for entry in &resealed {
            session.ui.note(&format!("{}: encrypted anew to {}", entry.name, entry.to.join(", ")));
        }
        Ok(Done::Fully)
    })
}

/// Fails with the first entry that could not be encrypted anew; then nothing is changed.
pub(super) fn all_or_nothing(
    resealed: Vec<Resealed>,
) -> Result<Vec<Resealed>, crate::vault::Error> {
    let one = |mut entry: Resealed| std::mem::replace(&mut entry.outcome, Ok(())).map(|()| entry);
    resealed.into_iter().map(one).collect()
}

/// What is said of a number of entries.
pub(super) fn told(count: usize) -> String {
    match count {
        1 => "1 entry encrypted anew".to_owned(),
        _ => format!("{count} entries encrypted anew"),
    }
}

/// Each entry's name before and after.
fn pairs(from: &Place, to: &Name, vault: &Vault<'_>) -> Result<Vec<(Name, Name)>, Failure> {
    let folder = match from {
        Place::Entry(name) => return Ok(vec![(name.clone(), to.clone())]),
        Place::Folder(name) => name,
    };
    let mut pairs = Vec::new();
    for name in vault.store().list(Some(folder)).names {
        let rest = Path::new(name.as_str()).strip_prefix(folder.as_str()).unwrap_or(Path::new(""));
        let after = Path::new(to.as_str()).join(rest);
        let after = after.to_string_lossy().parse().map_err(store::Error::from)?;
        pairs.push((name, after));
    }
    Ok(pairs)
}

/// What would be replaced is, with `-f` or if the person at the terminal says so: entries, and the
/// recipients of a folder.
fn confirm(
    pairs: &[(Name, Name)],
    from: &Place,
    args: &Arguments,
    vault: &Vault<'_>,
    session: &Session,
) -> Result<(), Failure> {
    for (before, after) in pairs.iter().filter(|(before, after)| before != after && !args.force) {
        if vault.store().cipher_of(after)?.is_some() {
            let question = format!("An entry already exists for {after}. Replace it?");
            agree(&question, store::Error::EntryExists(after.clone()).into(), session)?;
        }
        // A folder takes its recipients along, an entry does not.
        if let (Place::Folder(_), Some(path)) = (from, other_recipients(before, after, vault)?) {
            let path = path.display();
            let failure = Failure::failed(format!("`{path}` names other recipients"));
            let question = format!("{path} names other recipients. Replace it?");
            agree(&question, failure.hint("`-f` replaces it"), session)?;
        }
    }
    Ok(())
}

/// The recipients file that would be replaced by another one, if both folders have one of their own.
fn other_recipients(
    before: &Name,
    after: &Name,
    vault: &Vault<'_>,
) -> Result<Option<PathBuf>, Failure> {
    let own = |name: &Name| {
        let folder = Path::new(name.as_str()).parent().unwrap_or(Path::new(""));
        RecipientsFile::of(folder, &|path| vault.store().read_small(path))
    };
    let (before, after) = (own(before)?, own(after)?);
    Ok(before
        .zip(after)
        .filter(|(one, other)| one.bytes != other.bytes)
        .map(|(_, other)| other.path))
}

fn agree(question: &str, refusal: Failure, session: &Session) -> Result<(), Failure> {
    if !session.world.stdin_is_terminal {
        return Err(refusal);
    }
    match session.world.prompt.ask_yes(question)? {
        true => Ok(()),
        false => Err(Failure::failed("nothing was changed")),
    }
}
