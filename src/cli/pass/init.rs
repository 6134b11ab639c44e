//! `pass init`.

use crate::crypto::Cipher;
use crate::crypto::Recipients;
use crate::store::{self, Name, RecipientsFile, Store};
use crate::sys::{self, Kind};
use crate::vault::{Edit, Resealed, Which};

use super::getopt::{Opt, Value};
use super::path::Typed;
use super::{Died, Pass};

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

const OPTIONS: [Opt; 1] = [Opt { short: b'p', long: "path", value: Value::Required }];

pub(super) fn run(pass: &Pass<'_>, words: &[Vec<u8>]) -> Result<(), Died> {
    let parsed = pass.parse(&OPTIONS, words);
    if !parsed.errors.is_empty() || parsed.operands.is_empty() {
        return Err(pass.usage("[--path=subfolder,-p subfolder] gpg-id..."));
    }
    if pass.store().is_some() {
        pass.refuse_agent("changing who can open entries")?;
    }
    let path = parsed.options.last().map_or(&[][..], |(_, path)| path);
    let place = Place::new(pass, Typed::new(path)?)?;
    match parsed.operands.as_slice() {
        [none] if none.is_empty() => place.take_away(pass),
        ids => place.set(pass, ids),
    }
}

/// The folder that gets, or loses, its recipients.
struct Place {
    typed: Typed,
    folder: Option<Name>,
    /// `$PREFIX/$id_path` and its `.gpg-id`.
    full: Vec<u8>,
    file: Vec<u8>,
}

impl Place {
    fn new(pass: &Pass<'_>, typed: Typed) -> Result<Self, Died> {
        let full = pass.full(typed.as_str().as_bytes());
        let there = Path::new(OsStr::from_bytes(&full));
        if !typed.as_str().is_empty() && !there.is_dir() && there.exists() {
            let shown = String::from_utf8_lossy(&full);
            return Err(Died::new(format!("Error: {shown} exists but is not a directory.")));
        }
        let below = typed.below_root();
        let folder = match below.as_str() {
            "" => None,
            below => Some(below.parse::<Name>().map_err(store::Error::from)?),
        };
        let file = [&full, b"/.gpg-id".as_slice()].concat();
        Ok(Self { typed, folder, full, file })
    }

    /// ` (sub)`, as subjects and messages end.
    fn aside(&self) -> String {
        match self.typed.as_str() {
            "" => String::new(),
            path => format!(" ({path})"),
        }
    }

    fn set(&self, pass: &Pass<'_>, ids: &[Vec<u8>]) -> Result<(), Died> {
        let ids = texts(ids)?;
        let recipients = recipients(&ids)?;
        pass.make_all(&self.full)?;
        let (shown, aside) = (ids.join(", "), self.aside());
        let uncommitted = pass.uncommitted(&self.typed.below_root());
        let resealed = pass.vault(|vault| {
            let done = vault.edit(&format!("Set GPG id to {shown}{aside}."), |edit| {
                edit.replace_recipients(self.folder.as_ref(), &recipients)?;
                edit.sign_recipients(self.folder.as_ref(), |key| {
                    format!("Signing new GPG id with {key}.")
                })?;
                edit.next_step(&self.anew(&shown));
                // `git add` of the folder takes along whatever else was changed in it.
                edit.also_record(uncommitted);
                self.reencrypt(edit, vault.store())
            });
            pass.finish(done, "Could not change the recipients.")
        })?;
        pass.session.ui.line(&format!("Password store initialized for {shown}{aside}"))?;
        resealed.iter().try_for_each(|entry| pass.tell_resealed(&self.typed, entry))
    }

    fn anew(&self, shown: &str) -> String {
        format!("Reencrypt password store using new GPG id {shown}{}.", self.aside())
    }

