//! Folders, made and told of as `mkdir -p -v` does.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::sys;

use super::super::ui;
use super::{Died, Pass, quoting, tree};

impl Pass<'_> {
    /// Makes `$PREFIX/below` and the folders above it. pass goes on when that fails, and so do we:
    /// what is to be written there fails next.
    pub(super) fn make_folders(&self, below: &str) -> Result<(), Died> {
        self.make_all(&self.full(below.as_bytes()))
    }

    /// The same, of a whole path.
    pub(super) fn make_all(&self, path: &[u8]) -> Result<(), Died> {
        let missing = missing(path);
        if missing.is_empty() {
            return Ok(());
        }
        // Without the `.` that stands for nothing: the system would look for what is not there yet.
        let folder: PathBuf = Path::new(OsStr::from_bytes(path)).components().collect();
        if let Err(error) = sys::create_shared_folder(&folder, self.session.umask()) {
            ui::say(&format!("mkdir: {error}\n"));
            return Ok(());
        }
        missing.iter().try_for_each(|folder| {
            let quoted = self.quoted(folder);
            self.print_bytes(&[b"mkdir: created directory ", quoted.as_slice(), b"\n"].concat())
        })
    }

    /// A file name as GNU's programs show it.
    pub(super) fn quoted(&self, name: &[u8]) -> Vec<u8> {
        quoting::quoted(name, tree::speaks_utf8(self.variables()))
    }
}

/// The folders of `path` that are not there, each as it is written.
fn missing(path: &[u8]) -> Vec<&[u8]> {
    let is_end =
        |at: &usize| path[*at] != b'/' && path.get(at + 1).is_none_or(|next| *next == b'/');
    let ends: Vec<usize> = (0..path.len()).filter(is_end).map(|at| at + 1).collect();
    let (last, parents) =
        ends.split_last().map_or((None, &[][..]), |(last, parents)| (Some(last), parents));
    let whole = last.map(|_| path);
    let folders = parents.iter().map(|end| &path[..*end]).chain(whole);
    folders.filter(|folder| !is_there(folder)).collect()
}

/// `x/.` is there once `x` is.
fn is_there(folder: &[u8]) -> bool {
    folder.ends_with(b"/.") || sys::exists(Path::new(OsStr::from_bytes(folder)))
}
