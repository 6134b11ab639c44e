//! A snapshot as one plain tar, every file whole: for programs that know nothing else.

use std::collections::HashMap;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::snapshot::Error;
use crate::snapshot::archive::{Content, Member, TreePath, end_of_tar, header_of, padding_of};
use crate::sys::{self, Facts, FileError, Kind, SteadyFile};

use super::{Restoration, Restored};

impl Restoration<'_> {
    /// Builds the tree in a private folder below `beside`, and hands it to `take` as a tar, with
    /// credentials where they were. The folder is gone afterwards.
    ///
    /// # Errors
    /// See [`Error`]; what `take` says.
    pub fn export(
        &self,
        beside: &Path,
        take: &mut dyn FnMut(&mut dyn Read) -> Result<(), Error>,
    ) -> Result<Restored, Error> {
        let name = format!(".vaultctl-export-{}", sys::random_hex(8));
        let staged = self.stage(&beside.join(name), None)?;
        let mut tar = Tar::of(staged.staging.folder().path())?;
        take(&mut tar)?;
        Ok(staged.restored)
    }
}

/// A tree on the disk, read as a tar.
struct Tar {
    root: PathBuf,
    /// What is still to come, the next at the end.
    rest: Vec<Member>,
    /// What is being read.
    now: Box<dyn Read>,
    ended: bool,
}

impl Tar {
    fn of(root: &Path) -> Result<Self, Error> {
        let mut walk = Walk { root, members: Vec::new(), first_names: HashMap::new() };
        for name in sys::names_in(root)? {
            walk.go_through(&root.join(name))?;
        }
        let mut rest = walk.members;
        rest.reverse();
        Ok(Self { root: root.to_owned(), rest, now: Box::new(io::empty()), ended: false })
    }

    fn next(&mut self) -> io::Result<Option<Box<dyn Read>>> {
        let Some(member) = self.rest.pop() else {
            let end =
                (!self.ended).then(|| Box::new(io::Cursor::new(end_of_tar())) as Box<dyn Read>);
            self.ended = true;
            return Ok(end);
        };
        let header = io::Cursor::new(header_of(&member)?);
        let Content::File(size) = member.content else {
            return Ok(Some(Box::new(header)));
        };
        let file = SteadyFile::open(&self.root.join(member.path.as_path()));
        let file = file.map_err(io::Error::other)?.take(size);
        Ok(Some(Box::new(header.chain(file).chain(io::Cursor::new(padding_of(size))))))
    }
}

impl Read for Tar {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.now.read(target)? {
                0 if !target.is_empty() => match self.next()? {
                    Some(next) => self.now = next,
                    None => return Ok(0),
                },
                count => return Ok(count),
            }
        }
    }
}

/// A walk through the tree; each folder comes after what it holds.
struct Walk<'r> {
    root: &'r Path,
    members: Vec<Member>,
    first_names: HashMap<(u64, u64), TreePath>,
}

impl Walk<'_> {
    fn go_through(&mut self, path: &Path) -> Result<(), FileError> {
        let Some(found) = sys::facts(path)? else {
            return Ok(());
        };
        if found.kind == Kind::Folder {
            for name in sys::names_in(path)? {
                self.go_through(&path.join(name))?;
            }
        }
        let below = path.strip_prefix(self.root).unwrap_or(path);
        // The two roots themselves are no members.
        if let Ok(name) = TreePath::parse(below.as_os_str().as_encoded_bytes()) {
            self.add(path, name, &found)?;
        }
        Ok(())
    }

    fn add(&mut self, path: &Path, name: TreePath, found: &Facts) -> Result<(), FileError> {
        let content = match found.kind {
            Kind::Folder => Content::Folder,
            Kind::Link => {
                Content::Link(sys::link_text(path)?.into_os_string().into_encoded_bytes())
            }
            Kind::File if found.names > 1 => self.file_of_several_names(&name, found),
            Kind::File | Kind::Other => Content::File(found.size),
        };
        let Facts { mode, owner, mtime, .. } = *found;
        self.members.push(Member { path: name, content, mode, owner, mtime });
        Ok(())
    }

    fn file_of_several_names(&mut self, name: &TreePath, found: &Facts) -> Content {
        match self.first_names.get(&found.place) {
            Some(first) => Content::HardLink(first.clone()),
            None => {
                self.first_names.insert(found.place, name.clone());
                Content::File(found.size)
            }
        }
    }
}
