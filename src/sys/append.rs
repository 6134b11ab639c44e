//! A file that only grows, written by many processes at once.
#![expect(
    clippy::disallowed_methods,
    reason = "the log's file stays open between reading its end and adding to it"
)]

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::file::FileError;
use super::lock::{LockError, lock_file};

/// More than this without an end is told in pieces (bytes).
const LONGEST_LINE: u64 = 64 * 1024;

/// The file, locked while this lives. A last line without its end is what a killed writer left of
/// an event that nobody went on after: it is cut off.
pub struct AppendFile {
    file: File,
    path: PathBuf,
}

impl AppendFile {
    /// Opens (or makes, mode 0600) and locks the file at `path`, waiting at most `patience`.
    ///
    /// # Errors
    /// [`LockError`].
    pub fn open(path: &Path, patience: Duration) -> Result<Self, LockError> {
        let mut options = OpenOptions::new();
        let file = options.read(true).append(true).create(true).mode(0o600).open(path);
        let file = file.map_err(|source| FileError::new("open", path, source))?;
        lock_file(&file, path, patience)?;
        Ok(Self { file, path: path.to_owned() })
    }

    /// The last whole line without its end; `None` when there is none.
    ///
    /// # Errors
    /// `InvalidData` when it is longer than `limit` bytes; what the file system says.
    pub fn last_line(&mut self, limit: usize) -> Result<Option<Vec<u8>>, FileError> {
        self.find_last_line(limit).map_err(|source| FileError::new("read", &self.path, source))
    }

    /// Adds `bytes` in one piece.
    ///
    /// # Errors
    /// What the file system says; a part that was written is taken back.
    pub fn append(&mut self, bytes: &[u8], durable: bool) -> Result<(), FileError> {
        let fail = |source| FileError::new("append to", &self.path, source);
        let before = self.file.metadata().map_err(fail)?.len();
        let written = self
            .file
            .write_all(bytes)
            .and_then(|()| if durable { self.file.sync_data() } else { Ok(()) });
        written.map_err(|source| {
            drop(self.file.set_len(before));
            fail(source)
        })
    }

    fn find_last_line(&mut self, limit: usize) -> io::Result<Option<Vec<u8>>> {
        let size = self.file.metadata()?.len();
        let start = size.saturating_sub(2 * limit as u64 + 2);
        let mut tail = Vec::new();
        self.file.seek(SeekFrom::Start(start))?;
        (&self.file).take(size - start).read_to_end(&mut tail)?;
        let Some(end) = tail.iter().rposition(|byte| *byte == b'\n') else {
            return self.without_any(&tail, start);
        };
        if end + 1 < tail.len() {
            self.file.set_len(start + end as u64 + 1)?;
        }
        let begin =
            tail[..end].iter().rposition(|byte| *byte == b'\n').map_or(0, |position| position + 1);
        if (begin == 0 && start > 0) || end - begin > limit {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the last line is too long"));
        }
        Ok(Some(tail[begin..end].to_vec()))
    }

    /// No line end in sight: an empty file, the first line cut short, or something else entirely.
    fn without_any(&mut self, tail: &[u8], start: u64) -> io::Result<Option<Vec<u8>>> {
        if start > 0 {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the last line is too long"));
        }
        if !tail.is_empty() {
            self.file.set_len(0)?;
        }
        Ok(None)
    }
}

/// Calls `each` with every line of the file at `path`, oldest first, as far as there are whole ones
/// now; the rest, if any, comes last and without its end. Takes no lock: whatever is written
/// meanwhile is added behind, and a reader may take its time. A file that is not there has no lines.
///
/// # Errors
/// What the file system says; what `each` says.
pub fn each_line(
    path: &Path,
    each: &mut dyn FnMut(Line<'_>) -> io::Result<()>,
) -> Result<(), FileError> {
    let fail = |source| FileError::new("read", path, source);
    let file = match File::open(path) {
        Err(source) if source.kind() == io::ErrorKind::NotFound => return Ok(()),
        opened => opened.map_err(fail)?,
    };
    let size = file.metadata().map_err(fail)?.len();
    let mut reader = BufReader::new(file.take(size));
    loop {
        let mut line = Vec::new();
        if reader.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line).map_err(fail)? == 0 {
            return Ok(());
        }
        let whole = line.pop_if(|byte| *byte == b'\n').is_some();
        each(Line { bytes: &line, whole }).map_err(fail)?;
    }
}

/// A line of a file.
pub struct Line<'a> {
    /// Without its end.
    pub bytes: &'a [u8],
    /// Whether it has an end; otherwise it is cut short, or longer than any line should be.
    pub whole: bool,
}
