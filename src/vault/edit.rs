//! Changes to entries, prepared one by one and carried out together.

use std::path::{Path, PathBuf};

use crate::crypto::{Recipient, Recipients};
use crate::keys;
use crate::store::{self, Name, RecipientsFile};
use crate::sys::Kind;

use super::plan::{Change, Content, Look, Plan};
use super::{Entry, Error, Vault};

/// What one edit will do. Nothing is touched until [`Vault::edit`] carries it out; what is asked
/// meanwhile is answered as if it had been.
pub struct Edit<'v, 'k> {
    pub(super) vault: &'v Vault<'k>,
    pub(super) plan: Plan,
}

impl<'v, 'k> Edit<'v, 'k> {
    pub(super) fn new(vault: &'v Vault<'k>, subject: &str) -> Self {
        Self { vault, plan: Plan::new(subject) }
    }

    /// What follows is a step of its own in the history.
    pub fn next_step(&mut self, subject: &str) {
        self.plan.next_step(subject);
    }

    /// The present step also records what stands at these paths (relative to the store's root): files
    /// that somebody else has written there.
    pub fn also_record(&mut self, paths: Vec<PathBuf>) {
        self.plan.also_record(paths);
    }

    /// The folder above `name`, and those above it, stay, even if they get empty.
    pub fn keep_folders_above(&mut self, name: &Name) {
        self.plan.keep(Path::new(name.as_str()).parent().unwrap_or(Path::new("")));
    }

    /// The entry as it is now.
    ///
    /// # Errors
    /// As [`Vault::read`].
    pub fn read(&self, name: &Name) -> Result<Entry, Error> {
        self.vault.read(name)
    }

