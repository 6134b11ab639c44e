//! Copying back what is missing or damaged, from another place that has the same repository. Needs
//! no key that decrypts.
//!
//! Nothing is believed of the other place either: what is copied is a statement whose signature was
//! verified, or has exactly the hash that such a statement names; the types of `crypto` see to it.
//! What is damaged is removed only when its good copy is in hand, and once more was found damaged.
//! The objects of a snapshot come before its commit, and that comes only when all of them are there:
//! whoever is stopped leaves a repository that is no worse than before.
//!
//! What this machine has pruned is not brought back.

use std::collections::BTreeSet;
use std::io::Read;

use crate::crypto::{AttestedCopy, Digest, Signed};
use crate::snapshot::Error;
use crate::snapshot::repository::commit::{Commit, SnapshotId};
use crate::snapshot::repository::object::{NOT_SIGNED, Named};
use crate::snapshot::repository::reports::{ReportId, living};
use crate::snapshot::repository::stored::Stored;
use crate::snapshot::repository::{
    Entry, Listing, Repository, Standing, about_name, commit_name, is_bare,
};
use crate::snapshot::state::Locked;
use crate::snapshot::state::damaged::{Damaged, Seen};
use crate::snapshot::state::pruned::Pruned;
use crate::snapshot::verify::Fault;
use crate::storage::{self, Body, ObjectName, Storage, get_whole, put_new};
use crate::sys::Spool;

/// Guides and statements are smaller (bytes).
const SMALL: u64 = 16 * 1024 * 1024;

const MISSING: &str = "it is missing";

/// How far healing goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// What is not there, but no snapshot that is older than the newest one there: another machine
    /// may be pruning it, and what it needs, at this moment. Nothing is removed.
    Newer,
    /// What is not there; nothing is removed.
    Missing,
    /// Also statements that are damaged, and objects that have another size.
    Exists,
    /// Also what has other bytes: everything is read.
    Scrub,
}

/// A healing to be done.
pub struct Healing<'a> {
    /// Of what.
    pub target: &'a Repository<'a>,
    /// Where the same repository is; the first that has what is needed gives it.
    pub sources: &'a [Repository<'a>],
    /// What this machine remembers, and room for a copy.
    pub state: &'a Locked,
    /// How far.
    pub extent: Extent,
}

/// What a look has shown.
#[derive(Debug, Default)]
pub struct Diagnosis {
    /// What can be copied, in this order.
    pub wounds: Vec<Wound>,
    /// What no other place can help with.
    pub hopeless: Vec<Fault>,
    /// Which objects were read, and what they are worth.
    seen: Seen,
}

/// Something that is missing or damaged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wound {
    /// Which object.
    pub name: ObjectName,
    /// What is wrong with it.
    pub reason: String,
    cure: Cure,
}

/// What it takes.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Cure {
    /// What the repository says of itself.
    About,
    /// A guide with this hash.
    Guide(Digest),
    /// An object that this commit names.
    Object(Named, SnapshotId),
    /// A commit, with its signature.
    Commit(Box<Commit>),
    /// A report, with its signature.
    Report(ReportId),
}

/// What was done.
#[derive(Debug, Default)]
pub struct Healed {
    /// What was copied.
    pub copied: Vec<Wound>,
    /// What is as it was: no other place has it as it was signed.
    pub failed: Vec<Fault>,
}

/// A commit that should be there with all that it needs, and what is wrong with itself.
struct Case {
    commit: Commit,
    reason: Option<String>,
}

/// Opens what must be the same repository as `source`, even if what it says of itself is missing or
/// damaged: then one of its commits has to show it.
///
/// # Errors
/// As [`Repository::open`]; [`Error::OtherRepository`].
pub fn open_wounded<'s>(
    storage: &'s dyn Storage,
    source: &Repository<'_>,
) -> Result<Repository<'s>, Error> {
    let damaged = match Repository::open(storage, source.signer().clone()) {
        Err(error @ Error::Damaged { .. }) => error,
        opened => return opened,
    };
    let assumed = source.elsewhere(storage);
    let is_ours = |entry: &Entry| matches!(entry.standing, Standing::Whole { .. });
    if assumed.commits()?.entries.iter().any(is_ours) { Ok(assumed) } else { Err(damaged) }
}

