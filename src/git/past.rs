//! Earlier states of one file.

use std::path::{Path, PathBuf};

use git2::{Commit, ErrorCode, ObjectType, Oid, Repository, Sort};
use jiff::Timestamp;

use crate::store::Version;

use super::Error;
use super::repository::Git;

/// The commits in which the blobs at `paths` are not those of a parent, newest first.
pub(super) fn versions(git: &Git, paths: &[PathBuf]) -> Result<Vec<Version>, Error> {
    let repository = &git.repository;
    if git.head()?.is_none() {
        return Ok(Vec::new());
    }
    let mut walk = repository.revwalk()?;
    walk.set_sorting(Sort::TOPOLOGICAL | Sort::TIME)?;
    walk.push_head()?;
    let mut versions = Vec::new();
    for id in walk {
        let commit = repository.find_commit(id?)?;
        let here = blobs_at(&commit, paths)?;
        if is_change(&commit, paths, &here)? {
            versions.push(version(&commit, here.iter().all(Option::is_none)));
        }
    }
    Ok(versions)
}

/// Whether no parent has the same at `paths`: a merge that took one side's version is no change.
fn is_change(commit: &Commit<'_>, paths: &[PathBuf], here: &[Option<Oid>]) -> Result<bool, Error> {
    if commit.parent_count() == 0 {
        return Ok(here.iter().any(Option::is_some));
    }
    for parent in commit.parents() {
        if blobs_at(&parent, paths)? == here {
            return Ok(false);
        }
    }
    Ok(true)
}

fn blobs_at(commit: &Commit<'_>, paths: &[PathBuf]) -> Result<Vec<Option<Oid>>, Error> {
    paths.iter().map(|path| blob_at(commit, path)).collect()
}

fn blob_at(commit: &Commit<'_>, path: &Path) -> Result<Option<Oid>, Error> {
    match commit.tree()?.get_path(path) {
        Ok(entry) if entry.kind() == Some(ObjectType::Blob) => Ok(Some(entry.id())),
        Ok(_) => Ok(None),
        Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn version(commit: &Commit<'_>, removed: bool) -> Version {
    let author = commit.author();
    Version {
        id: commit.id().to_string(),
        at: Timestamp::from_second(commit.time().seconds()).unwrap_or(Timestamp::UNIX_EPOCH),
        author: String::from_utf8_lossy(author.name_bytes()).into_owned(),
        subject: String::from_utf8_lossy(commit.summary_bytes().unwrap_or_default()).into_owned(),
        removed,
    }
}

/// The file as the commit `revision` has it: a name in hexadecimal, or enough of its beginning.
pub(super) fn content(git: &Git, path: &Path, revision: &str) -> Result<Option<Vec<u8>>, Error> {
    let commit = find(&git.repository, revision)?;
    match blob_at(&commit, path)? {
        Some(id) => Ok(Some(git.repository.find_blob(id)?.content().to_owned())),
        None => Ok(None),
    }
}

fn find<'r>(repository: &'r Repository, revision: &str) -> Result<Commit<'r>, Error> {
    let unknown = || Error::NoRevision(revision.to_owned());
    // Names only: git's language of revisions would let `:/text` or `@{…}` mean something.
    if revision.is_empty() || !revision.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(unknown());
    }
    let found = repository.find_commit_by_prefix(revision);
    found.map_err(|_| unknown())
}
