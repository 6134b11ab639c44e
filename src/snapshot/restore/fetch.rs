//! What one snapshot needs, as files in a folder: for programs that read no bucket.

use std::path::Path;

use crate::crypto::Digest;
use crate::snapshot::Error;
use crate::snapshot::repository::commit::Commit;
use crate::snapshot::repository::object::{NOT_SIGNED, Named};
use crate::snapshot::repository::{Repository, about_name, commit_name};
use crate::storage::{self, ObjectName, get_whole};
use crate::sys::{FileError, Finish, Folder};

use super::extract::plant;

/// Files are nobody else's business.
const PRIVATE: Finish = Finish { mode: 0o600, mtime: None };

/// Statements and guides are smaller (bytes).
const SMALL: u64 = 16 * 1024 * 1024;

/// The folders of a repository that a link can stand for.
const FOLDERS: [&str; 3] = ["commits", "snaps", "packs"];

impl Repository<'_> {
    /// Whether the guides are those that were signed: who restores without us needs them.
    ///
    /// # Errors
    /// [`Error::Damaged`]; what the storage says.
    pub fn check_guides(&self) -> Result<(), Error> {
        self.guides().try_for_each(|(name, digest)| self.guide(&name, digest).map(drop))
    }

    /// Copies what restoring `commit` needs into an empty folder: the statements with their
    /// signatures, the guides, which must be those that were signed, and the objects. `check` says
    /// whether to go on.
    ///
    /// # Errors
    /// [`Error::Damaged`]; what storage and file system say.
    pub fn fetch(
        &self,
        commit: &Commit,
        to: &Folder,
        check: &dyn Fn() -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.fetch_words(to)?;
        let name = commit_name(&commit.id);
        for name in [name.clone(), name.signature()] {
            self.copy_small(&name, to)?;
        }
        commit.needs().try_for_each(|needed| {
            check()?;
            self.copy(&needed, to)
        })
    }

    /// The same for a repository that is a folder itself, at `place`: only what it says of itself is
    /// copied, and the rest linked.
    ///
    /// # Errors
    /// As [`Repository::fetch`].
    pub fn link(&self, place: &Path, to: &Folder) -> Result<(), Error> {
        self.fetch_words(to)?;
        for folder in FOLDERS {
            let target = place.join(folder);
            to.make_link(Path::new(folder), target.as_os_str().as_encoded_bytes(), (0, 0))?;
        }
        Ok(())
    }

    fn fetch_words(&self, to: &Folder) -> Result<(), Error> {
        for name in [about_name(), about_name().signature()] {
            self.copy_small(&name, to)?;
        }
        for (name, digest) in self.guides() {
            let bytes = self.guide(&name, digest)?;
            to.plant_file(name.as_path(), PRIVATE, &mut &bytes[..])?;
        }
        Ok(())
    }

    fn guide(&self, name: &ObjectName, digest: Digest) -> Result<Vec<u8>, Error> {
        let bytes = self.small(name)?;
        if Digest::of(&bytes) == digest { Ok(bytes) } else { Err(Error::damaged(name, NOT_SIGNED)) }
    }

    fn copy_small(&self, name: &ObjectName, to: &Folder) -> Result<(), Error> {
        let bytes = self.small(name)?;
        prepare(name, to)?;
        Ok(to.plant_file(name.as_path(), PRIVATE, &mut &bytes[..])?)
    }

    fn small(&self, name: &ObjectName) -> Result<Vec<u8>, Error> {
        match get_whole(self.storage(), name, SMALL) {
            Err(
                error @ (storage::Error::NotFound(_)
                | storage::Error::TooLarge(_)
                | storage::Error::Broken { .. }),
            ) => Err(Error::damaged(name, error)),
            bytes => Ok(bytes?),
        }
    }

    fn copy(&self, needed: &Named, to: &Folder) -> Result<(), Error> {
        let mut reader = needed.get(self.storage())?;
        prepare(&needed.name, to)?;
        let planted = plant(to, needed.name.as_path(), PRIVATE, &mut reader);
        planted.map_err(|error| needed.about(error))?;
        needed.expect_signed(&mut reader)
    }
}

fn prepare(name: &ObjectName, to: &Folder) -> Result<(), FileError> {
    to.plant_folder(name.as_path().parent().unwrap_or(Path::new("")))
}
