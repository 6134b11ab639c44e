//! The tree of ciphertext.

use std::path::{Path, PathBuf};

use crate::crypto::Cipher;
use crate::sys::{self, FileError, Folder, Kind};

use super::{EntryFile, Error, Name, RecipientsFile};

/// The largest entry that is read (bytes).
const ENTRY_LIMIT: usize = 256 * 1024 * 1024;

/// The largest recipients file, or signature of one, that is read (bytes).
const SMALL_LIMIT: usize = 1024 * 1024;

/// A store, open.
pub struct Store {
    folder: Folder,
}

impl Store {
    /// Opens the store at `root`.
    ///
    /// # Errors
    /// [`Error::NoStore`] when nothing is there.
    pub fn open(root: &Path) -> Result<Self, Error> {
        let folder = Folder::open(root)?.ok_or_else(|| Error::NoStore(root.to_owned()))?;
        Ok(Self { folder })
    }

    /// The same, with another umask for what is written; private without.
    #[must_use]
    pub fn with_umask(self, umask: u32) -> Self {
        Self { folder: self.folder.with_mask(umask) }
    }

    /// Opens the folder at `root` for a new store, making it if need be.
    ///
    /// # Errors
    /// [`Error::StoreExists`] when it holds a recipients file; what the file system says.
    pub fn begin(root: &Path) -> Result<Self, Error> {
        sys::create_folder(root)?;
        let store = Self::open(root)?;
        store.check_is_new()?;
        Ok(store)
    }

    /// Refuses when the root holds a recipients file.
    ///
    /// # Errors
    /// [`Error::StoreExists`].
    pub fn check_is_new(&self) -> Result<(), Error> {
        match RecipientsFile::of(Path::new(""), &|path| self.read_small(path))? {
            Some(_) => Err(Error::StoreExists(self.folder.path().to_owned())),
            None => Ok(()),
        }
    }

    /// Refuses to change what is not this store's own: an entry whose place is taken by something
    /// else than a file, or that is reached through a link.
    ///
    /// # Errors
    /// [`Error::NotAFile`]; [`Error::BehindLink`].
    pub fn check_place(&self, name: &Name) -> Result<(), Error> {
        for folder in Path::new(name.as_str())
            .ancestors()
            .skip(1)
            .filter(|folder| !folder.as_os_str().is_empty())
        {
            if self.folder.kind_itself(folder)? == Some(Kind::Link) {
                return Err(Error::BehindLink(folder.to_owned()));
            }
        }
        for cipher in Cipher::ALL {
            let file = name.file(cipher);
            if !matches!(self.folder.kind_itself(&file)?, None | Some(Kind::File | Kind::Link)) {
                return Err(Error::NotAFile(file));
            }
        }
        Ok(())
    }

    /// The folder it lies in.
    #[must_use]
    pub fn folder(&self) -> &Folder {
        &self.folder
    }

    /// How the entry is encrypted; `None` when there is no such entry.
    ///
    /// # Errors
    /// [`Error::Ambiguous`] when there are two.
    pub fn cipher_of(&self, name: &Name) -> Result<Option<Cipher>, Error> {
        let mut found = None;
        for cipher in Cipher::ALL {
            if self.folder.kind(&name.file(cipher))? == Some(Kind::File)
                && found.replace(cipher).is_some()
            {
                return Err(Error::Ambiguous(name.clone()));
            }
        }
        Ok(found)
    }

    /// The entry's ciphertext.
    ///
    /// # Errors
    /// [`Error::NoEntry`]; [`Error::Ambiguous`]; what the file system says.
    pub fn read(&self, name: &Name) -> Result<EntryFile, Error> {
        let missing = || Error::NoEntry(name.clone());
        let cipher = self.cipher_of(name)?.ok_or_else(missing)?;
        let bytes = self.folder.read(&name.file(cipher), ENTRY_LIMIT)?.ok_or_else(missing)?;
        Ok(EntryFile { cipher, bytes })
    }

    /// Whether `name` is a folder.
    ///
    /// # Errors
    /// What the file system says.
    pub fn is_folder(&self, name: &Name) -> Result<bool, Error> {
        Ok(self.folder.kind(Path::new(name.as_str()))? == Some(Kind::Folder))
    }

    /// The recipients file of the nearest folder above `name`.
    ///
    /// # Errors
    /// [`Error::NoRecipients`]; [`Error::TwoCiphers`]; [`Error::BadRecipients`].
    pub fn recipients_for(&self, name: &Name) -> Result<RecipientsFile, Error> {
        RecipientsFile::nearest(name, &|path| self.read_small(path))
    }

