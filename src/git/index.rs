//! Entries of git's index (gitformat-index(5)).

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use git2::{Index, IndexEntry, IndexTime, ObjectType, Oid, Tree};

use crate::sys::Stamp;

use super::Error;

/// A regular file that is not executable, as git's index writes it.
pub(super) const FILE_MODE: u32 = 0o100_644;

/// A symbolic link.
pub(super) const LINK_MODE: u32 = 0o120_000;

/// Whether both the index and the newest commit have this content, or both have nothing.
pub(super) fn is_recorded(
    index: &Index,
    head: Option<&Tree<'_>>,
    path: &Path,
    content: Option<&[u8]>,
) -> Result<bool, Error> {
    let id = content.map(|content| Oid::hash_object(ObjectType::Blob, content)).transpose()?;
    let staged = index.get_path(path, 0).map(|entry| entry.id);
    let committed = head.and_then(|tree| tree.get_path(path).ok()).map(|entry| entry.id());
    Ok(staged == id && committed == id)
}

/// With the file's true times, size and place, so that `git status` need not read it again.
pub(super) fn entry(path: &Path, id: Oid, stamp: Stamp) -> IndexEntry {
    // Git's index has 32 bits for each of these and compares them cut off in the same way.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "git's index format, version 2"
    )]
    let cut = |number: i64| number as u32;
    #[expect(clippy::cast_possible_truncation, reason = "git's index format, version 2")]
    let low = |number: u64| number as u32;
    let time =
        |(seconds, nanoseconds): (i64, i64)| IndexTime::new(seconds as i32, cut(nanoseconds));
    IndexEntry {
        ctime: time(stamp.ctime),
        mtime: time(stamp.mtime),
        dev: low(stamp.place.0),
        ino: low(stamp.place.1),
        mode: FILE_MODE,
        uid: stamp.owner.0,
        gid: stamp.owner.1,
        file_size: low(stamp.size),
        id,
        flags: 0,
        flags_extended: 0,
        path: path.as_os_str().as_bytes().to_vec(),
    }
}