/// Makes a copy of a repository in a place where none is.
///
/// # Errors
/// [`Error::AlreadyRepository`]; what the storages say: then it can be tried again, by
/// [`Healing`].
pub fn copy<'s>(
    storage: &'s dyn Storage,
    source: &Repository<'_>,
    state: &Locked,
) -> Result<(Repository<'s>, Healed), Error> {
    if !is_bare(storage)? || storage.head(&about_name())?.is_some() {
        return Err(Error::AlreadyRepository(storage.place()));
    }
    let (target, sources) = (source.elsewhere(storage), [source.clone()]);
    let extent = Extent::Missing;
    let healing = Healing { target: &target, sources: &sources, state, extent };
    let healed = healing.carry_out(healing.look()?)?;
    Ok((target, healed))
}

impl Healing<'_> {
    /// Looks for everything that is missing or damaged.
    ///
    /// # Errors
    /// [`Error::OtherRepository`]; what the storages say.
    pub fn look(&self) -> Result<Diagnosis, Error> {
        self.check_sources()?;
        let mut diagnosis = Diagnosis::default();
        self.look_at_about(&mut diagnosis)?;
        self.look_at_guides(&mut diagnosis)?;
        let stored = Stored::list(self.target.storage())?;
        let mut seen = BTreeSet::new();
        for Case { commit, reason } in self.cases(&mut diagnosis)? {
            for needed in commit.needs().filter(|needed| seen.insert(needed.name.clone())) {
                let reason = self.trouble_with(&needed, &stored)?;
                if self.extent == Extent::Scrub {
                    diagnosis.saw(&needed.name, reason.as_deref());
                }
                diagnosis.wound(needed.name.clone(), reason, Cure::Object(needed, commit.id));
            }
            let name = commit_name(&commit.id);
            diagnosis.wound(name, reason, Cure::Commit(Box::new(commit)));
        }
        self.look_at_reports(&mut diagnosis)?;
        self.remember(&diagnosis.seen);
        Ok(diagnosis)
    }

    /// Reads only the objects that are known to be damaged here, and that a snapshot needs.
    ///
    /// # Errors
    /// What the storages say.
    pub(super) fn look_at(&self, known: &Damaged) -> Result<Diagnosis, Error> {
        let (place, mut diagnosis) = (self.storage().place(), Diagnosis::default());
        let mut seen = BTreeSet::new();
        for entry in self.target.commits()?.entries {
            let Standing::Whole { commit, .. } = entry.standing else { continue };
            let is_known = |needed: &Named| known.has(&place, &needed.name);
            for needed in commit.needs().filter(is_known) {
                if seen.insert(needed.name.clone()) {
                    let reason = self.damage_of(&needed)?;
                    diagnosis.saw(&needed.name, reason.as_deref());
                    diagnosis.wound(needed.name.clone(), reason, Cure::Object(needed, commit.id));
                }
            }
        }
        self.remember(&diagnosis.seen);
        Ok(diagnosis)
    }

    /// Copies whatever the look has shown.
    ///
    /// # Errors
    /// What the target's storage says; what was copied until then is good.
    pub fn carry_out(&self, diagnosis: Diagnosis) -> Result<Healed, Error> {
        let mut healed = Healed { failed: diagnosis.hopeless, ..Healed::default() };
        let mut seen = Seen::default();
        for wound in diagnosis.wounds {
            if self.cure(&wound)? {
                seen.sound(&wound.name);
                healed.copied.push(wound);
            } else {
                healed.failed.push(fault(&wound.name, wound.reason));
            }
        }
        self.remember(&seen);
        Ok(healed)
    }

    /// That this can not be written stops nobody: it is found again.
    fn remember(&self, seen: &Seen) {
        self.state.state().note(&self.storage().place(), seen).ok();
    }

    fn check_sources(&self) -> Result<(), Error> {
        match self.sources.iter().find(|source| source.id() != self.target.id()) {
            Some(other) => Err(Error::OtherRepository(other.storage().place())),
            None => Ok(()),
        }
    }

    fn storage(&self) -> &dyn Storage {
        self.target.storage()
    }

    fn removes_nothing(&self) -> bool {
        matches!(self.extent, Extent::Newer | Extent::Missing)
    }
}