    /// A recipients file, a signature: a small file of the store; `None` when it is not there.
    ///
    /// # Errors
    /// What the file system says.
    pub fn read_small(&self, path: &Path) -> Result<Option<Vec<u8>>, Error> {
        Ok(self.folder.read(path, SMALL_LIMIT)?)
    }

    /// Any file of the store, whole; `None` when it is not there.
    ///
    /// # Errors
    /// What the file system says.
    pub fn read_file(&self, path: &Path) -> Result<Option<Vec<u8>>, Error> {
        Ok(self.folder.read(path, ENTRY_LIMIT)?)
    }

    /// All that is below `folder` and is no folder itself, entries or not, by its path from the
    /// root. Links are named, not followed.
    ///
    /// # Errors
    /// What the file system says.
    pub fn files(&self, folder: &Path) -> Result<Vec<(PathBuf, Kind)>, Error> {
        let mut found = Vec::new();
        for item in self.folder.list(folder)? {
            let path = folder.join(item.name);
            match item.kind {
                Kind::Folder => found.extend(self.files(&path)?),
                kind => found.push((path, kind)),
            }
        }
        Ok(found)
    }

    /// All entries below `folder` (of the whole store without one), by name. Links to folders are
    /// not followed.
    #[must_use]
    pub fn list(&self, folder: Option<&Name>) -> Listing {
        let mut listing = Listing::default();
        self.collect(Path::new(folder.map_or("", Name::as_str)), &mut listing);
        listing.names.sort();
        listing.names.dedup();
        listing
    }

    fn collect(&self, folder: &Path, listing: &mut Listing) {
        let items = match self.folder.list(folder) {
            Ok(items) => items,
            Err(error) => return listing.unread.push(error),
        };
        for item in items {
            let Some(text) = item.name.to_str().filter(|text| !Name::is_reserved(text)) else {
                continue;
            };
            let path = folder.join(text);
            match item.kind {
                Kind::Folder => self.collect(&path, listing),
                Kind::File | Kind::Link => {
                    listing.names.extend(Name::of_file(&path).map(|(name, _)| name))
                }
                Kind::Other => {}
            }
        }
    }
}

/// The entries that were found.
#[derive(Debug, Default)]
pub struct Listing {
    /// By name; those with a dot at the beginning of a part, too.
    pub names: Vec<Name>,
    /// Folders that could not be looked into, and why.
    pub unread: Vec<FileError>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Name {
        text.parse().expect("is a name")
    }

    fn store(files: &[(&str, &str)]) -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().expect("a folder");
        for (path, content) in files {
            let path = folder.path().join(path);
            sys::create_folder(path.parent().expect("has one")).expect("creates");
            sys::write_private(&path, content.as_bytes()).expect("writes");
        }
        let store = Store::open(folder.path()).expect("opens");
        (folder, store)
    }

    #[test]
    fn the_nearest_recipients_file_decides() {
        let (_folder, store) = store(&[
            (".gpg-id", "ann"),
            ("team/.gpg-id", "bob"),
            ("both/.gpg-id", "x"),
            ("both/.age-recipients", ""),
        ]);
        let path = |text| store.recipients_for(&name(text)).map(|file| file.path);
        assert_eq!(path("a").expect("is there"), Path::new(".gpg-id"));
        assert_eq!(path("team/deep/a").expect("is there"), Path::new("team/.gpg-id"));
        assert!(path("both/a").is_err());
    }

    #[test]
    fn lists_entries_and_nothing_else() {
        let (_folder, store) = store(&[
            ("b.age", ""),
            ("a/c.gpg", ""),
            ("a/notes.txt", ""),
            (".git/x.age", ""),
            ("a.gpg", ""),
        ]);
        let names: Vec<String> = store.list(None).names.iter().map(Name::to_string).collect();
        assert_eq!(names, ["a", "a/c", "b"]);
        assert_eq!(store.list(Some(&name("a"))).names, [name("a/c")]);
    }

    #[test]
    fn a_link_that_leads_out_is_not_followed() {
        let (outside, _) = store(&[("secret.age", "outside")]);
        let (folder, store) = store(&[(".gpg-id", "ann")]);
        std::os::unix::fs::symlink(outside.path().join("secret.age"), folder.path().join("a.age"))
            .expect("links");
        assert!(store.read(&name("a")).is_err());
    }

    #[test]
    fn two_files_of_one_name_are_told_apart_from_one() {
        let (_folder, store) = store(&[("a.age", ""), ("a.gpg", "")]);
        assert!(matches!(store.read(&name("a")), Err(Error::Ambiguous(_))));
        assert!(matches!(store.read(&name("b")), Err(Error::NoEntry(_))));
    }
}
