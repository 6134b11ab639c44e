//! Moving and copying entries and folders.
//!
//! What comes to where other recipients are in force is encrypted to them; everything else keeps
//! its bytes. A folder in which nothing needs that moves by one rename, with all that is in it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::crypto::Cipher;
use crate::store::{self, Name, Store};
use crate::sys::Kind;

use super::plan::{Change, Content, is_of_git};
use super::reseal::{Job, Resealed};
use super::{Edit, Error};

/// What is moved or copied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// An entry.
    Entry(Name),
    /// A folder with all that is in it.
    Folder(Name),
}

impl Place {
    /// What `text` names: the entry if there is one, unless it ends with `/` and there is a folder
    /// too (pass 1.7.4, `cmd_copy_move`).
    ///
    /// # Errors
    /// When it names nothing.
    pub fn find(text: &str, store: &Store) -> Result<Self, Error> {
        let name: Name = text.parse()?;
        let (entry, folder) = (store.cipher_of(&name)?.is_some(), store.is_folder(&name)?);
        match (entry, folder) {
            (true, true) if text.ends_with('/') => Ok(Self::Folder(name)),
            (true, _) => Ok(Self::Entry(name)),
            (false, true) => Ok(Self::Folder(name)),
            (false, false) => Err(store::Error::NoEntry(name).into()),
        }
    }

    /// What it will be called when it goes to `text`: into a folder that is there, or that `text`
    /// calls for by its final `/`; otherwise `text` is the new name.
    ///
    /// # Errors
    /// When it is no name.
    pub fn destination(&self, text: &str, store: &Store) -> Result<Name, Error> {
        let last = self.name().as_str().rsplit('/').next().unwrap_or_default();
        let into: Result<Name, _> = text.parse();
        let is_root = text.split('/').all(|part| part.is_empty() || part == ".");
        match into {
            _ if is_root => Ok(last.parse()?),
            Ok(folder) if text.ends_with('/') || store.is_folder(&folder)? => {
                Ok(format!("{folder}/{last}").parse()?)
            }
            name => Ok(name?),
        }
    }

    /// Its name now.
    #[must_use]
    pub fn name(&self) -> &Name {
        let (Self::Entry(name) | Self::Folder(name)) = self;
        name
    }
}

/// Whether the original stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transfer {
    /// It does not.
    Move,
    /// It does.
    Copy,
}

impl Edit<'_, '_> {
    /// Moves or copies `from`, so that it is called `to` afterwards; an entry of that name is
    /// replaced, and a copied folder joins one that is there. `elsewhere` is what the removal is
    /// called where another history remembers the original. Tells which entries had to be encrypted
    /// anew; one that could not be stays where it is.
    ///
    /// # Errors
    /// When there is nothing at `from`; when a folder shall go into itself or to where one is.
    pub fn transfer(
        &mut self,
        from: &Place,
        to: &Name,
        how: Transfer,
        elsewhere: &str,
    ) -> Result<Vec<Resealed>, Error> {
        self.plan.name_elsewhere(elsewhere);
        match from {
            Place::Entry(from) => self.transfer_entry(from, to, how),
            Place::Folder(from) => self.transfer_folder(from, to, how),
        }
    }

    fn transfer_entry(
        &mut self,
        from: &Name,
        to: &Name,
        how: Transfer,
    ) -> Result<Vec<Resealed>, Error> {
        let store = self.vault.store();
        store.check_place(from)?;
        store.check_place(to)?;
        let Some(job) = self.job(from, to)? else {
            return self.carry_link(from, to, how);
        };
        let after = if self.needs_sealing(&job)? { job.to.cipher() } else { job.file.cipher };
        self.make_room(to, after)?;
        self.settle(job, how)
    }

    /// Takes away what would make `to` two entries.
    fn make_room(&mut self, to: &Name, cipher: Cipher) -> Result<(), Error> {
        let present = self.vault.store().cipher_of(to)?;
        if let Some(other) = present.filter(|present| *present != cipher) {
            self.plan.add(Change::Remove(to.file(other)));
        }
        Ok(())
    }

    /// A link moves as it is, wherever it then leads; there is no copy of one.
    fn carry_link(
        &mut self,
        from: &Name,
        to: &Name,
        how: Transfer,
    ) -> Result<Vec<Resealed>, Error> {
        for cipher in Cipher::ALL {
            let (before, after) = (from.file(cipher), to.file(cipher));
            if self.vault.store().folder().kind_itself(&before)? == Some(Kind::Link) {
                if how == Transfer::Copy {
                    return Err(store::Error::NotAFile(before).into());
                }
                self.make_room(to, cipher)?;
                self.carry(before, after, how)?;
            }
        }
        Ok(Vec::new())
    }

    /// Moves or copies an entry as it is, although others should be able to open it at its new place:
    /// for one that could not be encrypted anew.
    ///
    /// # Errors
    /// When there is no such entry.
    pub fn carry_over(&mut self, from: &Name, to: &Name, how: Transfer) -> Result<(), Error> {
        let cipher = self.vault.store().cipher_of(from)?;
        let cipher = cipher.ok_or_else(|| store::Error::NoEntry(from.clone()))?;
        self.make_room(to, cipher)?;
        self.carry(from.file(cipher), to.file(cipher), how)
    }

