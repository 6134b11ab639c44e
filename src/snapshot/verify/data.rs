//! The deepest verification: everything is opened and read, and what each snapshot is put together
//! from is found in the packs that its commit names.
//!
//! Packs are read once, however many snapshots need them, and what is remembered of them is which
//! parts they hold; so the memory that this takes does not grow with the number of snapshots.

use std::collections::{HashMap, HashSet};

use crate::crypto::{DedupKey, Digest, Identity};
use crate::snapshot::Error;
use crate::snapshot::archive::{Content, Contents, Part, Visit};
use crate::snapshot::repository::commit::{Commit, ObjectRef, Totals};
use crate::snapshot::repository::object::{Named, hands, read_parts, read_snapshot};
use crate::storage::Storage;
use crate::sys::in_parallel;

use super::Report;

/// What reading everything depends on.
pub(super) struct Data<'a> {
    pub(super) storage: &'a dyn Storage,
    pub(super) identity: &'a Identity,
}

/// Which packs hold a part; each pack by its place in the list.
type Held = HashMap<Part, Vec<usize>>;

/// A pack to be read, with the key that its parts are named by.
struct Pack<'k> {
    object: ObjectRef,
    key: &'k DedupKey,
}

impl Data<'_> {
    /// Reads every object that these commits name, but for those that have a fault already.
    ///
    /// # Errors
    /// What kept it from looking; what it has seen is in the report.
    pub(super) fn check(&self, commits: &[&Commit], report: &mut Report) -> Result<(), Error> {
        let keys = self.read_snapshots(commits, report)?;
        let packs = packs(commits, &keys, report);
        self.scrub_others(commits, &packs, report)?;
        let held = self.read_packs(&packs, report)?;
        let places = packs.iter().enumerate().map(|(place, pack)| (pack.object.digest, place));
        let places: HashMap<Digest, usize> = places.collect();
        for (object, commit) in with_parts(commits) {
            let named = Named::snapshot(object);
            if !report.has_fault(&named.name) {
                let packs =
                    commit.packs.iter().filter_map(|pack| places.get(&pack.digest).copied());
                let found = self.find_parts(commit, &packs.collect(), &held);
                report.note(found)?;
            }
        }
        Ok(())
    }

    /// Reads the snapshot objects, each once; the answer is the key that each has.
    fn read_snapshots(
        &self,
        commits: &[&Commit],
        report: &mut Report,
    ) -> Result<HashMap<Digest, DedupKey>, Error> {
        let mut keys = HashMap::new();
        let mut seen = HashSet::new();
        for commit in commits.iter().filter(|commit| seen.insert((commit.object, commit.totals))) {
            if report.has_fault(&Named::snapshot(commit.object).name) {
                continue;
            }
            let read = self.read_snapshot(commit.object, commit.totals, &mut |_, _| Ok(()));
            let read = read.map(|Contents { key, .. }| {
                keys.extend(key.map(|key| (commit.object.digest, key)));
            });
            report.note_read(&Named::snapshot(commit.object).name, read)?;
        }
        Ok(keys)
    }

    fn read_snapshot(
        &self,
        object: ObjectRef,
        limit: Totals,
        visit: &mut Visit<'_>,
    ) -> Result<Contents, Error> {
        read_snapshot(self.storage, object, limit, self.identity, visit)
    }

    /// Reads the packs and names their parts again; the answer is which of them hold what.
    fn read_packs(&self, packs: &[Pack<'_>], report: &mut Report) -> Result<Held, Error> {
        let read = in_parallel(packs, hands(), |pack| self.read_pack(pack));
        let mut held = Held::new();
        for (place, (pack, parts)) in packs.iter().zip(read).enumerate() {
            let read = parts.map(|parts| {
                parts.into_iter().for_each(|part| held.entry(part).or_default().push(place));
            });
            report.note_read(&Named::pack(pack.object).name, read)?;
        }
        Ok(held)
    }

    /// Packs of which nobody knows the key are compared with their hashes all the same.
    fn scrub_others(
        &self,
        commits: &[&Commit],
        read: &[Pack<'_>],
        report: &mut Report,
    ) -> Result<(), Error> {
        let mut seen: HashSet<Digest> = read.iter().map(|pack| pack.object.digest).collect();
        for pack in commits.iter().flat_map(|commit| &commit.packs) {
            let named = Named::pack(*pack);
            if seen.insert(pack.digest) && !report.has_fault(&named.name) {
                report.note_read(&named.name, named.scrub(self.storage))?;
            }
        }
        Ok(())
    }

    fn read_pack(&self, pack: &Pack<'_>) -> Result<Vec<Part>, Error> {
        let mut parts = Vec::new();
        read_parts(self.storage, pack.object, self.identity, &mut |part, source| {
            let (id, size) = pack.key.id_of_stream(source)?;
            if part == (Part { id, size }) {
                parts.push(part);
                Ok(())
            } else {
                Err(Error::member(part.id, "it is not what its name says"))
            }
        })?;
        Ok(parts)
    }

    /// Looks whether each file can be put together from these packs.
    fn find_parts(
        &self,
        commit: &Commit,
        packs: &HashSet<usize>,
        held: &Held,
    ) -> Result<(), Error> {
        let is_held = |part: &Part| {
            held.get(part).is_some_and(|places| places.iter().any(|place| packs.contains(place)))
        };
        self.read_snapshot(commit.object, commit.totals, &mut |member, _| match &member.content {
            Content::Parts(recipe) if !recipe.parts().iter().all(is_held) => {
                Err(Error::member(&member.path, "a part of it is in no sound pack"))
            }
            _ => Ok(()),
        })
        .map(|_| ())
    }
}

/// The packs that commits name, each once; what has a fault already is left out, and so are those
/// of a snapshot that could not be read, because nobody else knows the key.
fn packs<'k>(
    commits: &[&Commit],
    keys: &'k HashMap<Digest, DedupKey>,
    report: &Report,
) -> Vec<Pack<'k>> {
    let mut seen = HashSet::new();
    let mut packs = Vec::new();
    for commit in commits {
        let Some(key) = keys.get(&commit.object.digest) else {
            continue;
        };
        let fresh = commit.packs.iter().filter(|pack| {
            !report.has_fault(&Named::pack(**pack).name) && seen.insert(pack.digest)
        });
        packs.extend(fresh.map(|object| Pack { object: *object, key }));
    }
    packs
}

/// The snapshots that need packs, each object once with the same packs.
fn with_parts<'c>(commits: &[&'c Commit]) -> Vec<(ObjectRef, &'c Commit)> {
    let mut seen = HashSet::new();
    let fresh = commits.iter().filter(|commit| seen.insert((commit.object, commit.packs.clone())));
    fresh.filter(|commit| !commit.packs.is_empty()).map(|commit| (commit.object, *commit)).collect()
}
