//! `vaultctl edit`.

use crate::crypto::Digest;
use crate::secret::{Secret, SecretBuffer};
use crate::store::{self, Name};
use crate::sys::{Helper, Scratch};
use crate::vault::{self, Entry, Vault};

use super::{Checked, Done, Example, Failure, Session, agent};

/// The file in the scratch folder; the ending keeps editors from guessing.
const FILE: &str = "entry.txt";

/// The largest entry that comes back from an editor (bytes).
const LIMIT: usize = 256 * 1024 * 1024;

/// Edit an entry in your editor
///
/// The text is in a private folder in memory (where the system has such a place) for as long as
/// the editor runs. $VISUAL or $EDITOR says which editor; vi otherwise.
#[derive(clap::Args)]
pub(super) struct Args {
    /// The entry; a new one is made
    #[arg(value_name = "NAME")]
    name: String,
}

pub(super) const EXAMPLES: &[Example] = &[Example {
    what: "Add a line with an editor that needs no terminal",
    line: "EDITOR='sed -i $auser:ann' vaultctl edit claude/github-token",
    checked: Checked::Runs,
}];

pub(super) fn run(args: &Args, session: &Session) -> Result<Done, Failure> {
    session.with_vault(|vault| {
        let name: Name = args.name.parse().map_err(store::Error::from)?;
        agent::refuse_entry(&name, session)?;
        vault.recipients_for(&name)?;
        let version = vault.version(&name)?;
        let old = match version {
            Some(_) => vault.read(&name)?,
            None => Entry::new(SecretBuffer::new().into_secret()),
        };
        let scratch = Scratch::new(&session.world.variables)?;
        let new = edited(old.bytes(), &scratch, session)?;
        if new.is_same_as(old.bytes()) {
            return Err(Failure::failed("the entry was left as it is"));
        }
        match save(&name, version, &Entry::new(new), vault) {
            Ok(true) => Ok(Done::Fully),
            Ok(false) => Err(kept(
                scratch,
                Failure::failed(format!(
                    "`{name}` was changed by somebody else while you edited it"
                )),
            )),
            Err(error) => Err(kept(scratch, error.into())),
        }
    })
}

fn edited(old: &Secret, scratch: &Scratch, session: &Session) -> Result<Secret, Failure> {
    let variables = &session.world.variables;
    let path = scratch.write(FILE, old)?;
    let editor = ["VISUAL", "EDITOR"].iter().find_map(|name| variables.text(name)).unwrap_or("vi");
    let mut words = editor.split_whitespace();
    let helper = Helper::new(words.next().unwrap_or("vi"), variables).args(words).args([&path]);
    match helper.run_on_terminal()? {
        Some(0) => {}
        Some(status) => {
            return Err(Failure::failed(format!(
                "the editor `{editor}` ended with status {status}"
            )));
        }
        None => {
            return Err(Failure::failed(format!("the editor `{editor}` was ended by a signal")));
        }
    }
    scratch
        .read(FILE, LIMIT)?
        .ok_or_else(|| Failure::failed("the editor removed the file; nothing was changed"))
}

/// Stores the new text, unless the entry is not the one any more that was edited.
fn save(
    name: &Name,
    before: Option<Digest>,
    entry: &Entry,
    vault: &Vault<'_>,
) -> Result<bool, vault::Error> {
    vault.edit(&format!("Edit password for {name} using vaultctl."), |edit| {
        let unchanged = vault.version(name)? == before;
        if unchanged {
            edit.write(name, entry)?;
        }
        Ok(unchanged)
    })
}

/// What somebody typed is not thrown away because it could not be stored.
fn kept(scratch: Scratch, failure: Failure) -> Failure {
    let path = scratch.keep().join(FILE);
    failure.hint(format!("your text is kept in {}; remove it when you have it", path.display()))
}
