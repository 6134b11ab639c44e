//! Bytes on the disk that have no name.
#![expect(clippy::disallowed_methods, reason = "this is where a file without a name is made")]

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

use super::file::FileError;
use super::random_hex;

/// A file that is removed as soon as it is made: the system frees it however we end, so that a
/// killed run leaves nothing behind. It is written once, from the start, and read as often as
/// wanted.
#[derive(Debug)]
pub struct Spool {
    file: File,
}

impl Spool {
    /// Makes an empty one on the disk of `folder`.
    ///
    /// # Errors
    /// Whatever the file system says.
    pub fn make(folder: &Path) -> Result<Self, FileError> {
        let path = folder.join(format!(".vaultctl-{}.tmp", random_hex(8)));
        let mut options = OpenOptions::new();
        let made = options.read(true).write(true).create_new(true).mode(0o600).open(&path);
        let file = made.and_then(|file| fs::remove_file(&path).map(|()| file));
        file.map(|file| Self { file }).map_err(|source| FileError::new("write", &path, source))
    }

    /// Reads from the beginning, whatever others read or have read.
    #[must_use]
    pub fn reader(&self) -> SpoolReader<'_> {
        SpoolReader { file: &self.file, position: 0 }
    }

    /// A reader from the beginning that lives as long as it is needed, for what runs on its own.
    ///
    /// # Errors
    /// When there are too many open files.
    pub fn detached_reader(&self) -> io::Result<DetachedReader> {
        Ok(DetachedReader { file: self.file.try_clone()?, position: 0 })
    }
}

impl Write for Spool {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// A reader of a [`Spool`] with a position of its own.
pub struct SpoolReader<'a> {
    file: &'a File,
    position: u64,
}

impl Read for SpoolReader<'_> {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read_at(target, self.position)?;
        self.position += count as u64;
        Ok(count)
    }
}

/// A reader of a [`Spool`] that may outlive it. It shares the file and not the position.
#[derive(Debug)]
pub struct DetachedReader {
    file: File,
    position: u64,
}

impl Read for DetachedReader {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read_at(target, self.position)?;
        self.position += count as u64;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_no_name_and_is_read_twice() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut spool = Spool::make(folder.path()).expect("makes");
        spool.write_all(b"bytes").expect("writes");
        assert_eq!(folder.path().read_dir().expect("lists").count(), 0);
        for _ in 0..2 {
            let mut text = String::new();
            spool.reader().read_to_string(&mut text).expect("reads");
            assert_eq!(text, "bytes");
        }
    }

    #[test]
    fn a_detached_reader_outlives_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut spool = Spool::make(folder.path()).expect("makes");
        spool.write_all(b"bytes").expect("writes");
        let (mut one, mut other) =
            (spool.detached_reader().expect("opens"), spool.detached_reader().expect("opens"));
        drop(spool);
        for reader in [&mut one, &mut other] {
            let mut text = String::new();
            reader.read_to_string(&mut text).expect("reads");
            assert_eq!(text, "bytes");
        }
    }
}
