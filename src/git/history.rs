//! The history of a store, as its git repositories keep it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::store::{History, HistoryError, Version};
use crate::sys::{Folder, PrivateUmask};

use super::repository::Git;
use super::{Author, Error, GIT_FOLDER, leftovers, past};

/// The history of the store at a folder: its git repository, if it has one, and those that lie in
/// its folders. A repository that merely encloses the store is not its history.
pub struct GitHistory {
    root: PathBuf,
    author: Author,
    umask: u32,
}

impl GitHistory {
    /// Nothing is opened before something is to be recorded, so that reading stays quick.
    #[must_use]
    pub fn new(root: &Path, author: Author) -> Self {
        Self { root: root.to_owned(), author, umask: 0o077 }
    }

    /// The same, with another umask for what git makes.
    #[must_use]
    pub fn with_umask(self, umask: u32) -> Self {
        Self { umask, ..self }
    }

    /// The innermost folder above `path` that is a repository.
    fn innermost(&self, path: &Path) -> Result<Option<PathBuf>, Error> {
        let Some(root) = Folder::open(&self.root)? else {
            return Ok(None);
        };
        for folder in path.ancestors().skip(1) {
            if root.kind_itself(&folder.join(GIT_FOLDER))?.is_some() {
                return Ok(Some(folder.to_owned()));
            }
        }
        Ok(None)
    }

    /// Each repository that the paths lie in, with its paths, relative to it.
    fn concerned(&self, paths: &[PathBuf]) -> Result<Vec<(Git, Vec<PathBuf>)>, Error> {
        let mut homes: BTreeMap<PathBuf, Option<PathBuf>> = BTreeMap::new();
        let mut grouped: BTreeMap<PathBuf, Vec<PathBuf>> = BTreeMap::new();
        for path in paths {
            let parent = path.parent().unwrap_or(Path::new("")).to_owned();
            let home = match homes.get(&parent) {
                Some(known) => known.clone(),
                None => homes.entry(parent).or_insert(self.innermost(path)?).clone(),
            };
            if let Some(home) = home {
                let below = path.strip_prefix(&home).unwrap_or(path).to_owned();
                grouped.entry(home).or_default().push(below);
            }
        }
        let opened = grouped.into_iter().map(|(home, paths)| {
            Ok(Git::open(&self.root.join(home))?.map(|repository| (repository, paths)))
        });
        opened.filter_map(Result::transpose).collect()
    }

    /// The repository that remembers `path`, and what it calls it.
    fn one(&self, path: &Path) -> Result<Option<(Git, PathBuf)>, Error> {
        let found = self.concerned(&[path.to_owned()])?.pop();
        Ok(found.and_then(|(repository, mut paths)| Some((repository, paths.pop()?))))
    }
}

impl History for GitHistory {
    fn home(&self, path: &Path) -> Result<Option<PathBuf>, HistoryError> {
        Ok(self.innermost(path)?)
    }

    fn record(&self, paths: &[PathBuf], subject: &str) -> Result<(), HistoryError> {
        let _umask = PrivateUmask::begin_with(self.umask);
        for (repository, paths) in self.concerned(paths)? {
            repository.record(&paths, subject, &self.author)?;
        }
        Ok(())
    }

    fn recover(&self, paths: &[PathBuf], begun: Timestamp) -> Result<(), HistoryError> {
        for (repository, _) in self.concerned(paths)? {
            leftovers::clear(&repository, begun).map_err(Error::from)?;
        }
        Ok(())
    }

    fn versions(&self, paths: &[PathBuf]) -> Result<Vec<Version>, HistoryError> {
        match self.concerned(paths)?.pop() {
            Some((repository, paths)) => Ok(past::versions(&repository, &paths)?),
            None => Ok(Vec::new()),
        }
    }

    fn content(&self, path: &Path, revision: &str) -> Result<Option<Vec<u8>>, HistoryError> {
        match self.one(path)? {
            Some((repository, path)) => Ok(past::content(&repository, &path, revision)?),
            None => Ok(None),
        }
    }
}
