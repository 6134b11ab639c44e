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
use super::{Facts, Kind, facts, names_in, random_hex};

/// What names begin and end with that are not placed yet. No other file of ours is called so: what
/// has such a name and is not locked, its maker has left behind.
const BEGIN: &str = ".vaultctl-replacing-";
const END: &str = ".tmp";

/// Whole and synced, beside the file; gone again if it is not placed.
#[derive(Debug)]
pub struct Replacement {
    sibling: PathBuf,
    path: PathBuf,
    /// Locked while it has a name of its own; whoever kills us opens the lock (flock(2)).
    file: File,
}

impl Replacement {
    /// Writes the new content beside the file at `path`, which must not be a link, with the mode and
    /// the owner of `like`. Until all of it is written, only its maker can read it.
    ///
    /// # Errors
    /// Whatever the file system says; also when the owner can not be kept.
    pub fn prepare(path: &Path, content: &Secret, like: &Facts) -> Result<Self, FileError> {
        let sibling = parent(path).join(format!("{BEGIN}{}{END}", random_hex(8)));
        let fail = |source| FileError::new("write", path, source);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(0o600);
        let file = options.open(&sibling).map_err(fail)?;
        let written = Self { sibling, path: path.to_owned(), file };
        written.fill(content, like).map_err(fail).map(|()| written)
    }

    fn fill(&self, content: &Secret, like: &Facts) -> io::Result<()> {
        let mut file = &self.file;
        // A file system without locks: then nothing of ours is swept there either.
        file.try_lock().ok();
        // EXPOSE: into the place of a file that held it.
        file.write_all(content.expose())?;
        let made = file.metadata()?;
        if (made.uid(), made.gid()) != like.owner {
            fchown(file, Some(like.owner.0), Some(like.owner.1))?;
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

/// Removes what a killed run has left beside the file at `path`: it may hold a secret. What somebody
/// is just writing stays.
pub fn sweep_replacements(path: &Path) {
    // A folder that can not be listed has nothing for us.
    for name in names_in(parent(path)).unwrap_or_default() {
        let is_ours =
            name.to_str().is_some_and(|name| name.starts_with(BEGIN) && name.ends_with(END));
        if is_ours {
            remove_if_left(&parent(path).join(name));
        }
    }
}

fn remove_if_left(sibling: &Path) {
    let is_file = facts(sibling).ok().flatten().is_some_and(|facts| facts.kind == Kind::File);
    let opened = is_file.then(|| File::open(sibling).ok()).flatten();
    if opened.is_some_and(|file| file.try_lock().is_ok()) {
        fs::remove_file(sibling).ok();
    }
}

impl Drop for Replacement {
    fn drop(&mut self) {
        // Once it is placed there is nothing under this name.
        fs::remove_file(&self.sibling).ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_run_has_left_goes_and_what_is_being_written_stays() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("mcp.json");
        super::super::write_private(&path, b"{}").expect("it is written");
        let like = facts(&path).expect("it can be looked at").expect("it is there");
        let alive =
            Replacement::prepare(&path, &Secret::copy_from(b"1"), &like).expect("it is written");
        let left = folder.path().join(format!("{BEGIN}0123{END}"));
        fs::write(&left, "hunter2").expect("it is written");
        let other = folder.path().join(".vaultctl-0123.tmp");
        fs::write(&other, "another's").expect("it is written");
        sweep_replacements(&path);
        assert!(!left.exists() && other.exists() && alive.sibling.exists());
        alive.place().expect("it is placed");
        assert_eq!(fs::read(&path).expect("it can be read"), b"1");
    }
}
