//! Verification: each level says what it proves, and names what does not hold.

use std::collections::BTreeMap;

use crate::crypto::{Digest, Identity};
use crate::storage::{Listed, ObjectName, get_whole};

use super::commit::{Commit, ObjectRef, SnapshotId};
use super::object;
use super::repository::{
    Entry, Listing, Repository, Standing, commit_name, snapshot_name, snapshots_folder,
};
use super::state::Pin;
use super::{Error, Totals};

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
    fn fault(&mut self, object: impl ToString, reason: impl ToString) {
        self.faults.push(Fault {
            object: object.to_string(),
            reason: reason.to_string(),
        });
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
        let mut report = Report {
            commits: listing.entries.len(),
            ..Report::default()
        };
        check_history(&listing, self.pin, &mut report);
        if let Level::History = self.level {
            return Ok(report);
        }
        let objects = self.objects(&listing)?;
        report.objects = objects.len();
        let listed = self.repository.storage().list(&snapshots_folder())?;
        self.check_existence(&objects, &listed, &mut report)?;
        if let Level::Exists = self.level {
            return Ok(report);
        }
        self.scrub(&objects, &listed, &mut report)?;
        if let Level::Data(identity) = self.level {
            self.check_data(&objects, identity, &mut report)?;
        }
        Ok(report)
    }

    /// The objects that the chosen commits name.
    fn objects(
        &self,
        listing: &Listing,
    ) -> Result<BTreeMap<ObjectName, (ObjectRef, Totals)>, Error> {
        if let Some(only) = self.only
            && !listing.entries.iter().any(|entry| entry.id == only)
        {
            return Err(Error::NotFound(only.to_string()));
        }
        let chosen = |entry: &&Entry| self.only.is_none_or(|only| only == entry.id);
        let object = |entry: &Entry| match &entry.standing {
            Standing::Whole { commit, .. } => Some((
                snapshot_name(&commit.object.digest),
                (commit.object, commit.totals),
            )),
            Standing::Newer | Standing::Damaged(_) => None,
        };
        Ok(listing
            .entries
            .iter()
            .filter(chosen)
            .filter_map(object)
            .collect())
    }

    fn check_existence(
        &self,
        objects: &BTreeMap<ObjectName, (ObjectRef, Totals)>,
        listed: &[Listed],
        report: &mut Report,
    ) -> Result<(), Error> {
        for (name, (object, _)) in objects {
            match listed.iter().find(|listed| listed.name == *name) {
                None => report.fault(name, "it is missing"),
                Some(listed) if listed.size != object.size => {
                    report.fault(
                        name,
                        format!("it has {} bytes instead of {}", listed.size, object.size),
                    );
                }
                Some(_) => {}
            }
        }
        for (name, _) in self.repository.guides() {
            if self.repository.storage().head(&name)?.is_none() {
                report.fault(name, "it is missing");
            }
        }
        Ok(())
    }

    /// What is missing or of another size was told before. Objects that no commit names (a stopped
    /// run left them) are compared with their own names, unless one snapshot was asked for.
    fn scrub(
        &self,
        objects: &BTreeMap<ObjectName, (ObjectRef, Totals)>,
        listed: &[Listed],
        report: &mut Report,
    ) -> Result<(), Error> {
        for Listed { name, size } in listed {
            let named = objects.get(name).map(|(object, _)| *object);
            let unnamed = || {
                (self.only.is_none())
                    .then(|| own_claim(name, *size))
                    .flatten()
            };
            if let Some(object) = named.or_else(unnamed).filter(|object| object.size == *size) {
                report.note(object::scrub(self.repository.storage(), object))?;
            }
        }
        for (name, digest) in self.repository.guides() {
            if self.repository.storage().head(&name)?.is_some() {
                report.note(self.scrub_guide(&name, digest))?;
            }
        }
        Ok(())
    }

    fn scrub_guide(&self, name: &ObjectName, digest: Digest) -> Result<(), Error> {
        match get_whole(self.repository.storage(), name, GUIDE_LIMIT) {
            Ok(bytes) if Digest::of(&bytes) == digest => Ok(()),
            Ok(_) => Err(Error::damaged(
                name,
                "its bytes are not those that were signed",
            )),
            Err(error) => Err(Error::damaged(name, error)),
        }
    }

    fn check_data(
        &self,
        objects: &BTreeMap<ObjectName, (ObjectRef, Totals)>,
        identity: &Identity,
        report: &mut Report,
    ) -> Result<(), Error> {
        for (name, (object, totals)) in objects {
            if report
                .faults
                .iter()
                .any(|fault| fault.object == name.as_str())
            {
                continue;
            }
            let read = object::read(
                self.repository.storage(),
                *object,
                *totals,
                identity,
                &mut |_, _| Ok(()),
            );
            report.note(read)?;
        }
        Ok(())
    }
}