    /// Encrypts `entry` to the recipients of its folder, to be stored as `name`.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn write(&mut self, name: &Name, entry: &Entry) -> Result<(), Error> {
        let store = self.vault.store();
        store.check_place(name)?;
        let to = self.recipients_for(name)?;
        let present = store.cipher_of(name)?;
        let sealed = self.vault.keyring().seal(&to.recipients, entry.bytes());
        let sealed = sealed.map_err(|source| Error::Entry { name: name.clone(), source })?;
        self.put(name.file(to.cipher()), Content::Entry(sealed));
        if let Some(other) = present.filter(|present| *present != to.cipher()) {
            self.plan.add(Change::Remove(name.file(other)));
        }
        Ok(())
    }

    /// Has the entry removed.
    ///
    /// # Errors
    /// When there is no such entry.
    pub fn remove(&mut self, name: &Name) -> Result<(), Error> {
        let store = self.vault.store();
        store.check_place(name)?;
        let cipher = store.cipher_of(name)?;
        let cipher = cipher.ok_or_else(|| store::Error::NoEntry(name.clone()))?;
        self.plan.add(Change::Remove(name.file(cipher)));
        Ok(())
    }

    /// Has a folder removed with all that is in it, whether entries or not.
    ///
    /// # Errors
    /// When there is no such folder.
    pub fn remove_folder(&mut self, folder: &Name) -> Result<(), Error> {
        let store = self.vault.store();
        store.check_place(folder)?;
        let path = PathBuf::from(folder.as_str());
        if store.folder().kind_itself(&path)? != Some(Kind::Folder) {
            return Err(store::Error::NoEntry(folder.clone()).into());
        }
        let files = store.files(&path)?.into_iter().map(|(path, _)| path).collect();
        self.plan.add(Change::RemoveFolder(path, files));
        Ok(())
    }

    /// Has the store encrypted to `recipients` from now on; for a store that has none yet.
    ///
    /// # Errors
    /// [`store::Error::StoreExists`].
    pub fn found(&mut self, recipients: &Recipients) -> Result<(), Error> {
        self.vault.store().check_is_new()?;
        self.set_recipients(None, recipients)
    }

    /// As [`Edit::set_recipients`]; a recipients file of the other cipher goes.
    ///
    /// # Errors
    /// What the store says.
    pub fn replace_recipients(
        &mut self,
        folder: Option<&Name>,
        recipients: &Recipients,
    ) -> Result<(), Error> {
        let present = self.recipients_of(&self.own_folder(folder)?)?;
        if present.is_some_and(|present| present.cipher() != recipients.cipher()) {
            self.unset_recipients(folder)?;
        }
        self.set_recipients(folder, recipients)
    }

    /// Has what is below `folder` (the whole store without one) encrypted to `recipients` from now
    /// on. Entries that are there already stay as they are: see [`Edit::reencrypt`].
    ///
    /// # Errors
    /// When the folder has a recipients file of the other cipher; when the recipients can not be
    /// mixed.
    pub fn set_recipients(
        &mut self,
        folder: Option<&Name>,
        recipients: &Recipients,
    ) -> Result<(), Error> {
        if let Recipients::Age(all) = recipients {
            Recipient::check_mix(all).map_err(keys::Error::from)?;
        }
        let folder = self.own_folder(folder)?;
        let present = self.recipients_of(&folder)?;
        if present.is_some_and(|present| present.cipher() != recipients.cipher()) {
            return Err(store::Error::TwoCiphers(folder).into());
        }
        let path = folder.join(RecipientsFile::file_name(recipients.cipher()));
        self.put(path, Content::Recipients(RecipientsFile::render(recipients)));
        Ok(())
    }

    /// Has the recipients file of `folder` signed, if `PASSWORD_STORE_SIGNING_KEY` asks for that, in a
    /// step of its own: `step` makes its subject from the fingerprint of the key.
    ///
    /// # Errors
    /// What the keyring says.
    pub fn sign_recipients(
        &mut self,
        folder: Option<&Name>,
        step: impl FnOnce(&str) -> String,
    ) -> Result<(), Error> {
        let folder = self.own_folder(folder)?;
        let Some(file) = self.recipients_of(&folder)? else {
            return Ok(());
        };
        if let Some((signature, fingerprint)) = self.vault.keyring().sign_detached(&file.bytes)? {
            self.next_step(&step(&fingerprint));
            self.put(file.signature(), Content::Signature(signature));
        }
        Ok(())
    }

    /// Has the recipients file of `folder` removed, so that the folder above decides; its signature
    /// goes with it.
    ///
    /// # Errors
    /// When it has none.
    pub fn unset_recipients(&mut self, folder: Option<&Name>) -> Result<(), Error> {
        let signature = self.remove_recipients(folder)?;
        if self.vault.store().read_small(&signature)?.is_some() {
            self.plan.add(Change::Remove(signature));
        }
        Ok(())
    }

    /// The same, but its signature stays, as pass leaves it; tells where that would be.
    ///
    /// # Errors
    /// When it has none.
    pub fn remove_recipients(&mut self, folder: Option<&Name>) -> Result<PathBuf, Error> {
        let path = self.own_folder(folder)?;
        let file = self.recipients_of(&path)?;
        let file = file.ok_or(store::Error::NoRecipientsFile(path))?;
        let signature = file.signature();
        self.plan.add(Change::Remove(file.path));
        Ok(signature)
    }

    fn own_folder(&self, folder: Option<&Name>) -> Result<PathBuf, Error> {
        if let Some(folder) = folder {
            self.vault.store().check_place(folder)?;
        }
        Ok(PathBuf::from(folder.map_or("", Name::as_str)))
    }

    /// To whom an entry of this name is going to be encrypted. Where the user wants recipients
    /// files to be signed, one that is not is refused.
    ///
    /// # Errors
    /// As [`store::Store::recipients_for`]; what the keyring says of the signature.
    pub fn recipients_for(&self, name: &Name) -> Result<RecipientsFile, Error> {
        let read = |path: &Path| self.read_planned(path);
        let file = self.vault.chosen_or(|| RecipientsFile::nearest(name, &read))?;
        if !self.is_new(&file.path) {
            self.vault.check_signed(&file, &read)?;
        }
        Ok(file)
    }

    /// Whether this edit itself writes the file.
    fn is_new(&self, path: &Path) -> bool {
        matches!(self.plan.look(path), Look::New(_))
    }

    fn recipients_of(&self, folder: &Path) -> Result<Option<RecipientsFile>, Error> {
        Ok(RecipientsFile::of(folder, &|path| self.read_planned(path))?)
    }

    /// A small file of the store as it is going to be.
    fn read_planned(&self, path: &Path) -> Result<Option<Vec<u8>>, store::Error> {
        match self.plan.look(path) {
            Look::New(content) => Ok(Some(content.bytes().to_owned())),
            Look::Now(path) => self.vault.store().read_small(&path),
            Look::Gone => Ok(None),
        }
    }

    pub(super) fn put(&mut self, path: PathBuf, content: Content) {
        self.plan.add(Change::Put(path, content));
    }
}
