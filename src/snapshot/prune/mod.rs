//! Removing snapshots that the policy does not keep, and then the objects that nobody needs any
//! more. Needs no key that decrypts.
//!
//! Reports go when newer ones have outlived them (`repository/reports.rs`); the one that says which snapshot a
//! drill has restored last does not.
//!
//! In this order: our own memory of what will be gone, each commit and then its signature, a second
//! look at the commits that are left, the objects. Whoever is stopped in between leaves snapshots
//! that are whole, signatures without a commit and objects that nobody names; the next run removes
//! those. A commit goes before anything that it needs, so no listed snapshot ever lacks an object.
//!
//! **Nothing that is needed goes.** What is needed is what the remaining commits name, so all of
//! them must be understood: where the history has a fault, or a commit is damaged, nothing is
//! pruned, unless somebody has said that it is given up; and beside a commit of a newer version no object is removed, because what they need is
//! not known. A snapshot whose objects are not all there in their sizes does not count as healthy.
//!
//! **`create` on another machine at the same time** is kept out by no lock, since the storage has
//! none. It names in its commit objects of two kinds. Those that it has just stored are younger than
//! `grace`, and stay although nobody names them yet; one that takes longer than that compares what
//! is listed with its commit before it writes it, and fails. Those that it uses again are named by
//! the newest commit of the same profiles that it has listed; the newest of each profiles is never
//! removed, and whatever the remaining commits name stays. A commit that was finished after we listed them is found by the
//! second look, which comes after the list of objects: an object that is stored later is not on it.
//! `heal` has no such argument: it brings old commits back, and must not run while another machine
//! prunes the same place.
//!
//! What `heal` on another machine puts in order at the same time is at worst missing again, and the
//! next `heal` copies it again: it came from another place.
//!
//! **Whose clock.** An object's age is the time from when it was stored to now, both by the storage's
//! clock, which can not be asked; it is at least as late as the last time that it noted. So on
//! another machine the last such time counts, or our own clock if that is earlier: both must be
//! wrong before an object looks older than it is. On the machine that takes the snapshots the lock
//! keeps `create` out and our own clock is enough, even for a `grace` of less than a day.

pub(super) mod retention;

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::snapshot::Error;
use crate::snapshot::repository::commit::{Commit, ObjectRef, SnapshotId};
use crate::snapshot::repository::object::Named;
use crate::snapshot::repository::reports::ReportId;
use crate::snapshot::repository::stored::Stored;
use crate::snapshot::repository::{Entry, Listing, Repository, Standing, commit_name};
use crate::snapshot::state::Locked;
use crate::snapshot::state::pruned::{Gap, Pruned};
use crate::snapshot::verify::Report;
use crate::snapshot::verify::history::{self, Known};
use crate::storage::{Listed, ObjectName};

use self::retention::{Candidate, Choice, Circumstances, Keep, choose};

/// With less than this, only the machine that takes the snapshots may remove objects.
const SHORTEST_GRACE: Duration = Duration::from_secs(24 * 60 * 60);

/// More of the snapshots than this are not removed unasked (percent).
const SNAPSHOTS_UNASKED: u64 = 30;

/// So few snapshots are never too many: of three, each is a third.
const FEW: u64 = 2;

/// More of the bytes than this are not removed unasked (percent).
const BYTES_UNASKED: u64 = 50;

/// Everything that a prune depends on.
pub struct Pruning<'a> {
    /// Of what.
    pub repository: &'a Repository<'a>,
    /// What this machine remembers.
    pub known: Known,
    /// What stays.
    pub keep: Keep,
    /// How old an object must be that nobody needs.
    pub grace: Duration,
    /// When.
    pub now: Timestamp,
    /// The last snapshot that a drill has restored.
    pub drilled: Option<SnapshotId>,
    /// The report that says so, which stays as long as that is true.
    pub witness: Option<ReportId>,
    /// Whether commits that are damaged or missing are given up: what only they need goes too.
    pub gives_up: bool,
}

/// What a prune would do.
#[derive(Debug)]
pub struct Removal {
    /// What the policy says of each snapshot, by number.
    pub choices: Vec<Choice>,
    /// The objects that nobody will need, and signatures without a commit, old enough to go.
    pub objects: Vec<Listed>,
    /// Reports that newer ones have outlived, and those that are given up; with their signatures.
    pub reports: Vec<Listed>,
    /// Snapshots of a newer version: because of them no object goes.
    pub newer: Vec<SnapshotId>,
    /// Snapshots that are given up.
    pub given_up: GivenUp,
    /// How many of the bytes that snapshots need only those that go do.
    lost: Share,
}

/// What the history lacks, where somebody has said that it is lost.
#[derive(Clone, Debug, Default)]
pub struct GivenUp {
    /// Commits that are damaged; they are removed.
    pub damaged: Vec<SnapshotId>,
    /// Numbers that are not there.
    pub missing: Vec<Gap>,
}