/// What an object's own name says it is.
fn own_claim(name: &ObjectName, size: u64) -> Option<ObjectRef> {
    let digest = name.last().strip_suffix(".tar.zst.age")?.parse().ok()?;
    Some(ObjectRef { digest, size })
}

/// Signatures, numbers from 1 without gap or repetition, predecessors, the pin.
fn check_history(listing: &Listing, pin: Option<Pin>, report: &mut Report) {
    for name in &listing.strange {
        report.fault(name, "it is called like no snapshot");
    }
    let mut before: (u64, Option<Digest>) = (0, None);
    for entry in &listing.entries {
        let name = commit_name(&entry.id);
        if entry.id.seq == before.0 {
            report.fault(
                &name,
                format!("there are two snapshots with number {}", entry.id.seq),
            );
        } else if entry.id.seq != before.0 + 1 {
            report.fault(&name, missing_before(before.0 + 1, entry.id.seq));
        }
        match &entry.standing {
            Standing::Damaged(reason) => report.fault(&name, reason),
            Standing::Newer => report.newer.push(entry.id),
            Standing::Whole { commit, .. } if entry.id.seq == before.0 + 1 => {
                check_previous(commit, before.1, report);
            }
            Standing::Whole { .. } => {}
        }
        before = (entry.id.seq, digest_of(entry));
    }
    if let Some(pin) = pin {
        check_pin(listing, pin, report);
    }
}

fn missing_before(first: u64, next: u64) -> String {
    match next - first {
        1 => format!("the snapshot before it, number {first}, is missing"),
        _ => format!(
            "the snapshots before it, numbers {first} to {}, are missing",
            next - 1
        ),
    }
}

/// A predecessor that can not be read proves nothing.
fn check_previous(commit: &Commit, before: Option<Digest>, report: &mut Report) {
    let expected = if commit.id.seq == 1 { None } else { before };
    if commit.previous != expected && (before.is_some() || commit.id.seq == 1) {
        report.fault(
            commit_name(&commit.id),
            "it does not follow from the snapshot before it",
        );
    }
}

fn check_pin(listing: &Listing, pin: Pin, report: &mut Report) {
    let newest = listing.entries.last().map_or(0, |entry| entry.id.seq);
    if newest < pin.seq {
        let error = Error::RolledBack {
            newest,
            known: pin.seq,
        };
        return report.fault("commits", error);
    }
    let pinned = listing.entries.iter().find(|entry| entry.id.seq == pin.seq);
    if let Some(entry) = pinned
        && digest_of(entry).is_some_and(|digest| digest != pin.commit)
    {
        report.fault(
            commit_name(&entry.id),
            "it is not the one that this machine wrote",
        );
    }
}

fn digest_of(entry: &Entry) -> Option<Digest> {
    match entry.standing {
        Standing::Whole { digest, .. } => Some(digest),
        Standing::Newer | Standing::Damaged(_) => None,
    }
}

/// The proof that a snapshot is rightly signed, no older than it may be, and that every byte of
/// its object is the one that was signed. Made here only; nothing is restored without it.
pub struct Verified {
    commit: Commit,
}

impl Verified {
    /// What was signed.
    #[must_use]
    pub fn commit(&self) -> &Commit {
        &self.commit
    }

    /// Proves a snapshot: the one that is named, or the newest.
    ///
    /// # Errors
    /// [`Error::Damaged`], [`Error::RolledBack`], [`Error::Newer`], [`Error::NotFound`],
    /// [`Error::Empty`]; there is no way round them.
    pub fn prove(
        repository: &Repository<'_>,
        pin: Option<Pin>,
        wanted: Option<SnapshotId>,
    ) -> Result<Self, Error> {
        let listing = repository.commits()?;
        let entry = match wanted {
            Some(id) => listing
                .entries
                .into_iter()
                .find(|entry| entry.id == id)
                .ok_or(Error::NotFound(id.to_string()))?,
            None => newest(repository, listing, pin)?,
        };
        let commit = match entry.standing {
            Standing::Whole { commit, .. } => *commit,
            Standing::Newer => return Err(Error::Newer(commit_name(&entry.id).to_string())),
            Standing::Damaged(reason) => {
                return Err(Error::damaged(commit_name(&entry.id), reason));
            }
        };
        if !commit.packs.is_empty() {
            return Err(Error::HasPacks(commit.id.to_string()));
        }
        object::scrub(repository.storage(), commit.object)?;
        Ok(Self { commit })
    }
}

fn newest(repository: &Repository<'_>, listing: Listing, pin: Option<Pin>) -> Result<Entry, Error> {
    let newest = listing.entries.into_iter().next_back();
    let seq = newest.as_ref().map_or(0, |entry| entry.id.seq);
    if let Some(pin) = pin.filter(|pin| pin.seq > seq) {
        return Err(Error::RolledBack {
            newest: seq,
            known: pin.seq,
        });
    }
    newest.ok_or_else(|| Error::Empty(repository.storage().place()))
}
