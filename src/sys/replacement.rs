//! A new content for a file that is not ours alone: as [`write_private`](super::write_private), but
//! mode and owner are those that the file had.
#![expect(clippy::disallowed_methods, reason = "this is where others' files are replaced")]

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

use crate::secret::Secret;

use super::file::FileError;
use super::folder::parent;
use super::{Facts, random_hex};

/// Whole and synced, beside the file; gone again if it is not placed.
#[derive(Debug)]
pub struct Replacement {
    sibling: PathBuf,
    path: PathBuf,
}

impl Replacement {
    /// Writes the new content beside the file at `path`, which must not be a link, with the mode and
    /// the owner of `like`. Until all of it is written, only its maker can read it.
    ///
    /// # Errors
    /// Whatever the file system says; also when the owner can not be kept.
    pub fn prepare(path: &Path, content: &Secret, like: &Facts) -> Result<Self, FileError> {
        let sibling = parent(path).join(format!(".vaultctl-{}.tmp", random_hex(8)));
        let written = Self { sibling, path: path.to_owned() };
        let fail = |source| FileError::new("write", path, source);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(0o600);
        let file = options.open(&written.sibling).map_err(fail)?;
        written.fill(file, content, like).map_err(fail).map(|()| written)
    }

    fn fill(&self, mut file: File, content: &Secret, like: &Facts) -> io::Result<()> {
        // EXPOSE: into the place of a file that held it.
        file.write_all(content.expose())?;
        let made = file.metadata()?;
        if (made.uid(), made.gid()) != like.owner {
            fchown(&file, Some(like.owner.0), Some(like.owner.1))?;
        }
        // Asked for only where it differs: some file systems of Windows have one mode for all.
        if made.mode() & 0o7777 != like.mode {
            file.set_permissions(Permissions::from_mode(like.mode))?;
        }
        file.sync_all()
    }

    /// Moves it over the file: the old content or the new, never less, and the new for good once
    /// this returns.
    ///
    /// # Errors
    /// Whatever the file system says; then the old content stands.
    pub fn place(self) -> Result<(), FileError> {
        let placed = fs::rename(&self.sibling, &self.path)
            .and_then(|()| File::open(parent(&self.path))?.sync_all());
        placed.map_err(|source| FileError::new("write", &self.path, source))
    }
}

impl Drop for Replacement {
    fn drop(&mut self) {
        // Once it is placed there is nothing under this name.
        fs::remove_file(&self.sibling).ok();
    }
}