impl GivenUp {
    /// Takes the damaged commits out of the listing, and finds what then is missing.
    fn take_from(listing: &mut Listing, known: &Known) -> Self {
        let is_damaged = |entry: &mut Entry| matches!(entry.standing, Standing::Damaged(_));
        let damaged = listing.entries.extract_if(.., is_damaged).map(|entry| entry.id).collect();
        let mut report = Report::default();
        history::check(listing, &known.clone().judging_no_gap(), &mut report);
        Self { damaged, missing: report.gaps }
    }

    fn add_to(&self, pruned: &mut Pruned) {
        self.missing.iter().for_each(|gap| pruned.add_run(gap.first, gap.last));
    }
}

/// The commits, all of which are understood or of a newer version.
struct History {
    commits: Vec<Commit>,
    newer: Vec<SnapshotId>,
    given_up: GivenUp,
}

/// A part of something.
#[derive(Clone, Copy, Debug)]
struct Share {
    part: u64,
    whole: u64,
}

impl Removal {
    /// The snapshots that go.
    pub fn going(&self) -> impl Iterator<Item = SnapshotId> + '_ {
        self.choices.iter().filter(|choice| choice.why.is_empty()).map(|choice| choice.id)
    }

    /// The commits that go, each with its signature.
    fn commits(&self) -> impl Iterator<Item = ObjectName> + '_ {
        let damaged = self.given_up.damaged.iter().copied();
        self.going().chain(damaged).flat_map(|id| names_of(&id))
    }

    /// The name of everything that goes, in this order.
    pub fn names(&self) -> impl Iterator<Item = ObjectName> + '_ {
        let others = self.objects.iter().chain(&self.reports);
        self.commits().chain(others.map(|object| object.name.clone()))
    }

    /// Adds the numbers that will be gone.
    fn add_to(&self, pruned: &mut Pruned) {
        self.going().for_each(|id| pruned.add(id.seq));
        self.given_up.add_to(pruned);
    }

    /// The bytes of the objects that go.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.objects.iter().chain(&self.reports).map(|object| object.size).sum()
    }

    /// Whether it is so much that somebody should have asked for it.
    ///
    /// # Errors
    /// [`Error::TooMuch`].
    pub fn check_extent(&self) -> Result<(), Error> {
        let going = Share { part: self.going().count() as u64, whole: self.choices.len() as u64 };
        let Share { part, whole } = going;
        if part > FEW && going.is_over(SNAPSHOTS_UNASKED) {
            return Err(Error::TooMuch(format!("{part} of {whole} snapshots would go")));
        }
        let Share { part, whole } = self.lost;
        if self.lost.is_over(BYTES_UNASKED) {
            return Err(Error::TooMuch(format!("{part} of {whole} bytes would go")));
        }
        Ok(())
    }
}

impl Share {
    fn is_over(self, percent: u64) -> bool {
        u128::from(self.part) * 100 > u128::from(self.whole) * u128::from(percent)
    }
}