    fn take_away(&self, pass: &Pass<'_>) -> Result<(), Died> {
        let shown = String::from_utf8_lossy(&self.file).into_owned();
        let at = self.folder.as_ref().map_or("", Name::as_str);
        let store = pass.store();
        let present = store.as_ref().and_then(|store| {
            RecipientsFile::of(Path::new(at), &|path| store.read_small(path)).ok().flatten()
        });
        if present.is_none() {
            return Err(Died::new(format!(
                "Error: {shown} does not exist and so cannot be removed."
            )));
        }
        pass.vault(|vault| {
            let subject = format!("Deinitialize {shown}{}.", self.aside());
            let done =
                vault.edit(&subject, |edit| edit.remove_recipients(self.folder.as_ref()).map(drop));
            pass.finish(done, "Could not change the recipients.")
        })?;
        let quoted = pass.quoted(&self.file);
        pass.print_bytes(&[b"removed ", quoted.as_slice(), b"\n"].concat())?;
        sys::remove_if_empty(pass.root());
        self.reencrypt_after(pass)
    }

    /// To the recipients of the folder above; where there are none, pass says so and ends.
    fn reencrypt_after(&self, pass: &Pass<'_>) -> Result<(), Died> {
        let Some(store) = pass.store() else {
            return Ok(());
        };
        let names = own_entries(&store, self.folder.as_ref());
        let is_nobodys = |name: &&Name| store.recipients_for(name).is_err();
        if let Some(name) = names.iter().find(is_nobodys) {
            pass.expect_recipients(name)?;
        }
        let resealed = pass.vault(|vault| {
            let uncommitted = pass.uncommitted(&self.typed.below_root());
            let done = vault.edit(&self.anew(""), |edit| {
                edit.also_record(uncommitted);
                self.reencrypt(edit, vault.store())
            });
            pass.finish(done, "Could not change the recipients.")
        })?;
        resealed.iter().try_for_each(|entry| pass.tell_resealed(&self.typed, entry))
    }

    /// What is below, as far as it is not encrypted as it should be. An age file does not tell for
    /// whom it is: those are all done.
    fn reencrypt(
        &self,
        edit: &mut Edit<'_, '_>,
        store: &Store,
    ) -> Result<Vec<Resealed>, crate::vault::Error> {
        let names = own_entries(store, self.folder.as_ref());
        let at = self.folder.as_ref().map_or("", Name::as_str);
        let is_age = |name: &Name| -> Result<bool, crate::vault::Error> {
            let file = edit.recipients_for(name)?;
            Ok(file.cipher() == Cipher::Age && file.path.parent() == Some(Path::new(at)))
        };
        let (mut age, mut others) = (Vec::new(), Vec::new());
        for name in names {
            if is_age(&name)? { age.push(name) } else { others.push(name) }
        }
        let mut resealed = edit.reencrypt(&others, Which::Differing)?;
        resealed.extend(edit.reencrypt(&age, Which::All)?);
        Ok(resealed)
    }
}

/// The entries below a folder, without those that are links.
pub(super) fn own_entries(store: &Store, folder: Option<&Name>) -> Vec<Name> {
    let mut names = store.list(folder).names;
    let is_file =
        |file: PathBuf| store.folder().kind_itself(&file).ok().flatten() == Some(Kind::File);
    names.retain(|name| Cipher::ALL.iter().any(|cipher| is_file(name.file(*cipher))));
    names
}

fn texts(ids: &[Vec<u8>]) -> Result<Vec<String>, Died> {
    let text = |id: &Vec<u8>| String::from_utf8(id.clone());
    ids.iter()
        .map(text)
        .collect::<Result<_, _>>()
        .map_err(|_| Died::new("Error: an id is not text."))
}

/// age recipients make a folder of age entries; everything else is for gpg to understand.
fn recipients(ids: &[String]) -> Result<Recipients, Died> {
    if ids.iter().any(|id| id.starts_with("AGE-SECRET-KEY-")) {
        return Err(Died::new("Error: that is a private key, and would be shown to everybody."));
    }
    if ids.iter().all(|id| id.starts_with("age1")) {
        let parsed: Result<Vec<_>, _> = ids.iter().map(|id| id.parse()).collect();
        return parsed.map(Recipients::Age).map_err(|error| Died::new(format!("Error: {error}.")));
    }
    Ok(Recipients::OpenPgp(ids.to_vec()))
}
