//! Extensions: bash files that add verbs to pass.
//!
//! They are sourced into a shell that has what pass's own script has (`extension.bash`). Those of
//! the system are always there; the user's, which lie in the store unless a variable says otherwise,
//! only when `PASSWORD_STORE_ENABLE_EXTENSIONS` is `true`, and only with a good signature where
//! `PASSWORD_STORE_SIGNING_KEY` is set.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::sys::{self, Environment, Program};

use super::path::Typed;
use super::{Died, PROGRAM, Pass};

const SYSTEM: &str = "/usr/lib/password-store/extensions";

/// What stands before the extension in its shell.
const SHELL: &str = include_str!("extension.bash");

/// The word by which extensions hand values back to us.
pub(super) const HANDED_BACK: &[u8] = b"--from-extension";

/// Becomes the extension, if the first word is the name of one.
pub(super) fn run(pass: &Pass<'_>, words: &[Vec<u8>]) -> Result<(), Died> {
    let Some((word, rest)) = words.split_first() else {
        return Ok(());
    };
    Typed::new(word)?;
    match find(pass, word) {
        Some(extension) => {
            // It decrypts by itself, and asks nobody.
            pass.refuse_agent("running an extension of pass")?;
            Err(become_it(pass, &extension, word, rest))
        }
        None => Ok(()),
    }
}

/// The user's before the system's.
fn find(pass: &Pass<'_>, word: &[u8]) -> Option<PathBuf> {
    let file = [word, b".bash".as_slice()].concat();
    let file = OsStr::from_bytes(&file);
    let enabled = pass.variables().text("PASSWORD_STORE_ENABLE_EXTENSIONS") == Some("true");
    let own = pass.variables().path("PASSWORD_STORE_EXTENSIONS_DIR");
    let own = own.unwrap_or_else(|| PathBuf::from(OsStr::from_bytes(&pass.full(b".extensions"))));
    let places = enabled.then_some(own).into_iter().chain([PathBuf::from(SYSTEM)]);
    places.map(|folder| folder.join(file)).find(|file| sys::can_run(file))
}

fn become_it(pass: &Pass<'_>, extension: &Path, word: &[u8], rest: &[Vec<u8>]) -> Died {
    match launch(pass, extension, word, rest) {
        Ok(error) => Died::new(format!("Error: cannot run `bash`: {error}")),
        Err(died) => died,
    }
}

fn launch(
    pass: &Pass<'_>,
    extension: &Path,
    word: &[u8],
    rest: &[Vec<u8>],
) -> Result<std::io::Error, Died> {
    let own = sys::own_program()?;
    let mut environment = Environment::default();
    pass.variables().iter().for_each(|(name, value)| environment.set(name, value));
    environment.set("VAULTCTL_PROGRAM", own);
    environment.set("PASSWORD_STORE_DIR", OsStr::from_bytes(&pass.prefix));
    let mut arguments: Vec<OsString> = vec!["-c".into(), SHELL.into(), PROGRAM.into()];
    arguments.push(extension.into());
    let words = std::iter::once(word).chain(rest.iter().map(Vec::as_slice));
    arguments.extend(words.map(|word| OsStr::from_bytes(word).to_owned()));
    Ok(sys::replace_self(&Program { name: "bash".into(), arguments, folder: None }, &environment))
}

/// `clip NAME` and `qrcode NAME`, with the value on standard input.
pub(super) fn hand_back(pass: &Pass<'_>, words: &[Vec<u8>]) -> Result<(), Died> {
    let [how, what] = words else {
        return Err(Died::silent(1));
    };
    let (value, what) = (pass.session.input()?, String::from_utf8_lossy(what));
    match how.as_slice() {
        b"clip" => pass.clip(&value, &what),
        b"qrcode" => pass.qrcode(&value, &what),
        _ => Err(Died::silent(1)),
    }
}
