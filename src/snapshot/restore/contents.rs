//! The content of some files of a snapshot, in memory and nowhere else.

use std::collections::{BTreeMap, HashMap};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::secret::{Secret, SecretBuffer};
use crate::snapshot::Error;
use crate::snapshot::archive::{Content, Member, TreePath};
use crate::snapshot::repository::object::read_snapshot;
use crate::storage::Storage;

use super::Restoration;
use super::extract::Unfilled;
use super::filling::{Filling, Sink};
use super::names::Names;
use super::outline::members;
use super::sources::Sources;

/// A larger file is not one that is looked into (bytes).
const LARGEST: usize = 64 * 1024 * 1024;

/// Files and what is in them.
pub(super) type Contents = BTreeMap<TreePath, Secret>;

/// Parts that are there, by file and offset.
type Parts = HashMap<PathBuf, BTreeMap<u64, Secret>>;

/// Where parts wait for the rest of their files.
#[derive(Default)]
struct Held(Mutex<Parts>);

impl Sink for Held {
    fn put(&self, path: &Path, offset: u64, part: &[u8]) -> Result<(), Error> {
        let mut parts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        parts.entry(path.to_owned()).or_default().insert(offset, Secret::copy_from(part));
        Ok(())
    }
}

/// What was read so far, and what must still be put together.
#[derive(Default)]
struct Gathered {
    contents: Contents,
    unfilled: Vec<Unfilled>,
    links: Vec<(TreePath, TreePath)>,
}

impl Restoration<'_> {
    /// The content of each file that is chosen and wanted, under the name that it would have.
    pub(super) fn contents(&self, wanted: &dyn Fn(&TreePath) -> bool) -> Result<Contents, Error> {
        let sources = Sources::new(self.repositories, self.state);
        let members = members(&sources, self.verified, self.identity)?;
        self.expect_all(&members)?;
        let wants = |path: &TreePath| wanted(path) && self.selection.has(path);
        let names = Names::some(&wants, self.moved, &members);
        let (gathered, key) = sources.first(|storage| self.gather(storage, &names))?;
        let held = Held::default();
        Filling { sources: &sources, identity: self.identity, sink: &held, check: &|| Ok(()) }
            .run(&gathered.unfilled, key.as_ref(), &self.verified.commit().packs)?;
        Ok(gathered.put_together(held))
    }

    fn gather(
        &self,
        storage: &dyn Storage,
        names: &Names<'_>,
    ) -> Result<(Gathered, Option<crate::crypto::DedupKey>), Error> {
        let (commit, mut gathered) = (self.verified.commit(), Gathered::default());
        let contents = read_snapshot(
            storage,
            commit.object,
            commit.totals,
            self.identity,
            &mut |member, source| match names.adapt(member, &|_| false) {
                Some(member) => gathered.add(&member, source),
                None => Ok(()),
            },
        )?;
        Ok((gathered, contents.key))
    }
}

impl Gathered {
    fn add(&mut self, member: &Member, source: &mut dyn Read) -> Result<(), Error> {
        let path = &member.path;
        let is_large = |size: u64| size > LARGEST as u64;
        match &member.content {
            Content::File(size) if is_large(*size) => return Err(too_large(path)),
            Content::Parts(recipe) if is_large(recipe.size()) => return Err(too_large(path)),
            Content::File(_) => {
                let mut buffer = SecretBuffer::new();
                buffer.fill_from(source, LARGEST)?;
                self.contents.insert(path.clone(), buffer.into_secret());
            }
            Content::Parts(recipe) => self.unfilled.push(Unfilled::of(member, recipe)),
            Content::HardLink(first) => self.links.push((path.clone(), first.clone())),
            Content::Link(_) | Content::Folder => {}
        }
        Ok(())
    }

    fn put_together(mut self, held: Held) -> Contents {
        let parts = held.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        for (path, parts) in parts {
            let mut buffer = SecretBuffer::new();
            // EXPOSE: from one secret into another.
            parts.values().for_each(|part| buffer.push(part.expose()));
            let path = TreePath::parse(path.as_os_str().as_encoded_bytes());
            self.contents.extend(path.ok().map(|path| (path, buffer.into_secret())));
        }
        for (path, first) in self.links {
            // EXPOSE: from one secret into another, of the same file.
            let copy = self.contents.get(&first).map(|content| Secret::copy_from(content.expose()));
            self.contents.extend(copy.map(|copy| (path, copy)));
        }
        self.contents
    }
}

fn too_large(path: &TreePath) -> Error {
    Error::member(path, "it is too large to be looked into")
}
