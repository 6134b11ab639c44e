//! Taking a snapshot. Needs the signing key and public keys; nothing here can decrypt, but what was
//! sealed a moment before.
//!
//! In this order: packs, the object, a look whether all that the commit is about to name is there as
//! it was written, the signature, the commit, our own memory. Whoever is stopped before the commit
//! has left nothing but objects that nobody names.

use std::collections::HashMap;
use std::time::Duration;

use jiff::{Timestamp, Unit};

use crate::audit::Head;
use crate::crypto::{DedupKey, Digest, Recipient, Sealed, Signer};
use crate::storage::{Body, ObjectName, put_signed};
use crate::sys::Spool;

use super::Error;
use super::baseline::Baseline;
use super::commit::{self, Commit, Health, ObjectRef, SnapshotId};
use super::finding::Finding;
use super::heal::{Extent, Healing};
use super::mirrors::{Lost, Mirrors};
use super::object::Named;
use super::packing::{Packing, Parts};
use super::profile::{CONFIG, Plan};
use super::progress::Progress;
use super::repository::{Entry, Repository, Standing, commit_name};
use super::state::{Kept, Locked, Pin};
use super::tree::{Packed, Tree};

/// In every so many snapshots, what has only grown is read from its beginning.
const RECHECK_EVERY: u64 = 7;

/// Everything that a new snapshot depends on.
pub struct Creation<'a> {
    /// Where it goes: one repository, in one place or in several.
    pub repositories: &'a [Repository<'a>],
    /// What this machine remembers, and the right to write.
    pub state: &'a Locked,
    /// Who signs.
    pub signer: &'a Signer,
    /// Who can open it.
    pub recipients: &'a [Recipient],
    /// When.
    pub at: Timestamp,
    /// Where the access log stands.
    pub audit: Head,
    /// Whether another machine prunes: then a snapshot that one place lacks may have been meant to go.
    /// Whether another machine prunes there: then no old snapshot is brought back to a place.
    pub pruned_elsewhere: bool,
    /// Whether each object is opened and read again before it counts.
    pub read_back: bool,
    /// Who is told how far it has come.
    pub progress: &'a dyn Progress,
}

/// A snapshot that was taken.
pub struct Created {
    /// What it says.
    pub commit: Commit,
    /// Whether its object was there already.
    pub unchanged: bool,
    /// How much was stored for it, in each place (bytes).
    pub stored: u64,
    /// What is not as it should be.
    pub findings: Vec<Finding>,
    /// The places that it could not be stored in.
    pub lost: Vec<Lost>,
}

/// What one place holds.
struct View {
    newest: Option<(Commit, Digest)>,
    /// What the newest snapshot of the same profiles needs.
    base: Vec<Named>,
    objects: HashMap<ObjectName, u64>,
}

impl View {
    fn of(repository: &Repository<'_>, profiles: &[String]) -> Result<Self, Error> {
        let whole = |entry: Entry| match entry.standing {
            Standing::Whole { commit, digest } => Some((*commit, digest)),
            Standing::Newer | Standing::Damaged(_) => None,
        };
        let entries = repository.commits()?.entries.into_iter();
        let mut commits: Vec<_> = entries.filter_map(whole).collect();
        commits.sort_by_key(|(commit, _)| commit.id.seq);
        let base = commits.iter().rfind(|(commit, _)| commit.profiles == profiles);
        let base = base.map(|(commit, _)| commit.needs().collect()).unwrap_or_default();
        Ok(Self { base, newest: commits.pop(), objects: repository.objects()? })
    }

    /// Whether the object is listed here in its size.
    fn has(&self, named: &Named) -> bool {
        self.objects.get(&named.name) == Some(&named.object.size)
    }

    /// Whether an object may be built on here: what the newest snapshot of these profiles needs,
    /// nobody removes.
    fn offers(&self, named: &Named) -> bool {
        self.base.contains(named) && self.has(named)
    }

    /// Whether the newest commit is older than this one.
    fn is_before(&self, pin: Pin) -> bool {
        self.newest.as_ref().is_none_or(|(commit, _)| commit.id.seq < pin.seq)
    }
}

