//! Putting whole things in each other's place, and the same thing in two places.
#![expect(clippy::disallowed_methods, reason = "this is where what is there changes places")]

use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::Path;

use rustix::fs::{CWD, RenameFlags, renameat_with};

use super::Kind;
use super::file::{FileError, create_folder};
use super::tree::{facts, names_in};

/// Makes what is at two paths change places at once (renameat2(2), `RENAME_EXCHANGE`), for good once
/// this returns. The answer is `false`, and nothing is done, where the file system can not do that.
///
/// # Errors
/// Whatever else the file system says.
pub fn exchange(one: &Path, other: &Path) -> Result<bool, FileError> {
    match renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE).map_err(io::Error::from) {
        Ok(()) => sync_parents(one, other).map(|()| true),
        Err(error) if is_unknown(&error) => Ok(false),
        Err(source) => Err(FileError::new("replace", other, source)),
    }
}

/// Moves what is at `from` to where nothing is, for good once this returns. The folders above are made.
///
/// # Errors
/// `AlreadyExists`; whatever the file system says.
pub fn move_new(from: &Path, to: &Path) -> Result<(), FileError> {
    if let Some(parent) = to.parent() {
        create_folder(parent)?;
    }
    let fail = |source| FileError::new("write", to, source);
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE).map_err(io::Error::from) {
        Err(error) if is_unknown(&error) => {
            if facts(to)?.is_some() {
                return Err(fail(io::ErrorKind::AlreadyExists.into()));
            }
            fs::rename(from, to).map_err(fail)?;
        }
        moved => moved.map_err(fail)?,
    }
    sync_parents(from, to)
}

/// Makes what is at `from` be at `to`, too: folders anew, everything else as another name of the
/// same. A file that may have no other name is copied.
///
/// # Errors
/// Whatever the file system says; then some of it may be there.
pub fn graft(from: &Path, to: &Path) -> Result<(), FileError> {
    let Some(found) = facts(from)? else {
        return Ok(());
    };
    if let Some(parent) = to.parent() {
        create_folder(parent)?;
    }
    let fail = |source| FileError::new("take over", from, source);
    if found.kind != Kind::Folder {
        return fs::hard_link(from, to)
            .or_else(|error| copy(from, to, found.kind, error))
            .map_err(fail);
    }
    DirBuilder::new().mode(0o700).create(to).map_err(fail)?;
    for name in names_in(from)? {
        graft(&from.join(&name), &to.join(&name))?;
    }
    let like_before = || {
        let before = fs::symlink_metadata(from)?;
        fs::set_permissions(to, before.permissions())?;
        File::open(to)?.set_modified(before.modified()?)
    };
    like_before().map_err(fail)
}

/// Of somebody else's file the system may allow no other name (`fs.protected_hardlinks`).
fn copy(from: &Path, to: &Path, kind: Kind, error: io::Error) -> io::Result<()> {
    if kind != Kind::File {
        return Err(error);
    }
    fs::copy(from, to)?;
    File::open(to)?.set_modified(fs::symlink_metadata(from)?.modified()?)
}

/// The number of the thing at `path`, by which it is known wherever it moves on its disk.
///
/// # Errors
/// Why it can not be told; that nothing is there is no error.
pub fn inode(path: &Path) -> Result<Option<u64>, FileError> {
    match fs::symlink_metadata(path) {
        Ok(found) => Ok(Some(found.ino())),
        Err(error) if super::file::is_absence(&error) => Ok(None),
        Err(source) => Err(FileError::new("look at", path, source)),
    }
}

/// What a system or a file system says that does not know a way of renaming.
fn is_unknown(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported)
}

fn sync_parents(one: &Path, other: &Path) -> Result<(), FileError> {
    for path in [one, other] {
        let parent = path.parent().unwrap_or(Path::new("/"));
        let synced = File::open(parent).and_then(|folder| folder.sync_all());
        synced.map_err(|source| FileError::new("sync", parent, source))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn two_things_change_places() {
        let place = tempfile::tempdir().expect("a folder");
        let [one, other] = ["one", "other"].map(|name| place.path().join(name));
        fs::create_dir(&one).expect("makes");
        fs::write(&other, "file").expect("writes");
        assert!(exchange(&one, &other).expect("exchanges"));
        assert!(one.is_file() && other.is_dir());
        assert!(move_new(&one, &other).is_err(), "something is there");
        move_new(&one, &other.join("below/one")).expect("moves");
        assert!(exchange(&one, &other).is_err(), "nothing is there");
    }

    #[test]
    fn a_graft_is_the_same_thing() {
        let place = tempfile::tempdir().expect("a folder");
        let [from, to] = ["from", "to/here"].map(|name| place.path().join(name));
        fs::create_dir_all(from.join("below")).expect("makes");
        fs::write(from.join("below/file"), "bytes").expect("writes");
        symlink("nowhere", from.join("link")).expect("links");
        graft(&from, &to).expect("grafts");
        assert_eq!(
            inode(&to.join("below/file")).expect("looks"),
            inode(&from.join("below/file")).expect("looks")
        );
        assert_eq!(fs::read_link(to.join("link")).expect("reads"), Path::new("nowhere"));
        assert!(graft(&from, &to).is_err(), "something is there");
    }
}