impl Pruning<'_> {
    /// Finds out what would go.
    ///
    /// # Errors
    /// [`Error::KeepsNothing`], [`Error::ShortGrace`], [`Error::BadHistory`], [`Error::NoHealthy`];
    /// what the storage says.
    pub fn plan(&self) -> Result<Removal, Error> {
        self.keep.check()?;
        self.check_grace()?;
        let stored = Stored::list(self.repository.storage())?;
        let History { commits, newer, given_up } = self.history(&self.known)?;
        let choices = self.choose(&commits, &stored)?;
        let stays = |commit: &&Commit| is_kept(&choices, commit.id);
        let (all, needed) = (needs(commits.iter()), needs(commits.iter().filter(stays)));
        let objects = if newer.is_empty() { self.unneeded(&stored, &needed) } else { Vec::new() };
        let (whole, remaining) = (bytes_of(&all), bytes_of(&needed));
        let lost = Share { part: whole - remaining, whole };
        Ok(Removal { choices, objects, reports: self.reports()?, newer, given_up, lost })
    }

    fn reports(&self) -> Result<Vec<Listed>, Error> {
        let mut reports = self.repository.outlived_reports(self.witness)?;
        if self.gives_up {
            reports.extend(self.repository.damaged_reports()?);
            reports.sort_by(|one, other| one.name.cmp(&other.name));
            reports.dedup();
        }
        Ok(reports)
    }

    /// Removes what was planned, as far as nobody has come to need it since.
    ///
    /// # Errors
    /// What the storage says; [`Error::BadHistory`]. The next run does the rest.
    pub fn carry_out(&self, removal: &Removal, locked: &Locked) -> Result<(), Error> {
        self.remember(removal, locked)?;
        let storage = self.repository.storage();
        removal.commits().try_for_each(|name| storage.delete(&name))?;
        removal.reports.iter().try_for_each(|report| storage.delete(&report.name))?;
        let left = self.history(&self.known_after(removal))?;
        if !left.newer.is_empty() {
            return Ok(());
        }
        let needed = needs(left.commits.iter());
        let mut unneeded =
            removal.objects.iter().filter(|object| !needed.contains_key(&object.name));
        Ok(unneeded.try_for_each(|object| storage.delete(&object.name))?)
    }

    fn check_grace(&self) -> Result<(), Error> {
        let is_short = self.grace < SHORTEST_GRACE;
        if is_short && !self.takes_snapshots() { Err(Error::ShortGrace) } else { Ok(()) }
    }

    /// Whether this is the machine that takes the snapshots; its lock keeps it from doing so.
    fn takes_snapshots(&self) -> bool {
        self.known.pin.is_some()
    }

    /// The commits by number, if their history holds.
    fn history(&self, known: &Known) -> Result<History, Error> {
        let mut listing = self.repository.commits()?;
        let mut known = known.clone();
        let given_up = if self.gives_up {
            GivenUp::take_from(&mut listing, &known)
        } else {
            GivenUp::default()
        };
        given_up.add_to(&mut known.pruned);
        let mut report = Report::default();
        history::check(&listing, &known, &mut report);
        match report.faults.first() {
            Some(fault) => {
                Err(Error::BadHistory { first: fault.clone(), count: report.faults.len() })
            }
            None => Ok(History { commits: understood(listing), newer: report.newer, given_up }),
        }
    }

    fn choose(&self, commits: &[Commit], stored: &Stored) -> Result<Vec<Choice>, Error> {
        let candidate = |commit: &Commit| {
            let candidate = Candidate::from(commit);
            Candidate { is_healthy: candidate.is_healthy && stored.has_all_of(commit), ..candidate }
        };
        let candidates: Vec<Candidate> = commits.iter().map(candidate).collect();
        if !candidates.iter().any(|candidate| candidate.is_healthy) {
            return Err(Error::NoHealthy(self.repository.storage().place()));
        }
        // One of the configuration alone is no reason for one with the history to go.
        let mut groups: BTreeMap<&[String], Vec<Candidate>> = BTreeMap::new();
        for (commit, candidate) in commits.iter().zip(candidates) {
            groups.entry(&commit.profiles).or_default().push(candidate);
        }
        let given = Circumstances { now: self.now, drilled: self.drilled };
        let chosen = groups.values().flat_map(|group| choose(&self.keep, group, given));
        let mut choices: Vec<Choice> = chosen.collect();
        choices.sort_by_key(|choice| (choice.id.seq, choice.id.time));
        Ok(choices)
    }

    /// Everything that is stored, old enough, and not needed.
    fn unneeded(&self, stored: &Stored, needed: &Needs) -> Vec<Listed> {
        let now = if self.takes_snapshots() { self.now } else { self.now.min(stored.last_time()) };
        let grace = SignedDuration::try_from(self.grace).unwrap_or(SignedDuration::MAX);
        let is_old = |listed: &&Listed| now.duration_since(listed.stored) >= grace;
        let objects = stored.objects.values().filter(|object| !needed.contains_key(&object.name));
        objects.chain(stored.lone_signatures()).filter(is_old).cloned().collect()
    }

    fn remember(&self, removal: &Removal, locked: &Locked) -> Result<(), Error> {
        let mut pruned = locked.state().pruned()?;
        removal.add_to(&mut pruned);
        locked.set_pruned(&pruned)
    }

    fn known_after(&self, removal: &Removal) -> Known {
        let mut known = self.known.clone();
        removal.add_to(&mut known.pruned);
        known
    }
}

/// What commits name, each once.
type Needs = BTreeMap<ObjectName, ObjectRef>;

fn needs<'c>(commits: impl Iterator<Item = &'c Commit>) -> Needs {
    let needs = commits.flat_map(Commit::needs);
    needs.map(|Named { name, object }| (name, object)).collect()
}

fn bytes_of(needs: &Needs) -> u64 {
    needs.values().fold(0, |sum, object| sum.saturating_add(object.size))
}

/// The commit, then its signature: a reader ignores a signature without a commit.
fn names_of(id: &SnapshotId) -> [ObjectName; 2] {
    let commit = commit_name(id);
    [commit.clone(), commit.signature()]
}

fn is_kept(choices: &[Choice], id: SnapshotId) -> bool {
    choices.iter().any(|choice| choice.id == id && !choice.why.is_empty())
}

fn understood(listing: Listing) -> Vec<Commit> {
    let commits = listing.entries.into_iter().filter_map(|entry| match entry.standing {
        Standing::Whole { commit, .. } => Some(*commit),
        Standing::Newer | Standing::Damaged(_) => None,
    });
    commits.collect()
}
