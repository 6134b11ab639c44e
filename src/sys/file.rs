//! Private files by path: our own settings, keys and state.
//!
//! A file appears under its final name complete, synced and with its final mode, or not at all.
#![expect(clippy::disallowed_methods, reason = "this is where private files are read and written")]

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
#[cfg(target_os = "linux")]
use std::os::fd::AsRawFd;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

#[cfg(target_os = "linux")]
use rustix::fs::{AtFlags, Mode, OFlags, linkat};
use rustix::fs::{CWD, RenameFlags, renameat_with};

use crate::secret::{Secret, SecretBuffer};

use super::random_hex;

/// The bits of a mode that give rights to others than the owner.
const FOR_OTHERS: u32 = 0o077;

/// What could not be done with which file, and why.
#[derive(Debug, thiserror::Error)]
#[error("cannot {doing} `{}`: {source}", path.display())]
pub struct FileError {
    doing: &'static str,
    path: PathBuf,
    source: io::Error,
}

impl FileError {
    /// `doing` is a verb that fits after "cannot".
    #[must_use]
    pub fn new(doing: &'static str, path: &Path, source: io::Error) -> Self {
        Self { doing, path: path.to_owned(), source }
    }

    /// Whether it is that nothing is there.
    #[must_use]
    pub fn is_absence(&self) -> bool {
        is_absence(&self.source)
    }

    /// The kind of the underlying error.
    #[must_use]
    pub fn kind(&self) -> io::ErrorKind {
        self.source.kind()
    }
}

/// `path` from the root, as seen from the current folder; links stay as they are.
#[must_use]
pub fn absolute(path: PathBuf) -> PathBuf {
    std::path::absolute(&path).unwrap_or(path)
}

/// Whether something is at `path` (a dangling link counts).
#[must_use]
pub fn exists(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

/// The whole file, of at most `limit` bytes; `None` when it is not there.
///
/// # Errors
/// Any other reason why it can not be read.
pub fn read(path: &Path, limit: usize) -> Result<Option<Vec<u8>>, FileError> {
    let mut bytes = Vec::new();
    let fail = |source| FileError::new("read", path, source);
    let Some(file) = open(path)? else {
        return Ok(None);
    };
    file.take(limit as u64 + 1).read_to_end(&mut bytes).map_err(fail)?;
    if bytes.len() > limit {
        return Err(fail(io::Error::new(
            io::ErrorKind::InvalidData,
            format!("more than {limit} bytes"),
        )));
    }
    Ok(Some(bytes))
}

/// As [`read`], for a file whose content is secret.
///
/// # Errors
/// As [`read`].
pub fn read_secret(path: &Path, limit: usize) -> Result<Option<Secret>, FileError> {
    open(path)?.map(|file| read_open(path, file, limit)).transpose()
}

fn read_open(path: &Path, mut file: File, limit: usize) -> Result<Secret, FileError> {
    let mut buffer = SecretBuffer::new();
    buffer.fill_from(&mut file, limit).map_err(|source| FileError::new("read", path, source))?;
    Ok(buffer.into_secret())
}

/// As [`read_secret`], for a file that only its owner may be able to read.
///
/// # Errors
/// As [`read`]; `InvalidData` when others have rights to it.
pub fn read_private(path: &Path, limit: usize) -> Result<Option<Secret>, FileError> {
    let Some(file) = open(path)? else {
        return Ok(None);
    };
    let fail = |source| FileError::new("read", path, source);
    if file.metadata().map_err(fail)?.permissions().mode() & FOR_OTHERS != 0 {
        let reason = "others can read it: its mode should be 0600";
        return Err(fail(io::Error::new(io::ErrorKind::InvalidData, reason)));
    }
    read_open(path, file, limit).map(Some)
}

/// Replaces the file at `path`, mode 0600: the old content or the new, never less, whatever
/// happens, and the new survives a power cut once this has returned.
///
/// # Errors
/// Whatever the file system says; then the old content stands.
pub fn write_private(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let sibling = write_sibling(path, bytes)?;
    settle(path, fs::rename(&sibling, path), &sibling)
}

/// As [`write_private`], for what others are to read: mode 0644.
///
/// # Errors
/// As [`write_private`].
pub fn publish(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let sibling = write_sibling(path, bytes)?;
    let readable = fs::set_permissions(&sibling, fs::Permissions::from_mode(0o644));
    settle(path, readable.and_then(|()| fs::rename(&sibling, path)), &sibling)
}

/// Replaces the content of the file at `path` as [`write_private`] does, and keeps its mode. A link
/// stays, and what it leads to is replaced. A new file is private.
///
/// # Errors
/// Whatever the file system says; then the old content stands.
pub fn rewrite(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let fail = |source| FileError::new("write", path, source);
    if !exists(path) {
        return create_private(path, bytes);
    }
    let place = fs::canonicalize(path).map_err(fail)?;
    let permissions = fs::metadata(&place).map_err(fail)?.permissions();
    let sibling = write_sibling(&place, bytes)?;
    let moved =
        fs::set_permissions(&sibling, permissions).and_then(|()| fs::rename(&sibling, &place));
    settle(&place, moved, &sibling)
}

/// As [`write_private`], but refuses to replace anything.
///
/// # Errors
/// `AlreadyExists` when something is at `path`.
pub fn create_private(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    match create_nameless(path, bytes) {
        Err(source) if is_unsupported(&source) => {
            let sibling = write_sibling(path, bytes)?;
            let moved = renameat_with(CWD, &sibling, CWD, path, RenameFlags::NOREPLACE);
            settle(path, moved.map_err(io::Error::from), &sibling)
        }
        made => made.map_err(|source| FileError::new("write", path, source)),
    }
}

/// As [`create_private`], for content that is secret.
///
/// # Errors
/// As [`create_private`].
pub fn create_secret(path: &Path, content: &Secret) -> Result<(), FileError> {
    // EXPOSE: into a private file, because its owner asked for that.
    create_private(path, content.expose())
}

/// Removes the file at `path`; that it is not there is fine.
///
/// # Errors
/// Any other reason why it stays.
pub fn remove(path: &Path) -> Result<(), FileError> {
    match fs::remove_file(path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            Err(FileError::new("remove", path, source))
        }
        _ => Ok(()),
    }
}

