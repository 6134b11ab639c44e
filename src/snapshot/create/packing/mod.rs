//! Bulky files, stored in parts: what was stored before is only named again, and what is new goes
//! into packs.
//!
//! A file is not opened when nothing of it has changed, and read from where it was read to when it
//! has only grown. What is left to read is handed to workers, a run of neighbouring files at a time:
//! neighbours resemble each other, and compress together.

mod cache;
mod cutting;
mod reading;
mod worker;

use std::collections::{HashMap, HashSet};
use std::panic::resume_unwind;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::{self, ScopedJoinHandle};

use crate::crypto::{BlobId, DedupKey, Recipient, Sealed};
use crate::snapshot::Error;
use crate::snapshot::archive::{Recipe, Sum};
use crate::snapshot::progress::Progress;
use crate::snapshot::repository::commit::ObjectRef;
use crate::snapshot::repository::object::hands;
use crate::sys::{Facts, Kind, Spool};

use super::finding::Finding;
use super::profile::{Item, Plan};

pub(in crate::snapshot) use cache::Cache;

use cache::{PackRecord, Place, Record};
use reading::{Parted, Task};
use worker::{Done, Filled, Halt, Shop, Worker};

/// How much a worker takes at a time (bytes): half of what the compressor looks back on.
const RUN: u64 = 16 * 1024 * 1024;

/// A file in more parts than this is a candidate for being stored anew.
const MANY_PARTS: usize = 64;

/// All that storing parts depends on.
pub(super) struct Packing<'a> {
    /// What the parts' names depend on.
    pub(super) key: &'a DedupKey,
    /// Who can open the packs.
    pub(super) recipients: &'a [Recipient],
    /// Room for a pack that is not stored yet.
    pub(super) spool: &'a (dyn Fn() -> Result<Spool, Error> + Sync),
    /// Whether a pack counts only when it has been read again.
    pub(super) read_back: bool,
    /// Whether what has only grown is read from its beginning, to see whether that is true.
    pub(super) recheck: bool,
    /// Who is told how far it has come.
    pub(super) progress: &'a dyn Progress,
}

/// What storing the parts has come to.
pub(super) struct Parts {
    files: HashMap<Place, StoredFile>,
    /// The packs that the files need, sorted by digest.
    pub(super) packs: Vec<ObjectRef>,
    /// What is not as it should be.
    pub(super) findings: Vec<Finding>,
    /// What the next run may know.
    pub(super) cache: Cache,
}

/// A file that was stored in parts.
pub(super) struct StoredFile {
    /// What was true of it when it was read.
    pub(super) facts: Facts,
    /// What it is put together from; nothing, when it was empty.
    pub(super) recipe: Option<Recipe>,
    /// The sum of its bytes.
    pub(super) sum: Sum,
}

impl Parts {
    /// The file that lies at `place`, if it was stored in parts.
    pub(super) fn file(&self, place: Place) -> Option<&StoredFile> {
        self.files.get(&place)
    }
}

impl Packing<'_> {
    /// Stores what is new of the plan's bulky files; `store` is called with each pack, and fails
    /// when it is not stored.
    ///
    /// Only packs of which `is_there` says so are built on.
    ///
    /// # Errors
    /// See [`Error`]; then nothing is named that was stored.
    pub(super) fn run(
        &self,
        plan: &Plan,
        mut cache: Cache,
        is_there: &dyn Fn(&ObjectRef) -> bool,
        store: &mut dyn FnMut(&Sealed<Spool>) -> Result<(), Error>,
    ) -> Result<Parts, Error> {
        cache.keep_packs(|pack| is_there(&pack.object));
        let items = bulky(plan);
        let thin = thin_packs(&cache);
        cache.keep_packs(|pack| !thin.contains(&pack.object));
        let known = known_parts(&cache);
        let (mut files, tasks) = self.sort_out(&items, &mut cache, &known);
        let (done, packs) = self.work(known, &tasks, store)?;
        cache.packs.extend(packs);
        files.extend(done.files);
        Ok(finish(files, done.findings, cache))
    }

    /// What need not be opened, and what must be read.
    fn sort_out<'p>(
        &self,
        items: &[&'p Item],
        cache: &mut Cache,
        known: &HashSet<BlobId>,
    ) -> (Vec<Parted>, Vec<Task<'p>>) {
        let (mut same, mut tasks) = (Vec::new(), Vec::new());
        for item in items {
            let is_known =
                |record: &Record| record.parts.iter().all(|part| known.contains(&part.id));
            match cache.files.remove(&item.facts.place).filter(is_known) {
                Some(record) if self.is_same(&record, item) => {
                    let facts = item.facts;
                    same.push(Parted { planned: facts.place, facts, record });
                }
                before => {
                    let before = before.filter(|before| may_build_on(before, item));
                    tasks.push(Task { item, before, recheck: self.recheck });
                }
            }
        }
        tasks.sort_by(|one, other| neighbours(one.item).cmp(&neighbours(other.item)));
        (same, tasks)
    }

    /// Whether the file need not be opened.
    fn is_same(&self, record: &Record, item: &Item) -> bool {
        let is_due = self.recheck && !record.proven;
        record.is_of(&item.facts) && !is_due && !is_scattered(record)
    }

    /// Has the tasks done, by as many hands as there are processors.
    fn work(
        &self,
        known: HashSet<BlobId>,
        tasks: &[Task<'_>],
        store: &mut dyn FnMut(&Sealed<Spool>) -> Result<(), Error>,
    ) -> Result<(Done, Vec<PackRecord>), Error> {
        self.progress.will_read(tasks.iter().map(Task::size).sum());
        let shop = Shop {
            key: self.key,
            recipients: self.recipients,
            spool: self.spool,
            read_back: self.read_back,
            progress: self.progress,
            known: Mutex::new(known),
        };
        let runs = runs(tasks);
        let taken = AtomicUsize::new(0);
        let next = || runs.get(taken.fetch_add(1, Ordering::Relaxed)).copied();
        thread::scope(|scope| {
            let (sender, filled) = sync_channel(1);
            let hands: Vec<_> = (0..hands().min(runs.len()))
                .map(|_| Worker::new(&shop, sender.clone()))
                .map(|worker| worker.map(|worker| scope.spawn(|| worker.run(&next))))
                .collect::<Result<_, _>>()?;
            drop(sender);
            let stored = store_all(filled, store);
            let done = gather(hands)?;
            Ok((done, stored?))
        })
    }
}