/// Looking.
impl Healing<'_> {
    fn look_at_about(&self, diagnosis: &mut Diagnosis) -> Result<(), Error> {
        let reason = match self.target.signed_about() {
            Err(Error::Damaged { reason, .. }) => Some(reason),
            signed => signed.map(|_| None)?,
        };
        diagnosis.wound(about_name(), reason, Cure::About);
        Ok(())
    }

    fn look_at_guides(&self, diagnosis: &mut Diagnosis) -> Result<(), Error> {
        for (name, digest) in self.target.guides() {
            let reason = match self.storage().head(&name)? {
                None => Some(MISSING.to_owned()),
                Some(_) if self.extent != Extent::Scrub => None,
                Some(_) => (!self.is_guide(&name, digest)?).then(|| NOT_SIGNED.to_owned()),
            };
            diagnosis.wound(name, reason, Cure::Guide(digest));
        }
        Ok(())
    }

    /// The reports that are here and are not what was signed, and those that others have; but not
    /// those that newer ones have outlived.
    fn look_at_reports(&self, diagnosis: &mut Diagnosis) -> Result<(), Error> {
        let mut all: BTreeSet<ReportId> = self.target.report_ids()?.into_iter().collect();
        let there = all.clone();
        for source in self.sources {
            all.extend(source.report_ids()?);
        }
        for id in living(&all) {
            let reason = match self.target.signed_report(&id) {
                _ if !there.contains(&id) => Some(MISSING.to_owned()),
                Err(Error::Damaged { .. }) if self.removes_nothing() => None,
                Err(Error::Damaged { reason, .. }) => Some(reason),
                signed => signed.map(|_| None)?,
            };
            diagnosis.wound(id.object(), reason, Cure::Report(id));
        }
        Ok(())
    }

    fn is_guide(&self, name: &ObjectName, digest: Digest) -> Result<bool, Error> {
        Ok(self.small(name)?.is_some_and(|bytes| Digest::of(&bytes) == digest))
    }

    fn is_there(&self, name: &ObjectName, bytes: &[u8]) -> Result<bool, Error> {
        Ok(self.small(name)?.is_some_and(|there| there == bytes))
    }

    /// The bytes of a small object that is there and can be read. A storage that does not answer
    /// says nothing about its objects.
    fn small(&self, name: &ObjectName) -> Result<Option<Vec<u8>>, Error> {
        match get_whole(self.storage(), name, SMALL) {
            Err(
                storage::Error::NotFound(_)
                | storage::Error::TooLarge(_)
                | storage::Error::Broken { .. },
            ) => Ok(None),
            bytes => Ok(bytes.map(Some)?),
        }
    }

    /// What is wrong with an object, as far as it was asked for.
    fn trouble_with(&self, needed: &Named, stored: &Stored) -> Result<Option<String>, Error> {
        let expected = needed.object.size;
        match (stored.size_of(&needed.name), self.extent) {
            (None, _) => Ok(Some(MISSING.to_owned())),
            (Some(_), Extent::Newer | Extent::Missing) => Ok(None),
            (Some(size), _) if size != expected => {
                Ok(Some(format!("it has {size} bytes instead of {expected}")))
            }
            (Some(_), Extent::Exists) => Ok(None),
            (Some(_), Extent::Scrub) => self.damage_of(needed),
        }
    }

    /// Reads all of it. What breaks off is damaged too; what can not be asked for is an error.
    fn damage_of(&self, named: &Named) -> Result<Option<String>, Error> {
        match named.scrub(self.storage()) {
            Err(Error::Damaged { reason, .. }) => Ok(Some(reason)),
            scrubbed => scrubbed.map(|()| None),
        }
    }

    /// The commits that are there, and those that others have; by number.
    fn cases(&self, diagnosis: &mut Diagnosis) -> Result<Vec<Case>, Error> {
        let listing = self.target.commits()?;
        let mut cases = self.missed(&listing, diagnosis)?;
        for Entry { id, standing } in listing.entries {
            match standing {
                Standing::Whole { commit, .. } => {
                    cases.push(Case { commit: *commit, reason: None });
                }
                Standing::Damaged(reason) if !cases.iter().any(|case| case.commit.id == id) => {
                    diagnosis.hopeless.push(fault(&commit_name(&id), reason));
                }
                Standing::Damaged(_) | Standing::Newer => {}
            }
        }
        cases.sort_by_key(|case| (case.commit.id.seq, case.commit.id.time));
        Ok(cases)
    }

    /// The commits that others have, and the target has not, or not whole.
    fn missed(&self, listing: &Listing, diagnosis: &mut Diagnosis) -> Result<Vec<Case>, Error> {
        let pruned = self.state.state().pruned()?;
        let mut missed = Vec::new();
        for Entry { id, standing } in self.offers()? {
            match (want(&id, listing, &pruned), copyable(standing, listing)) {
                (None, _) => {}
                _ if self.extent == Extent::Newer && is_behind(&id, listing) => {}
                (Some(_), Err(why)) => diagnosis.hopeless.push(fault(&commit_name(&id), why)),
                (reason, Ok(commit)) => missed.push(Case { commit, reason }),
            }
        }
        Ok(missed)
    }

    /// What the other places have that is rightly signed, each once.
    fn offers(&self) -> Result<Vec<Entry>, Error> {
        let mut offers: Vec<Entry> = Vec::new();
        for source in self.sources {
            let mut entries = source.commits()?.entries;
            entries.retain(|entry| {
                let is_new = !offers.iter().any(|offer| offer.id == entry.id);
                is_new && !matches!(entry.standing, Standing::Damaged(_))
            });
            offers.append(&mut entries);
        }
        Ok(offers)
    }
}

