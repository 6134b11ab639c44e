//! The machines and the places, and what the program does there.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;

use crate::audit::Head;
use crate::crypto::{Digest, Fingerprint};
use crate::snapshot::tests::Machine;
use crate::snapshot::{
    Commit, Created, Creation, Error, Extent, Healed, Healing, Keep, Known, Level, Pruning, Report,
    Repository, Restoration, Selection, SnapshotId, Standing, State, Unseen, Verification,
    Verified, open_wounded,
};

use crate::storage::ObjectName;

use super::baton::Baton;
use super::home::{Witness, look};
use super::line::{Line, Run};
use super::planted::Plant;
use super::site::Site;

/// Everything but chance.
pub(super) struct Stage {
    /// The machine whose home it is; its own storage is not used.
    pub(super) machine: Machine,
    pub(super) sites: Vec<Site>,
    /// Whether another machine prunes and heals too.
    pub(super) has_helper: bool,
    pub(super) witness: Witness,
    /// Seconds since 1970.
    pub(super) now: i64,
    pub(super) plant: Plant,
}

/// Which machine does something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who {
    Writer,
    Helper,
}

/// What a prune is asked for.
#[derive(Debug)]
pub(super) struct Policy {
    pub(super) who: Who,
    pub(super) site: usize,
    pub(super) keep: Keep,
    pub(super) grace: Duration,
    /// How far the machine's clock is off (seconds).
    pub(super) skew: i64,
}

/// What a prune has come to: which snapshots it meant to remove, whether or not it did.
pub(super) struct Pruned {
    pub(super) going: Vec<SnapshotId>,
    pub(super) ended: Result<(), Error>,
}

/// A snapshot that was taken, and in which places it is.
pub(super) struct Taken {
    pub(super) created: Created,
    pub(super) sites: Vec<usize>,
}

impl Stage {
    pub(super) fn time(&self) -> Timestamp {
        Timestamp::from_second(self.now).expect("in range")
    }

    pub(super) fn trusted(&self) -> Fingerprint {
        self.machine.signer.verifier().fingerprint()
    }

    /// What a machine keeps of the repository.
    pub(super) fn state(&self, who: Who, repository: &Repository<'_>) -> State {
        match who {
            Who::Writer => self.machine.state(repository),
            Who::Helper => State::of(&self.machine.path("helper"), repository.id()),
        }
    }

    /// As the command line does it: where another machine prunes, the writer can judge no gap.
    fn known(&self, who: Who, repository: &Repository<'_>) -> Result<Known, Error> {
        let known = self.state(who, repository).known()?;
        Ok(if self.has_helper { known.judging_no_gap() } else { known })
    }

    pub(super) fn take(&self, run: &Run<'_>) -> Result<Taken, Error> {
        let taken = self.try_take(run);
        self.sites.iter().for_each(Site::forget_unsent);
        taken
    }

    fn try_take(&self, run: &Run<'_>) -> Result<Taken, Error> {
        self.witness.looks_at(look(&self.machine.path("home")));
        let lines: Vec<Line<'_>> = self.sites.iter().map(|site| run.line(site)).collect();
        let opened = lines.iter().map(|line| Repository::open(line, self.trusted()));
        let (mut places, mut repositories, mut failed) = (Vec::new(), Vec::new(), None);
        for (site, opened) in opened.enumerate() {
            match opened {
                Ok(repository) => {
                    places.push(site);
                    repositories.push(repository);
                }
                Err(error) => failed = Some(error),
            }
        }
        let Some(first) = repositories.first() else {
            return Err(failed.expect("there is a place"));
        };
        let creation = Creation {
            repositories: &repositories,
            state: &self.machine.state(first).lock()?,
            signer: &self.machine.signer,
            recipients: &self.machine.recipients,
            at: self.time(),
            audit: Head { seq: 0, digest: Digest::of(b"") },
            pruned_elsewhere: self.has_helper,
            read_back: false,
            progress: &Unseen,
        };
        let created = creation.run(&self.machine.plan())?;
        let is_lost = |site: &usize| created.lost.iter().any(|lost| lost.place == place(*site));
        places.retain(|site| !is_lost(site));
        Ok(Taken { created, sites: places })
    }

