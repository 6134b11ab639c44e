//! Making a tree below an open folder: files that appear whole, links, folders with their times.
//!
//! Everything is reached through the folder's descriptor, so that no name, and no link that was
//! made on the way, leads outside (see [`Folder`]).

use std::ffi::OsStr;
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use cap_std::fs::{Dir, File, MetadataExt, OpenOptions, OpenOptionsExt};
use rustix::fs::{AtFlags, Mode, RenameFlags, Timespec, Timestamps, UTIME_OMIT};

use super::file::FileError;
use super::folder::{Folder, or_here, parent};

/// A leftover of a killed writer is taken away after this long (seconds).
const LEFTOVER_AGE: i64 = 24 * 3600;

/// What is worth a request of its own to the disk (bytes).
const LARGE: usize = 1024 * 1024;

/// What a made file or folder gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finish {
    /// Its permission bits.
    pub mode: u32,
    /// Seconds and nanoseconds of the last change of its content; `None`: now.
    pub mtime: Option<(i64, i64)>,
}

impl Folder {
    /// Makes a new file of all that `source` has, gives it its finish and syncs it.
    ///
    /// # Errors
    /// `AlreadyExists`; what `source` or the file system says: then nothing is left of it.
    pub fn make_file(
        &self,
        path: &Path,
        finish: Finish,
        source: &mut dyn Read,
    ) -> Result<(), FileError> {
        let file = self.new_file(path)?;
        let made = fill(&file, finish, source).and_then(|()| file.sync_all());
        made.map_err(|source| self.unmade(path, source))
    }

    /// As [`Folder::make_file`], but it is synced with everything else by [`Folder::sync_tree`].
    ///
    /// # Errors
    /// As [`Folder::make_file`].
    pub fn plant_file(
        &self,
        path: &Path,
        finish: Finish,
        source: &mut dyn Read,
    ) -> Result<(), FileError> {
        let file = self.new_file(path)?;
        fill(&file, finish, source).map_err(|source| self.unmade(path, source))
    }

    /// Writes into a file that is there, from `offset` on. The disk begins with what is large at
    /// once, so that [`Folder::sync_tree`] has less to wait for.
    ///
    /// # Errors
    /// Whatever the file system says.
    pub fn write_into(&self, path: &Path, offset: u64, bytes: &[u8]) -> Result<(), FileError> {
        let mut options = OpenOptions::new();
        let written = self.root.open_with(path, options.write(true)).and_then(|file| {
            let file = file.into_std();
            file.write_all_at(bytes, offset)?;
            if bytes.len() >= LARGE {
                begin_writing_back(&file, offset, bytes.len());
            }
            Ok(())
        });
        written.map_err(|source| self.fail("write", path, source))
    }

    /// Gives a file that is there its finish.
    ///
    /// # Errors
    /// Whatever the file system says.
    pub fn finish_file(&self, path: &Path, finish: Finish) -> Result<(), FileError> {
        let done = self.root.open(path).and_then(|file| finish_descriptor(&file, finish));
        done.map_err(|source| self.fail("finish", path, source))
    }

    /// Waits until the whole tree is on the disk: one wait for all files, where each alone would
    /// take its own.
    ///
    /// # Errors
    /// Whatever the file system says.
    pub fn sync_tree(&self) -> Result<(), FileError> {
        let synced =
            self.root.open(or_here(Path::new(""))).and_then(|root| sync_file_system(&root));
        synced.map_err(|source| self.fail("finish", Path::new(""), source))
    }

