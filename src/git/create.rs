//! A new repository.

use std::path::Path;
use std::time::Duration;

use git2::{Repository, RepositoryInitOptions};

use crate::sys::{Folder, Lock, PrivateUmask};

use super::{Error, GIT_FOLDER};

/// Where a new one is put together.
const UNFINISHED: &str = ".vaultctl-git.tmp";

/// How long whoever makes one waits for the others.
const PATIENCE: Duration = Duration::from_secs(60);

/// Makes a repository at `root`, unless there is one; without templates, hence without hooks. It
/// is put together beside its place and then moved there, so that half a repository can not stay;
/// what is left of one whose maker was killed is taken away.
///
/// # Errors
/// See [`Error`].
pub fn create(root: &Path) -> Result<(), Error> {
    let tree = Folder::open(root)?.ok_or_else(|| Error::NoFolder(root.display().to_string()))?;
    let _alone = Lock::wait_on_folder(tree.path(), PATIENCE)?;
    let (beside, place) = (Path::new(UNFINISHED), Path::new(GIT_FOLDER));
    tree.remove_folder(beside)?;
    if tree.kind_itself(place)?.is_some() {
        return Ok(());
    }
    let _umask = PrivateUmask::begin();
    let config = git2::Config::open_default();
    let branch = config.and_then(|config| config.get_string("init.defaultBranch"));
    let mut options = RepositoryInitOptions::new();
    options.external_template(false).no_reinit(true).mkdir(true);
    options.initial_head(branch.as_deref().unwrap_or("main"));
    Repository::init_opts(root.join(beside), &options).map(drop)?;
    let moved =
        tree.place(&beside.join(GIT_FOLDER), place).and_then(|()| tree.sync_folders([place]));
    tree.prune(beside);
    Ok(moved?)
}
