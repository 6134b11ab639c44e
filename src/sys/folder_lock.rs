//! Locks of other programs that are folders: whoever made the folder has the lock.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime};

use rustix::fs::{AtFlags, CWD, Timespec, Timestamps, UTIME_NOW, utimensat};

/// How long to sleep between two looks.
const PAUSE: Duration = Duration::from_millis(20);

/// A holder renews the folder's time every five seconds; whose lock is older than this has died.
const STALE: Duration = Duration::from_secs(10);

/// A lock of the kind that `proper-lockfile` (npm) makes, which Claude Code takes around each write
/// of its main file. It is ours until this goes, if we are done within ten seconds or renew it.
#[derive(Debug)]
pub struct FolderLock {
    path: PathBuf,
    /// The time that we gave it: by another one, somebody else's is known.
    time: SystemTime,
}

impl FolderLock {
    /// Takes the lock, waiting at most `patience`; `None` when somebody keeps it for so long, or when
    /// it can not be made. One that its holder has left behind is taken over, as the convention is.
    #[must_use]
    pub fn take(path: &Path, patience: Duration) -> Option<Self> {
        let begun = Instant::now();
        loop {
            match fs::create_dir(path) {
                Ok(()) => return Some(Self { path: path.to_owned(), time: time_of(path)? }),
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return None,
                Err(_) if is_stale(path) && fs::remove_dir(path).is_ok() => {}
                Err(_) if begun.elapsed() >= patience => return None,
                Err(_) => sleep(PAUSE),
            }
        }
    }

    /// Tells the others that the holder lives; `false` when one of them has taken it over.
    #[must_use]
    pub fn renew(&mut self) -> bool {
        let now = Timespec { tv_sec: 0, tv_nsec: UTIME_NOW };
        let now = Timestamps { last_access: now, last_modification: now };
        let renewed =
            self.is_ours() && utimensat(CWD, &self.path, &now, AtFlags::SYMLINK_NOFOLLOW).is_ok();
        let time = time_of(&self.path).filter(|_| renewed);
        time.is_some_and(|time| {
            self.time = time;
            true
        })
    }

    fn is_ours(&self) -> bool {
        time_of(&self.path) == Some(self.time)
    }
}

impl Drop for FolderLock {
    fn drop(&mut self) {
        // Whoever thought it stale has taken it away, and may have made a new one.
        if self.is_ours() {
            fs::remove_dir(&self.path).ok();
        }
    }
}

fn time_of(path: &Path) -> Option<SystemTime> {
    path.symlink_metadata().and_then(|found| found.modified()).ok()
}

/// A time in the future is no age: then its holder is waited for.
fn is_stale(path: &Path) -> bool {
    let age = time_of(path).and_then(|time| time.elapsed().ok());
    age.is_some_and(|age| age > STALE)
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

    /// Sets the lock's time as if its holder had been silent for so long; as a test's own lock it
    /// must believe that it gave this time itself.
    fn grow_old(lock: &mut FolderLock, seconds: u64) {
        lock.time -= Duration::from_secs(seconds);
        let old = lock.time.duration_since(SystemTime::UNIX_EPOCH).expect("it is after 1970");
        let old =
            Timespec { tv_sec: old.as_secs().cast_signed(), tv_nsec: old.subsec_nanos().into() };
        let old = Timestamps { last_access: old, last_modification: old };
        utimensat(CWD, &lock.path, &old, AtFlags::SYMLINK_NOFOLLOW).expect("it is ours");
    }

    #[test]
    fn one_that_was_left_behind_is_taken_over_and_its_holder_learns_of_it() {
        let place = tempfile::tempdir().expect("a folder");
        let path = place.path().join("file.lock");
        let mut first = FolderLock::take(&path, Duration::ZERO).expect("is free");
        grow_old(&mut first, 9);
        assert!(FolderLock::take(&path, Duration::ZERO).is_none(), "nine seconds are allowed");
        assert!(first.renew());
        assert!(FolderLock::take(&path, Duration::ZERO).is_none(), "it was renewed");
        grow_old(&mut first, 11);
        let mut second = FolderLock::take(&path, Duration::ZERO).expect("its holder has died");
        assert!(!first.renew(), "it is another's now");
        drop(first);
        assert!(second.renew(), "the late one has taken it away");
    }
}
