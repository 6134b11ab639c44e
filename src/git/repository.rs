//! The repository at the store's root.

use std::path::{Path, PathBuf};

use git2::{
    Commit, Index, IndexEntry, IndexTime, ObjectType, Oid, Repository, RepositoryInitOptions,
    RepositoryOpenFlags, Signature, Tree,
};
use jiff::Timestamp;

use crate::store::{History, HistoryError};
use crate::sys::{FileError, Folder, PrivateUmask, Stamp, random_hex};

use super::{Author, durable, leftovers};

/// A regular file that is not executable, as git's index writes it.
const FILE_MODE: u32 = 0o100_644;

/// What git calls its folder in a working tree.
const GIT_FOLDER: &str = ".git";

/// The largest file that is recorded (bytes).
const FILE_LIMIT: usize = 256 * 1024 * 1024;

/// The history of the store at a folder: its git repository, if it has one. A repository that
/// merely encloses the store is not its history.
pub struct GitHistory {
    root: PathBuf,
    author: Author,
}

impl GitHistory {
    /// Nothing is opened before something is to be recorded, so that reading stays quick.
    #[must_use]
    pub fn new(root: &Path, author: Author) -> Self {
        Self {
            root: root.to_owned(),
            author,
        }
    }
}

impl History for GitHistory {
    fn record(&self, paths: &[PathBuf], subject: &str) -> Result<(), HistoryError> {
        let _umask = PrivateUmask::begin();
        match Git::open(&self.root)? {
            Some(git) => git.record(paths, subject, &self.author),
            None => Ok(()),
        }
    }

    fn recover(&self, begun: Timestamp) -> Result<(), HistoryError> {
        match Git::open(&self.root)? {
            Some(git) => leftovers::clear(&git, begun).map_err(file_error),
            None => Ok(()),
        }
    }
}

/// A repository whose working tree is the store, open.
pub(super) struct Git {
    repository: Repository,
    tree: Folder,
    /// Index and HEAD of this working tree.
    pub(super) own: Folder,
    /// Objects and branches; another folder than `own` in a linked working tree (git-worktree(1)).
    pub(super) shared: Folder,
}

/// Makes a repository at `root`, unless there is one; without templates, hence without hooks. It
/// is put together beside its place and then moved there, so that half a repository can not stay.
///
/// # Errors
/// [`HistoryError`].
pub fn create(root: &Path) -> Result<(), HistoryError> {
    let Some(tree) = Folder::open(root).map_err(file_error)? else {
        return Err(HistoryError(format!(
            "there is no folder `{}`",
            root.display()
        )));
    };
    if tree
        .kind_itself(Path::new(GIT_FOLDER))
        .map_err(file_error)?
        .is_some()
    {
        return Ok(());
    }
    let _umask = PrivateUmask::begin();
    let beside = PathBuf::from(format!(".vaultctl-{}.tmp", random_hex(8)));
    let branch =
        git2::Config::open_default().and_then(|config| config.get_string("init.defaultBranch"));
    let mut options = RepositoryInitOptions::new();
    options.external_template(false).no_reinit(true).mkdir(true);
    options.initial_head(branch.as_deref().unwrap_or("main"));
    Repository::init_opts(root.join(&beside), &options)
        .map(drop)
        .map_err(git_error)?;
    let moved = tree.place(&beside.join(GIT_FOLDER), Path::new(GIT_FOLDER));
    tree.prune(&beside);
    moved.map_err(file_error)
}

impl Git {
    fn open(root: &Path) -> Result<Option<Self>, HistoryError> {
        let Some(tree) = Folder::open(root).map_err(file_error)? else {
            return Ok(None);
        };
        if tree
            .kind(Path::new(GIT_FOLDER))
            .map_err(file_error)?
            .is_none()
        {
            return Ok(None);
        }
        let no_ceiling: [&Path; 0] = [];
        let opened = Repository::open_ext(root, RepositoryOpenFlags::NO_SEARCH, no_ceiling);
        let repository = opened.map_err(git_error)?;
        let (own, shared) = (
            git_folder(repository.path())?,
            git_folder(repository.commondir())?,
        );
        Ok(Some(Self {
            repository,
            tree,
            own,
            shared,
        }))
    }

    fn record(
        &self,
        paths: &[PathBuf],
        subject: &str,
        author: &Author,
    ) -> Result<(), HistoryError> {
        let mut index = self.repository.index().map_err(git_error)?;
        index.read(false).map_err(git_error)?;
        let parent = self.head()?;
        let head = parent
            .as_ref()
            .map(Commit::tree)
            .transpose()
            .map_err(git_error)?;
        let Some(mut objects) = self.stage_all(&mut index, head.as_ref(), paths)? else {
            // Nothing is written when there is nothing to record: the disk may be read-only.
            return Ok(());
        };
        let tree = index.write_tree().map_err(git_error)?;
        index.write().map_err(git_error)?;
        let signatures = author.signatures(&self.repository.config().map_err(git_error)?);
        let commit = self.commit(
            tree,
            parent.as_ref(),
            subject,
            &signatures.map_err(git_error)?,
        )?;
        objects.extend(self.objects_of(commit, tree, paths));
        // What a branch names must be on the disk before it is named.
        durable::objects(&self.shared, &objects).map_err(file_error)?;
        self.advance(commit, subject)?;
        durable::file(&self.own, Path::new("index")).map_err(file_error)
    }

