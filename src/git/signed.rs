//! Signed commits, as `pass.signcommits` asks for them.
//!
//! How a commit is signed (OpenPGP, SSH, X.509, with which key and program) is the user's git
//! configuration, so the user's own `git` does it: `commit-tree`, which runs no hook.

use std::ffi::OsStr;

use git2::{Commit, Config, Oid, Repository};

use crate::sys::Helper;

use super::{Author, Error};

/// What pass asks before it adds `-S` (pass 1.7.4, `git_commit`).
const SETTING: &str = "pass.signcommits";

/// Nothing of a repository is run, whatever its configuration says.
const NEUTRAL: [&str; 4] = ["-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false"];

pub(super) fn is_wanted(config: &Config) -> bool {
    config.get_bool(SETTING).unwrap_or(false)
}

/// Makes a signed commit of a tree that is already written; no reference is moved.
pub(super) fn commit(
    repository: &Repository,
    tree: Oid,
    parent: Option<&Commit<'_>>,
    subject: &str,
    author: &Author,
) -> Result<Oid, Error> {
    let environment = author.environment(&repository.config()?)?;
    let tree = tree.to_string();
    let parent = parent.map(|parent| ["-p".to_owned(), parent.id().to_string()]);
    let helper = Helper::new("git", &environment)
        .args([OsStr::new("--git-dir"), repository.path().as_os_str()])
        .args(NEUTRAL)
        .args(["commit-tree", "-S", &tree, "-F", "-"])
        .args(parent.into_iter().flatten());
    let outcome = helper.run(format!("{subject}\n").as_bytes())?;
    let refused = || Error::NotSigned(outcome.stderr.trim().to_owned());
    if outcome.code != Some(0) {
        return Err(refused());
    }
    // EXPOSE: what git printed is the name of a commit.
    let printed = std::str::from_utf8(outcome.stdout.expose()).map_err(|_| refused())?;
    Ok(printed.trim().parse()?)
}
