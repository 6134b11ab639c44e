//! Verification: each level says what it proves, and names what does not hold.

pub(super) mod data;
pub(super) mod history;
pub(super) mod live;
pub(super) mod subset;

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use crate::crypto::{Digest, Identity};
use crate::snapshot::progress::Progress;
use crate::snapshot::repository::commit::{Commit, ObjectRef, SnapshotId};
use crate::snapshot::repository::object::Named;
use crate::snapshot::repository::{Entry, Listing, Repository, Standing};
use crate::snapshot::state::damaged::Seen;
use crate::snapshot::state::pruned::Gap;
use crate::snapshot::{Error, repository::object};
use crate::storage::{ObjectName, Storage, get_whole};
use crate::sys::{in_parallel, processors};

use self::data::Data;
use self::history::Known;
use self::live::{Compared, Live};
use self::subset::Subset;

/// A guide larger than this is none of ours (bytes).
const GUIDE_LIMIT: u64 = 1024 * 1024;

/// How much is looked at; each level includes those before it.
#[derive(Clone, Copy)]
pub enum Level<'a> {
    /// Signatures, of reports too; numbers, predecessors; and that the newest is not older than what
    /// this machine knows.
    History,
    /// Every object that a commit names is there, in its size.
    Exists,
    /// Every byte is the one that was signed.
    Scrub,
    /// Every object opens with this identity, and holds what its commit announced.
    Data(&'a Identity),
    /// And the newest is what lies in the home at this path, as far as that was not changed since.
    Live(&'a Identity, &'a Path),
}

impl<'a> Level<'a> {
    /// What opens the objects, where they are opened.
    fn identity(&self) -> Option<&'a Identity> {
        match self {
            Self::History | Self::Exists | Self::Scrub => None,
            Self::Data(identity) | Self::Live(identity, _) => Some(identity),
        }
    }
}

