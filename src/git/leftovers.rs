//! Lock files of a writer that was killed.
//!
//! libgit2 guards the index and each reference by a `.lock` file; after `kill -9` it stays and stops
//! every later commit, ours and the user's. The caller knows (from its journal) that one of us died
//! in the middle of a commit, and holds the store's lock, so no other vaultctl is at work; only the
//! user's own git might be, and its locks change or vanish within a moment.

use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use crate::store::HistoryError;
use crate::sys::{Folder, Stamp};

/// How long a lock must stand unchanged to count as left behind.
const STILL: Duration = Duration::from_millis(500);

/// Removes the lock files that stand still.
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
            git_folder
                .remove(&path)
                .map_err(|error| HistoryError(error.to_string()))?;
        }
    }
    Ok(())
}

fn standing(
    git_folder: &Folder,
    branch: Option<&str>,
) -> Result<Vec<(PathBuf, Stamp)>, HistoryError> {
    let mut found = Vec::new();
    let locks = ["index.lock".to_owned(), "HEAD.lock".to_owned()];
    for name in locks
        .into_iter()
        .chain(branch.map(|branch| format!("{branch}.lock")))
    {
        let path = Path::new(&name);
        let stamp = git_folder
            .stamp(path)
            .map_err(|error| HistoryError(error.to_string()))?;
        found.extend(stamp.map(|stamp| (path.to_owned(), stamp)));
    }
    Ok(found)
}
