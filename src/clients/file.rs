//! One file of one client: read, held, replaced.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::secret::{Secret, SecretBuffer};
use crate::sys::{self, Facts, FileError, FolderLock, Replacement, SteadyFile};

use super::description::{Holds, Spot};
use super::document::SIZE_LIMIT;
use super::{Client, Document, Edit, Error, Scope};

/// How long to wait for a client's lock: longer than it may be kept by a client that died (10 s).
const PATIENCE: Duration = Duration::from_secs(12);

/// A file as it was when it was read.
#[derive(Debug)]
pub struct ClientFile {
    /// Whose it is.
    pub client: Client,
    /// For whom all of it is; entries of `~/.claude.json` may be for one project.
    pub scope: Scope,
    /// As its client names it; it may be a symbolic link.
    pub path: PathBuf,
    /// What it says.
    pub document: Document,
    pub(super) spot: &'static Spot,
    /// Where it really is.
    real: PathBuf,
    facts: Facts,
}

impl ClientFile {
    /// Reads the file at `path`; `None` when nothing is there.
    pub(super) fn read(
        (client, spot): (Client, &'static Spot),
        scope: Scope,
        path: &Path,
    ) -> Result<Option<Self>, Error> {
        if sys::facts(path)?.is_none() {
            return Ok(None);
        }
        let real = sys::without_links(path).ok_or_else(|| Error::Gone(path.to_owned()))?;
        let (bytes, facts) = content(&real)?;
        let document = Document::parse(spot.format, bytes)
            .map_err(|fault| Error::Malformed { path: path.to_owned(), fault })?;
        Ok(Some(Self { client, scope, path: path.to_owned(), document, spot, real, facts }))
    }

    /// The document after all of `edits`; nothing is written.
    ///
    /// # Errors
    /// The first edit that can not be made.
    pub fn edited(&self, edits: &[Edit]) -> Result<Document, Error> {
        let edited = self.document.edited(edits);
        edited.map_err(|source| Error::Edit { path: self.path.clone(), source })
    }

    /// Removes what a killed run has left beside the file.
    pub fn sweep(&self) {
        sys::sweep_replacements(&self.real);
    }

    /// Takes the lock of the client, if it has one, and reads the file again: what is planned from
    /// then on can be written. The lock may be kept for some seconds, not for a question to a person.
    ///
    /// # Errors
    /// [`Error::Locked`] when the client keeps it for 12 s; [`Error::Gone`]; as at the first reading.
    pub fn hold(&self) -> Result<Held, Error> {
        let lock = self.lock_path().map(|path| self.take(&path)).transpose()?;
        let file = self.again()?;
        file.sweep();
        Ok(Held { file, lock })
    }

    /// Whether its client writes it all the time, with a lock or without.
    pub(super) fn is_shared(&self) -> bool {
        self.lock_path().is_some()
    }

    /// The file as it is now.
    pub(super) fn again(&self) -> Result<Self, Error> {
        let again = Self::read((self.client, self.spot), self.scope.clone(), &self.path)?;
        again.ok_or_else(|| Error::Gone(self.path.clone()))
    }

    fn take(&self, lock: &Path) -> Result<FolderLock, Error> {
        FolderLock::take(lock, PATIENCE).ok_or_else(|| match sys::exists(lock) {
            true => Error::Locked(self.path.clone()),
            false => Error::ReadOnly(self.path.clone()),
        })
    }

    /// Claude Code locks its main file, and no other. The lock is beside the name, not beside what a
    /// link leads to (measured with 2.1.329).
    fn lock_path(&self) -> Option<PathBuf> {
        let is_main = |holds: &Holds| matches!(holds, Holds::ServersOfProjects);
        self.spot.holds.iter().any(is_main).then(|| {
            let mut path = OsString::from(&self.path);
            path.push(".lock");
            PathBuf::from(path)
        })
    }
}

/// A file that nobody who keeps to its client's convention writes meanwhile.
#[derive(Debug)]
pub struct Held {
    /// As it is now.
    pub file: ClientFile,
    lock: Option<FolderLock>,
}

impl Held {
    /// Puts these bytes in the place of the file's, at once. Mode and owner stay; of a symbolic link
    /// the file is replaced that it leads to.
    ///
    /// # Errors
    /// [`Error::Changed`] when the file is not the one that is held, or the lock was lost; what the
    /// file system says. Then nothing was written.
    pub fn write(mut self, bytes: &Secret) -> Result<(), Error> {
        let ClientFile { path, real, facts, document, .. } = &self.file;
        if facts.mode & 0o200 == 0 {
            return Err(Error::ReadOnly(path.clone()));
        }
        let replacement = Replacement::prepare(real, bytes, facts)?;
        // As late as can be. Of clients without a lock, one that writes at this very moment is lost.
        let is_same = sys::without_links(path).as_ref() == Some(real)
            && content(real)?.0.is_same_as(document.bytes())
            && self.lock.as_mut().is_none_or(FolderLock::renew);
        if !is_same {
            return Err(Error::Changed(path.clone()));
        }
        Ok(replacement.place()?)
    }
}

fn content(real: &Path) -> Result<(Secret, Facts), FileError> {
    let mut file = SteadyFile::open(real)?;
    let mut buffer = SecretBuffer::new();
    buffer
        .fill_from(&mut file, SIZE_LIMIT)
        .map_err(|source| FileError::new("read", real, source))?;
    Ok((buffer.into_secret(), *file.facts()))
}