    fn new_file(&self, path: &Path) -> Result<File, FileError> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(0o600);
        self.root.open_with(path, &options).map_err(|source| self.fail("write", path, source))
    }

    fn unmade(&self, path: &Path, source: io::Error) -> FileError {
        drop(self.root.remove_file(path));
        self.fail("write", path, source)
    }

    /// Moves a staged file to `path` unless something is there, and syncs the folder; the answer
    /// is whether it was moved. Otherwise the staged file is gone.
    ///
    /// # Errors
    /// Whatever the file system says; then neither is there.
    pub fn place_new(&self, staged: &Path, path: &Path) -> Result<bool, FileError> {
        let moved = match rename_new(&self.root, staged, path) {
            Ok(()) => self.sync(parent(path)).map(|()| true),
            Err(source) if source.kind() == io::ErrorKind::AlreadyExists => {
                self.root.remove_file(staged).map(|()| false)
            }
            Err(source) => Err(source),
        };
        moved.map_err(|source| {
            drop(self.root.remove_file(staged));
            self.fail("write", path, source)
        })
    }

    /// Makes a symbolic link that says `text`, whatever that is.
    ///
    /// # Errors
    /// `AlreadyExists`; whatever the file system says.
    pub fn make_link(&self, path: &Path, text: &[u8], mtime: (i64, i64)) -> Result<(), FileError> {
        let made = self.root.symlink_contents(OsStr::from_bytes(text), path).and_then(|()| {
            let folder = self.root.open_dir(or_here(parent(path)))?;
            let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
            Ok(rustix::fs::utimensat(&folder, name, &times(mtime), AtFlags::SYMLINK_NOFOLLOW)?)
        });
        made.map_err(|source| self.fail("link", path, source))
    }

    /// Gives the file at `first` another name, `path`.
    ///
    /// # Errors
    /// `AlreadyExists`; whatever the file system says.
    pub fn make_hard_link(&self, first: &Path, path: &Path) -> Result<(), FileError> {
        self.root
            .hard_link(first, &self.root, path)
            .map_err(|source| self.fail("link", path, source))
    }

    /// Gives a folder its finish, after all that belongs into it was made.
    ///
    /// # Errors
    /// Whatever the file system says.
    pub fn finish_folder(&self, path: &Path, finish: Finish) -> Result<(), FileError> {
        let done =
            self.root.open(or_here(path)).and_then(|folder| finish_descriptor(&folder, finish));
        done.map_err(|source| self.fail("finish", path, source))
    }

    /// Opens the file at `path` for reading and tells its size; `None` when it is not there.
    ///
    /// # Errors
    /// Any other reason why it can not be read.
    pub fn reader(&self, path: &Path) -> Result<Option<(impl Read + use<>, u64)>, FileError> {
        let Some(file) = self.open_file(path)? else {
            return Ok(None);
        };
        let size = file.metadata().map_err(|source| self.fail("read", path, source))?.size();
        Ok(Some((file.into_std(), size)))
    }

    /// Removes files in the folder at `path` that begin with `prefix` and are over a day older
    /// than the file `than`, by the clock of the file system: what killed writers left.
    pub fn remove_leftovers(&self, path: &Path, prefix: &str, than: &Path) {
        let Ok(Some(reference)) = self.stamp(than) else {
            return;
        };
        for item in self.list(path).unwrap_or_default() {
            if !item.name.as_bytes().starts_with(prefix.as_bytes()) {
                continue;
            }
            let leftover = path.join(&item.name);
            let Ok(Some(stamp)) = self.stamp(&leftover) else {
                continue;
            };
            if stamp.mtime.0 + LEFTOVER_AGE < reference.mtime.0 {
                drop(self.root.remove_file(&leftover));
            }
        }
    }
}

fn fill(mut file: &File, finish: Finish, source: &mut dyn Read) -> io::Result<()> {
    io::copy(source, &mut file)?;
    finish_descriptor(file, finish)
}

/// Has the system begin to write a part of a file to the disk, without waiting for it. "I shall not
/// need it" is the one advice that does so (Linux, `mm/fadvise.c`); advice may be ignored.
#[cfg(target_os = "linux")]
fn begin_writing_back(file: &std::fs::File, offset: u64, length: usize) {
    let length = std::num::NonZeroU64::new(length as u64);
    rustix::fs::fadvise(file, offset, length, rustix::fs::Advice::DontNeed).ok();
}

#[cfg(not(target_os = "linux"))]
fn begin_writing_back(_file: &std::fs::File, _offset: u64, _length: usize) {}

