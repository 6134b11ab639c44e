//! `vaultctl rollback`.

use crate::store::{self, Name};
use crate::vault::Vault;

use super::{Checked, Code, Done, Example, Failure, Session};

/// Put an earlier state of an entry back
///
/// Without REV the state before the newest change. It is decrypted and encrypted anew to the
/// recipients that the folder has now; the present state stays in the history.
#[derive(clap::Args)]
pub(super) struct Args {
    /// The entry; one that was removed comes back
    #[arg(value_name = "NAME")]
    name: String,
    /// A revision, as `vaultctl history` lists them
    #[arg(value_name = "REV")]
    revision: Option<String>,
}

pub(super) const EXAMPLES: &[Example] = &[Example {
    what: "Undo the newest change of a token",
    line: "vaultctl rollback claude/github-token",
    checked: Checked::Parses,
}];

pub(super) fn run(args: &Args, session: &Session) -> Result<Done, Failure> {
    session.with_vault(|vault| {
        let name: Name = args.name.parse().map_err(store::Error::from)?;
        let revision = match &args.revision {
            Some(revision) => revision.clone(),
            None => before_the_newest(&name, vault)?,
        };
        let shown = revision.get(..12).unwrap_or(&revision);
        let (past, version) = (vault.read_past(&name, &revision)?, vault.version(&name)?);
        vault.edit(&format!("Roll back {name} to {shown}."), |edit| {
            if vault.version(&name)? != version {
                return Err(store::Error::EntryExists(name.clone()).into());
            }
            edit.write(&name, &past)
        })?;
        session.ui.note(&format!("{name} is as it was in {shown}"));
        Ok(Done::Fully)
    })
}

/// The newest revision in which there was another state than the newest one.
fn before_the_newest(name: &Name, vault: &Vault<'_>) -> Result<String, Failure> {
    let versions = vault.versions(name)?;
    if versions.is_empty() {
        return Err(store::Error::NoEntry(name.clone()).into());
    }
    let before = versions.iter().skip(1).find(|version| !version.removed);
    let missing = || Failure::new(Code::NotFound, format!("`{name}` has no earlier state"));
    Ok(before.ok_or_else(missing)?.id.clone())
}
