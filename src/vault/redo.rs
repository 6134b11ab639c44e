//! What is left to do once all new files are written: renames and removals.
//!
//! The list is in the journal before the first of them is done, so that whoever comes after a killed
//! writer carries on where it stopped. Each can be done again, and what somebody else has changed
//! since is left as it is.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::sys::{FileError, Folder, Kind};

/// One thing to be done. Paths are relative to the store's root.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Redo {
    /// A staged file goes to its place.
    Place { staged: PathBuf, path: PathBuf },
    /// A file or a folder goes to where nothing is, or a file over another.
    Move { from: PathBuf, to: PathBuf },
    /// A file goes.
    Remove(PathBuf),
    /// A folder goes, with all that is in it.
    RemoveFolder(PathBuf),
}

impl Redo {
    /// Does all of it, in order; what appears has reached the disk before anything goes. Folders that
    /// get empty go too, but for `kept` and those above it.
    pub(super) fn carry_out(all: &[Self], folder: &Folder, kept: &Path) -> Result<(), FileError> {
        all.iter().try_for_each(|redo| redo.appear(folder))?;
        folder.sync_folders(all.iter().flat_map(Self::appeared))?;
        all.iter().try_for_each(|redo| redo.vanish(folder, kept))
    }

    /// Those that a writer who was killed has not come to, and that nobody has overtaken since it
    /// began.
    pub(super) fn still_due(
        all: Vec<Self>,
        folder: &Folder,
        since: Timestamp,
    ) -> Result<Vec<Self>, FileError> {
        let due = all.into_iter().map(|redo| Ok(redo.is_due(folder, since)?.then_some(redo)));
        due.filter_map(Result::transpose).collect()
    }

    fn is_due(&self, folder: &Folder, since: Timestamp) -> Result<bool, FileError> {
        let is_there = |path: &Path| Ok(folder.kind_itself(path)?.is_some());
        let is_old = |path: &Path| {
            let stamp = folder.stamp(path)?;
            Ok(stamp.is_none_or(|stamp| stamp.mtime.0 <= since.as_second()))
        };
        match self {
            Self::Place { staged, path } => Ok(is_there(staged)? && is_old(path)?),
            Self::Move { from, to } => Ok(is_there(from)? && is_old(from)? && !is_there(to)?),
            Self::Remove(path) => is_old(path),
            Self::RemoveFolder(path) => {
                Ok(folder.kind_itself(path)? == Some(Kind::Folder) && is_old(path)?)
            }
        }
    }

    fn appear(&self, folder: &Folder) -> Result<(), FileError> {
        match self {
            Self::Place { staged, path } => folder.place(staged, path),
            Self::Move { from, to } => {
                folder.create_folder(parent(to))?;
                folder.place(from, to)
            }
            Self::Remove(_) | Self::RemoveFolder(_) => Ok(()),
        }
    }

    fn appeared(&self) -> Vec<&Path> {
        match self {
            Self::Place { path, .. } => vec![path],
            Self::Move { from, to } => vec![to, from],
            Self::Remove(_) | Self::RemoveFolder(_) => Vec::new(),
        }
    }

    fn vanish(&self, folder: &Folder, kept: &Path) -> Result<(), FileError> {
        let path = match self {
            Self::Place { .. } => return Ok(()),
            Self::Move { from, .. } => from,
            Self::Remove(path) => {
                folder.remove(path)?;
                path
            }
            Self::RemoveFolder(path) => {
                folder.remove_folder(path)?;
                folder.sync_folders([path.as_path()])?;
                path
            }
        };
        folder.prune_up_to(parent(path), kept);
        Ok(())
    }
}

fn parent(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new(""))
}

#[cfg(test)]
mod tests {
    use crate::sys::{Clock, SystemClock};

    use super::*;

    /// A folder with these files, begun a moment later.
    fn folder(files: &[&str]) -> (tempfile::TempDir, Folder, Timestamp) {
        let place = tempfile::tempdir().expect("a folder");
        let folder = Folder::open(place.path()).expect("opens").expect("it is there");
        for file in files {
            folder.stage(Path::new(file), file.as_bytes()).expect("writes");
        }
        (place, folder, SystemClock.now())
    }

    #[test]
    fn what_is_left_is_done_and_doing_it_again_changes_nothing() {
        let (_place, folder, begun) = folder(&["staged", "old", "gone"]);
        let all = vec![
            Redo::Place { staged: "staged".into(), path: "new".into() },
            Redo::Move { from: "old".into(), to: "deep/moved".into() },
            Redo::Remove("gone".into()),
        ];
        for _ in 0..2 {
            let due = Redo::still_due(all.clone(), &folder, begun).expect("looks");
            Redo::carry_out(&due, &folder, Path::new("")).expect("does");
            let read = |path: &str| folder.read(Path::new(path), 9).expect("reads");
            assert_eq!(read("new").as_deref(), Some(&b"staged"[..]));
            assert_eq!(read("deep/moved").as_deref(), Some(&b"old"[..]));
            assert_eq!((read("old"), read("gone"), read("staged")), (None, None, None));
        }
    }

    #[test]
    fn what_somebody_else_wrote_since_stays() {
        let (_place, folder, _) = folder(&["staged", "place", "kept"]);
        let long_ago = Timestamp::from_second(1).expect("is a time");
        let all = vec![
            Redo::Place { staged: "staged".into(), path: "place".into() },
            Redo::Remove("kept".into()),
        ];
        assert_eq!(Redo::still_due(all, &folder, long_ago).expect("looks"), []);
    }
}