/// A verification to be done.
pub struct Verification<'a> {
    /// Of what.
    pub repository: &'a Repository<'a>,
    /// What this machine knows.
    pub known: Known,
    /// How much.
    pub level: Level<'a>,
    /// Only the objects of this snapshot.
    pub only: Option<SnapshotId>,
    /// Only this share of the objects is compared with its hash.
    pub subset: Option<Subset>,
    /// Who is told how much will be read.
    pub progress: &'a dyn Progress,
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
    /// Numbers that are not there, and of which this machine can not know why.
    pub gaps: Vec<Gap>,
    /// How the home compares, where it was looked at.
    pub live: Option<Compared>,
    /// Which objects were read, and what they are worth.
    pub(super) seen: Seen,
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

    pub(super) fn has_fault(&self, name: &ObjectName) -> bool {
        let name = name.as_str();
        self.faults.iter().any(|fault| fault.object == name)
    }

    /// Notes what reading an object has shown; an error that is not about it stops the verification.
    pub(super) fn note_read(
        &mut self,
        name: &ObjectName,
        read: Result<(), Error>,
    ) -> Result<(), Error> {
        match read {
            Ok(()) => self.seen.sound(name),
            Err(Error::Damaged { .. }) => self.seen.damaged(name),
            Err(_) => {}
        }
        self.note(read)
    }

    /// Notes an error that is about one object; any other stops the verification.
    pub(super) fn note(&mut self, checked: Result<(), Error>) -> Result<(), Error> {
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
        history::check(&listing, &self.known, &mut report);
        self.repository.check_reports(&mut report)?;
        if let Level::History = self.level {
            return Ok(report);
        }
        let commits = self.chosen(&listing)?;
        let needed = needed(&commits);
        report.objects = needed.len();
        let listed = self.repository.objects()?;
        check_objects(&needed, &listed, &mut report);
        self.check_guides(&mut report)?;
        if let Level::Exists = self.level {
            return Ok(report);
        }
        let identity = self.level.identity();
        let reads = identity.map(|_| &needed);
        let scrubbed = self.scrubbed(&needed, &listed, reads);
        let all = scrubbed.iter().chain(reads.into_iter().flat_map(Needed::values));
        self.progress.will_read(all.map(|named| named.object.size).sum());
        self.scrub_objects(&scrubbed, &mut report)?;
        self.scrub_guides(&mut report)?;
        if let Some(identity) = identity {
            Data { storage: self.storage(), identity }.check(&commits, &mut report)?;
        }
        if let Level::Live(identity, home) = self.level {
            self.compare(Live { storage: self.storage(), identity, home }, &commits, &mut report)?;
        }
        Ok(report)
    }

    /// Compares the home with the newest of these, unless that is damaged, which was told.
    fn compare(
        &self,
        live: Live<'_>,
        commits: &[&Commit],
        report: &mut Report,
    ) -> Result<(), Error> {
        match commits.last() {
            Some(newest) if !report.has_fault(&Named::snapshot(newest.object).name) => {
                live.check(newest, report)
            }
            _ => Ok(()),
        }
    }

    fn storage(&self) -> &dyn Storage {
        self.repository.storage()
    }

    /// The commits that are whole, or the one that was asked for.
    fn chosen<'l>(&self, listing: &'l Listing) -> Result<Vec<&'l Commit>, Error> {
        let is_there = |only: SnapshotId| listing.entries.iter().any(|entry| entry.id == only);
        if let Some(only) = self.only.filter(|only| !is_there(*only)) {
            return Err(Error::NotFound(only.to_string()));
        }
        let chosen = |entry: &&Entry| self.only.is_none_or(|only| only == entry.id);
        let whole = |entry: &'l Entry| match &entry.standing {
            Standing::Whole { commit, .. } => Some(&**commit),
            Standing::Newer | Standing::Damaged(_) => None,
        };
        Ok(listing.entries.iter().filter(chosen).filter_map(whole).collect())
    }

    /// What is compared with its hash: what is there in its size, since everything else was told
    /// before; but not what `Data` reads anyway. Objects that no commit names (a stopped run left
    /// them) are compared with their own names, unless one snapshot was asked for.
    fn scrubbed(
        &self,
        needed: &Needed,
        listed: &Listed,
        read_anyway: Option<&Needed>,
    ) -> Vec<Named> {
        let unnamed = |name: &ObjectName, size: u64| {
            let object = own_claim(name, size).filter(|_| self.only.is_none())?;
            Some(Named { name: name.clone(), object })
        };
        let claim = |(name, size): (&ObjectName, &u64)| match needed.get(name) {
            Some(_) if read_anyway.is_some() => None,
            Some(named) if named.object.size == *size => Some(named.clone()),
            Some(_) => None,
            None => unnamed(name, *size),
        };
        let mut scrubbed: Vec<Named> = listed.iter().filter_map(claim).collect();
        scrubbed.retain(|named| self.subset.is_none_or(|subset| subset.has(&named.object.digest)));
        scrubbed.sort_by(|one, other| one.name.cmp(&other.name));
        scrubbed
    }

    fn scrub_objects(&self, scrubbed: &[Named], report: &mut Report) -> Result<(), Error> {
        let checked = in_parallel(scrubbed, processors(), |named| named.scrub(self.storage()));
        let checked = scrubbed.iter().zip(checked);
        checked.into_iter().try_for_each(|(named, checked)| report.note_read(&named.name, checked))
    }

    fn check_guides(&self, report: &mut Report) -> Result<(), Error> {
        for (name, _) in self.repository.guides() {
            if self.storage().head(&name)?.is_none() {
                report.fault(name, "it is missing");
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
}

/// Objects that commits name.
type Needed = BTreeMap<ObjectName, Named>;

/// Objects that are there, and their sizes.
type Listed = HashMap<ObjectName, u64>;

fn needed(commits: &[&Commit]) -> Needed {
    let needs = commits.iter().flat_map(|commit| commit.needs());
    needs.map(|named| (named.name.clone(), named)).collect()
}

fn check_objects(needed: &Needed, listed: &Listed, report: &mut Report) {
    for (name, Named { object, .. }) in needed {
        match listed.get(name) {
            None => report.fault(name, "it is missing"),
            Some(size) if *size != object.size => {
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
