//! `pass insert`.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::keys;
use crate::secret::Secret;
use crate::store::{self, Name};
use crate::sys;
use crate::vault::{self, Entry, Vault};

use super::super::ui;
use super::getopt::{Opt, Value};
use super::path::{self, Typed};
use super::{Died, PROGRAM, Pass, line, words};

const OPTIONS: [Opt; 3] = [
    Opt { short: b'm', long: "multiline", value: Value::None },
    Opt { short: b'e', long: "echo", value: Value::None },
    Opt { short: b'f', long: "force", value: Value::None },
];
const USAGE: &str = "[--echo,-e | --multiline,-m] [--force,-f] pass-name";

/// How the content is given.
#[derive(Clone, Copy)]
enum Given {
    Unseen,
    Seen,
    Whole,
}

pub(super) fn run(pass: &Pass<'_>, words: &[Vec<u8>]) -> Result<(), Died> {
    let parsed = pass.parse(&OPTIONS, words);
    let given = match (parsed.has(b'm'), parsed.has(b'e')) {
        (true, true) => None,
        (true, false) => Some(Given::Whole),
        (false, true) => Some(Given::Seen),
        (false, false) => Some(Given::Unseen),
    };
    let (Some(given), [word], true) = (given, parsed.operands.as_slice(), parsed.errors.is_empty())
    else {
        return Err(pass.usage(USAGE));
    };
    let typed = Typed::without_slash(word)?;
    let name = typed.expect_name()?;
    if !parsed.has(b'f') {
        pass.confirm_overwriting(&typed, &name)?;
    }
    pass.prepare(&typed)?;
    let content = content(pass, &typed, given)?;
    pass.save(&name, content, &format!("Add given password for {} to store.", typed.as_str()))
}

fn content(pass: &Pass<'_>, typed: &Typed, given: Given) -> Result<Secret, Died> {
    let path = typed.as_str();
    let line = match given {
        Given::Whole => {
            pass.print(&format!("Enter contents of {path} and press Ctrl+D when finished:\n\n"))?;
            return Ok(pass.session.input()?);
        }
        Given::Seen => pass.ask(&format!("Enter password for {path}: "))?.text,
        Given::Unseen => twice(pass, path)?,
    };
    Ok(line::with_end(&line))
}

fn twice(pass: &Pass<'_>, path: &str) -> Result<Secret, Died> {
    let first = pass.ask_unseen(&format!("Enter password for {path}: "))?;
    let second = pass.ask_unseen(&format!("Retype password for {path}: "))?;
    if first.is_same_as(&second) {
        Ok(first)
    } else {
        Err(Died::new("Error: the entered passwords do not match."))
    }
}

impl Pass<'_> {
    /// Asks before an entry is replaced, where somebody can be asked.
    pub(super) fn confirm_overwriting(&self, typed: &Typed, name: &Name) -> Result<(), Died> {
        let exists = match self.store() {
            Some(store) => path::cipher_of(name, &store)?.is_some(),
            None => false,
        };
        match exists {
            true => self
                .yesno(&format!("An entry already exists for {}. Overwrite it?", typed.as_str())),
            false => Ok(()),
        }
    }

    /// Makes the folders above an entry, and finds out whether somebody can read what is to be
    /// written: in this order, which is seen when it fails.
    pub(super) fn prepare(&self, typed: &Typed) -> Result<(), Died> {
        self.make_folders(typed.folder())?;
        let below: Name =
            format!("{}/entry", typed.folder()).parse().map_err(store::Error::from)?;
        self.expect_recipients(&below)
    }

    /// Ends where nothing says to whom an entry is encrypted, or where that is not signed although
    /// it has to be.
    pub(super) fn expect_recipients(&self, name: &Name) -> Result<(), Died> {
        let looked = |vault: &Vault<'_>| vault.edit("", |edit| edit.recipients_for(name).map(drop));
        match self.vault(|vault| Ok(looked(vault)))? {
            Ok(()) => Ok(()),
            Err(vault::Error::Store(store::Error::NoRecipients(_))) => {
                ui::say(&format!(
                    "Error: You must run:\n    {PROGRAM} init your-gpg-id\nbefore you may use the password store.\n\n"
                ));
                self.print(&words::usage(self.variables()))?;
                Err(Died::silent(1))
            }
            Err(vault::Error::Keys(error)) => Err(self.unsigned(&error, name)),
            Err(error) => Err(error.into()),
        }
    }

    fn unsigned(&self, error: &keys::Error, name: &Name) -> Died {
        let file = || String::from_utf8_lossy(&self.recipients_file(name)).into_owned();
        Died::new(match error {
            keys::Error::NotSigned(_) => format!("Signature for {} does not exist.", file()),
            keys::Error::BadSigner(_) => format!("Signature for {} is invalid.", file()),
            other => format!("Error: {other}"),
        })
    }

    /// The file that says to whom an entry is encrypted, as pass finds and calls it: an entry that
    /// is in no folder is in `.`.
    fn recipients_file(&self, name: &Name) -> Vec<u8> {
        let mut folder = name.as_str().rsplit_once('/').map_or(".", |(folder, _)| folder);
        loop {
            let file = self.full(format!("{folder}/.gpg-id").as_bytes());
            if sys::exists(Path::new(OsStr::from_bytes(&file))) {
                return file;
            }
            match folder.rsplit_once('/') {
                Some((above, _)) => folder = above,
                None => return self.full(b".gpg-id"),
            }
        }
    }

    /// Encrypts and stores an entry, as one step called `subject`.
    pub(super) fn save(&self, name: &Name, content: Secret, subject: &str) -> Result<(), Died> {
        let entry = Entry::new(content);
        self.vault(|vault| {
            self.finish(
                vault.edit(subject, |edit| edit.write(name, &entry)),
                "Password encryption aborted.",
            )
        })
    }

    /// What came of a change. One that is stored and not in the history is only warned of, as pass's
    /// exit status does not depend on git.
    pub(super) fn finish<T: Default>(
        &self,
        done: Result<T, vault::Error>,
        aborted: &str,
    ) -> Result<T, Died> {
        match done {
            Ok(done) => Ok(done),
            Err(error @ vault::Error::NotRecorded(_)) => {
                self.session.ui.warn(&error.to_string());
                Ok(T::default())
            }
            Err(error) => {
                Died::new(error.to_string()).tell();
                Err(Died::new(aborted))
            }
        }
    }
}
