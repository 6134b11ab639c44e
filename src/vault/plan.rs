//! What an edit is going to do to files, and doing it.
//!
//! Nothing is touched while a plan is made; [`Plan::look`] answers how the store would be. To carry
//! it out, all new files are first written beside their places and synced, so that a full disk or a
//! kill leaves everything as it was; what is left to do then, renames and removals, is a list that
//! can be gone through again (`redo.rs`).

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::audit::{Action, Event};
use crate::crypto::Sealed;
use crate::store::{History, HistoryError, Name};
use crate::sys::{self, FileError, Folder};

use super::journal::Step;
use super::redo::Redo;

/// Folders of git's own; what is in them is not part of a history.
const GIT_FOLDER: &str = ".git";

/// Changes, in steps of the history.
pub(super) struct Plan {
    steps: Vec<Planned>,
    /// This folder and those above it stay, even if they get empty; without one, only the root does.
    kept: PathBuf,
}

/// What becomes one step of the history.
struct Planned {
    subject: String,
    /// What it is called in other histories than that of its first file.
    elsewhere: Option<String>,
    changes: Vec<Change>,
    /// What is recorded as it stands.
    more: Vec<PathBuf>,
}

/// One change. Paths are relative to the store's root.
pub(super) enum Change {
    /// A file gets a new content.
    Put(PathBuf, Content),
    /// A file or a folder goes to where nothing is, or a file over another.
    Move { from: PathBuf, to: PathBuf, files: Vec<(PathBuf, PathBuf)> },
    /// A file goes.
    Remove(PathBuf),
    /// A folder goes, with all that is in it.
    RemoveFolder(PathBuf, Vec<PathBuf>),
}

/// What a file of the store may hold.
pub(super) enum Content {
    /// An entry, newly sealed.
    Entry(Sealed<Vec<u8>>),
    /// The bytes of a file that is in the store already, or was.
    Kept(Vec<u8>),
    /// A recipients file.
    Recipients(String),
    /// A recipients file's signature.
    Signature(Vec<u8>),
}

impl Content {
    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Self::Entry(sealed) => sealed.body(),
            Self::Kept(bytes) | Self::Signature(bytes) => bytes,
            Self::Recipients(text) => text.as_bytes(),
        }
    }
}

/// What will be at a path.
pub(super) enum Look<'p> {
    /// A new content.
    New(&'p Content),
    /// What is now at this path.
    Now(PathBuf),
    /// Nothing.
    Gone,
}

impl Plan {
    pub(super) fn new(subject: &str) -> Self {
        Self { steps: vec![Planned::new(subject)], kept: PathBuf::new() }
    }

    /// What is added from now on is a step of its own.
    pub(super) fn next_step(&mut self, subject: &str) {
        self.steps.push(Planned::new(subject));
    }

    /// The present step is called `subject` in other histories than that of its first file.
    pub(super) fn name_elsewhere(&mut self, subject: &str) {
        if let Some(step) = self.steps.last_mut() {
            step.elsewhere = Some(subject.to_owned());
        }
    }

    pub(super) fn add(&mut self, change: Change) {
        if let Some(step) = self.steps.last_mut() {
            step.changes.push(change);
        }
    }

    /// The present step also records what stands at these paths already.
    pub(super) fn also_record(&mut self, paths: Vec<PathBuf>) {
        if let Some(step) = self.steps.last_mut() {
            step.more.extend(paths);
        }
    }

    /// `folder` and those above it stay, even if they get empty.
    pub(super) fn keep(&mut self, folder: &Path) {
        self.kept = folder.to_owned();
    }

