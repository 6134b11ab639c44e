//! Looks at a home that was restored: is it one that somebody can work with?
//!
//! That the bytes are those of the snapshot is for `snapshot` to say; here it is asked what they are
//! good for. Clients' files parse; each entry of the store has a header that is one, for the
//! recipients of its folder, and is decrypted (of OpenPGP entries one of each folder); the store's
//! history has all its objects; nothing has come back with rights that it may not have.
//!
//! Nothing of what was restored is run or obeyed, and nothing of it is changed.

mod clients;
mod entries;
mod gnupg;
mod history;
mod rights;
mod store;

use std::io;
use std::path::{Path, PathBuf};

use crate::crypto::Identity;
use crate::sys::{self, FileError, Interrupts, ScratchHome, Variables};

use super::report::{Checked, Omission, Reason};

/// What is looked at.
pub struct Site<'a> {
    /// The home.
    pub home: &'a Path,
    /// The folders in which something was restored; whatever is looked at lies in one of them.
    pub trees: &'a [PathBuf],
    /// Where the store should be.
    pub store: &'a Path,
    /// GnuPG's folder.
    pub gnupg: &'a Path,
    /// The variables that say where clients keep their files, if they say so.
    pub variables: &'a Variables,
    /// Where programs are found.
    pub path: &'a str,
    /// What opens age entries.
    pub identity: &'a Identity,
    /// Where a private folder can be made.
    pub scratch: &'a Path,
    /// Whether to go on.
    pub interrupts: &'a Interrupts,
}

/// Something that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Of what kind it is.
    pub reason: Reason,
    /// What it is, by name: for whoever is here, and for no report.
    pub told: String,
}

/// What was found.
#[derive(Debug, Default)]
pub struct Findings {
    /// What is not as it should be.
    pub problems: Vec<Problem>,
    /// What could not be tried, and what that is about.
    pub omissions: Vec<(Omission, String)>,
    /// How much was looked at.
    pub checked: Checked,
}

impl Findings {
    fn problem(&mut self, reason: Reason, told: impl Into<String>) {
        self.problems.push(Problem { reason, told: told.into() });
    }

    fn omission(&mut self, omission: Omission, about: impl Into<String>) {
        self.omissions.push((omission, about.into()));
    }
}

/// Looks at everything.
///
/// # Errors
/// `Interrupted`; what the file system says of our own folders. What is wrong with the home is in
/// the answer.
pub fn check(site: &Site<'_>) -> Result<Findings, FileError> {
    let mut findings = Findings::default();
    for look in [rights::check, clients::check, store::check, history::check] {
        site.go_on()?;
        look(site, &mut findings)?;
    }
    Ok(findings)
}

impl Site<'_> {
    fn go_on(&self) -> Result<(), FileError> {
        let stopped = || FileError::new("finish", self.home, io::ErrorKind::Interrupted.into());
        if self.interrupts.happened() { Err(stopped()) } else { Ok(()) }
    }

    /// The store, if there is one that was restored.
    fn store(&self) -> Option<PathBuf> {
        Some(self.store.to_owned()).filter(|store| self.is_inside(store) && store.is_dir())
    }

    /// Whether what is at `path`, links followed, was restored.
    fn is_inside(&self, path: &Path) -> bool {
        let real = sys::without_links(path);
        let trees = self.trees.iter().filter_map(|tree| sys::without_links(tree));
        real.is_some_and(|real| trees.into_iter().any(|tree| real.starts_with(tree)))
    }

    /// A text without the place where things lie only for the moment.
    fn shown(&self, text: &str) -> String {
        text.replace(&self.home.display().to_string(), "~")
    }

    /// What other programs get to know of us: where programs are, and a home in which is nothing.
    fn bare_variables(&self, home: &Path) -> Variables {
        let home = home.display().to_string();
        let all = [("PATH", self.path), ("HOME", &home), ("LC_ALL", "C")];
        all.map(|(name, value)| (name, value.to_owned())).into_iter().collect()
    }

    /// A private folder of ours, in memory where the system has such a place: for keys.
    fn folder_for_keys(&self) -> Result<ScratchHome, FileError> {
        let in_memory = sys::memory_folder().and_then(|base| ScratchHome::make(base, PREFIX).ok());
        in_memory.map_or_else(|| ScratchHome::make(self.scratch, PREFIX), Ok)
    }
}

/// How the folders begin that a drill makes.
pub(super) const PREFIX: &str = "vaultctl-drill-";