    /// Moves HEAD's branch, or a detached HEAD, to the new commit.
    fn advance(&self, commit: Oid, subject: &str) -> Result<(), HistoryError> {
        let branch = self.branch();
        let name = branch.as_deref().unwrap_or("HEAD");
        let told = self
            .repository
            .reference(name, commit, true, &format!("commit: {subject}"));
        told.map_err(git_error)?;
        let folder = if branch.is_some() {
            &self.shared
        } else {
            &self.own
        };
        durable::file(folder, Path::new(name)).map_err(file_error)
    }

    /// Puts what stands at each path into the index; the new objects, or `None` when the index and
    /// the newest commit have all of it.
    fn stage_all(
        &self,
        index: &mut Index,
        head: Option<&Tree<'_>>,
        paths: &[PathBuf],
    ) -> Result<Option<Vec<Oid>>, HistoryError> {
        let mut objects = None;
        for path in paths {
            let content = self.tree.read(path, FILE_LIMIT).map_err(file_error)?;
            if !is_recorded(index, head, path, content.as_deref())? {
                let staged = self.stage(index, path, content.as_deref())?;
                objects.get_or_insert_with(Vec::new).extend(staged);
            }
        }
        Ok(objects)
    }

    /// Puts what stands at `path` into the index; returns the new object, if there is one.
    fn stage(
        &self,
        index: &mut Index,
        path: &Path,
        content: Option<&[u8]>,
    ) -> Result<Option<Oid>, HistoryError> {
        let stamp = self.tree.stamp(path).map_err(file_error)?;
        let (Some(content), Some(stamp)) = (content, stamp) else {
            index.remove_path(path).map_err(git_error)?;
            return Ok(None);
        };
        let id = self.repository.blob(content).map_err(git_error)?;
        index
            .add(&index_entry(path, id, stamp))
            .map_err(git_error)?;
        Ok(Some(id))
    }

    fn head(&self) -> Result<Option<Commit<'_>>, HistoryError> {
        match self.repository.head() {
            Ok(head) => head.peel_to_commit().map(Some).map_err(git_error),
            Err(error) if error.code() == git2::ErrorCode::UnbornBranch => Ok(None),
            Err(error) => Err(git_error(error)),
        }
    }

    fn commit(
        &self,
        tree: Oid,
        parent: Option<&Commit<'_>>,
        subject: &str,
        [author, committer]: &[Signature<'_>; 2],
    ) -> Result<Oid, HistoryError> {
        let tree = self.repository.find_tree(tree).map_err(git_error)?;
        let parents: Vec<&Commit<'_>> = parent.into_iter().collect();
        let message = format!("{subject}\n");
        let made = self
            .repository
            .commit(None, author, committer, &message, &tree, &parents);
        made.map_err(git_error)
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

/// Whether both the index and the newest commit have this content, or both have nothing.
fn is_recorded(
    index: &Index,
    head: Option<&Tree<'_>>,
    path: &Path,
    content: Option<&[u8]>,
) -> Result<bool, HistoryError> {
    let id = content
        .map(|content| Oid::hash_object(ObjectType::Blob, content))
        .transpose()
        .map_err(git_error)?;
    let staged = index.get_path(path, 0).map(|entry| entry.id);
    let committed = head
        .and_then(|tree| tree.get_path(path).ok())
        .map(|entry| entry.id());
    Ok(staged == id && committed == id)
}

/// With the file's true times, size and place, so that `git status` need not read it again.
fn index_entry(path: &Path, id: Oid, stamp: Stamp) -> IndexEntry {
    // Git's index has 32 bits for each of these and compares them cut off in the same way.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "git's index format, version 2"
    )]
    let cut = |number: i64| number as u32;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "git's index format, version 2"
    )]
    let low = |number: u64| number as u32;
    let time =
        |(seconds, nanoseconds): (i64, i64)| IndexTime::new(seconds as i32, cut(nanoseconds));
    IndexEntry {
        ctime: time(stamp.ctime),
        mtime: time(stamp.mtime),
        dev: low(stamp.place.0),
        ino: low(stamp.place.1),
        mode: FILE_MODE,
        uid: stamp.owner.0,
        gid: stamp.owner.1,
        file_size: low(stamp.size),
        id,
        flags: 0,
        flags_extended: 0,
        path: std::os::unix::ffi::OsStrExt::as_bytes(path.as_os_str()).to_vec(),
    }
}

fn git_folder(path: &Path) -> Result<Folder, HistoryError> {
    let folder = Folder::open(path).map_err(file_error)?;
    folder.ok_or_else(|| HistoryError(format!("the git folder `{}` has gone", path.display())))
}

fn git_error(error: git2::Error) -> HistoryError {
    HistoryError(format!("git: {}", error.message()))
}

fn file_error(error: FileError) -> HistoryError {
    HistoryError(error.to_string())
}
