//! Looking at what lies on the disk, link for link: nothing here follows one in the last place.
#![expect(clippy::disallowed_methods, reason = "this is where the tree is looked at and read")]

use std::ffi::OsString;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{FileExt, FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::file::{FileError, exists, is_absence};
use super::folder::Kind;

/// What `lstat` tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// What it is.
    pub kind: Kind,
    /// Whether it is a socket: something listens there, or did.
    pub is_socket: bool,
    /// Permission bits with set-uid, set-gid and sticky.
    pub mode: u32,
    /// Owner and group.
    pub owner: (u32, u32),
    /// Size in bytes.
    pub size: u64,
    /// Seconds and nanoseconds of the last change of content.
    pub mtime: (i64, i64),
    /// Seconds and nanoseconds of the last change of state.
    pub ctime: (i64, i64),
    /// Device and inode.
    pub place: (u64, u64),
    /// How many names it has.
    pub names: u64,
}

impl From<Metadata> for Facts {
    fn from(metadata: Metadata) -> Self {
        Self {
            kind: kind_of(metadata.file_type()),
            is_socket: metadata.file_type().is_socket(),
            mode: metadata.mode() & 0o7777,
            owner: (metadata.uid(), metadata.gid()),
            size: metadata.size(),
            mtime: (metadata.mtime(), metadata.mtime_nsec()),
            ctime: (metadata.ctime(), metadata.ctime_nsec()),
            place: (metadata.dev(), metadata.ino()),
            names: metadata.nlink(),
        }
    }
}

/// What is at `path`; `None` when nothing is.
///
/// # Errors
/// Any other reason why it can not be told.
pub fn facts(path: &Path) -> Result<Option<Facts>, FileError> {
    match fs::symlink_metadata(path) {
        Ok(metadata) => Ok(Some(metadata.into())),
        Err(source) if is_absence(&source) => Ok(None),
        Err(source) => Err(FileError::new("look at", path, source)),
    }
}

/// The names in the folder at `path`, sorted.
///
/// # Errors
/// Whatever the file system says.
pub fn names_in(path: &Path) -> Result<Vec<OsString>, FileError> {
    let entries = fs::read_dir(path).and_then(|entries| {
        let names = entries.map(|entry| entry.map(|entry| entry.file_name()));
        names.collect::<io::Result<Vec<_>>>()
    });
    let mut names = entries.map_err(|source| FileError::new("list", path, source))?;
    names.sort_unstable();
    Ok(names)
}

/// What the link at `path` says.
///
/// # Errors
/// Whatever the file system says.
pub fn link_text(path: &Path) -> Result<PathBuf, FileError> {
    fs::read_link(path).map_err(|source| FileError::new("read the link", path, source))
}

/// `path` without any link in it; `None` when it leads nowhere.
#[must_use]
pub fn without_links(path: &Path) -> Option<PathBuf> {
    fs::canonicalize(path).ok()
}

/// The git work tree that the file is in.
#[must_use]
pub fn work_tree(file: &Path) -> Option<PathBuf> {
    let file = without_links(file)?;
    let mut folders = file.ancestors().skip(1);
    folders.find(|folder| exists(&folder.join(".git"))).map(Path::to_owned)
}

/// A regular file, open for reading, that can tell whether it was changed meanwhile.
pub struct SteadyFile {
    file: File,
    path: PathBuf,
    at_first: Facts,
}

impl SteadyFile {
    /// Opens the file at `path`: never a link, and without waiting for the other end of a FIFO.
    ///
    /// # Errors
    /// `InvalidInput` when it is no regular file; whatever the file system says.
    pub fn open(path: &Path) -> Result<Self, FileError> {
        let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
        let mut options = OpenOptions::new();
        options.read(true).custom_flags(flags.bits().cast_signed());
        let opened = options.open(path).and_then(|file| {
            let at_first = Facts::from(file.metadata()?);
            Ok((file, at_first))
        });
        let (file, at_first) = opened.map_err(|source| FileError::new("read", path, source))?;
        if at_first.kind != Kind::File {
            let source = io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file");
            return Err(FileError::new("read", path, source));
        }
        Ok(Self { file, path: path.to_owned(), at_first })
    }

    /// What was true when it was opened.
    #[must_use]
    pub fn facts(&self) -> &Facts {
        &self.at_first
    }

    /// Whether its content may be another than when it was opened.
    ///
    /// # Errors
    /// Whatever the file system says.
    pub fn has_changed(&self) -> Result<bool, FileError> {
        let now = self.facts_now()?;
        Ok((now.size, now.mtime) != (self.at_first.size, self.at_first.mtime))
    }

    /// What is true of it now.
    ///
    /// # Errors
    /// Whatever the file system says.
    pub fn facts_now(&self) -> Result<Facts, FileError> {
        let metadata = self.file.metadata();
        metadata.map(Facts::from).map_err(|source| FileError::new("look at", &self.path, source))
    }

    /// Reads from `offset` on; the answer is how many bytes, and zero is the end.
    ///
    /// # Errors
    /// Whatever the file system says.
    pub fn read_at(&self, offset: u64, target: &mut [u8]) -> Result<usize, FileError> {
        loop {
            match self.file.read_at(target, offset) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => return read.map_err(|source| FileError::new("read", &self.path, source)),
            }
        }
    }
}

impl Read for SteadyFile {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        self.file.read(target)
    }
}

fn kind_of(file_type: fs::FileType) -> Kind {
    if file_type.is_file() {
        Kind::File
    } else if file_type.is_dir() {
        Kind::Folder
    } else if file_type.is_symlink() {
        Kind::Link
    } else {
        Kind::Other
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_link_is_seen_and_not_followed() {
        let folder = tempfile::tempdir().expect("a folder");
        symlink("elsewhere", folder.path().join("link")).expect("links");
        let link = folder.path().join("link");
        assert_eq!(facts(&link).expect("looks").map(|facts| facts.kind), Some(Kind::Link));
        assert_eq!(link_text(&link).expect("reads"), Path::new("elsewhere"));
        assert!(SteadyFile::open(&link).is_err());
        assert_eq!(names_in(folder.path()).expect("lists"), ["link"]);
    }

    #[test]
    fn a_change_while_reading_is_noticed() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("file");
        super::super::write_private(&path, b"before").expect("writes");
        let file = SteadyFile::open(&path).expect("opens");
        assert!(!file.has_changed().expect("looks"));
        let longer = OpenOptions::new().append(true).open(&path).expect("opens");
        io::Write::write_all(&mut &longer, b" and after").expect("appends");
        assert!(file.has_changed().expect("looks"));
    }
}
