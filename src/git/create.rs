//! A new repository.

use std::path::{Path, PathBuf};

use git2::{Repository, RepositoryInitOptions};

use crate::sys::{Folder, PrivateUmask, random_hex};

use super::{Error, GIT_FOLDER};

/// Makes a repository at `root`, unless there is one; without templates, hence without hooks. It
/// is put together beside its place and then moved there, so that half a repository can not stay.
///
/// # Errors
/// [`Error`].
pub fn create(root: &Path) -> Result<(), Error> {
    let Some(tree) = Folder::open(root)? else {
        return Err(Error::NoFolder(root.display().to_string()));
    };
    if tree.kind_itself(Path::new(GIT_FOLDER))?.is_some() {
        return Ok(());
    }
    let _umask = PrivateUmask::begin();
    let beside = PathBuf::from(format!(".vaultctl-{}.tmp", random_hex(8)));
    let branch =
        git2::Config::open_default().and_then(|config| config.get_string("init.defaultBranch"));
    let mut options = RepositoryInitOptions::new();
    options.external_template(false).no_reinit(true).mkdir(true);
    options.initial_head(branch.as_deref().unwrap_or("main"));
    Repository::init_opts(root.join(&beside), &options).map(drop)?;
    let moved = tree.place(&beside.join(GIT_FOLDER), Path::new(GIT_FOLDER));
    tree.prune(&beside);
    Ok(moved?)
}
