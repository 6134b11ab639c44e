//! A folder held open, and everything reached below it.
//!
//! Paths are resolved by the kernel beneath the descriptor (openat2(2), `RESOLVE_BENEATH`, by way
//! of cap-std): neither `..` nor a symbolic link leads out, however the tree changes meanwhile.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use cap_std::ambient_authority;
use cap_std::fs::{
    Dir, DirBuilder, DirBuilderExt, File, Metadata, MetadataExt, OpenOptions, OpenOptionsExt,
    Permissions, PermissionsExt,
};
use rustix::fs::OFlags;

use super::file::{FileError, is_absence};

/// Opening a FIFO must not wait for a writer.
const NO_WAITING: i32 = OFlags::NONBLOCK.bits().cast_signed();

/// An open folder; its methods take paths relative to it.
pub struct Folder {
    pub(super) root: Dir,
    path: PathBuf,
    /// What new files and folders do not allow.
    mask: u32,
}

/// Group and others are allowed nothing.
const PRIVATE: u32 = 0o077;

/// What kind of thing a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link.
    Link,
    /// A socket, a device, a FIFO.
    Other,
}

/// One line of a listing.
#[derive(Debug)]
pub struct Item {
    /// The last component of its path.
    pub name: OsString,
    /// What it is, without following a link.
    pub kind: Kind,
}

/// What `stat` tells of a file, as far as git's index wants it.
#[derive(Clone, Copy, Debug)]
pub struct Stamp {
    /// Size in bytes.
    pub size: u64,
    /// Seconds and nanoseconds of the last change of content.
    pub mtime: (i64, i64),
    /// Seconds and nanoseconds of the last change of state.
    pub ctime: (i64, i64),
    /// Device and inode.
    pub place: (u64, u64),
    /// Owner and group.
    pub owner: (u32, u32),
}

impl Folder {
    /// Opens the folder at `path`; `None` when nothing is there.
    ///
    /// # Errors
    /// Any other reason why it can not be opened.
    pub fn open(path: &Path) -> Result<Option<Self>, FileError> {
        match Dir::open_ambient_dir(path, ambient_authority()) {
            Ok(root) => {
                let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
                Ok(Some(Self { root, path, mask: PRIVATE }))
            }
            Err(source) if source.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(FileError::new("open", path, source)),
        }
    }

    /// The same, but new files and folders allow all that `mask` does not take away (as umask(2),
    /// whatever that is for this process) instead of only what their owner needs.
    #[must_use]
    pub fn with_mask(self, mask: u32) -> Self {
        Self { mask, ..self }
    }

    /// Where it was opened, without links and relative parts.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The whole file, of at most `limit` bytes; `None` when it is not there.
    ///
    /// # Errors
    /// Any other reason why it can not be read; a path that leads outside is one.
    pub fn read(&self, path: &Path, limit: usize) -> Result<Option<Vec<u8>>, FileError> {
        let Some(file) = self.open_file(path)? else {
            return Ok(None);
        };
        let mut bytes = Vec::new();
        file.take(limit as u64 + 1)
            .read_to_end(&mut bytes)
            .map_err(|source| self.fail("read", path, source))?;
        if bytes.len() > limit {
            let source =
                io::Error::new(io::ErrorKind::InvalidData, format!("more than {limit} bytes"));
            return Err(self.fail("read", path, source));
        }
        Ok(Some(bytes))
    }

    /// Opens a regular file; without waiting, as a FIFO would have it.
    pub(super) fn open_file(&self, path: &Path) -> Result<Option<File>, FileError> {
        let mut options = OpenOptions::new();
        options.read(true).custom_flags(NO_WAITING);
        let file = match self.root.open_with(path, &options) {
            Ok(file) => file,
            Err(source) if is_absence(&source) => return Ok(None),
            Err(source) => return Err(self.fail("read", path, source)),
        };
        let is_file = file.metadata().is_ok_and(|metadata| metadata.is_file());
        let refusal = || io::Error::new(io::ErrorKind::InvalidData, "it is not a regular file");
        is_file.then_some(Some(file)).ok_or_else(|| self.fail("read", path, refusal()))
    }

