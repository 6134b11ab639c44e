//! The tree of ciphertext.

use std::path::{Path, PathBuf};

use crate::crypto::{Cipher, Recipients};
use crate::sys::{self, FileError, Folder, Kind};

use super::{EntryFile, Error, Name, RecipientsFile};

/// The largest entry that is read (bytes).
const ENTRY_LIMIT: usize = 256 * 1024 * 1024;

/// The largest recipients file that is read (bytes).
const RECIPIENTS_LIMIT: usize = 1024 * 1024;

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

    /// Makes a store at `root`, which may exist but must not hold a recipients file.
    ///
    /// # Errors
    /// [`Error::StoreExists`]; what the file system says.
    pub fn create(root: &Path, recipients: &Recipients) -> Result<(Self, PathBuf), Error> {
        sys::create_folder(root)?;
        let store = Self::open(root)?;
        if store.recipients_in(Path::new(""))?.is_some() {
            return Err(Error::StoreExists(root.to_owned()));
        }
        let cipher = match recipients {
            Recipients::Age(_) => Cipher::Age,
            Recipients::OpenPgp(_) => Cipher::OpenPgp,
        };
        let path = PathBuf::from(RecipientsFile::file_name(cipher));
        sys::create_private(
            &root.join(&path),
            RecipientsFile::render(recipients).as_bytes(),
        )?;
        Ok((store, path))
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
        let bytes = self
            .folder
            .read(&name.file(cipher), ENTRY_LIMIT)?
            .ok_or_else(missing)?;
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
        for folder in Path::new(name.as_str()).ancestors().skip(1) {
            if let Some(file) = self.recipients_in(folder)? {
                return Ok(file);
            }
        }
        Err(Error::NoRecipients(name.clone()))
    }

    fn recipients_in(&self, folder: &Path) -> Result<Option<RecipientsFile>, Error> {
        let mut found = None;
        for cipher in Cipher::ALL {
            let path = folder.join(RecipientsFile::file_name(cipher));
            let Some(bytes) = self.folder.read(&path, RECIPIENTS_LIMIT)? else {
                continue;
            };
            if found
                .replace(RecipientsFile::parse(&path, cipher, &bytes)?)
                .is_some()
            {
                return Err(Error::TwoCiphers(self.folder.path().join(folder)));
            }
        }
        Ok(found)
    }

    /// All entries below `folder` (of the whole store without one), sorted by name. Dot-folders
    /// and names that could not be typed are passed over; links to folders are not followed.
    ///
    /// # Errors
    /// What the file system says.
    pub fn names(&self, folder: Option<&Name>) -> Result<Vec<Name>, Error> {
        let mut names = Vec::new();
        self.collect(Path::new(folder.map_or("", Name::as_str)), &mut names)?;
        names.sort();
        names.dedup();
        Ok(names)
    }

    fn collect(&self, folder: &Path, names: &mut Vec<Name>) -> Result<(), FileError> {
        for item in self.folder.list(folder)? {
            let Some(text) = item.name.to_str().filter(|text| !text.starts_with('.')) else {
                continue;
            };
            let path = folder.join(text);
            match item.kind {
                Kind::Folder => self.collect(&path, names)?,
                Kind::File | Kind::Link => names.extend(name_of(&path)),
                Kind::Other => {}
            }
        }
        Ok(())
    }
}

/// The name of the entry whose file is at `path`.
fn name_of(path: &Path) -> Option<Name> {
    let text = path.to_str()?;
    let bare = Cipher::ALL
        .iter()
        .find_map(|cipher| text.strip_suffix(cipher.extension()))?;
    bare.parse().ok()
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
        assert_eq!(
            path("team/deep/a").expect("is there"),
            Path::new("team/.gpg-id")
        );
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
        let names: Vec<String> = store
            .names(None)
            .expect("lists")
            .iter()
            .map(Name::to_string)
            .collect();
        assert_eq!(names, ["a", "a/c", "b"]);
        assert_eq!(store.names(Some(&name("a"))).expect("lists"), [name("a/c")]);
    }

    #[test]
    fn a_link_that_leads_out_is_not_followed() {
        let (outside, _) = store(&[("secret.age", "outside")]);
        let (folder, store) = store(&[(".gpg-id", "ann")]);
        std::os::unix::fs::symlink(
            outside.path().join("secret.age"),
            folder.path().join("a.age"),
        )
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