/// Makes the folder and those above it, mode 0700 each; that it exists is fine.
///
/// # Errors
/// Whatever the file system says.
pub fn create_folder(path: &Path) -> Result<(), FileError> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(|source| FileError::new("create", path, source))
}

/// Removes the folder if nothing is in it.
pub fn remove_if_empty(path: &Path) {
    // Something is in it: then it stays, which is what was asked for.
    drop(fs::remove_dir(path));
}

/// As [`create_folder`], but each new folder allows all that `mask` does not take away.
///
/// # Errors
/// Whatever the file system says.
pub fn create_shared_folder(path: &Path, mask: u32) -> Result<(), FileError> {
    let is_missing = |folder: &&Path| !folder.as_os_str().is_empty() && !exists(folder);
    let missing: Vec<&Path> = path.ancestors().take_while(is_missing).collect();
    create_folder(path)?;
    let mode = || fs::Permissions::from_mode(0o777 & !mask);
    let set = missing.iter().try_for_each(|folder| fs::set_permissions(folder, mode()));
    set.map_err(|source| FileError::new("create", path, source))
}

fn open(path: &Path) -> Result<Option<File>, FileError> {
    match File::open(path) {
        Ok(file) => Ok(Some(file)),
        Err(source) if source.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(FileError::new("read", path, source)),
    }
}

/// Writes a file that has no name until it is whole, so that whoever kills us in between leaves
/// nothing behind (open(2), `O_TMPFILE`; not on every system and file system).
#[cfg(target_os = "linux")]
fn create_nameless(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let flags = OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC;
    let mut file = File::from(rustix::fs::open(parent(path), flags, Mode::RUSR | Mode::WUSR)?);
    file.write_all(bytes)?;
    file.sync_all()?;
    let nameless = format!("/proc/self/fd/{}", file.as_raw_fd());
    linkat(CWD, nameless, CWD, path, AtFlags::SYMLINK_FOLLOW)?;
    File::open(parent(path))?.sync_all()
}

#[cfg(not(target_os = "linux"))]
fn create_nameless(_path: &Path, _bytes: &[u8]) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// What a file system says that has no nameless files, or no links.
fn is_unsupported(error: &io::Error) -> bool {
    let kinds =
        [io::ErrorKind::Unsupported, io::ErrorKind::IsADirectory, io::ErrorKind::PermissionDenied];
    kinds.contains(&error.kind())
}

fn write_sibling(path: &Path, bytes: &[u8]) -> Result<PathBuf, FileError> {
    let sibling = parent(path).join(format!(".vaultctl-{}.tmp", random_hex(8)));
    let written =
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(&sibling).and_then(
            |mut file| {
                file.write_all(bytes)?;
                file.sync_all()
            },
        );
    written.map(|()| sibling.clone()).map_err(|source| {
        drop(fs::remove_file(&sibling));
        FileError::new("write", path, source)
    })
}

/// Syncs the folder after a sibling was moved into place, or takes the sibling away.
fn settle(path: &Path, moved: io::Result<()>, sibling: &Path) -> Result<(), FileError> {
    let synced = moved.and_then(|()| File::open(parent(path))?.sync_all());
    synced.map_err(|source| {
        drop(fs::remove_file(sibling));
        FileError::new("write", path, source)
    })
}

fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Not there, or a file where the path wants a folder.
pub(super) fn is_absence(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}
