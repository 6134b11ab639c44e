//! A private folder for a moment, in memory where the system has such a place.
#![expect(clippy::disallowed_methods, reason = "the folder is ours alone, and new")]

use std::fs;
use std::path::{Path, PathBuf};

use crate::secret::Secret;

use super::file::{FileError, create_folder, create_secret, read_secret};
use super::{Variables, random_hex};

/// A file system that is never written to a disk but by swapping (Linux).
pub(super) const IN_MEMORY: &str = "/dev/shm";

/// A folder, mode 0700, that is removed with all that is in it when this goes. After `kill -9` it
/// stays until the machine restarts, where it is in memory.
pub struct Scratch {
    path: PathBuf,
}

impl Scratch {
    /// Makes one in memory if possible, else in `TMPDIR` or `/tmp`.
    ///
    /// # Errors
    /// When none of these takes it.
    pub fn new(variables: &Variables) -> Result<Self, FileError> {
        let fallback = variables.text("TMPDIR").unwrap_or("/tmp");
        Self::below(Path::new(IN_MEMORY)).or_else(|_| Self::below(Path::new(fallback)))
    }

    fn below(base: &Path) -> Result<Self, FileError> {
        if !base.is_dir() {
            let source = std::io::ErrorKind::NotADirectory.into();
            return Err(FileError::new("use", base, source));
        }
        let path = base.join(format!("vaultctl-{}", random_hex(16)));
        create_folder(&path)?;
        Ok(Self { path })
    }

    /// Leaves it standing, and says where.
    #[must_use]
    pub fn keep(mut self) -> PathBuf {
        std::mem::take(&mut self.path)
    }

    /// Whether it is on a file system in memory.
    #[must_use]
    pub fn is_in_memory(&self) -> bool {
        self.path.starts_with(IN_MEMORY)
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a new file, mode 0600.
    ///
    /// # Errors
    /// What the file system says.
    pub fn write(&self, name: &str, content: &Secret) -> Result<PathBuf, FileError> {
        let path = self.path.join(name);
        create_secret(&path, content)?;
        Ok(path)
    }

    /// Reads a file, by its path and not by a handle: an editor may have replaced it.
    ///
    /// # Errors
    /// What the file system says.
    pub fn read(&self, name: &str, limit: usize) -> Result<Option<Secret>, FileError> {
        read_secret(&self.path.join(name), limit)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if !self.path.as_os_str().is_empty() {
            drop(fs::remove_dir_all(&self.path));
        }
    }
}
