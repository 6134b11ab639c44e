//! Verification: each level says what it proves, and names what does not hold.

use std::collections::BTreeMap;

use crate::crypto::{Digest, Identity};
use crate::storage::{Listed, ObjectName, Storage, get_whole};

use super::commit::{ObjectRef, SnapshotId, Totals};
use super::repository::{Entry, Listing, Repository, Standing, snapshot_name, snapshots_folder};
use super::state::Pin;
use super::{Error, history, object};

/// A guide larger than this is none of ours (bytes).
const GUIDE_LIMIT: u64 = 1024 * 1024;

/// How much is looked at; each level includes those before it.
#[derive(Clone, Copy)]
pub enum Level<'a> {
    /// Signatures, numbers, predecessors; and that the newest is not older than what this machine knows.
    History,
    /// Every object that a commit names is there, in its size.
    Exists,
    /// Every byte is the one that was signed.
    Scrub,
    /// Every object opens with this identity, and holds what its commit announced.
    Data(&'a Identity),
}

/// A verification to be done.
pub struct Verification<'a> {
    /// Of what.
    pub repository: &'a Repository<'a>,
    /// What this machine knows.
    pub pin: Option<Pin>,
    /// How much.
    pub level: Level<'a>,
    /// Only the objects of this snapshot.
    pub only: Option<SnapshotId>,
}

/// What a verification has shown.
#[derive(Debug, Default)]
pub struct Report {
    /// How many commits there are.
    pub commits: usize,
    /// How many objects were looked at.
    pub objects: usize,
    /// What does not hold.
    pub faults: Vec<Fault>,
    /// Rightly signed commits in a version that is not ours; their objects were not looked at.
    pub newer: Vec<SnapshotId>,
}

/// Something that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Which object.
    pub object: String,
    /// What is wrong with it.
    pub reason: String,
}

impl Report {
    pub(super) fn fault(&mut self, object: impl ToString, reason: impl ToString) {
        self.faults.push(Fault { object: object.to_string(), reason: reason.to_string() });
    }

    fn has_fault(&self, name: &ObjectName) -> bool {
        let name = name.as_str();
        self.faults.iter().any(|fault| fault.object == name)
    }

    /// Notes an error that is about one object; any other stops the verification.
    fn note(&mut self, checked: Result<(), Error>) -> Result<(), Error> {
        match checked {
            Err(Error::Damaged { object, reason }) => self.fault(object, reason),
            other => other?,
        }
        Ok(())
    }
}

impl Verification<'_> {
    /// Looks at everything that the level asks for.
    ///
    /// # Errors
    /// What kept it from looking; what it has seen is in the report.
    pub fn run(&self) -> Result<Report, Error> {
        let listing = self.repository.commits()?;
        let mut report = Report { commits: listing.entries.len(), ..Report::default() };
        history::check(&listing, self.pin, &mut report);
        if let Level::History = self.level {
            return Ok(report);
        }
        let needed = self.needed(&listing)?;
        report.objects = needed.len();
        let listed = self.storage().list(&snapshots_folder())?;
        check_objects(&needed, &listed, &mut report);
        self.check_guides(&mut report)?;
        if let Level::Exists = self.level {
            return Ok(report);
        }
        self.scrub_objects(&needed, &listed, &mut report)?;
        self.scrub_guides(&mut report)?;
        if let Level::Data(identity) = self.level {
            self.read_objects(&needed, identity, &mut report)?;
        }
        Ok(report)
    }

    fn storage(&self) -> &dyn Storage {
        self.repository.storage()
    }

    /// The objects that the chosen commits name.
    fn needed(&self, listing: &Listing) -> Result<Needed, Error> {
        let is_there = |only: SnapshotId| listing.entries.iter().any(|entry| entry.id == only);
        if let Some(only) = self.only.filter(|only| !is_there(*only)) {
            return Err(Error::NotFound(only.to_string()));
        }
        let chosen = |entry: &&Entry| self.only.is_none_or(|only| only == entry.id);
        let entries = listing.entries.iter().filter(chosen);
        Ok(entries.filter_map(needed_by).collect())
    }

    fn check_guides(&self, report: &mut Report) -> Result<(), Error> {
        for (name, _) in self.repository.guides() {
            if self.storage().head(&name)?.is_none() {
                report.fault(name, "it is missing");
            }
        }
        Ok(())
    }

    /// What is missing or of another size was told before. Objects that no commit names (a stopped
    /// run left them) are compared with their own names, unless one snapshot was asked for.
    fn scrub_objects(
        &self,
        needed: &Needed,
        listed: &[Listed],
        report: &mut Report,
    ) -> Result<(), Error> {
        for Listed { name, size, .. } in listed {
            let object = match needed.get(name) {
                Some((object, _)) => Some(*object),
                None if self.only.is_none() => own_claim(name, *size),
                None => None,
            };
            if let Some(object) = object.filter(|object| object.size == *size) {
                report.note(object::scrub(self.storage(), object))?;
            }
        }
        Ok(())
    }

    fn scrub_guides(&self, report: &mut Report) -> Result<(), Error> {
        for (name, digest) in self.repository.guides() {
            if self.storage().head(&name)?.is_some() {
                report.note(self.scrub_guide(&name, digest))?;
            }
        }
        Ok(())
    }

    fn scrub_guide(&self, name: &ObjectName, digest: Digest) -> Result<(), Error> {
        match get_whole(self.storage(), name, GUIDE_LIMIT) {
            Ok(bytes) if Digest::of(&bytes) == digest => Ok(()),
            Ok(_) => Err(Error::damaged(name, object::NOT_SIGNED)),
            Err(error) => Err(Error::damaged(name, error)),
        }
    }

    fn read_objects(
        &self,
        needed: &Needed,
        identity: &Identity,
        report: &mut Report,
    ) -> Result<(), Error> {
        for (name, (object, totals)) in needed {
            if report.has_fault(name) {
                continue;
            }
            let read = object::read(self.storage(), *object, *totals, identity, &mut |_, _| Ok(()));
            report.note(read)?;
        }
        Ok(())
    }
}

/// Objects that commits name, and what they shall hold.
type Needed = BTreeMap<ObjectName, (ObjectRef, Totals)>;

fn needed_by(entry: &Entry) -> Option<(ObjectName, (ObjectRef, Totals))> {
    match &entry.standing {
        Standing::Whole { commit, .. } => {
            let name = snapshot_name(&commit.object.digest);
            Some((name, (commit.object, commit.totals)))
        }
        Standing::Newer | Standing::Damaged(_) => None,
    }
}

fn check_objects(needed: &Needed, listed: &[Listed], report: &mut Report) {
    for (name, (object, _)) in needed {
        match listed.iter().find(|listed| listed.name == *name) {
            None => report.fault(name, "it is missing"),
            Some(Listed { size, .. }) if *size != object.size => {
                report.fault(name, format!("it has {size} bytes instead of {}", object.size));
            }
            Some(_) => {}
        }
    }
}

/// What an object's own name says it is.
fn own_claim(name: &ObjectName, size: u64) -> Option<ObjectRef> {
    let digest = name.last().strip_suffix(".tar.zst.age")?.parse().ok()?;
    Some(ObjectRef { digest, size })
}