    /// Takes the newest change back.
    pub(super) fn take_back(&mut self) {
        if let Some(step) = self.steps.last_mut() {
            step.changes.pop();
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.steps.iter().all(Planned::is_empty)
    }

    fn changes(&self) -> impl DoubleEndedIterator<Item = &Change> {
        self.steps.iter().flat_map(|step| &step.changes)
    }

    /// What will be at `path` once all is done.
    pub(super) fn look(&self, path: &Path) -> Look<'_> {
        let mut path = path.to_owned();
        for change in self.changes().rev() {
            match change {
                Change::Put(put, content) if *put == path => return Look::New(content),
                Change::Move { from, to, .. } => match (below(&path, to), path.starts_with(from)) {
                    (Some(moved), _) => path = moved.map_or(from.clone(), |rest| from.join(rest)),
                    (None, true) => return Look::Gone,
                    (None, false) => {}
                },
                Change::Remove(gone) if *gone == path => return Look::Gone,
                Change::RemoveFolder(gone, _) if path.starts_with(gone) => return Look::Gone,
                _ => {}
            }
        }
        Look::Now(path)
    }

    /// What the log is told: that each entry was changed, or that it was tried.
    pub(super) fn events(&self, verdict: fn(Action, &str) -> Event) -> Vec<Event> {
        let events = self.changes().flat_map(Change::subjects);
        events.map(|(action, path)| verdict(action, &subject(path))).collect()
    }

    /// The intention, with a name for each file to be staged.
    pub(super) fn steps(&self, history: &dyn History) -> Result<Vec<Step>, HistoryError> {
        let mut steps = Vec::new();
        for planned in self.steps.iter().filter(|planned| !planned.is_empty()) {
            steps.extend(planned.split(history)?);
        }
        Ok(steps)
    }

    /// Writes all new files beside their places; what is then left to do. `steps` are those of
    /// [`Plan::steps`].
    pub(super) fn stage(&self, folder: &Folder, steps: &[Step]) -> Result<Vec<Redo>, FileError> {
        let staged: Vec<(&PathBuf, &Path, &Content)> = steps
            .iter()
            .flat_map(|step| &step.staged)
            .zip(self.changes().filter_map(Change::put))
            .map(|(staged, (path, content))| (staged, path, content))
            .collect();
        let folders: BTreeSet<&Path> = staged.iter().map(|(_, path, _)| parent(path)).collect();
        folders.into_iter().try_for_each(|path| folder.create_folder(path))?;
        let written = sys::in_parallel(&staged, sys::DISK_WORKERS, |(staged, _, content)| {
            folder.stage(staged, content.bytes())
        });
        written.into_iter().collect::<Result<(), _>>()?;
        let place = |(staged, path, _): (&PathBuf, &Path, &Content)| Redo::Place {
            staged: staged.clone(),
            path: path.to_owned(),
        };
        Ok(staged.into_iter().map(place).chain(self.changes().filter_map(Change::redo)).collect())
    }

    /// The folder that stays, even if it gets empty.
    pub(super) fn kept(&self) -> &Path {
        &self.kept
    }
}

impl Planned {
    fn new(subject: &str) -> Self {
        Self { subject: subject.to_owned(), elsewhere: None, changes: Vec::new(), more: Vec::new() }
    }

    fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.more.is_empty()
    }

    /// One step, or two where two histories call it differently.
    fn split(&self, history: &dyn History) -> Result<Vec<Step>, HistoryError> {
        let mut step = self.step();
        let (Some(subject), Some(first)) = (&self.elsewhere, self.changes.first()) else {
            return Ok(vec![step]);
        };
        let home = history.home(first.place())?;
        let mut others = Vec::new();
        for path in std::mem::take(&mut step.paths) {
            let here = history.home(&path)? == home;
            if here { step.paths.push(path) } else { others.push(path) }
        }
        let other = Step { subject: subject.clone(), paths: others, staged: Vec::new() };
        Ok([step].into_iter().chain((!other.paths.is_empty()).then_some(other)).collect())
    }

    fn step(&self) -> Step {
        let paths = self.changes.iter().flat_map(Change::subjects).map(|(_, path)| path);
        let paths = paths.chain(self.more.iter().map(PathBuf::as_path));
        let mut paths: Vec<PathBuf> =
            paths.filter(|path| is_recorded(path)).map(Path::to_owned).collect();
        paths.sort();
        paths.dedup();
        let staged =
            self.changes.iter().filter_map(Change::put).map(|(path, _)| {
                path.with_file_name(format!(".vaultctl-{}.tmp", sys::random_hex(8)))
            });
        Step { subject: self.subject.clone(), paths, staged: staged.collect() }
    }
}

