//! Restoring into a new folder: `HOME` and `ROOT` below it, as `restore.sh` does.

pub(super) mod compare;
pub(super) mod contents;
pub(super) mod danger;
pub(super) mod export;
pub(super) mod extract;
pub(super) mod fetch;
pub(super) mod filling;
pub(super) mod in_place;
pub(super) mod inert;
pub(super) mod merge;
pub(super) mod moved;
pub(super) mod names;
pub(super) mod outline;
pub(super) mod restored;
pub(super) mod selection;
pub(super) mod sources;
pub(super) mod verified;
pub(super) mod watch;

use std::path::{Path, PathBuf};

use crate::crypto::{DedupKey, Identity};
use crate::snapshot::Error;
use crate::snapshot::archive::{Member, QUARANTINE, TreePath};
use crate::snapshot::create::mirrors::Lost;
use crate::snapshot::repository::Repository;
use crate::snapshot::repository::object::read_snapshot;
use crate::snapshot::state::State;
use crate::storage::Storage;
use crate::sys::Staging;

use self::extract::{Altered, Extraction};
use self::filling::{Filling, Sink};
use self::moved::MovedHome;
use self::names::{Names, Quarantine};
use self::outline::{Thing, members};
use self::selection::Selection;
use self::sources::Sources;
use self::verified::Verified;

/// A restore to be done.
pub struct Restoration<'a> {
    /// From where: one repository, in one place or in several.
    pub repositories: &'a [Repository<'a>],
    /// Of what.
    pub verified: &'a Verified,
    /// What opens it.
    pub identity: &'a Identity,
    /// How much of it.
    pub selection: &'a Selection,
    /// Where the home was, and where it is now, if that is to change names.
    pub moved: Option<&'a MovedHome>,
    /// Where it is written down which objects turn out to be damaged.
    pub state: &'a State,
}

/// What a restore has to tell.
#[derive(Debug)]
pub struct Restored {
    /// What is not as it was.
    pub altered: Vec<Altered>,
    /// Where credentials are, if there were any: not in their places.
    pub quarantine: Option<PathBuf>,
    /// Places that lacked something, which came from another.
    pub passed_over: Vec<Lost>,
    /// What was damaged in packs, and did not matter: all that was needed of them was elsewhere.
    pub unneeded: Vec<Error>,
}

/// A tree that is whole, and not yet where it should be.
pub(super) struct Staged {
    pub(super) staging: Staging,
    /// Everything in it but folders.
    pub(super) placed: Vec<TreePath>,
    pub(super) restored: Restored,
}

/// A tree of which the bulky files are empty.
struct LaidOut {
    staging: Staging,
    extraction: Extraction,
    key: Option<DedupKey>,
}

impl Restoration<'_> {
    /// Restores to `target`, where nothing, or an empty folder, may be. It appears there whole, or
    /// not at all.
    ///
    /// # Errors
    /// See [`Error`]; then nothing is left.
    pub fn to(&self, target: &Path) -> Result<Restored, Error> {
        let quarantine = Quarantine::Beside;
        let Staged { staging, placed, mut restored } = self.stage(target, Some(&quarantine))?;
        staging.publish()?;
        let is_any = placed.iter().any(|path| quarantine.has(path));
        restored.quarantine = is_any.then(|| target.join(QUARANTINE));
        Ok(restored)
    }

    /// What would be restored, each folder before what it holds.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn preview(&self) -> Result<Vec<Thing>, Error> {
        let sources = Sources::new(self.repositories, self.state);
        let members = members(&sources, self.verified, self.identity)?;
        self.expect_all(&members)?;
        let wants = |path: &TreePath| self.selection.has(path);
        let names = Names::some(&wants, self.moved, &members);
        let names = names.with_quarantine(Some(&Quarantine::Beside));
        let adapted = members.iter().filter_map(|member| names.adapt(member, &|_| false));
        let mut things: Vec<Thing> = adapted.map(|member| Thing::of(&member)).collect();
        things.reverse();
        Ok(things)
    }

    /// Builds the tree beside `target`; without a quarantine, credentials are in it where they were.
    fn stage(&self, target: &Path, quarantine: Option<&Quarantine>) -> Result<Staged, Error> {
        let sources = Sources::new(self.repositories, self.state);
        let wants = |path: &TreePath| self.selection.has(path);
        let names = if self.selection.wanted().is_empty() {
            Names::all(self.moved)
        } else {
            let members = members(&sources, self.verified, self.identity)?;
            self.expect_all(&members)?;
            Names::some(&wants, self.moved, &members)
        };
        let names = names.with_quarantine(quarantine);
        let LaidOut { staging, extraction, key } =
            sources.first(|storage| self.lay_out(storage, &names, target))?;
        let check = || Ok(staging.check()?);
        let sink: &dyn Sink = staging.folder();
        let filling = Filling { sources: &sources, identity: self.identity, sink, check: &check };
        let packs = &self.verified.commit().packs;
        let unneeded = filling.run(extraction.unfilled(), key.as_ref(), packs)?;
        let made = extraction.finish(staging.folder())?;
        let (altered, passed_over) = (made.altered, sources.into_passed_over());
        let restored = Restored { altered, quarantine: None, passed_over, unneeded };
        Ok(Staged { staging, placed: made.placed, restored })
    }

    /// Makes everything but what lies in packs.
    fn lay_out(
        &self,
        storage: &dyn Storage,
        names: &Names<'_>,
        target: &Path,
    ) -> Result<LaidOut, Error> {
        let commit = self.verified.commit();
        let (staging, mut extraction) = (Staging::begin(target)?, Extraction::default());
        let contents = read_snapshot(
            storage,
            commit.object,
            commit.totals,
            self.identity,
            &mut |member, source| {
                staging.check()?;
                match names.adapt(member, &|path| extraction.has_folder(path)) {
                    Some(member) => extraction.add(staging.folder(), &member, source),
                    None => Ok(()),
                }
            },
        )?;
        Ok(LaidOut { staging, extraction, key: contents.key })
    }

    /// What was asked for by name is there.
    pub(super) fn expect_all(&self, members: &[Member]) -> Result<(), Error> {
        let is_there = |wanted: &&crate::snapshot::Wanted| {
            members.iter().any(|member| wanted.has(&member.path))
        };
        match self.selection.wanted().iter().find(|wanted| !is_there(wanted)) {
            Some(missing) => Err(Error::NothingOf(missing.to_string())),
            None => Ok(()),
        }
    }
}
