//! The repository at the store's root.

use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use git2::{Commit, Index, IndexEntry, Oid, Repository, RepositoryOpenFlags, Tree};

use crate::sys::Folder;

use super::{Author, Error, GIT_FOLDER, durable, index, signed};

/// The largest file that is recorded (bytes).
const FILE_LIMIT: usize = 256 * 1024 * 1024;

/// A repository whose working tree is the store, open.
pub(super) struct Git {
    pub(super) repository: Repository,
    tree: Folder,
    /// Index and HEAD of this working tree.
    pub(super) own: Folder,
    /// Objects and branches; another folder than `own` in a linked working tree (git-worktree(1)).
    pub(super) shared: Folder,
}

impl Git {
    pub(super) fn open(root: &Path) -> Result<Option<Self>, Error> {
        let Some(tree) = Folder::open(root)? else {
            return Ok(None);
        };
        if tree.kind(Path::new(GIT_FOLDER))?.is_none() {
            return Ok(None);
        }
        let no_ceiling: [&Path; 0] = [];
        let opened = Repository::open_ext(root, RepositoryOpenFlags::NO_SEARCH, no_ceiling);
        let repository = opened?;
        let (own, shared) = (git_folder(repository.path())?, git_folder(repository.commondir())?);
        Ok(Some(Self { repository, tree, own, shared }))
    }

    pub(super) fn record(
        &self,
        paths: &[PathBuf],
        subject: &str,
        author: &Author,
    ) -> Result<(), Error> {
        let mut index = self.repository.index()?;
        index.read(false)?;
        let parent = self.head()?;
        let head = parent.as_ref().map(Commit::tree).transpose()?;
        let Some(mut objects) = self.stage_all(&mut index, head.as_ref(), paths)? else {
            // Nothing is written when there is nothing to record: the disk may be read-only.
            return Ok(());
        };
        let tree = index.write_tree()?;
        index.write()?;
        let commit = self.commit(tree, parent.as_ref(), subject, author)?;
        objects.extend(self.objects_of(commit, tree, paths));
        // What a branch names must be on the disk before it is named.
        durable::objects(&self.shared, &objects)?;
        self.advance(commit, parent.as_ref(), subject)?;
        Ok(durable::file(&self.own, Path::new("index"))?)
    }

    /// Moves HEAD's branch, or a detached HEAD, from `parent` to the new commit. If somebody else has
    /// moved it meanwhile, it stays where they moved it, and the step is tried again later.
    fn advance(
        &self,
        commit: Oid,
        parent: Option<&Commit<'_>>,
        subject: &str,
    ) -> Result<(), Error> {
        let branch = self.branch();
        let name = branch.as_deref().unwrap_or("HEAD");
        let told = format!("commit: {subject}");
        match parent {
            Some(parent) => {
                self.repository.reference_matching(name, commit, true, parent.id(), &told)?
            }
            None => self.repository.reference(name, commit, false, &told)?,
        };
        let folder = if branch.is_some() { &self.shared } else { &self.own };
        Ok(durable::file(folder, Path::new(name))?)
    }

    /// Puts what stands at each path into the index; the new objects, or `None` when the index and
    /// the newest commit have all of it.
    fn stage_all(
        &self,
        index: &mut Index,
        head: Option<&Tree<'_>>,
        paths: &[PathBuf],
    ) -> Result<Option<Vec<Oid>>, Error> {
        let mut objects = None;
        for path in paths {
            let found = self.found(path)?;
            let content = found.as_ref().map(|(content, _)| &**content);
            if !index::is_recorded(index, head, path, content)? {
                objects.get_or_insert_with(Vec::new).extend(self.stage(index, path, found)?);
            }
        }
        Ok(objects)
    }

    /// What git records of `path`: a file's bytes, or what a link says; and its mode.
    fn found(&self, path: &Path) -> Result<Option<(Vec<u8>, u32)>, Error> {
        if let Some(target) = self.tree.link(path)? {
            return Ok(Some((target.into_os_string().into_vec(), index::LINK_MODE)));
        }
        let content = self.tree.read(path, FILE_LIMIT)?;
        Ok(content.map(|content| (content, index::FILE_MODE)))
    }

    /// Puts what was found at `path` into the index; returns the new object, if there is one.
    fn stage(
        &self,
        index: &mut Index,
        path: &Path,
        found: Option<(Vec<u8>, u32)>,
    ) -> Result<Option<Oid>, Error> {
        let stamp = self.tree.stamp(path)?;
        let (Some((content, mode)), Some(stamp)) = (found, stamp) else {
            index.remove_path(path)?;
            return Ok(None);
        };
        let id = self.repository.blob(&content)?;
        index.add(&IndexEntry { mode, ..index::entry(path, id, stamp) })?;
        Ok(Some(id))
    }

    pub(super) fn head(&self) -> Result<Option<Commit<'_>>, Error> {
        match self.repository.head() {
            Ok(head) => Ok(Some(head.peel_to_commit()?)),
            Err(error) if error.code() == git2::ErrorCode::UnbornBranch => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn commit(
        &self,
        tree: Oid,
        parent: Option<&Commit<'_>>,
        subject: &str,
        author: &Author,
    ) -> Result<Oid, Error> {
        let config = self.repository.config()?;
        if signed::is_wanted(&config) {
            return signed::commit(&self.repository, tree, parent, subject, author);
        }
        let [author, committer] = &author.signatures(&config)?;
        let tree = self.repository.find_tree(tree)?;
        let parents: Vec<&Commit<'_>> = parent.into_iter().collect();
        let message = format!("{subject}\n");
        let made = self.repository.commit(None, author, committer, &message, &tree, &parents);
        Ok(made?)
    }

    /// The new objects of a commit: itself, and the trees from the root down to each path.
    fn objects_of(&self, commit: Oid, tree: Oid, paths: &[PathBuf]) -> Vec<Oid> {
        let mut ids = vec![commit, tree];
        let Ok(tree) = self.repository.find_tree(tree) else {
            return ids;
        };
        for folder in paths.iter().flat_map(|path| path.ancestors().skip(1)) {
            ids.extend(tree.get_path(folder).map(|entry| entry.id()).ok());
        }
        ids
    }

    /// The branch that HEAD names, even before its first commit: `refs/heads/main`.
    pub(super) fn branch(&self) -> Option<String> {
        let head = self.repository.find_reference("HEAD").ok()?;
        head.symbolic_target().ok().flatten().map(str::to_owned)
    }
}

fn git_folder(path: &Path) -> Result<Folder, Error> {
    Folder::open(path)?.ok_or_else(|| Error::NoFolder(path.display().to_string()))
}