impl Change {
    /// Where something will be, or will have been.
    fn place(&self) -> &Path {
        match self {
            Self::Put(path, _) | Self::Remove(path) | Self::RemoveFolder(path, _) => path,
            Self::Move { to, .. } => to,
        }
    }

    /// The files it changes, and how.
    fn subjects(&self) -> Vec<(Action, &Path)> {
        match self {
            Self::Put(path, _) => vec![(Action::Write, path)],
            Self::Move { files, .. } => files
                .iter()
                .flat_map(|(from, to)| {
                    [(Action::Write, to.as_path()), (Action::Remove, from.as_path())]
                })
                .collect(),
            Self::Remove(path) => vec![(Action::Remove, path)],
            Self::RemoveFolder(_, files) => {
                files.iter().map(|path| (Action::Remove, path.as_path())).collect()
            }
        }
    }

    fn put(&self) -> Option<(&Path, &Content)> {
        match self {
            Self::Put(path, content) => Some((path, content)),
            _ => None,
        }
    }

    /// What is left to do of it, besides putting a staged file in its place.
    fn redo(&self) -> Option<Redo> {
        match self {
            Self::Put(..) => None,
            Self::Move { from, to, .. } => Some(Redo::Move { from: from.clone(), to: to.clone() }),
            Self::Remove(path) => Some(Redo::Remove(path.clone())),
            Self::RemoveFolder(path, _) => Some(Redo::RemoveFolder(path.clone())),
        }
    }
}

/// What the log calls a file: the entry's name, or its path if it is no entry.
fn subject(path: &Path) -> String {
    match Name::of_file(path) {
        Some((name, _)) => name.to_string(),
        None => path.to_string_lossy().into_owned(),
    }
}

/// A file of git's own is part of no history, and neither is one whose name is no text.
fn is_recorded(path: &Path) -> bool {
    !is_of_git(path) && path.to_str().is_some()
}

pub(super) fn is_of_git(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str() == GIT_FOLDER)
}

/// Where `path` lies below `folder`; inside `None` when it is the folder itself.
fn below<'p>(path: &'p Path, folder: &Path) -> Option<Option<&'p Path>> {
    let rest = path.strip_prefix(folder).ok()?;
    Some((!rest.as_os_str().is_empty()).then_some(rest))
}

fn parent(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now(plan: &Plan, path: &str) -> Option<PathBuf> {
        match plan.look(Path::new(path)) {
            Look::Now(path) => Some(path),
            Look::New(_) | Look::Gone => None,
        }
    }

    #[test]
    fn a_plan_shows_the_store_as_it_is_going_to_be() {
        let mut plan = Plan::new("subject");
        let (from, to) = (PathBuf::from("a"), PathBuf::from("b/c"));
        plan.add(Change::Move { from, to, files: Vec::new() });
        assert_eq!(now(&plan, "b/c/.gpg-id"), Some(PathBuf::from("a/.gpg-id")));
        assert_eq!(now(&plan, "b/c"), Some(PathBuf::from("a")));
        assert_eq!(now(&plan, "b/x"), Some(PathBuf::from("b/x")));
        assert_eq!(now(&plan, "a/x"), None);
        plan.add(Change::Put("a/x".into(), Content::Recipients(String::new())));
        assert!(matches!(plan.look(Path::new("a/x")), Look::New(_)));
        plan.add(Change::RemoveFolder("b".into(), Vec::new()));
        assert_eq!(now(&plan, "b/c/.gpg-id"), None);
    }
}
