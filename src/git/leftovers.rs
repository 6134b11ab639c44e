//! Files of a writer that was killed.
//!
//! libgit2 guards the index and each reference by a `.lock` file; after `kill -9` it stays and stops
//! every later commit, ours and the user's. It writes each object into a file of another name first,
//! which `git gc` does not know and would leave for ever. The caller knows (from its journal) that
//! one of us died, and when it began; and it holds the store's lock, so no other vaultctl is at work.
//!
//! The user's own git may be, and may hold a lock for as long as an editor is open. So only what
//! appeared within moments of that beginning, and stands still, is taken for ours.

use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use jiff::Timestamp;

use crate::sys::{FileError, Folder, Stamp};

use super::repository::Git;

/// Where objects are, and how libgit2 calls one that it has not finished (libgit2, `odb_loose.c`).
const OBJECTS: &str = "objects";
const UNFINISHED_OBJECT: &[u8] = b"tmp_object_git2_";

/// How long a file must stand unchanged to count as left behind.
const STILL: Duration = Duration::from_millis(500);

/// From its beginning, a writer of ours reaches git within this many seconds, even on a busy machine.
const MOMENTS: i64 = 10;

/// Removes the locks and unfinished objects that a writer of ours has left, which began at `begun`.
pub(super) fn clear(git: &Git, begun: Timestamp) -> Result<(), FileError> {
    let from = begun.as_second() - 1;
    let mut before = standing(git)?;
    before.retain(|(_, stamp)| (from..=from + MOMENTS).contains(&stamp.mtime.0));
    if before.is_empty() {
        return Ok(());
    }
    sleep(STILL);
    for (place, stamp) in before {
        let now = place.folder(git).stamp(&place.path)?;
        if now.is_some_and(|now| (now.place, now.mtime) == (stamp.place, stamp.mtime)) {
            place.folder(git).remove(&place.path)?;
        }
    }
    Ok(())
}

fn standing(git: &Git) -> Result<Vec<(Place, Stamp)>, FileError> {
    let mut found = Vec::new();
    for place in locks(git).into_iter().chain(unfinished_objects(git)?) {
        let stamp = place.folder(git).stamp(&place.path)?;
        found.extend(stamp.map(|stamp| (place, stamp)));
    }
    Ok(found)
}

fn locks(git: &Git) -> Vec<Place> {
    let own =
        ["index.lock", "HEAD.lock"].map(|name| Place { shared: false, path: PathBuf::from(name) });
    let branch = git
        .branch()
        .map(|branch| Place { shared: true, path: PathBuf::from(format!("{branch}.lock")) });
    own.into_iter().chain(branch).collect()
}

fn unfinished_objects(git: &Git) -> Result<Vec<Place>, FileError> {
    let objects = Path::new(OBJECTS);
    let mut items = git.shared.list(objects)?;
    items.retain(|item| item.name.as_encoded_bytes().starts_with(UNFINISHED_OBJECT));
    Ok(items
        .into_iter()
        .map(|item| Place { shared: true, path: objects.join(item.name) })
        .collect())
}

/// A file of the working tree's own git folder, or of the one that it shares with others.
struct Place {
    shared: bool,
    path: PathBuf,
}

impl Place {
    fn folder<'g>(&self, git: &'g Git) -> &'g Folder {
        if self.shared { &git.shared } else { &git.own }
    }
}