    /// Writes a new file, private unless a mask was chosen, and syncs it: the first half of an atomic replacement.
    ///
    /// # Errors
    /// Whatever the file system says; then nothing is left of it.
    pub fn stage(&self, path: &Path, bytes: &[u8]) -> Result<(), FileError> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(0o600);
        let written = self.root.open_with(path, &options).and_then(|mut file| {
            file.write_all(bytes)?;
            if self.mask != PRIVATE {
                file.set_permissions(Permissions::from_mode(0o666 & !self.mask))?;
            }
            file.sync_all()
        });
        written.map_err(|source| {
            drop(self.root.remove_file(path));
            self.fail("write", path, source)
        })
    }

    /// Moves a staged file over `path`, or a folder to where nothing is: the second half. It
    /// survives a power cut once the folders of both have been synced ([`Folder::sync_folders`]).
    ///
    /// # Errors
    /// Whatever the file system says; then what was there stands.
    pub fn place(&self, staged: &Path, path: &Path) -> Result<(), FileError> {
        let placed = self.root.rename(staged, &self.root, path);
        placed.map_err(|source| self.fail("write", path, source))
    }

    /// Syncs the folders that hold `paths`, each once; one that has gone needs none.
    ///
    /// # Errors
    /// Whatever the file system says.
    pub fn sync_folders<'p>(
        &self,
        paths: impl IntoIterator<Item = &'p Path>,
    ) -> Result<(), FileError> {
        let folders: BTreeSet<&Path> = paths.into_iter().map(parent).collect();
        for folder in folders {
            match self.sync(folder) {
                Err(source) if !is_absence(&source) => {
                    return Err(self.fail("sync", folder, source));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Removes the file; that it is not there is fine.
    ///
    /// # Errors
    /// Any other reason why it stays.
    pub fn remove(&self, path: &Path) -> Result<(), FileError> {
        // Asked first, because a disk that is mounted read-only answers even the absent with a refusal.
        if self.stamp(path)?.is_none() {
            return Ok(());
        }
        match self.root.remove_file(path).and_then(|()| self.sync(parent(path))) {
            Err(source) if !is_absence(&source) => Err(self.fail("remove", path, source)),
            _ => Ok(()),
        }
    }

    /// Removes `path` and the folders above it, as long as they are empty.
    pub fn prune(&self, path: &Path) {
        self.prune_up_to(path, Path::new(""));
    }

    /// The same, but `kept` and the folders above it stay.
    pub fn prune_up_to(&self, path: &Path, kept: &Path) {
        for folder in path.ancestors().take_while(|folder| !kept.starts_with(folder)) {
            if self.root.remove_dir(folder).is_err() {
                return;
            }
        }
    }

    /// Removes the folder with all that is in it; that it is not there is fine.
    ///
    /// # Errors
    /// Any other reason why it stays.
    pub fn remove_folder(&self, path: &Path) -> Result<(), FileError> {
        match self.root.remove_dir_all(path) {
            Err(source) if !is_absence(&source) => Err(self.fail("remove", path, source)),
            _ => Ok(()),
        }
    }

    /// Makes the folder and those above it, private unless a mask was chosen; that it exists is fine.
    ///
    /// # Errors
    /// Whatever the file system says.
    pub fn create_folder(&self, path: &Path) -> Result<(), FileError> {
        if path.as_os_str().is_empty() {
            return Ok(());
        }
        let missing: Vec<&Path> =
            path.ancestors().take_while(|folder| !self.is_there(folder)).collect();
        self.plant_folder(path)?;
        let settled = missing.iter().try_for_each(|folder| self.settle_folder(folder));
        settled.map_err(|source| self.fail("create", path, source))
    }

    /// As [`Folder::create_folder`], but private in any case, and synced with everything else by
    /// [`Folder::sync_tree`].
    ///
    /// # Errors
    /// As [`Folder::create_folder`].
    pub fn plant_folder(&self, path: &Path) -> Result<(), FileError> {
        let mut builder = DirBuilder::new();
        builder.recursive(true).mode(0o700);
        let made = self.root.create_dir_with(or_here(path), &builder);
        made.map_err(|source| self.fail("create", path, source))
    }

    /// Gives a new folder its mode, and syncs the one that it is in.
    fn settle_folder(&self, path: &Path) -> io::Result<()> {
        if self.mask != PRIVATE {
            self.root.set_permissions(path, Permissions::from_mode(0o777 & !self.mask))?;
        }
        self.sync(parent(path))
    }

    fn is_there(&self, path: &Path) -> bool {
        path.as_os_str().is_empty() || self.root.symlink_metadata(path).is_ok()
    }

    /// What the folder at `path` holds, by name.
    ///
    /// # Errors
    /// Whatever the file system says.
    pub fn list(&self, path: &Path) -> Result<Vec<Item>, FileError> {
        let fail = |source| self.fail("list", path, source);
        let mut items = Vec::new();
        for entry in self.root.read_dir(or_here(path)).map_err(fail)? {
            let entry = entry.map_err(fail)?;
            items.push(Item {
                name: entry.file_name(),
                kind: kind_of(entry.file_type().map_err(fail)?),
            });
        }
        items.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(items)
    }

    /// What is at `path`, following links as long as they stay inside; `None` when nothing is.
    ///
    /// # Errors
    /// Any other reason why it can not be told.
    pub fn kind(&self, path: &Path) -> Result<Option<Kind>, FileError> {
        Ok(self.metadata(path)?.map(|metadata| kind_of(metadata.file_type())))
    }

    /// What is at `path`, without following a link; `None` when nothing is.
    ///
    /// # Errors
    /// Any other reason why it can not be told.
    pub fn kind_itself(&self, path: &Path) -> Result<Option<Kind>, FileError> {
        match self.root.symlink_metadata(path) {
            Ok(metadata) => Ok(Some(kind_of(metadata.file_type()))),
            Err(source) if is_absence(&source) => Ok(None),
            Err(source) => Err(self.fail("look at", path, source)),
        }
    }

    /// What the link at `path` says; `None` when no link is there.
    ///
    /// # Errors
    /// Any other reason why it can not be told.
    pub fn link(&self, path: &Path) -> Result<Option<PathBuf>, FileError> {
        if self.kind_itself(path)? != Some(Kind::Link) {
            return Ok(None);
        }
        let read = self.root.read_link_contents(path);
        read.map(Some).map_err(|source| self.fail("read", path, source))
    }

    /// Size, times and place of the file, or of the link itself, at `path`; `None` when nothing is
    /// there.
    ///
    /// # Errors
    /// Any other reason why it can not be told.
    pub fn stamp(&self, path: &Path) -> Result<Option<Stamp>, FileError> {
        let found = match self.root.symlink_metadata(or_here(path)) {
            Ok(metadata) => Some(metadata),
            Err(source) if is_absence(&source) => None,
            Err(source) => return Err(self.fail("look at", path, source)),
        };
        Ok(found.map(|metadata| Stamp {
            size: metadata.size(),
            mtime: (metadata.mtime(), metadata.mtime_nsec()),
            ctime: (metadata.ctime(), metadata.ctime_nsec()),
            place: (metadata.dev(), metadata.ino()),
            owner: (metadata.uid(), metadata.gid()),
        }))
    }

    /// Writes what the kernel still holds of the file or folder at `path` to the disk.
    ///
    /// # Errors
    /// Whatever the file system says.
    pub fn sync(&self, path: &Path) -> io::Result<()> {
        self.root.open(or_here(path))?.sync_all()
    }

    fn metadata(&self, path: &Path) -> Result<Option<Metadata>, FileError> {
        match self.root.metadata(or_here(path)) {
            Ok(metadata) => Ok(Some(metadata)),
            Err(source) if is_absence(&source) => Ok(None),
            Err(source) => Err(self.fail("look at", path, source)),
        }
    }

    pub(super) fn fail(&self, doing: &'static str, path: &Path, source: io::Error) -> FileError {
        FileError::new(doing, &self.path.join(path), source)
    }
}

fn kind_of(file_type: cap_std::fs::FileType) -> Kind {
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

pub(super) fn parent(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new(""))
}

pub(super) fn or_here(path: &Path) -> &Path {
    if path.as_os_str().is_empty() { Path::new(".") } else { path }
}
