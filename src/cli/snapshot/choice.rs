//! Which snapshot, and how much of it.

use std::path::Path;

use crate::cli::{Failure, Session};
use crate::snapshot::{Error, Health, Repository, Selection, TreePath, Verified, Wanted};
use crate::sys::{absolute, without_links};

use super::target::pin;

/// How much of a snapshot.
#[derive(clap::Args)]
pub(in crate::cli) struct Choice {
    /// Only this, and what is below it: a path, `mcp` (the files in which MCP clients are told what
    /// to start), or `session:ID` (a transcript, with what its sub-agents and tools have left); can
    /// be given several times
    #[arg(long, value_name = "PATH|mcp|session:ID")]
    only: Vec<String>,
}

impl Choice {
    /// What was asked for.
    pub(in crate::cli) fn selection(&self, session: &Session) -> Result<Selection, Failure> {
        let wanted: Result<Vec<Wanted>, Failure> =
            self.only.iter().map(|text| wanted(text, session)).collect();
        Ok(Selection::only(wanted?))
    }
}

fn wanted(text: &str, session: &Session) -> Result<Wanted, Failure> {
    match text.split_once(':') {
        _ if text == "mcp" => Ok(Wanted::Mcp),
        Some(("session", id)) => {
            let bad = |()| Failure::usage(format!("`{id}` is not the id of a session"));
            Ok(Wanted::Session(id.parse().map_err(bad)?))
        }
        _ if text == "session" => Err(Failure::usage("which session?")
            .hint("`--only session:ID`; a transcript is called ID.jsonl")),
        _ => Ok(Wanted::Path(tree_path(text, session)?)),
    }
}

/// A path on this machine as a place in a snapshot; a path of another one may begin with `~/`.
pub(in crate::cli) fn tree_path(text: &str, session: &Session) -> Result<TreePath, Failure> {
    let paths = &session.config.paths;
    let path: std::path::PathBuf = absolute(paths.expand(text)).components().collect();
    let real_home = without_links(&paths.home);
    let home = real_home.as_deref().filter(|home| path.starts_with(home)).unwrap_or(&paths.home);
    TreePath::of(&path, home).ok_or_else(|| bad_path(&path))
}

fn bad_path(path: &Path) -> Failure {
    Failure::usage(format!("`{}` can not be chosen", path.display()))
        .hint("name a file or folder, without `..`; without --only everything is chosen")
}

/// Proves the snapshot that was named, or the newest for `latest`.
pub(in crate::cli) fn prove(
    repositories: &[Repository<'_>],
    named: &str,
    session: &Session,
) -> Result<Verified, Failure> {
    let wanted = match named {
        "latest" => None,
        name => Some(name.parse().map_err(Error::from)?),
    };
    let verified = Verified::prove(repositories, pin(&repositories[0], session)?, wanted)?;
    let commit = verified.commit();
    if commit.health != Health::Ok {
        session.ui.warn(&format!(
            "{} is {}: some of what was taken did not parse",
            commit.id, commit.health
        ));
    }
    Ok(verified)
}