    pub(super) fn prune(&self, run: &Run<'_>, policy: &Policy) -> Pruned {
        let mut going = Vec::new();
        let ended = self.try_prune(run, policy, &mut going);
        if self.plant == Plant::PrunesTheNewest && ended.is_ok() {
            let newest = self.newest(policy.site);
            newest
                .iter()
                .flat_map(Commit::needs)
                .for_each(|named| self.sites[policy.site].lose(&named.name));
        }
        Pruned { going, ended }
    }

    fn try_prune(
        &self,
        run: &Run<'_>,
        policy: &Policy,
        going: &mut Vec<SnapshotId>,
    ) -> Result<(), Error> {
        let line = run.line(&self.sites[policy.site]);
        let repository = Repository::open(&line, self.trusted())?;
        let locked = self.state(policy.who, &repository).lock()?;
        let pruning = Pruning {
            repository: &repository,
            known: self.known(policy.who, &repository)?,
            keep: policy.keep.clone(),
            grace: policy.grace,
            now: self.time() + Duration::from_secs(policy.skew.unsigned_abs()),
            drilled: None,
            witness: None,
            gives_up: false,
        };
        let removal = pruning.plan()?;
        going.extend(removal.going());
        pruning.carry_out(&removal, &locked)
    }

    /// Heals one place from all others.
    pub(super) fn heal(
        &self,
        run: &Run<'_>,
        (who, site, extent): (Who, usize, Extent),
    ) -> Result<Healed, Error> {
        let lines: Vec<Line<'_>> = self.sites.iter().map(|site| run.line(site)).collect();
        let others = (0..lines.len()).filter(|other| *other != site);
        let sources = others.map(|other| Repository::open(&lines[other], self.trusted()));
        let sources = &sources.collect::<Result<Vec<_>, _>>()?;
        let target = &open_wounded(&lines[site], &sources[0])?;
        let state = &self.state(who, target).lock()?;
        let healing = Healing { target, sources, state, extent };
        healing.carry_out(healing.look()?)
    }

    fn newest(&self, site: usize) -> Option<Commit> {
        self.commits(site).pop()
    }

    /// What the snapshots of a place need.
    pub(super) fn needed(&self, site: usize) -> BTreeSet<ObjectName> {
        self.commits(site).iter().flat_map(Commit::needs).map(|named| named.name).collect()
    }

    fn commits(&self, site: usize) -> Vec<Commit> {
        let repository = Repository::open(&self.sites[site].memory, self.trusted());
        let listing = repository.and_then(|repository| repository.commits()).expect("lists");
        let whole = listing.entries.into_iter().filter_map(|entry| match entry.standing {
            Standing::Whole { commit, .. } => Some(*commit),
            Standing::Newer | Standing::Damaged(_) => None,
        });
        whole.collect()
    }

    /// Looks at everything, undisturbed; and opens it, or compares what is there with what was signed.
    pub(super) fn verify(&self, site: usize, is_deep: bool) -> Result<Report, Error> {
        let repository = &Repository::open(&self.sites[site].memory, self.trusted())?;
        let known = self.known(Who::Writer, repository)?;
        let level = if is_deep { Level::Data(&self.machine.identity) } else { Level::Scrub };
        Verification { repository, known, level, only: None, subset: None, progress: &Unseen }.run()
    }

    /// Restores the newest snapshot of a place, undisturbed.
    pub(super) fn restore(&self, site: usize) -> Result<(), Error> {
        let repositories = &[Repository::open(&self.sites[site].memory, self.trusted())?];
        let pin = self.machine.state(&repositories[0]).pin()?;
        let restoration = Restoration {
            repositories,
            verified: &Verified::prove(repositories, pin, None)?,
            identity: &self.machine.identity,
            selection: &Selection::everything(),
            moved: None,
            state: &self.machine.state(&repositories[0]),
        };
        restoration.to(&self.machine.path("target")).map(drop)
    }
}

/// What a place is called.
pub(super) fn place(site: usize) -> String {
    format!("place {site}")
}

/// Lets the other machine go on, whatever happens to this one.
pub(super) struct Leaving<'b>(pub(super) &'b Baton, pub(super) usize);

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        self.0.leave(self.1);
    }
}
