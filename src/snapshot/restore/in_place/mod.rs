//! Restoring over what is there.
//!
//! The new tree is built in a folder beside, `~/.before-restore-<time>`, where at first all is new.
//! What the profiles leave out (caches, credentials, locks) is given a second name there. Then each
//! thing that belongs together (Claude's folder, its main file, the store) changes places with the
//! one that is there, at once; so in the end that folder holds the old ones, at the same paths.
//!
//! **Whoever is killed in between has lost nothing**: each thing is, whole, either in its place or in
//! that folder. A list in the folder, synced before the first change, says by number (inode) which
//! thing is the new one; [`resume`] goes on from there, and a new restore refuses to begin before that.

mod list;
mod part;
mod site;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::snapshot::Error;
use crate::snapshot::archive::TreePath;
use crate::sys::{self, FolderLock, Kind, Lock, Staging};

use super::names::Quarantine;
use super::{Restoration, Restored, Staged};

pub use part::Part;
pub use site::Site;

use list::{List, Unit};

/// What the folder of a restore begins with.
const FOLDER: &str = ".before-restore-";

/// The list in it, as long as it is not finished.
const LIST: &str = "UNFINISHED";

/// Claude keeps the lock of its main file for moments; after ten seconds it counts as stale.
const PATIENCE: Duration = Duration::from_secs(12);

/// A restore that was done in place.
#[derive(Debug)]
pub struct Replaced {
    /// Where the old things are; nothing, if there were none.
    pub kept: Option<PathBuf>,
    /// What else there is to tell.
    pub restored: Restored,
}

impl Restoration<'_> {
    /// Restores to where everything was.
    ///
    /// # Errors
    /// See [`Error`]; then everything is as it was, unless the message says otherwise.
    pub fn in_place(&self, site: &Site<'_>) -> Result<Replaced, Error> {
        let _alone = begin(site.home())?;
        let (kept, folder) = (site.free_folder()?, site.free_quarantine()?);
        let quarantine = Quarantine::In(folder.clone());
        let Staged { staging, placed, mut restored } = self.stage(&kept, Some(&quarantine))?;
        let is_any = placed.iter().any(|path| quarantine.has(path));
        restored.quarantine = is_any.then(|| folder.on_disk(site.home()));
        let whole = |path: &TreePath| {
            let chosen = if self.selection.wanted().is_empty() {
                site.whole(path)
            } else {
                self.selection.whole(path)
            };
            chosen.or_else(|| quarantine.has(path).then(|| folder.clone()))
        };
        let list =
            prepare(site, &staging, units(&placed, whole), self.verified.commit().id.to_string())?;
        staging.publish()?;
        let kept = Exchange { home: site.home(), main: site.claude_main(), kept: &kept }
            .run(&list, &|| Ok(()))?;
        Ok(Replaced { kept, restored })
    }
}

/// Finishes a restore that was interrupted; the answer is where the old things are, and of which
/// snapshot it was, if there was one to finish.
///
/// # Errors
/// See [`Error`].
pub fn resume(site: &Site<'_>) -> Result<Option<(PathBuf, String)>, Error> {
    let _alone = lock(site.home())?;
    let Some(kept) = unfinished(site.home())? else {
        return Ok(None);
    };
    let list = List::read(&kept.join(LIST))?;
    Exchange { home: site.home(), main: site.claude_main(), kept: &kept }.go_on(&list)?;
    Ok(Some((kept, list.snapshot)))
}

/// One at a time, and none before the last one is finished.
pub(super) fn begin(home: &Path) -> Result<Lock, Error> {
    let alone = lock(home)?;
    match unfinished(home)? {
        Some(kept) => Err(Error::Unfinished(kept.display().to_string())),
        None => Ok(alone),
    }
}

fn lock(home: &Path) -> Result<Lock, Error> {
    Ok(Lock::wait_on_folder(home, Duration::ZERO)?)
}

fn unfinished(home: &Path) -> Result<Option<PathBuf>, Error> {
    let is_one = |name: &std::ffi::OsString| name.as_encoded_bytes().starts_with(FOLDER.as_bytes());
    let folders = sys::names_in(home)?.into_iter().filter(is_one).map(|name| home.join(name));
    Ok(folders.into_iter().find(|folder| sys::exists(&folder.join(LIST))))
}

/// What belongs together changes places together; anything else does so for itself.
fn units(placed: &[TreePath], whole: impl Fn(&TreePath) -> Option<TreePath>) -> BTreeSet<TreePath> {
    placed.iter().map(|path| whole(path).unwrap_or_else(|| path.clone())).collect()
}

/// Looks whether everything can change places, takes over what the profiles leave out, and writes
/// the list.
pub(super) fn prepare(
    site: &Site<'_>,
    staging: &Staging,
    units: BTreeSet<TreePath>,
    snapshot: String,
) -> Result<List, Error> {
    let mut list = List { snapshot, units: Vec::new() };
    for path in units {
        let (staged, live) =
            (staging.folder().path().join(path.as_path()), path.on_disk(site.home()));
        expect_same_disk(&staged, &live)?;
        let is_folder = |path: &Path| {
            Ok::<_, Error>(sys::facts(path)?.is_some_and(|found| found.kind == Kind::Folder))
        };
        if is_folder(&staged)? && is_folder(&live)? {
            site.carry(&path, &live, &staged)?;
        }
        let inode = sys::inode(&staged)?.ok_or_else(|| Error::NothingOf(path.shown()))?;
        list.units.push(Unit { path, inode });
    }
    staging.folder().stage(Path::new(LIST), &list.render())?;
    Ok(list)
}

