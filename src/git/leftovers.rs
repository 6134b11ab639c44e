//! Files of a writer that was killed.
//!
//! libgit2 guards the index and each reference by a `.lock` file; after `kill -9` it stays and stops
//! every later commit, ours and the user's. It writes each object into a file of another name first,
//! which `git gc` does not know and would leave for ever. The caller knows (from its journal) that
//! one of us died in the middle of a commit, and holds the store's lock, so no other vaultctl is at
//! work; only the user's own git might be, and its files change or vanish within a moment.

use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use crate::store::HistoryError;
use crate::sys::{FileError, Folder, Stamp};

/// Where objects are, and how libgit2 calls one that it has not finished (libgit2, `odb_loose.c`).
const OBJECTS: &str = "objects";
const UNFINISHED_OBJECT: &[u8] = b"tmp_object_git2_";

/// How long a file must stand unchanged to count as left behind.
const STILL: Duration = Duration::from_millis(500);

/// Removes the locks and unfinished objects that stand still.
pub(super) fn clear(git_folder: &Folder, branch: Option<&str>) -> Result<(), HistoryError> {
    let before = standing(git_folder, branch)?;
    if before.is_empty() {
        return Ok(());
    }
    sleep(STILL);
    let after = standing(git_folder, branch)?;
    for (path, stamp) in before {
        let unchanged = after.iter().any(|(other, now)| {
            *other == path && now.place == stamp.place && now.mtime == stamp.mtime
        });
        if unchanged {
            git_folder.remove(&path).map_err(history_error)?;
        }
    }
    Ok(())
}

fn standing(
    git_folder: &Folder,
    branch: Option<&str>,
) -> Result<Vec<(PathBuf, Stamp)>, HistoryError> {
    let stamps = locks(branch)
        .chain(unfinished_objects(git_folder).map_err(history_error)?)
        .map(|path| Ok(git_folder.stamp(&path)?.map(|stamp| (path, stamp))));
    let found: Result<Vec<_>, FileError> = stamps.filter_map(Result::transpose).collect();
    found.map_err(history_error)
}

fn locks(branch: Option<&str>) -> impl Iterator<Item = PathBuf> {
    let guarded = ["index", "HEAD"].into_iter().chain(branch);
    guarded.map(|name| PathBuf::from(format!("{name}.lock")))
}

fn unfinished_objects(git_folder: &Folder) -> Result<Vec<PathBuf>, FileError> {
    let objects = Path::new(OBJECTS);
    let mut items = git_folder.list(objects)?;
    items.retain(|item| item.name.as_encoded_bytes().starts_with(UNFINISHED_OBJECT));
    Ok(items
        .into_iter()
        .map(|item| objects.join(item.name))
        .collect())
}

fn history_error(error: FileError) -> HistoryError {
    HistoryError(error.to_string())
}