/// Whether it is not there, and a newer one is. One that seems damaged may be going at this moment:
/// its statement was read, and then its signature was gone.
fn is_behind(id: &SnapshotId, listing: &Listing) -> bool {
    let is_sound = |entry: &Entry| !matches!(entry.standing, Standing::Damaged(_));
    let is_there = listing.entries.iter().any(|entry| entry.id == *id && is_sound(entry));
    !is_there && listing.entries.last().is_some_and(|newest| id.seq < newest.id.seq)
}

/// Why a commit of this name should be copied, if it should.
fn want(id: &SnapshotId, listing: &Listing, pruned: &Pruned) -> Option<String> {
    match listing.entries.iter().find(|entry| entry.id == *id).map(|entry| &entry.standing) {
        None if pruned.contains(id.seq) => None,
        None => Some(MISSING.to_owned()),
        Some(Standing::Damaged(reason)) => Some(reason.clone()),
        Some(Standing::Whole { .. } | Standing::Newer) => None,
    }
}

/// The commit that another place offers, unless it would do no good.
fn copyable(offered: Standing, listing: &Listing) -> Result<Commit, String> {
    match offered {
        Standing::Whole { commit, .. } if has_rival(&commit.id, listing) => {
            Err("it is missing, and another snapshot has its number".to_owned())
        }
        Standing::Whole { commit, .. } => Ok(*commit),
        Standing::Newer => Err("it is missing; a newer vaultctl can copy it".to_owned()),
        Standing::Damaged(reason) => Err(reason),
    }
}

fn has_rival(id: &SnapshotId, listing: &Listing) -> bool {
    let is_rival = |entry: &Entry| {
        let is_whole = matches!(entry.standing, Standing::Whole { .. });
        is_whole && entry.id.seq == id.seq && entry.id != *id
    };
    listing.entries.iter().any(is_rival)
}