/// Nothing can change places with what is on another disk, or with a mount point.
fn expect_same_disk(staged: &Path, live: &Path) -> Result<(), Error> {
    let disk_of = |path: &Path| Ok::<_, Error>(sys::facts(path)?.map(|found| found.place.0));
    let here = disk_of(staged)?;
    for path in live.ancestors() {
        match disk_of(path)? {
            None => {}
            there if there == here => return Ok(()),
            Some(_) => break,
        }
    }
    Err(Error::OtherDisk(live.display().to_string()))
}

/// The part that changes what is there.
pub(super) struct Exchange<'a> {
    pub(super) home: &'a Path,
    /// Claude's main file, which has a lock.
    pub(super) main: &'a Path,
    /// Where the new things are, and then the old ones.
    pub(super) kept: &'a Path,
}

impl Exchange<'_> {
    /// Lets everything change places, or nothing: what fails is taken back.
    /// So is what `check` does not agree with.
    pub(super) fn run(
        &self,
        list: &List,
        check: &dyn Fn() -> Result<(), Error>,
    ) -> Result<Option<PathBuf>, Error> {
        let claude = self.lock_claude(list).inspect_err(|_| self.discard(list))?;
        let settled = list.units.iter().try_for_each(|unit| self.settle(unit));
        if let Err(error) = settled.and_then(|()| check()) {
            list.units.iter().rev().try_for_each(|unit| self.take_back(unit))?;
            self.discard(list);
            return Err(error);
        }
        drop(claude);
        self.finish(list)
    }

    /// The same from wherever it was left; what fails can be tried again.
    fn go_on(&self, list: &List) -> Result<Option<PathBuf>, Error> {
        let claude = self.lock_claude(list)?;
        list.units.iter().try_for_each(|unit| self.settle(unit))?;
        drop(claude);
        self.finish(list)
    }

    /// Claude writes its main file under this lock.
    fn lock_claude(&self, list: &List) -> Result<Option<FolderLock>, Error> {
        let concerned = |unit: &Unit| self.main.starts_with(unit.path.on_disk(self.home));
        let folder_is_there = self.main.parent().is_some_and(sys::exists);
        if !folder_is_there || !list.units.iter().any(concerned) {
            return Ok(None);
        }
        let mut path = self.main.as_os_str().to_owned();
        path.push(".lock");
        let taken = FolderLock::take(Path::new(&path), PATIENCE);
        let busy = || Error::Busy(self.main.display().to_string());
        taken.map(Some).ok_or_else(busy)
    }

    /// Puts the new thing into its place, wherever it is on its way there.
    fn settle(&self, unit: &Unit) -> Result<(), Error> {
        let (staged, live) = self.places(unit);
        let aside = aside(&staged);
        let is_new = |path: &Path| Ok::<_, Error>(sys::inode(path)? == Some(unit.inode));
        if is_new(&live)? {
            return put_aside_back(&aside, &staged);
        }
        if !is_new(&staged)? {
            return Err(Error::Unfinished(self.kept.display().to_string()));
        }
        if sys::exists(&aside) || !sys::exists(&live) {
            sys::move_new(&staged, &live)?;
            return put_aside_back(&aside, &staged);
        }
        swap(&staged, &live)
    }

    /// Puts the old thing back, if it had to go.
    fn take_back(&self, unit: &Unit) -> Result<(), Error> {
        let (staged, live) = self.places(unit);
        let aside = aside(&staged);
        if sys::exists(&aside) && !sys::exists(&live) {
            return Ok(sys::move_new(&aside, &live)?);
        }
        match sys::inode(&live)? {
            Some(inode) if inode == unit.inode && sys::exists(&staged) => swap(&staged, &live),
            Some(inode) if inode == unit.inode => Ok(sys::move_new(&live, &staged)?),
            _ => Ok(()),
        }
    }

    /// Takes away what was new, if nothing of it is in use, and nothing old is there.
    fn discard(&self, list: &List) {
        let is_new = |unit: &Unit| {
            let (staged, _) = self.places(unit);
            let inode = sys::inode(&staged).ok().flatten();
            inode == Some(unit.inode) && !sys::exists(&aside(&staged))
        };
        if list.units.iter().all(is_new)
            && let Ok(Some(home)) = sys::Folder::open(self.home)
            && let Ok(kept) = self.kept.strip_prefix(self.home)
        {
            // What stays says by its list what it is.
            home.remove_folder(kept).ok();
        }
    }

    /// What is in the folder now is what was there before.
    fn finish(&self, list: &List) -> Result<Option<PathBuf>, Error> {
        sys::remove(&self.kept.join(LIST))?;
        if let Some(folder) = sys::Folder::open(self.kept)? {
            for unit in &list.units {
                folder.prune(unit.path.as_path().parent().unwrap_or(Path::new("")));
            }
        }
        sys::remove_if_empty(self.kept);
        Ok(sys::exists(self.kept).then(|| self.kept.to_owned()))
    }

    fn places(&self, unit: &Unit) -> (PathBuf, PathBuf) {
        (self.kept.join(unit.path.as_path()), unit.path.on_disk(self.home))
    }
}

/// At once, or where that is not possible by way of a third name.
fn swap(staged: &Path, live: &Path) -> Result<(), Error> {
    if sys::exchange(staged, live)? {
        return Ok(());
    }
    let aside = aside(staged);
    sys::move_new(live, &aside)?;
    sys::move_new(staged, live)?;
    put_aside_back(&aside, staged)
}

fn put_aside_back(aside: &Path, staged: &Path) -> Result<(), Error> {
    if sys::exists(aside) {
        sys::move_new(aside, staged)?;
    }
    Ok(())
}

/// The third name, beside the new thing.
fn aside(staged: &Path) -> PathBuf {
    let mut path = staged.as_os_str().to_owned();
    path.push(".aside");
    path.into()
}

#[cfg(test)]
mod tests;
