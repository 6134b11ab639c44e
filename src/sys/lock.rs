//! One at a time, between processes.
#![expect(clippy::disallowed_methods, reason = "a lock file is opened as it is")]

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use super::file::FileError;

/// How long to sleep between two attempts at first, and at most.
const FIRST_PAUSE: Duration = Duration::from_millis(1);
pub(super) const LONGEST_PAUSE: Duration = Duration::from_millis(25);

/// An advisory lock (flock(2)) on a file of its own; the kernel releases it however we end, so a
/// stale lock can not exist. The file itself stays: removing it would let two hold "the" lock.
pub struct Lock {
    _file: File,
}

/// Why a lock was not got.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Somebody else holds it.
    #[error("another run holds the lock `{0}`")]
    Held(String),
    /// The lock file itself can not be used.
    #[error(transparent)]
    File(#[from] FileError),
}

impl Lock {
    /// Takes the lock on the folder at `path` itself, waiting at most `patience`. It leaves no file,
    /// and all who reach the folder meet there, wherever they keep their own files.
    ///
    /// # Errors
    /// As [`Lock::wait`].
    pub fn wait_on_folder(path: &Path, patience: Duration) -> Result<Self, LockError> {
        let file = open_folder(path)?;
        lock_file(&file, path, patience)?;
        Ok(Self { _file: file })
    }

    /// Takes the lock on `path`, waiting at most `patience`.
    ///
    /// # Errors
    /// [`LockError::Held`] when the patience has run out; the file's own error otherwise.
    pub fn wait(path: &Path, patience: Duration) -> Result<Self, LockError> {
        let file = open(path)?;
        lock_file(&file, path, patience)?;
        Ok(Self { _file: file })
    }
}

/// Opens a folder to be locked; nothing is written.
fn open_folder(path: &Path) -> Result<File, FileError> {
    File::open(path).map_err(|source| FileError::new("lock", path, source))
}

/// Locks an open file, waiting at most `patience`; it is released when the file is closed.
pub(super) fn lock_file(file: &File, path: &Path, patience: Duration) -> Result<(), LockError> {
    let begun = Instant::now();
    let mut pause = FIRST_PAUSE;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::Error(source)) => {
                return Err(FileError::new("lock", path, source).into());
            }
            Err(TryLockError::WouldBlock) if begun.elapsed() >= patience => {
                return Err(LockError::Held(path.display().to_string()));
            }
            Err(TryLockError::WouldBlock) => std::thread::sleep(pause),
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

pub(super) fn open(path: &Path) -> Result<File, FileError> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(0o600);
    options.open(path).map_err(|source| FileError::new("lock", path, source))
}
