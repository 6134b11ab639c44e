//! Taking a snapshot. Needs the signing key and public keys; nothing here can decrypt, but what was
//! sealed a moment before.
//!
//! In this order: packs, the object, a look whether all that the commit is about to name is there as
//! it was written, the signature, the commit, our own memory. Whoever is stopped before the commit
//! has left nothing but objects that nobody names.

pub(super) mod accept;
pub(super) mod baseline;
pub(super) mod finding;
pub(super) mod health;
pub(super) mod mirrors;
pub(super) mod packing;
pub(super) mod profile;
pub(super) mod tree;

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use jiff::{Timestamp, Unit};

use crate::audit::Head;
use crate::crypto::{DedupKey, Digest, Recipient, Sealed, Signer};
use crate::snapshot::Error;
use crate::snapshot::heal::{Extent, Healing};
use crate::snapshot::progress::Progress;
use crate::snapshot::repository::commit::{self, Commit, Health, ObjectRef, SnapshotId};
use crate::snapshot::repository::object::Named;
use crate::snapshot::repository::{Entry, Repository, Standing, commit_name};
use crate::snapshot::state::damaged::Damaged;
use crate::snapshot::state::{Kept, Locked, Pin};
use crate::storage::{Body, ObjectName, put_signed};
use crate::sys::Spool;

use self::finding::Finding;
use self::mirrors::{Lost, Mirrors};
use self::packing::{Packing, Parts};
use self::profile::{CONFIG, Plan};
use self::tree::{Packed, Tree};

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
    /// Whether another machine prunes: then a snapshot that one place lacks may have been meant to go,
    /// and no old one is brought back.
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
    /// Objects that are damaged, and the place: what files still have of them was stored anew.
    pub replaced: Vec<(String, ObjectName)>,
    /// The places that lack older snapshots, which others have.
    pub behind: Vec<Behind>,
    /// The places that it could not be stored in.
    pub lost: Vec<Lost>,
}

/// A place that lacks older snapshots: it was away when they were taken, and those that have them
/// could not be read, or not by whoever takes snapshots.
#[derive(Debug)]
pub struct Behind {
    /// What it is called.
    pub place: String,
    /// The numbers of what it lacks, rising.
    pub numbers: Vec<u64>,
}

/// What one place holds.
struct View {
    place: String,
    newest: Option<(Commit, Digest)>,
    /// The numbers of its snapshots.
    numbers: BTreeSet<u64>,
    /// What the newest snapshot of the same profiles needs, and is not known to be damaged.
    base: Vec<Named>,
    /// What it needs and is.
    damaged: Vec<Named>,
    objects: HashMap<ObjectName, u64>,
}

impl View {
    fn of(
        repository: &Repository<'_>,
        profiles: &[String],
        known: &Damaged,
    ) -> Result<Self, Error> {
        let place = repository.storage().place();
        let whole = |entry: Entry| match entry.standing {
            Standing::Whole { commit, digest } => Some((*commit, digest)),
            Standing::Newer | Standing::Damaged(_) => None,
        };
        let entries = repository.commits()?.entries.into_iter();
        let mut commits: Vec<_> = entries.filter_map(whole).collect();
        commits.sort_by_key(|(commit, _)| commit.id.seq);
        let base = commits.iter().rfind(|(commit, _)| commit.profiles == profiles);
        let needs = base.map(|(commit, _)| commit.needs().collect()).unwrap_or_default();
        let (damaged, base): (Vec<_>, Vec<_>) =
            Vec::into_iter(needs).partition(|named: &Named| known.has(&place, &named.name));
        let numbers = commits.iter().map(|(commit, _)| commit.id.seq).collect();
        let (newest, objects) = (commits.pop(), repository.objects()?);
        Ok(Self { place, newest, numbers, base, damaged, objects })
    }

    /// Whether the object is listed here in its size.
    fn has(&self, named: &Named) -> bool {
        self.objects.get(&named.name) == Some(&named.object.size)
    }

    /// Whether an object may be built on here: what the newest snapshot of these profiles needs,
    /// nobody removes; and nobody should build night after night on what has rotted.
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
        let known = self.state.state().damaged();
        let views = mirrors.each(|repository| View::of(repository, &plan.profiles, &known))?;
        let (seq, previous) = next(self.known(&views)?, &views);
        let key = self.state.dedup_key()?;
        let mut stored = 0;
        let parts = self.store_parts(plan, &key, seq, &views, &mut |sealed| {
            stored += sealed.size();
            mirrors.each(|repository| put(repository, &Named::pack(reference(sealed)), sealed))?;
            Ok(())
        })?;
        let takes_config = plan.profiles.iter().any(|profile| profile == CONFIG);
        let before = self.state.baseline()?;
        let baseline = &if takes_config { before.clone() } else { before.without_files() };
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
        if commit.health == Health::Ok {
            let now = before.with_roots(&plan.roots);
            let now = if takes_config { now.with_files(&packed.measures) } else { now };
            self.state.set_baseline(&now)?;
        }
        let (findings, lost) = (packed.findings, mirrors.into_lost());
        let (replaced, behind) = (replaced(&views), self.behind(&views)?);
        Ok(Created { commit, unchanged, stored, findings, replaced, behind, lost })
    }

    /// Gives a place what it has missed, a disk that was away for some nights; and mends what is known
    /// to be damaged there. What the others can not give, or may not be removed, is stored anew, or
    /// told at the end; so is whatever is wrong with a place.
    fn catch_up(&self, target: &Repository<'_>) {
        let others = self.repositories.iter().filter(|other| !std::ptr::eq(*other, target));
        let sources: Vec<Repository<'_>> = others.cloned().collect();
        if sources.is_empty() {
            return;
        }
        let extent = if self.pruned_elsewhere { Extent::Newer } else { Extent::Missing };
        let healing = Healing { target, sources: &sources, state: self.state, extent };
        if let Ok(diagnosis) = healing.look() {
            healing.carry_out(diagnosis).ok();
        }
        let known = self.state.state().damaged();
        if !self.pruned_elsewhere && known.has_any(&target.storage().place()) {
            let healing = Healing { extent: Extent::Scrub, ..healing };
            if let Ok(diagnosis) = healing.look_at(&known) {
                healing.carry_out(diagnosis).ok();
            }
        }
    }

    /// What each place lacks of what others have. Where another machine prunes, that may be right.
    fn behind(&self, views: &[View]) -> Result<Vec<Behind>, Error> {
        if self.pruned_elsewhere {
            return Ok(Vec::new());
        }
        let pruned = self.state.state().pruned()?;
        let somewhere: BTreeSet<u64> =
            views.iter().flat_map(|view| view.numbers.iter().copied()).collect();
        let behind = |view: &View| {
            let missing = somewhere.difference(&view.numbers).copied();
            let numbers = missing.filter(|seq| !pruned.contains(*seq)).collect();
            Behind { place: view.place.clone(), numbers }
        };
        Ok(views.iter().map(behind).filter(|behind| !behind.numbers.is_empty()).collect())
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

/// What nothing was built on, because it is damaged in some place.
fn replaced(views: &[View]) -> Vec<(String, ObjectName)> {
    let of = |view: &View| {
        let place = view.place.clone();
        view.damaged
            .iter()
            .map(move |named| (place.clone(), named.name.clone()))
            .collect::<Vec<_>>()
    };
    views.iter().flat_map(of).collect()
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