/// Copying. Each answers whether it is there now as it was signed.
impl Healing<'_> {
    fn cure(&self, wound: &Wound) -> Result<bool, Error> {
        let name = &wound.name;
        match &wound.cure {
            Cure::About => self.cure_about(),
            Cure::Guide(digest) => self.cure_guide(name, *digest),
            Cure::Object(named, by) => self.cure_object(named, by),
            Cure::Commit(commit) => self.cure_commit(name, commit),
            Cure::Report(id) => self.cure_report(name, id),
        }
    }

    fn cure_about(&self) -> Result<bool, Error> {
        let signed = self.sources.iter().find_map(|source| source.signed_about().ok());
        signed.map_or(Ok(false), |signed| self.put_statement(&about_name(), &signed))
    }

    fn cure_guide(&self, name: &ObjectName, digest: Digest) -> Result<bool, Error> {
        let about = self.target.signed_about()?;
        for source in self.sources {
            let bytes = get_whole(source.storage(), name, SMALL).unwrap_or_default();
            if let Some(attested) = about.attest(&bytes).filter(|_| Digest::of(&bytes) == digest) {
                self.make_room(name, || self.is_guide(name, digest))?;
                return self.put(name, &Body::Attested(attested));
            }
        }
        Ok(false)
    }

    fn cure_object(&self, needed: &Named, by: &SnapshotId) -> Result<bool, Error> {
        let Some(signed) = self.signed_commit(by) else { return Ok(false) };
        for source in self.sources {
            if let Some(copy) = self.fetch(source, needed, &signed)? {
                self.make_room(&needed.name, || Ok(self.damage_of(needed)?.is_none()))?;
                return self.put(&needed.name, &Body::Copied(&copy));
            }
        }
        Ok(false)
    }

    /// A copy of the object on our own disk, if the source has exactly what was signed.
    fn fetch(
        &self,
        source: &Repository<'_>,
        Named { name, object }: &Named,
        signed: &Signed,
    ) -> Result<Option<AttestedCopy<Spool>>, Error> {
        let spool = self.state.spool()?;
        let Ok(reader) = source.storage().get(name) else { return Ok(None) };
        let copy = signed.attest_copy(&mut reader.take(object.size.saturating_add(1)), spool);
        let is_it = |copy: &AttestedCopy<Spool>| {
            (copy.digest(), copy.size()) == (object.digest, object.size)
        };
        Ok(copy.ok().flatten().filter(is_it))
    }

    /// It comes last: whatever it needs must be there.
    fn cure_commit(&self, name: &ObjectName, commit: &Commit) -> Result<bool, Error> {
        if !Stored::list(self.storage())?.has_all_of(commit) {
            return Ok(false);
        }
        let signed = self.sources.iter().find_map(|source| source.signed_commit(&commit.id).ok());
        let is_it = |signed: &Signed| signed.statement() == commit.render().as_bytes();
        signed.filter(is_it).map_or(Ok(false), |signed| self.put_statement(name, &signed))
    }

    fn cure_report(&self, name: &ObjectName, id: &ReportId) -> Result<bool, Error> {
        let signed = self.sources.iter().find_map(|source| source.signed_report(id).ok());
        signed.map_or(Ok(false), |signed| self.put_statement(name, &signed))
    }

    fn signed_commit(&self, id: &SnapshotId) -> Option<Signed> {
        let mut everywhere = std::iter::once(self.target).chain(self.sources);
        everywhere.find_map(|repository| repository.signed_commit(id).ok())
    }

    /// Of both, the statement is removed first and stored last: it never lacks its signature.
    fn put_statement(&self, name: &ObjectName, signed: &Signed) -> Result<bool, Error> {
        let is_signature_there = || self.is_there(&name.signature(), signed.signature());
        let are_there = || Ok(is_signature_there()? && self.is_there(name, signed.statement())?);
        self.make_room(name, are_there)?;
        self.make_room(&name.signature(), is_signature_there)?;
        Ok(self.put(&name.signature(), &Body::Signature(signed))?
            && self.put(name, &Body::Statement(signed))?)
    }

    fn put(&self, name: &ObjectName, body: &Body<'_>) -> Result<bool, Error> {
        match put_new(self.storage(), name, body) {
            Err(storage::Error::Taken(_)) => Ok(false),
            put => Ok(put.map(|()| true)?),
        }
    }

    /// Removes what is damaged, unless it turns out to be right.
    fn make_room(
        &self,
        name: &ObjectName,
        is_right: impl Fn() -> Result<bool, Error>,
    ) -> Result<(), Error> {
        if !self.removes_nothing() && self.storage().head(name)?.is_some() && !is_right()? {
            self.storage().delete(name)?;
        }
        Ok(())
    }
}

impl Diagnosis {
    /// Notes what reading an object has shown.
    fn saw(&mut self, name: &ObjectName, reason: Option<&str>) {
        match reason {
            None => self.seen.sound(name),
            Some(_) => self.seen.damaged(name),
        }
    }

    /// Notes a wound, if there is a reason.
    fn wound(&mut self, name: ObjectName, reason: Option<String>, cure: Cure) {
        self.wounds.extend(reason.map(|reason| Wound { name, reason, cure }));
    }
}

fn fault(object: &ObjectName, reason: impl ToString) -> Fault {
    Fault { object: object.to_string(), reason: reason.to_string() }
}
