//! Objects as files in a folder.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::sys::{FileError, Finish, Folder, Kind, create_folder, random_hex};

use jiff::Timestamp;

use super::{Body, Error, Listed, ObjectName, Put, Storage};

/// How a temporary name begins: hidden, so that no listing and no [`ObjectName`] has it.
const TEMPORARY: &str = ".vaultctl-";

/// Objects are written once, so nobody needs to write; and they are nobody else's business.
const OBJECT: Finish = Finish { mode: 0o400, mtime: None };

/// A folder, perhaps on another machine's disk.
pub struct Local {
    folder: Folder,
}

impl Local {
    /// The folder at `path`.
    ///
    /// # Errors
    /// [`Error::Unreachable`] when it is not there: a disk that is not mounted looks like that.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let unreachable = || Error::Unreachable(path.display().to_string());
        Ok(Self { folder: Folder::open(path)?.ok_or_else(unreachable)? })
    }

    /// The folder at `path`, made if need be, mode 0700.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn create(path: &Path) -> Result<Self, Error> {
        create_folder(path)?;
        Self::open(path)
    }

    /// Writes a temporary sibling of `name`.
    fn stage(&self, name: &ObjectName, body: &Body<'_>) -> Result<PathBuf, Error> {
        let folder = name.as_path().parent().unwrap_or(Path::new(""));
        self.folder.create_folder(folder)?;
        let staged = folder.join(format!("{TEMPORARY}{}.tmp", random_hex(8)));
        self.folder
            .make_file(&staged, OBJECT, &mut body.reader())
            .map_err(|error| self.full(error))?;
        self.folder.remove_leftovers(folder, TEMPORARY, &staged);
        Ok(staged)
    }

    fn full(&self, error: FileError) -> Error {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                Error::NoSpace(self.place())
            }
            _ => error.into(),
        }
    }

    /// The line of one file; `None` when it went away meanwhile.
    fn look_at(&self, name: ObjectName) -> Result<Option<Listed>, Error> {
        let stamp = self.folder.stamp(name.as_path())?;
        Ok(stamp.map(|stamp| Listed {
            name,
            size: stamp.size,
            stored: Timestamp::from_second(stamp.mtime.0).unwrap_or(Timestamp::MAX),
        }))
    }

    fn list_below(&self, folder: &ObjectName, listed: &mut Vec<Listed>) -> Result<(), Error> {
        let items = match self.folder.list(folder.as_path()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            items => items?,
        };
        for item in items {
            let name = item.name.to_str().and_then(|name| format!("{folder}/{name}").parse().ok());
            let Some(name) = name else { continue };
            match item.kind {
                Kind::Folder => self.list_below(&name, listed)?,
                Kind::File => listed.extend(self.look_at(name)?),
                Kind::Link | Kind::Other => {}
            }
        }
        Ok(())
    }
}

impl Storage for Local {
    fn place(&self) -> String {
        self.folder.path().display().to_string()
    }

    fn put(&self, name: &ObjectName, body: &Body<'_>) -> Result<Put, Error> {
        let staged = self.stage(name, body)?;
        let placed = self.folder.place_new(&staged, name.as_path());
        let placed = placed.map_err(|error| self.full(error))?;
        Ok(if placed { Put::Stored } else { Put::AlreadyThere })
    }

    fn get(&self, name: &ObjectName) -> Result<Box<dyn Read + '_>, Error> {
        match self.folder.reader(name.as_path())? {
            Some((reader, _)) => Ok(Box::new(reader)),
            None => Err(Error::NotFound(name.clone())),
        }
    }

    fn head(&self, name: &ObjectName) -> Result<Option<u64>, Error> {
        Ok(self.folder.stamp(name.as_path())?.map(|stamp| stamp.size))
    }

    fn list(&self, folder: &ObjectName) -> Result<Vec<Listed>, Error> {
        let mut listed = Vec::new();
        self.list_below(folder, &mut listed)?;
        Ok(listed)
    }

    fn delete(&self, name: &ObjectName) -> Result<(), Error> {
        Ok(self.folder.remove(name.as_path())?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_not_whole_is_hidden() {
        let place = tempfile::tempdir().expect("a folder");
        let storage = Local::create(place.path()).expect("makes");
        storage.folder.create_folder(Path::new("snaps")).expect("makes");
        storage.folder.stage(Path::new("snaps/.vaultctl-0.tmp"), b"half").expect("writes");
        assert_eq!(storage.list(&"snaps".parse().expect("is one")).expect("lists"), []);
    }

    #[test]
    fn a_missing_folder_is_unreachable() {
        assert!(matches!(
            Local::open(Path::new("/nonexistent/folder")),
            Err(Error::Unreachable(_))
        ));
    }
}