impl Creation<'_> {
    /// Takes the snapshot.
    ///
    /// # Errors
    /// See [`Error`]; then there is no new commit.
    pub fn run(&self, plan: &Plan) -> Result<Created, Error> {
        let mirrors = Mirrors::new(self.repositories);
        self.repositories.iter().for_each(|repository| self.catch_up(repository));
        let views = mirrors.each(|repository| View::of(repository, &plan.profiles))?;
        let (seq, previous) = next(self.known(&views)?, &views);
        let key = self.state.dedup_key()?;
        let mut stored = 0;
        let parts = self.store_parts(plan, &key, seq, &views, &mut |sealed| {
            stored += sealed.size();
            mirrors.each(|repository| put(repository, &Named::pack(reference(sealed)), sealed))?;
            Ok(())
        })?;
        let takes_config = plan.profiles.iter().any(|profile| profile == CONFIG);
        let known = if takes_config { self.state.baseline()? } else { Baseline::default() };
        let baseline = &known;
        let recipients = self.recipients;
        let tree = Tree { plan, parts: &parts, key: &key, baseline, recipients };
        let packed = tree.pack(self.read_back, &|| self.state.spool())?;
        let (kept, unchanged) = self.store_object(plan, &packed, &views, &mirrors)?;
        if !unchanged {
            stored += kept.object.size;
        }
        let commit = Commit {
            repository: self.repositories[0].id().clone(),
            id: self.free_id(seq, &mirrors)?,
            previous,
            profiles: plan.profiles.clone(),
            health: Health::of(&packed.findings, plan),
            audit: self.audit,
            totals: packed.totals,
            object: kept.object,
            packs: parts.packs.clone(),
        };
        self.publish(&commit, &mirrors)?;
        self.state.keep(&plan.profiles, kept)?;
        self.state.set_cache(&plan.profiles, &parts.cache)?;
        if takes_config && commit.health == Health::Ok {
            self.state.set_baseline(&Baseline::of(&packed.measures))?;
        }
        let (findings, lost) = (packed.findings, mirrors.into_lost());
        Ok(Created { commit, unchanged, stored, findings, lost })
    }

    /// Gives a place what it has missed: a disk that was away for some nights. What the others can not
    /// give is stored anew, or told by the look at the end; so is whatever is wrong with a place.
    fn catch_up(&self, target: &Repository<'_>) {
        let others = self.repositories.iter().filter(|other| !std::ptr::eq(*other, target));
        let sources: Vec<Repository<'_>> = others.cloned().collect();
        let extent = if self.pruned_elsewhere { Extent::Newer } else { Extent::Missing };
        let state = self.state;
        let healing = Healing { target, sources: &sources, state, extent };
        if !sources.is_empty()
            && let Ok(diagnosis) = healing.look()
        {
            healing.carry_out(diagnosis).ok();
        }
    }

    fn store_parts(
        &self,
        plan: &Plan,
        key: &DedupKey,
        seq: u64,
        views: &[View],
        store: &mut dyn FnMut(&Sealed<Spool>) -> Result<(), Error>,
    ) -> Result<Parts, Error> {
        let packing = Packing {
            key,
            recipients: self.recipients,
            spool: &|| self.state.spool(),
            read_back: self.read_back,
            recheck: seq.is_multiple_of(RECHECK_EVERY),
            progress: self.progress,
        };
        let cache = self.state.cache(&plan.profiles, self.recipients, key)?;
        let is_there = |pack: &ObjectRef| views.iter().all(|view| view.offers(&Named::pack(*pack)));
        packing.run(plan, cache, &is_there, store)
    }

    /// Stores the object, unless the one that is there has the same content for the same people, and
    /// is sound: nobody should build night after night on an object that has rotted.
    fn store_object(
        &self,
        plan: &Plan,
        packed: &Packed,
        views: &[View],
        mirrors: &Mirrors<'_, '_>,
    ) -> Result<(Kept, bool), Error> {
        let (content, recipients) = (packed.content, Recipient::digest_of(self.recipients));
        let is_the_same = |kept: &Kept| (kept.content, kept.recipients) == (content, recipients);
        if let Some(kept) = self.state.kept(&plan.profiles)?.filter(is_the_same) {
            let named = Named::snapshot(kept.object);
            let is_offered = views.iter().all(|view| view.offers(&named));
            let is_sound =
                |repository: &Repository<'_>| Ok(is_offered && is_sound(repository, &named)?);
            if mirrors.each(is_sound)?.into_iter().all(|is| is) {
                return Ok((kept, true));
            }
        }
        let object = reference(&packed.sealed);
        let named = Named::snapshot(object);
        mirrors.each(|repository| put(repository, &named, &packed.sealed))?;
        Ok((Kept { content, recipients, object }, false))
    }

    /// The newest commit that this machine has written, or has begun to write; what it only began
    /// and nobody has is given up.
    ///
    /// A run that failed can not know whether its commit was stored, nor whether that still happens:
    /// in a place that can not be reached now, or by a request that is under way. So its number is
    /// not used again.
    fn known(&self, views: &[View]) -> Result<Option<Pin>, Error> {
        let (pin, begun) = (self.state.state().pin()?, self.state.begun()?);
        let begun = begun.filter(|begun| pin.is_none_or(|pin| pin.seq < begun.seq));
        if let Some(begun) = begun.filter(|begun| views.iter().all(|view| view.is_before(*begun))) {
            self.state.give_up(begun)?;
        }
        Ok(begun.or(pin))
    }

    /// Makes the commit, where everything that it names is there.
    fn publish(&self, commit: &Commit, mirrors: &Mirrors<'_, '_>) -> Result<(), Error> {
        let signed = self.signer.sign(commit::NAMESPACE, commit.render().into_bytes());
        let pin = Pin { seq: commit.id.seq, commit: Digest::of(signed.statement()) };
        self.state.begin(pin)?;
        mirrors.each(|repository| {
            expect_listed(repository, commit)?;
            Ok(put_signed(repository.storage(), &commit_name(&commit.id), &signed)?)
        })?;
        self.state.set_pin(pin)
    }

    /// The time, in whole seconds; a later one when a stopped run has left a signature of that name.
    fn free_id(&self, seq: u64, mirrors: &Mirrors<'_, '_>) -> Result<SnapshotId, Error> {
        let mut id = SnapshotId { time: whole_seconds(self.at), seq };
        let is_taken = |id: &SnapshotId| {
            let name = commit_name(id).signature();
            let taken = mirrors.each(|repository| Ok(repository.storage().head(&name)?.is_some()));
            taken.map(|taken| taken.into_iter().any(|is| is))
        };
        while is_taken(&id)? {
            id.time += Duration::from_secs(1);
        }
        Ok(id)
    }
}

