//! The profiles, and what each leaves out.

use std::path::{Path, PathBuf};

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::Places;
use super::tables::LEFT_OUT;

/// What the profile of settings and the store is called in a commit.
pub(in crate::snapshot) const CONFIG: &str = "config";

/// What is taken together.
pub enum Profile {
    /// Settings, instructions, memories, the password store.
    Config,
    /// Transcripts, and whatever else lies under `~/.claude`.
    History,
    /// Tokens of this machine, which come back to no place where a program finds them.
    Credentials,
    /// One that the settings describe.
    Own(Own),
}

/// A profile that the settings describe.
pub struct Own {
    /// What a commit calls it: a word.
    pub name: String,
    /// Files and folders, absolute.
    pub paths: Vec<PathBuf>,
    /// What is left out of them, as in a `.gitignore` in each.
    pub exclude: Vec<String>,
    /// Whether its files are stored in parts.
    pub in_parts: bool,
}

/// A pattern that is none.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no pattern")]
pub struct BadPattern(String);

impl Own {
    /// Looks at the patterns before anything is taken by them.
    ///
    /// # Errors
    /// The first that is none.
    pub fn check(&self) -> Result<(), BadPattern> {
        let mut builder = GitignoreBuilder::new("/");
        let bad = self.exclude.iter().find(|pattern| builder.add_line(None, pattern).is_err());
        bad.map_or(Ok(()), |pattern| Err(BadPattern(pattern.clone())))
    }
}

impl Profile {
    /// What a commit calls it.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Config => CONFIG,
            Self::History => "history",
            Self::Credentials => "credentials",
            Self::Own(own) => &own.name,
        }
    }

    pub(super) fn rules(&self, places: &Places) -> Rules {
        match self {
            Self::Config => Rules::whole(),
            Self::Credentials => Rules { takes_credentials: true, ..Rules::whole() },
            Self::History => {
                let patterns = LEFT_OUT.iter().map(|pattern| anchored(pattern));
                let excluded = vec![matcher(&places.claude, patterns)];
                Rules { in_parts: true, excluded, takes_credentials: false }
            }
            Self::Own(own) => {
                let matcher = |path: &PathBuf| matcher(path, own.exclude.iter().cloned());
                let excluded = own.paths.iter().map(matcher).collect();
                Rules { in_parts: own.in_parts, excluded, takes_credentials: false }
            }
        }
    }
}

/// A name in the table means that one, not any of the same name further down; `*` means any.
fn anchored(pattern: &str) -> String {
    if pattern.starts_with('*') { pattern.to_owned() } else { format!("/{pattern}") }
}

/// Patterns as in a `.gitignore` in the folder `root`. One that is none matches nothing; see
/// [`Own::check`].
fn matcher(root: &Path, patterns: impl Iterator<Item = String>) -> Gitignore {
    let mut builder = GitignoreBuilder::new(root);
    for pattern in patterns {
        builder.add_line(None, &pattern).ok();
    }
    builder.build().unwrap_or_else(|_| Gitignore::empty())
}

/// How a profile is taken.
pub(super) struct Rules {
    /// Whether files are bulky, and stored in parts.
    pub(super) in_parts: bool,
    excluded: Vec<Gitignore>,
    /// Whether it was asked for by name what is never taken otherwise.
    pub(super) takes_credentials: bool,
}

impl Rules {
    /// Everything, whole.
    pub(super) fn whole() -> Self {
        Self { in_parts: false, excluded: Vec::new(), takes_credentials: false }
    }

    /// Whether the profile leaves this out.
    pub(super) fn leave_out(&self, path: &Path, is_folder: bool) -> bool {
        let is_excluded = |patterns: &&Gitignore| {
            path.starts_with(patterns.path()) && patterns.matched(path, is_folder).is_ignore()
        };
        self.excluded.iter().any(|patterns| is_excluded(&patterns))
    }
}