/// Stores each pack as it comes; when one can not be stored, the workers find nobody to take theirs.
fn store_all(
    filled: Receiver<Filled>,
    store: &mut dyn FnMut(&Sealed<Spool>) -> Result<(), Error>,
) -> Result<Vec<PackRecord>, Error> {
    let mut packs = Vec::new();
    for filled in filled {
        store(&filled.sealed)?;
        packs.push(filled.record());
    }
    Ok(packs)
}

/// What all workers have done. One that stopped because nobody took its pack has nothing to tell.
fn gather(hands: Vec<ScopedJoinHandle<'_, Result<Done, Halt>>>) -> Result<Done, Error> {
    let mut all = Done::default();
    for hand in hands {
        match hand.join().unwrap_or_else(|panic| resume_unwind(panic)) {
            Ok(done) => {
                all.files.extend(done.files);
                all.findings.extend(done.findings);
            }
            Err(Halt::Error(error)) => return Err(error),
            Err(Halt::Stopped(_)) => {}
        }
    }
    all.findings.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(all)
}

/// The plan's files that are stored in parts, each once, whatever names it has.
fn bulky(plan: &Plan) -> Vec<&Item> {
    let mut seen = HashSet::new();
    let is_bulky = |item: &&Item| item.in_parts && item.facts.kind == Kind::File;
    let bulky = plan.items.iter().filter(is_bulky);
    bulky.filter(|item| item.facts.size > 0 && seen.insert(item.facts.place)).collect()
}

/// Neighbours, in folder and time, resemble each other.
fn neighbours(item: &Item) -> (Option<&std::path::Path>, (i64, i64)) {
    (item.source.parent(), item.facts.mtime)
}

/// Cuts the tasks into runs of about [`RUN`] bytes.
fn runs<'t, 'p>(tasks: &'t [Task<'p>]) -> Vec<&'t [Task<'p>]> {
    let mut size = 0;
    let together = |one: &Task<'_>, _: &Task<'_>| {
        size += one.size();
        let goes_on = size < RUN;
        if !goes_on {
            size = 0;
        }
        goes_on
    };
    tasks.chunk_by(together).collect()
}

fn known_parts(cache: &Cache) -> HashSet<BlobId> {
    cache.packs.iter().flat_map(|pack| &pack.parts).map(|part| part.id).collect()
}

/// Whether what is new of a file can be told from what was stored of it; one that is quiet, and in
/// too many parts, is cut anew.
fn may_build_on(before: &Record, item: &Item) -> bool {
    let is_quiet = before.is_of(&item.facts);
    item.grows() && before.may_have_grown_to(&item.facts) && !(is_quiet && is_scattered(before))
}

/// A file that is in many more parts than it would be if it were cut anew.
fn is_scattered(record: &Record) -> bool {
    let parts = record.parts.len();
    parts > MANY_PARTS && parts as u64 > 2 * cutting::fewest(record.size())
}

/// The packs less than half of which the files needed the last time: what they need of them is stored
/// again, and prune can remove them one day. Not what they need now: where a disk has come back under
/// another number, no file is found again by its place, and nothing would seem to be needed.
fn thin_packs(cache: &Cache) -> HashSet<ObjectRef> {
    let parts = cache.files.values().flat_map(|record| &record.parts);
    let needed: HashSet<BlobId> = parts.map(|part| part.id).collect();
    let is_thin = |pack: &&PackRecord| {
        let live = pack.parts.iter().filter(|part| needed.contains(&part.id));
        live.map(|part| part.size).sum::<u64>() * 2 < pack.size()
    };
    cache.packs.iter().filter(is_thin).map(|pack| pack.object).collect()
}

/// Puts together what was known and what was read.
fn finish(files: Vec<Parted>, findings: Vec<Finding>, mut cache: Cache) -> Parts {
    let needed: HashSet<BlobId> =
        files.iter().flat_map(|file| &file.record.parts).map(|part| part.id).collect();
    cache.keep_packs(|pack| pack.parts.iter().any(|part| needed.contains(&part.id)));
    let mut packs: Vec<ObjectRef> = cache.packs.iter().map(|pack| pack.object).collect();
    packs.sort_unstable_by_key(|pack| pack.digest);
    let stored = |Parted { planned, facts, record }: &Parted| {
        let recipe = Recipe::of(record.parts.clone());
        (*planned, StoredFile { facts: *facts, recipe, sum: record.sum.finish() })
    };
    let stored_files = files.iter().map(stored).collect();
    cache.files = files.into_iter().map(|file| (file.facts.place, file.record)).collect();
    Parts { files: stored_files, packs, findings, cache }
}
