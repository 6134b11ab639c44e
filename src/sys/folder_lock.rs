//! Locks of other programs that are folders: whoever made the folder has the lock.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long to sleep between two looks.
const PAUSE: Duration = Duration::from_millis(20);

/// A lock of the kind that `proper-lockfile` (npm) makes, which Claude Code takes around each write
/// of its main file. It is ours until this goes; a holder that works for more than a few seconds
/// would have to renew it, and we do not.
#[derive(Debug)]
pub struct FolderLock {
    path: PathBuf,
}

impl FolderLock {
    /// Takes the lock, waiting at most `patience`; `None` when somebody keeps it for so long, or when
    /// it can not be made. A stale one is left to its owner.
    #[must_use]
    pub fn take(path: &Path, patience: Duration) -> Option<Self> {
        let begun = Instant::now();
        loop {
            match fs::create_dir(path) {
                Ok(()) => return Some(Self { path: path.to_owned() }),
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return None,
                Err(_) if begun.elapsed() >= patience => return None,
                Err(_) => sleep(PAUSE),
            }
        }
    }
}

impl Drop for FolderLock {
    fn drop(&mut self) {
        // Whoever thought it stale has taken it away.
        fs::remove_dir(&self.path).ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_for_one_at_a_time_and_goes_away() {
        let place = tempfile::tempdir().expect("a folder");
        let path = place.path().join("file.lock");
        let held = FolderLock::take(&path, Duration::ZERO).expect("is free");
        assert!(FolderLock::take(&path, PAUSE).is_none());
        drop(held);
        assert!(FolderLock::take(&path, Duration::ZERO).is_some());
        assert!(FolderLock::take(&place.path().join("no/file.lock"), PAUSE).is_none());
        assert_eq!(fs::read_dir(place.path()).expect("lists").count(), 0);
    }
}