#[cfg(target_os = "linux")]
fn sync_file_system(root: &File) -> io::Result<()> {
    Ok(rustix::fs::syncfs(root)?)
}

/// Elsewhere there is only the call that waits for every disk.
#[cfg(not(target_os = "linux"))]
fn sync_file_system(_root: &File) -> io::Result<()> {
    rustix::fs::sync();
    Ok(())
}

fn finish_descriptor(descriptor: impl rustix::fd::AsFd, finish: Finish) -> io::Result<()> {
    rustix::fs::fchmod(&descriptor, Mode::from_raw_mode(finish.mode))?;
    if let Some(mtime) = finish.mtime {
        rustix::fs::futimens(&descriptor, &times(mtime))?;
    }
    Ok(())
}

/// Renames without replacing; by way of a hard link where the file system can not do it at once.
fn rename_new(root: &Dir, from: &Path, to: &Path) -> io::Result<()> {
    use rustix::io::Errno;
    match rustix::fs::renameat_with(root, from, root, to, RenameFlags::NOREPLACE) {
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {
            root.hard_link(from, root, to)?;
            root.remove_file(from)
        }
        renamed => Ok(renamed?),
    }
}

fn times((seconds, nanoseconds): (i64, i64)) -> Timestamps {
    let untouched = Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT };
    Timestamps {
        last_access: untouched,
        last_modification: Timespec { tv_sec: seconds, tv_nsec: nanoseconds },
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Kind, facts};
    use super::*;

    const FINISH: Finish = Finish { mode: 0o400, mtime: Some((1_000_000_000, 123_456_789)) };

    fn folder() -> (tempfile::TempDir, Folder) {
        let place = tempfile::tempdir().expect("a folder");
        let folder = Folder::open(place.path()).expect("opens").expect("is there");
        (place, folder)
    }

    #[test]
    fn files_links_and_folders_get_mode_and_time() {
        let (place, folder) = folder();
        folder.create_folder(Path::new("below")).expect("makes");
        folder.make_file(Path::new("below/file"), FINISH, &mut &b"bytes"[..]).expect("makes");
        folder.make_hard_link(Path::new("below/file"), Path::new("other")).expect("links");
        folder.make_link(Path::new("link"), b"/nowhere/at all", (-5, 7)).expect("links");
        folder.finish_folder(Path::new("below"), Finish { mode: 0o500, ..FINISH }).expect("ends");
        let look = |name: &str| facts(&place.path().join(name)).expect("looks").expect("is there");
        assert_eq!(
            (look("below/file").mode, look("below/file").mtime),
            (0o400, FINISH.mtime.expect("is set"))
        );
        assert_eq!(look("other").place, look("below/file").place);
        assert_eq!((look("link").kind, look("link").mtime), (Kind::Link, (-5, 7)));
        assert_eq!(
            (look("below").mode, look("below").mtime),
            (0o500, FINISH.mtime.expect("is set"))
        );
    }

    #[test]
    fn nothing_is_made_outside_or_over_something() {
        let (_place, folder) = folder();
        assert!(folder.make_file(Path::new("../file"), FINISH, &mut &b""[..]).is_err());
        folder.make_link(Path::new("up"), b"..", (0, 0)).expect("links");
        assert!(folder.make_file(Path::new("up/file"), FINISH, &mut &b""[..]).is_err());
        assert!(folder.make_hard_link(Path::new("up/file"), Path::new("x")).is_err());
        assert!(folder.make_link(Path::new("up"), b"elsewhere", (0, 0)).is_err());
    }

    #[test]
    fn what_is_there_is_not_replaced() {
        let (_place, folder) = folder();
        let (staged, path) = (Path::new(".staged"), Path::new("name"));
        for expected in [true, false] {
            folder.make_file(staged, FINISH, &mut &b"bytes"[..]).expect("stages");
            assert_eq!(folder.place_new(staged, path).expect("places"), expected);
            assert!(!folder.path().join(staged).exists());
        }
    }
}
