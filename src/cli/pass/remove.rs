//! `pass rm`.

use crate::store::{Name, Store};

use super::super::ui;
use super::getopt::{Opt, Value};
use super::path::Typed;
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
    let path = typed.as_str();
    let missing = || Died::new(format!("Error: {path} is not in the password store."));
    let store = pass.store().ok_or_else(missing)?;
    let doomed = Doomed::find(&typed, &store)?.ok_or_else(missing)?;
    if !parsed.has(b'f') {
        pass.yesno(&format!("Are you sure you would like to delete {path}?"))?;
    }
    let subject = format!("Remove {path} from store.");
    match doomed {
        Doomed::Entry(name) => remove(pass, &subject, &[name]),
        Doomed::Folder(names) if parsed.has(b'r') => remove(pass, &subject, &names),
        Doomed::Folder(_) => {
            let folder = pass.full(path.strip_suffix('/').unwrap_or(path).as_bytes());
            let folder = pass.quoted(&[&folder, b"/".as_slice()].concat());
            ui::say_bytes(
                &[b"rm: cannot remove ", folder.as_slice(), b": Is a directory\n"].concat(),
            );
            Ok(())
        }
    }
}

/// What a path stands for.
enum Doomed {
    Entry(Name),
    Folder(Vec<Name>),
}

impl Doomed {
    /// A slash at the end means the folder, where there is an entry of the same name.
    fn find(typed: &Typed, store: &Store) -> Result<Option<Self>, Died> {
        if let Some(name) = typed.name()
            && store.cipher_of(&name)?.is_some()
        {
            return Ok(Some(Self::Entry(name)));
        }
        let folder: Option<Name> = typed.below_root().parse().ok();
        match folder {
            Some(folder) if store.is_folder(&folder)? => {
                Ok(Some(Self::Folder(store.list(Some(&folder)).names)))
            }
            _ => Ok(None),
        }
    }
}

fn remove(pass: &Pass<'_>, subject: &str, names: &[Name]) -> Result<(), Died> {
    pass.vault(|vault| {
        let done = vault.edit(subject, |edit| names.iter().try_for_each(|name| edit.remove(name)));
        pass.finish(done, "Error: nothing was removed.")
    })
}