    /// Whether an entry can not keep its bytes at its new place.
    fn needs_sealing(&self, job: &Job) -> Result<bool, Error> {
        let before = self.vault.store().recipients_for(&job.from).ok();
        self.differs(job, before.as_ref())
    }

    fn settle(&mut self, job: Job, how: Transfer) -> Result<Vec<Resealed>, Error> {
        if self.needs_sealing(&job)? {
            return self.reseal(vec![job], how);
        }
        let (from, to) = (job.from.file(job.file.cipher), job.name.file(job.file.cipher));
        self.carry(from, to, how)?;
        Ok(Vec::new())
    }

    /// A file goes as it is.
    fn carry(&mut self, from: PathBuf, to: PathBuf, how: Transfer) -> Result<(), Error> {
        match how {
            Transfer::Move => {
                let files = vec![(from.clone(), to.clone())];
                self.plan.add(Change::Move { from, to, files });
            }
            Transfer::Copy => {
                let bytes = self.vault.store().read_file(&from)?;
                self.put(to, Content::Kept(bytes.ok_or(store::Error::NotAFile(from))?));
            }
        }
        Ok(())
    }

    fn transfer_folder(
        &mut self,
        from: &Name,
        to: &Name,
        how: Transfer,
    ) -> Result<Vec<Resealed>, Error> {
        let (old, new) = (PathBuf::from(from.as_str()), PathBuf::from(to.as_str()));
        self.check_folders(from, to, how)?;
        let (mut files, mut links) = (Vec::new(), BTreeSet::new());
        for (path, kind) in self.vault.store().files(&old)? {
            let after = new.join(path.strip_prefix(&old).unwrap_or(&path));
            match (how, kind) {
                // A copy does not take the history of a folder with it.
                (Transfer::Copy, _) if is_of_git(&path) => {}
                (Transfer::Copy, Kind::Link | Kind::Other) => {
                    return Err(store::Error::NotAFile(path).into());
                }
                _ => {
                    self.check_target(&after)?;
                    links.extend((kind == Kind::Link).then(|| path.clone()));
                    files.push((path, after));
                }
            }
        }
        // As if all of it had moved, to see which recipients are then in force.
        self.plan.add(Change::Move { from: old, to: new, files: files.clone() });
        let jobs = self.jobs_in(&files, &links)?;
        if jobs.is_empty() && how == Transfer::Move {
            return Ok(Vec::new());
        }
        self.plan.take_back();
        // File by file, a repository would be in two halves for a while.
        if let Some((path, _)) = files.iter().find(|(path, _)| is_of_git(path)) {
            return Err(store::Error::Repository(path.clone()).into());
        }
        for (_, after) in &files {
            if let Some((name, cipher)) = Name::of_file(after) {
                let sealed = jobs.iter().find(|job| job.name == name).map(|job| job.to.cipher());
                self.make_room(&name, sealed.unwrap_or(cipher))?;
            }
        }
        for (before, after) in files {
            if !jobs.iter().any(|job| job.from.file(job.file.cipher) == before) {
                self.carry(before, after, how)?;
            }
        }
        self.reseal(jobs, how)
    }

    /// The entries among the files that can not keep their bytes.
    fn jobs_in(
        &self,
        files: &[(PathBuf, PathBuf)],
        links: &BTreeSet<PathBuf>,
    ) -> Result<Vec<Job>, Error> {
        let mut jobs = Vec::new();
        for (before, after) in files.iter().filter(|(before, _)| !links.contains(before)) {
            let names = Name::of_file(before).zip(Name::of_file(after));
            let Some(((from, cipher), (to, _))) = names else {
                continue;
            };
            let job = self.job_of(from, to, cipher)?;
            if self.needs_sealing(&job)? {
                jobs.push(job);
            }
        }
        Ok(jobs)
    }

    /// Refuses to write where a link leads elsewhere, or over what is no file.
    fn check_target(&self, path: &Path) -> Result<(), Error> {
        let folder = self.vault.store().folder();
        for above in path.ancestors().skip(1) {
            if folder.kind_itself(above)? == Some(Kind::Link) {
                return Err(store::Error::BehindLink(above.to_owned()).into());
            }
        }
        match folder.kind_itself(path)? {
            None | Some(Kind::File | Kind::Link) => Ok(()),
            Some(_) => Err(store::Error::NotAFile(path.to_owned()).into()),
        }
    }

    fn check_folders(&self, from: &Name, to: &Name, how: Transfer) -> Result<(), Error> {
        let (store, at) = (self.vault.store(), |name: &Name| PathBuf::from(name.as_str()));
        store.check_place(from)?;
        store.check_place(to)?;
        if store.folder().kind_itself(&at(from))? != Some(Kind::Folder) {
            return Err(store::Error::NoEntry(from.clone()).into());
        }
        if at(to).starts_with(at(from)) {
            return Err(store::Error::IntoItself(from.clone()).into());
        }
        match store.folder().kind_itself(&at(to))? {
            None => Ok(()),
            Some(Kind::Folder) if how == Transfer::Copy || is_empty(store, &at(to))? => Ok(()),
            Some(_) => Err(store::Error::Occupied(to.clone()).into()),
        }
    }
}

fn is_empty(store: &Store, folder: &Path) -> Result<bool, Error> {
    Ok(store.folder().list(folder)?.is_empty())
}
