//! Making what libgit2 wrote survive a power cut.
//!
//! libgit2 syncs its files only when `core.fsyncObjectFiles` says so, and git prints a warning about
//! that setting at every call since 2.36. So the few files of one commit are synced here by name.

use std::path::{Path, PathBuf};

use git2::Oid;

use crate::sys::{DISK_WORKERS, FileError, Folder, in_parallel};

const OBJECTS: &str = "objects";

/// Where git keeps an object that is not in a pack, relative to the git folder.
fn loose(id: Oid) -> PathBuf {
    let hex = id.to_string();
    let (folder, file) = hex.split_at(2);
    Path::new(OBJECTS).join(folder).join(file)
}

/// Syncs new objects and the folders that name them, many at once: a commit may have thousands. One
/// that was there before may lie in a pack: then there is nothing to sync.
pub(super) fn objects(git_folder: &Folder, ids: &[Oid]) -> Result<(), FileError> {
    let paths: Vec<PathBuf> = ids.iter().map(|id| loose(*id)).collect();
    let synced = in_parallel(&paths, DISK_WORKERS, |path| match git_folder.stamp(path)? {
        Some(_) => sync(git_folder, path),
        None => Ok(()),
    });
    synced.into_iter().collect::<Result<(), _>>()?;
    let folders = paths.iter().filter_map(|path| path.parent());
    git_folder.sync_folders(paths.iter().map(PathBuf::as_path).chain(folders))
}

/// Syncs a file of the git folder and the folder that names it, if it is there.
pub(super) fn file(git_folder: &Folder, path: &Path) -> Result<(), FileError> {
    if git_folder.stamp(path)?.is_some() {
        sync(git_folder, path)?;
        sync(git_folder, path.parent().unwrap_or(Path::new("")))?;
    }
    Ok(())
}

fn sync(folder: &Folder, path: &Path) -> Result<(), FileError> {
    folder.sync(path).map_err(|source| FileError::new("sync", &folder.path().join(path), source))
}
