//! `pass edit`.

use crate::crypto::Digest;
use crate::secret::Secret;
use crate::store::Name;
use crate::sys::{self, Helper, Scratch, harmless};
use crate::vault::Entry;

use super::super::ui;
use super::path::Typed;
use super::{Died, Pass};

/// The largest entry that comes back from an editor (bytes).
const LIMIT: usize = 256 * 1024 * 1024;

/// So much of a path is in the name of the file that is edited (bytes).
const SHOWN: usize = 200;

const NO_MEMORY: &str = "Your system does not have /dev/shm, which means that it may\n\
    be difficult to entirely erase the temporary non-encrypted\n\
    password file after editing.\n\n\
    Are you sure you would like to continue?";

pub(super) fn run(pass: &Pass<'_>, words: &[Vec<u8>]) -> Result<(), Died> {
    let [word] = words else {
        return Err(pass.usage("pass-name"));
    };
    let typed = Typed::without_slash(word)?;
    let name = typed.expect_name()?;
    pass.refuse_entry(&name)?;
    pass.prepare(&typed)?;
    let scratch =
        Scratch::new(pass.variables()).map_err(|error| Died::new(format!("Error: {error}")))?;
    if !scratch.is_in_memory() {
        pass.yesno(NO_MEMORY)?;
    }
    pass.vault(|vault| {
        let version = vault.version(&name)?;
        let old = version.as_ref().map(|_| vault.read(&name)).transpose().map_err(|error| {
            Died::from(error).tell();
            Died::silent(1)
        })?;
        let file = file_name(&typed);
        if let Some(old) = &old {
            scratch
                .write(&file, old.bytes())
                .map_err(|error| Died::new(format!("Error: {error}")))?;
        }
        let new = edited(pass, &scratch, &file)?;
        if old.as_ref().is_some_and(|old| new.is_same_as(old.bytes())) {
            return Err(Died::new("Password unchanged."));
        }
        let edited = Edited { typed: &typed, name: &name, version, new: Entry::new(new) };
        save(pass, &edited, vault).map_err(|died| kept(scratch, &file, died))
    })
}

/// What somebody typed is not thrown away because it could not be stored.
fn kept(scratch: Scratch, file: &str, died: Died) -> Died {
    let path = scratch.keep().join(file);
    ui::say(&format!(
        "Your text is kept in {}; remove it when you have it.\n",
        harmless(&path.display().to_string())
    ));
    died
}

/// An entry as it came from the editor, and what it was before.
struct Edited<'e> {
    typed: &'e Typed,
    name: &'e Name,
    version: Option<Digest>,
    new: Entry,
}

fn file_name(typed: &Typed) -> String {
    let path = typed.as_str().replace('/', "-");
    let shown: String = path
        .char_indices()
        .take_while(|(at, c)| at + c.len_utf8() <= SHOWN)
        .map(|(_, c)| c)
        .collect();
    format!("{}-{shown}.txt", sys::random_hex(3))
}

/// Runs the editor, whose exit status means nothing, as in pass.
fn edited(pass: &Pass<'_>, scratch: &Scratch, file: &str) -> Result<Secret, Died> {
    let editor = editor(pass);
    let mut words = editor.split([' ', '\t', '\n']).filter(|word| !word.is_empty());
    let program = words.next().unwrap_or("vi");
    let path = scratch.path().join(file);
    let helper = Helper::new(program, pass.variables()).args(words).args([&path]);
    if let Err(error) = helper.run_on_terminal() {
        ui::say(&format!("{}: {error}\n", super::PROGRAM));
    }
    let new = scratch.read(file, LIMIT).map_err(|error| Died::new(format!("Error: {error}")))?;
    new.ok_or_else(|| Died::new("New password not saved."))
}

/// `$EDITOR`; Debian's pass calls `editor` without it, and the original `vi`.
fn editor(pass: &Pass<'_>) -> String {
    let default = if pass.variables().has_program("editor") { "editor" } else { "vi" };
    String::from_utf8_lossy(pass.setting("EDITOR", default)).into_owned()
}

fn save(pass: &Pass<'_>, edited: &Edited<'_>, vault: &crate::vault::Vault<'_>) -> Result<(), Died> {
    let verb = if edited.version.is_some() { "Edit" } else { "Add" };
    let subject = format!("{verb} password for {} using {}.", edited.typed.as_str(), editor(pass));
    loop {
        let done = vault.edit(&subject, |edit| {
            let unchanged = vault.version(edited.name)? == edited.version;
            if unchanged {
                edit.write(edited.name, &edited.new)?;
            }
            Ok(unchanged)
        });
        let not_stored = |error: Died| {
            error.tell();
            pass.session.world.stdin_is_terminal.then_some(()).ok_or(Died::silent(1))
        };
        match done {
            Ok(true) => return Ok(()),
            Ok(false) => {
                return Err(Died::new(format!(
                    "Error: {} was changed by somebody else meanwhile.",
                    edited.typed.as_str()
                )));
            }
            Err(error @ crate::vault::Error::NotRecorded(_)) => {
                pass.session.ui.warn(&error.to_string());
                return Ok(());
            }
            Err(error) => not_stored(error.into())?,
        }
        pass.yesno("GPG encryption failed. Would you like to try again?")?;
    }
}