fn reference(sealed: &Sealed<Spool>) -> ObjectRef {
    ObjectRef { digest: sealed.digest(), size: sealed.size() }
}

/// Stores an object; that something has its name already is looked at when the commit is made.
fn put(repository: &Repository<'_>, named: &Named, sealed: &Sealed<Spool>) -> Result<(), Error> {
    let put = repository.storage().put(&named.name, &Body::Sealed(sealed));
    Ok(put.map(|_| ())?)
}

/// Whether an object is there, in its size, and has its bytes, as far as we may read them: whoever
/// can only write does without.
fn is_sound(repository: &Repository<'_>, named: &Named) -> Result<bool, Error> {
    let is_listed = repository.objects()?.get(&named.name) == Some(&named.object.size);
    let is_damaged = || matches!(named.scrub(repository.storage()), Err(Error::Damaged { .. }));
    Ok(is_listed && !is_damaged())
}

fn expect_listed(repository: &Repository<'_>, commit: &Commit) -> Result<(), Error> {
    let objects = repository.objects()?;
    match commit.needs().find(|named| objects.get(&named.name) != Some(&named.object.size)) {
        Some(named) => Err(Error::damaged(named.name, "it is not there as it was written")),
        None => Ok(()),
    }
}

fn whole_seconds(at: Timestamp) -> Timestamp {
    let options = jiff::TimestampRound::new().smallest(Unit::Second).mode(jiff::RoundMode::Trunc);
    at.round(options).unwrap_or(at)
}

/// Number and predecessor of the next commit: it follows the newest that is rightly signed, or that
/// this machine knows. So a gap stays visible when somebody has removed the newest commits.
fn next(pin: Option<Pin>, views: &[View]) -> (u64, Option<Digest>) {
    let known = |(commit, digest): &(Commit, Digest)| Pin { seq: commit.id.seq, commit: *digest };
    let listed = views.iter().filter_map(|view| view.newest.as_ref().map(known));
    match pin.into_iter().chain(listed).max_by_key(|pin| pin.seq) {
        Some(newest) => (newest.seq.saturating_add(1), Some(newest.commit)),
        None => (1, None),
    }
}
