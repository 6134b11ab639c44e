//! A whole folder that appears at once.
#![expect(clippy::disallowed_methods, reason = "this is where a whole folder is moved into place")]

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::file::{FileError, create_folder};
use super::folder::Folder;
use super::{Interrupts, random_hex};

/// A private folder beside the place where it shall be; it goes there when it is whole, and
/// otherwise away.
pub struct Staging {
    folder: Folder,
    target: PathBuf,
    published: bool,
    interrupts: Interrupts,
}

impl Staging {
    /// Makes an empty one beside `target`, where nothing, or an empty folder, may be.
    ///
    /// # Errors
    /// `DirectoryNotEmpty` or `AlreadyExists` when something is there; whatever the file system says.
    pub fn begin(target: &Path) -> Result<Self, FileError> {
        expect_nothing(target)?;
        let beside = parent(target);
        create_folder(beside)?;
        let path = beside.join(format!(".vaultctl-{}.tmp", random_hex(8)));
        create_folder(&path)?;
        let missing = || FileError::new("open", &path, io::ErrorKind::NotFound.into());
        let folder = Folder::open(&path)?.ok_or_else(missing)?;
        Ok(Self {
            folder,
            target: target.to_owned(),
            published: false,
            interrupts: Interrupts::hold(),
        })
    }

    /// Refuses to go on once somebody wants this to end; what was made is then taken away, which a
    /// process that is simply killed by ^C could not do.
    ///
    /// # Errors
    /// `Interrupted`.
    pub fn check(&self) -> Result<(), FileError> {
        let interrupted =
            || FileError::new("finish", &self.target, io::ErrorKind::Interrupted.into());
        if self.interrupts.happened() { Err(interrupted()) } else { Ok(()) }
    }

    /// Where to make things.
    #[must_use]
    pub fn folder(&self) -> &Folder {
        &self.folder
    }

    /// Moves it to its place, and syncs the folder that it is in.
    ///
    /// # Errors
    /// As [`Staging::check`]; whatever the file system says; then it goes away.
    pub fn publish(mut self) -> Result<(), FileError> {
        self.folder.sync_tree()?;
        // The disk may have taken its time, and somebody may have had enough of it.
        self.check()?;
        let moved = fs::rename(self.folder.path(), &self.target);
        moved
            .and_then(|()| {
                self.published = true;
                fs::File::open(parent(&self.target))?.sync_all()
            })
            .map_err(|source| FileError::new("write", &self.target, source))
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        if !self.published {
            // Best effort: there is nobody to tell, and the name says what it is.
            open_up(self.folder.path());
            drop(fs::remove_dir_all(self.folder.path()));
        }
    }
}

/// Makes every folder below `path` writable again, so that what is in it can be removed.
pub(super) fn open_up(path: &Path) {
    drop(fs::set_permissions(path, fs::Permissions::from_mode(0o700)));
    for entry in fs::read_dir(path).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            open_up(&entry.path());
        }
    }
}

fn expect_nothing(target: &Path) -> Result<(), FileError> {
    let fail = |source| FileError::new("write to", target, source);
    match fs::read_dir(target).map(|mut entries| entries.next().is_none()) {
        Ok(true) => Ok(()),
        Ok(false) => Err(fail(io::ErrorKind::DirectoryNotEmpty.into())),
        Err(source) if source.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(source) => Err(fail(source)),
    }
}

fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn appears_whole_or_not_at_all() {
        let place = tempfile::tempdir().expect("a folder");
        let target = place.path().join("new/target");
        let staging = Staging::begin(&target).expect("begins");
        staging.folder().stage(Path::new("file"), b"bytes").expect("writes");
        drop(staging);
        assert_eq!(fs::read_dir(place.path().join("new")).expect("lists").count(), 0);
        let staging = Staging::begin(&target).expect("begins");
        staging.folder().stage(Path::new("file"), b"bytes").expect("writes");
        staging.publish().expect("moves");
        assert!(target.join("file").exists());
        assert!(Staging::begin(&target).is_err(), "something is there");
    }
}
