//! `vaultctl history`.

use crate::store::{self, Name, Version};

use super::{Checked, Code, Done, Example, Failure, Session};

/// List the changes of an entry, newest first
///
/// Each line has the revision, the time (UTC), who made the change, and what it was called. Nothing
/// is decrypted. `vaultctl rollback` takes one of the revisions.
#[derive(clap::Args)]
pub(super) struct Args {
    /// The entry; one that was removed has a history too
    #[arg(value_name = "NAME")]
    name: String,
}

pub(super) const EXAMPLES: &[Example] = &[Example {
    what: "See when a token was changed",
    line: "vaultctl history claude/github-token",
    checked: Checked::Runs,
}];

/// How much of a revision's name is shown: enough to name it again.
const SHOWN: usize = 12;

pub(super) fn run(args: &Args, session: &Session) -> Result<Done, Failure> {
    session.with_vault(|vault| {
        let name: Name = args.name.parse().map_err(store::Error::from)?;
        let versions = vault.versions(&name)?;
        if versions.is_empty() && vault.store().cipher_of(&name)?.is_none() {
            return Err(store::Error::NoEntry(name).into());
        }
        if versions.is_empty() {
            return Err(Failure::new(Code::NotFound, format!("`{name}` is in no history"))
                .hint("`vaultctl git init` begins one"));
        }
        versions.iter().try_for_each(|version| tell(version, session))?;
        Ok(Done::Fully)
    })
}

fn tell(version: &Version, session: &Session) -> Result<(), Failure> {
    let time = version.at.to_string();
    if session.ui.json {
        return session.ui.json(&serde_json::json!({
            "revision": version.id, "time": time, "author": version.author,
            "subject": version.subject, "removed": version.removed,
        }));
    }
    let revision = version.id.get(..SHOWN).unwrap_or(&version.id);
    session.ui.line(&format!("{revision}  {time}  {}  {}", version.author, version.subject))
}
