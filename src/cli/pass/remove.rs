//! `pass rm`.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::crypto::Cipher;
use crate::store::{Name, Store};
use crate::sys::{self, Kind};

use super::super::ui;
use super::getopt::{Opt, Value};
use super::path::{self, Typed};
use super::{Died, Pass};

const OPTIONS: [Opt; 2] = [
    Opt { short: b'r', long: "recursive", value: Value::None },
    Opt { short: b'f', long: "force", value: Value::None },
];

pub(super) fn run(pass: &Pass<'_>, words: &[Vec<u8>]) -> Result<(), Died> {
    let parsed = pass.parse(&OPTIONS, words);
    let [word] = parsed.operands.as_slice() else {
        return Err(pass.usage("[--recursive,-r] [--force,-f] pass-name"));
    };
    let typed = Typed::new(word)?;
    let shown = typed.as_str();
    let missing = || Died::new(format!("Error: {shown} is not in the password store."));
    let store = pass.store().ok_or_else(missing)?;
    let doomed = Doomed::find(&typed, &store)?.ok_or_else(missing)?;
    if !parsed.has(b'f') {
        pass.yesno(&format!("Are you sure you would like to delete {shown}?"))?;
    }
    match doomed {
        Doomed::Refused => {
            let shown = pass.quoted(&folder_path(pass, &typed));
            let what = b"rm: refusing to remove '.' or '..' directory: skipping ";
            ui::say_bytes(&[what, shown.as_slice(), b"\n"].concat());
            Ok(())
        }
        Doomed::Folder(folder) if !parsed.has(b'r') => {
            let shown = pass.quoted(&folder_path(pass, &typed));
            ui::say_bytes(
                &[b"rm: cannot remove ", shown.as_slice(), b": Is a directory\n"].concat(),
            );
            // pass goes on, and removes empty folders.
            store.folder().prune(Path::new(folder.as_str()));
            Ok(())
        }
        doomed => remove(pass, &typed, &doomed),
    }
}

/// What a path stands for.
enum Doomed {
    Entry(Name, Cipher),
    Folder(Name),
    /// What rm(1) never removes: `.`.
    Refused,
}

impl Doomed {
    /// A slash at the end means the folder.
    fn find(typed: &Typed, store: &Store) -> Result<Option<Self>, Died> {
        if let Some(name) = typed.name()
            && let Some(cipher) = path::cipher_of(&name, store)?
        {
            return Ok(Some(Self::Entry(name, cipher)));
        }
        let folder = match typed.below_root().as_str() {
            "" if typed.as_str().contains('.') => return Ok(Some(Self::Refused)),
            "" => return Err(Died::new("Error: the whole store is not removed by name.")),
            below => below.parse::<Name>().ok(),
        };
        match folder {
            Some(folder) if store.is_folder(&folder)? => Ok(Some(Self::Folder(folder))),
            _ => Ok(None),
        }
    }
}

/// The folder as rm is given it by pass: with a slash.
fn folder_path(pass: &Pass<'_>, typed: &Typed) -> Vec<u8> {
    let bare = typed.as_str().strip_suffix('/').unwrap_or(typed.as_str());
    pass.full(format!("{bare}/").as_bytes())
}

fn remove(pass: &Pass<'_>, typed: &Typed, doomed: &Doomed) -> Result<(), Died> {
    let gone = match doomed {
        Doomed::Entry(_, cipher) => {
            vec![(
                Kind::File,
                pass.full(format!("{}{}", typed.as_str(), cipher.extension()).as_bytes()),
            )]
        }
        Doomed::Folder(_) | Doomed::Refused => everything_in(&folder_path(pass, typed)),
    };
    pass.vault(|vault| {
        let done =
            vault.edit(&format!("Remove {} from store.", typed.as_str()), |edit| match doomed {
                Doomed::Entry(name, _) => edit.remove(name),
                Doomed::Refused => Ok(()),
                Doomed::Folder(folder) => {
                    // rm(1) leaves the folder above alone, and so does pass after it.
                    edit.keep_folders_above(folder);
                    edit.remove_folder(folder)
                }
            });
        pass.finish(done, "Error: nothing was removed.")
    })?;
    if matches!(doomed, Doomed::Entry(..)) {
        sys::remove_if_empty(pass.root());
    }
    gone.iter().try_for_each(|(kind, path)| {
        let what: &[u8] = if *kind == Kind::Folder { b"removed directory " } else { b"removed " };
        pass.print_bytes(&[what, &pass.quoted(path), b"\n"].concat())
    })
}

/// What `rm -rv` tells: what is in a folder before the folder.
fn everything_in(folder: &[u8]) -> Vec<(Kind, Vec<u8>)> {
    let path = |bytes: &[u8]| Path::new(OsStr::from_bytes(bytes)).to_owned();
    let mut gone = Vec::new();
    for name in sys::names_in(&path(folder)).unwrap_or_default() {
        let slash: &[u8] = if folder.ends_with(b"/") { b"" } else { b"/" };
        let below = [folder, slash, name.as_bytes()].concat();
        match sys::facts(&path(&below)).ok().flatten().map(|facts| facts.kind) {
            Some(Kind::Folder) => gone.extend(everything_in(&below)),
            _ => gone.push((Kind::File, below)),
        }
    }
    gone.push((Kind::Folder, folder.to_vec()));
    gone
}
