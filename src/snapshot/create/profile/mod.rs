//! What is taken.
//!
//! * `config`: settings, instructions, memories, the password store; small, precious, stored whole.
//! * `history`: transcripts and whatever else lies under `~/.claude`; bulky, stored in parts.
//! * `credentials`: tokens of this machine; only where the settings name it.
//! * The user's own, which the settings describe.
//!
//! Private keys are not taken, whatever a profile names, and who is logged in to Claude only by
//! `credentials`. What a token of one machine is comes back to quarantine.

mod rules;
mod tables;
mod walk;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::snapshot::archive::TreePath;
use crate::sys::Facts;

use super::finding::Finding;
use super::health::Format;

pub(super) use rules::CONFIG;
pub use rules::{BadPattern, Own, Profile};

use tables::{CLAUDE, CLAUDE_CREDENTIALS, CLIENTS, CREDENTIALS};
use walk::Walk;

/// Where things are on this machine.
pub struct Places {
    /// The home.
    pub home: PathBuf,
    /// Claude's folder.
    pub claude: PathBuf,
    /// Claude's main file, which is beside its folder, not in it.
    pub claude_main: PathBuf,
    /// The password store.
    pub store: PathBuf,
    /// Our settings file.
    pub settings: PathBuf,
    /// GnuPG's folder.
    pub gnupg: PathBuf,
    /// Private keys, credentials, the repository itself: not taken, by whatever name they are reached.
    pub never: Vec<PathBuf>,
    /// Where credentials come back to, each time in a folder of their own.
    pub quarantine: PathBuf,
}

/// What will be stored, and what will not.
pub struct Plan {
    /// The home, as it is recorded.
    pub(super) home: PathBuf,
    /// The profiles' names.
    pub(super) profiles: Vec<String>,
    /// Everything, each folder after what it holds.
    pub(in crate::snapshot) items: Vec<Item>,
    /// What was left out although it is there, or is missing although it was named, and why.
    pub(super) skipped: Vec<Finding>,
    /// What the profiles take as a whole.
    pub(super) roots: Vec<Root>,
}

/// Something that a profile takes as a whole.
pub(super) struct Root {
    pub(super) path: TreePath,
    /// Whether any file of it is there, or could not be looked for.
    pub(super) has_files: bool,
}

/// Whether a file is one in which an MCP client is told what to start.
pub(in crate::snapshot) fn is_client(path: &TreePath) -> bool {
    let path = path.as_path();
    let is_claudes = [".claude.json", ".mcp.json"].iter().any(|name| path.ends_with(name));
    let below = path.strip_prefix("HOME");
    is_claudes || CLIENTS.iter().any(|(name, _)| below == Ok(Path::new(name)))
}

/// Whether a file is one that the profile `config` takes because a client is configured by it: all
/// that it takes, but for the store, its keys and our own settings.
pub(in crate::snapshot) fn is_client_configuration(path: &TreePath) -> bool {
    let below = path.as_path().strip_prefix("HOME/.claude").ok();
    let is_in = |(pattern, _): &(&str, _)| below.is_some_and(|below| fits(below, pattern));
    is_client(path) || CLAUDE.iter().any(is_in)
}

/// Whether a path is what a pattern of a table stands for, or below it.
fn fits(path: &Path, pattern: &str) -> bool {
    let mut names = path.iter().map(OsStr::as_encoded_bytes);
    pattern.split('/').all(|wanted| {
        let (begin, end) = wanted.split_once('*').unwrap_or((wanted, ""));
        names.next().is_some_and(|name| match wanted.contains('*') {
            true => {
                name.len() >= begin.len() + end.len()
                    && name.starts_with(begin.as_bytes())
                    && name.ends_with(end.as_bytes())
            }
            false => name == wanted.as_bytes(),
        })
    })
}

/// Whether a file holds tokens of one machine, whatever profile has taken it.
pub(in crate::snapshot) fn is_credential(path: &TreePath) -> bool {
    let is_claudes = path.as_path().file_name() == Some(OsStr::new(CLAUDE_CREDENTIALS));
    let below = path.as_path().strip_prefix("HOME").ok();
    let is_in = |name: &&str| below.is_some_and(|below| below.starts_with(name));
    is_claudes || CREDENTIALS.iter().any(is_in)
}

/// Something that will be stored.
#[derive(Clone)]
pub(in crate::snapshot) struct Item {
    pub(in crate::snapshot) source: PathBuf,
    pub(in crate::snapshot) path: TreePath,
    pub(in crate::snapshot) facts: Facts,
    /// How it must parse.
    pub(super) format: Option<Format>,
    /// Whether it is bulky, and its bytes lie in packs.
    pub(super) in_parts: bool,
    /// The folder that others make while they write it.
    pub(super) lock: Option<PathBuf>,
}

impl Item {
    /// Whether it is of a kind that others only append to.
    pub(super) fn grows(&self) -> bool {
        self.source.extension().is_some_and(|extension| extension == "jsonl")
    }
}

impl Plan {
    /// Looks for everything that the profiles name. What several of them name belongs to the first.
    #[must_use]
    pub fn of<'p>(places: &Places, profiles: impl IntoIterator<Item = &'p Profile>) -> Self {
        let mut walk = Walk::new(places);
        let take = |profile: &Profile| {
            walk.take_profile(profile);
            profile.name().to_owned()
        };
        let names = profiles.into_iter().map(take).collect();
        walk.finish(names)
    }

    /// The names of what will be stored.
    pub fn names(&self) -> impl Iterator<Item = String> + '_ {
        self.items.iter().map(|item| item.path.shown())
    }

    /// Whether this is taken, and bulky.
    pub(super) fn has_in_parts(&self, path: &TreePath) -> bool {
        self.items.iter().any(|item| item.in_parts && item.path == *path)
    }

    /// Whether this is taken.
    pub(super) fn has(&self, path: &TreePath) -> bool {
        self.items.iter().any(|item| item.path == *path)
    }

    /// What is left out, and why.
    #[must_use]
    pub fn skipped(&self) -> &[Finding] {
        &self.skipped
    }
}
