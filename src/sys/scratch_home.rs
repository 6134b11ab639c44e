//! A private folder for as long as a run lasts, that a later run takes away if this one is killed.
#![expect(clippy::disallowed_methods, reason = "the folder is ours alone, and new")]

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::statvfs;

use super::file::{FileError, create_folder};
use super::folder::Kind;
use super::lock::{Lock, LockError};
use super::random_hex;
use super::scratch::IN_MEMORY;
use super::staging::open_up;
use super::tree::{facts, names_in};

/// The random part of a folder's name (bytes; twice as many digits).
const RANDOM: usize = 8;

/// Mode of such a folder.
const PRIVATE: u32 = 0o700;

/// How often to begin again, when somebody takes the new folder for a leftover.
const ATTEMPTS: usize = 8;

/// A folder, mode 0700, that goes with all that is in it. While it is in use its owner holds a lock
/// on it, which the kernel releases however the owner ends: so a leftover can be told for certain.
pub struct ScratchHome {
    path: PathBuf,
    _lock: Lock,
}

impl ScratchHome {
    /// Makes one in `base`, which is made too if need be, and takes away what owners of such folders
    /// that were killed have left there. `prefix` begins the names of all that belong together.
    ///
    /// # Errors
    /// Whatever the file system says.
    pub fn make(base: &Path, prefix: &str) -> Result<Self, FileError> {
        create_folder(base)?;
        Self::sweep(base, prefix);
        for _ in 0..ATTEMPTS {
            let path = base.join(format!("{prefix}{}", random_hex(RANDOM)));
            create_folder(&path)?;
            match Lock::wait_on_folder(&path, Duration::ZERO) {
                // Whoever sweeps holds the lock while he does, so from here on it is ours.
                Ok(lock) if facts(&path)?.is_some() => return Ok(Self { path, _lock: lock }),
                Ok(_) | Err(LockError::Held(_)) => {}
                Err(LockError::File(error)) if error.is_absence() => {}
                Err(LockError::File(error)) => return Err(error),
            }
        }
        Err(FileError::new("create a folder in", base, io::ErrorKind::ResourceBusy.into()))
    }

    /// Takes away what killed owners have left in `base`: only what is named as `make` names it. Other
    /// folders that begin so are somebody's own.
    pub fn sweep(base: &Path, prefix: &str) {
        for name in names_in(base).unwrap_or_default() {
            let path = base.join(&name);
            if is_our_name(&name, prefix)
                && is_our_folder(&path)
                && let Ok(_lock) = Lock::wait_on_folder(&path, Duration::ZERO)
            {
                // What can not be removed now is tried again by the next one.
                clear(&path).ok();
            }
        }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Takes it away, and says if that was not possible.
    ///
    /// # Errors
    /// Whatever the file system says.
    pub fn wipe(self) -> Result<(), FileError> {
        clear(&self.path).map_err(|source| FileError::new("remove", &self.path, source))
    }
}

impl Drop for ScratchHome {
    fn drop(&mut self) {
        // Best effort: whoever wants to know calls `wipe`.
        clear(&self.path).ok();
    }
}

/// The file system in memory, where this system has one.
#[must_use]
pub fn memory_folder() -> Option<&'static Path> {
    Some(Path::new(IN_MEMORY)).filter(|path| path.is_dir())
}

/// How many bytes can still be written below `path`.
///
/// # Errors
/// Whatever the file system says.
pub fn free_space(path: &Path) -> Result<u64, FileError> {
    let found = statvfs(path);
    let found = found.map_err(|source| FileError::new("look at", path, source.into()))?;
    Ok(found.f_bavail.saturating_mul(found.f_frsize))
}

fn clear(path: &Path) -> io::Result<()> {
    open_up(path);
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn is_our_name(name: &OsStr, prefix: &str) -> bool {
    let random = name.to_str().and_then(|name| name.strip_prefix(prefix));
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    random.is_some_and(|random| random.len() == 2 * RANDOM && random.bytes().all(is_digit))
}

fn is_our_folder(path: &Path) -> bool {
    let own = rustix::process::geteuid().as_raw();
    let found = facts(path).ok().flatten();
    found.is_some_and(|found| {
        // A folder inherits set-gid from where it is made.
        (found.kind, found.owner.0, found.mode & 0o777) == (Kind::Folder, own, PRIVATE)
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    const PREFIX: &str = "vaultctl-test-";

    fn count(base: &Path) -> usize {
        names_in(base).expect("lists").len()
    }

    #[test]
    fn goes_with_all_that_is_in_it_whatever_its_modes_are() {
        let base = tempfile::tempdir().expect("a folder");
        let home = ScratchHome::make(base.path(), PREFIX).expect("makes");
        assert_eq!(facts(home.path()).expect("looks").expect("is there").mode, 0o700);
        let closed = home.path().join("a/b");
        create_folder(&closed).expect("makes");
        fs::set_permissions(home.path().join("a"), fs::Permissions::from_mode(0o000))
            .expect("is ours");
        home.wipe().expect("removes");
        drop(ScratchHome::make(base.path(), PREFIX).expect("makes"));
        assert_eq!(count(base.path()), 0);
    }

    #[test]
    fn a_leftover_goes_and_what_is_in_use_stays() {
        let base = tempfile::tempdir().expect("a folder");
        let kept = ScratchHome::make(base.path(), PREFIX).expect("makes");
        create_folder(&base.path().join("vaultctl-test-0123456789abcdef/deep")).expect("makes");
        let others = [
            "another",
            "vaultctl-test-reports",
            "vaultctl-test-0123456789abcde",
            "vaultctl-test-0123456789abcdef0",
            "vaultctl-test-0123456789ABCDEF",
        ];
        for other in others {
            create_folder(&base.path().join(other)).expect("makes");
        }
        let open = base.path().join("vaultctl-test-fedcba9876543210");
        create_folder(&open).expect("makes");
        fs::set_permissions(&open, fs::Permissions::from_mode(0o755)).expect("is ours");
        let second = ScratchHome::make(base.path(), PREFIX).expect("makes");
        assert_eq!(count(base.path()), 2 + others.len() + 1);
        assert!(kept.path().is_dir() && second.path().is_dir());
    }

    #[test]
    fn there_is_room() {
        assert!(free_space(Path::new("/")).expect("looks") > 0);
    }
}
