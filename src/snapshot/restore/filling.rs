//! Filling files from packs: each pack is read once, by as many hands as there are processors, and
//! each part of it is written to every place that it belongs to.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::crypto::{DedupKey, Identity};
use crate::snapshot::Error;
use crate::snapshot::archive::Part;
use crate::snapshot::repository::commit::ObjectRef;
use crate::snapshot::repository::object::{hands, read_parts};
use crate::storage::Storage;
use crate::sys::{Folder, in_parallel};

use super::extract::Unfilled;
use super::sources::Sources;

/// What filling depends on.
pub(super) struct Filling<'a> {
    pub(super) sources: &'a Sources<'a>,
    pub(super) identity: &'a Identity,
    /// Where the parts go.
    pub(super) sink: &'a dyn Sink,
    /// Whether to go on.
    pub(super) check: &'a (dyn Fn() -> Result<(), Error> + Sync),
}

/// Something that parts are put into; more than once, perhaps, and by several hands.
pub(super) trait Sink: Sync {
    /// Puts a part of the file `path` at `offset` in it.
    fn put(&self, path: &Path, offset: u64, part: &[u8]) -> Result<(), Error>;
}

impl Sink for Folder {
    fn put(&self, path: &Path, offset: u64, part: &[u8]) -> Result<(), Error> {
        Ok(self.write_into(path, offset, part)?)
    }
}

/// Where parts go: the file, and where in it.
type Places<'f> = HashMap<Part, Vec<(&'f Unfilled, u64)>>;

impl Filling<'_> {
    /// Fills the files from the packs, of which no more are begun when nothing is missing any more.
    /// A pack that can not be read matters only if it holds what no other does; the answer is what
    /// was wrong with such as do not matter.
    ///
    /// # Errors
    /// [`Error::Damaged`] when a pack is not what was signed, or a part is in none of them.
    pub(super) fn run(
        &self,
        files: &[Unfilled],
        key: Option<&DedupKey>,
        packs: &[ObjectRef],
    ) -> Result<Vec<Error>, Error> {
        if files.is_empty() {
            return Ok(Vec::new());
        }
        let key = key.ok_or_else(|| Error::member("META.json", "it names no key"))?;
        let places = places(files);
        let missing = Mutex::new(places.keys().copied().collect());
        let wanted = WantedParts { key, places, missing };
        let read = in_parallel(packs, hands(), |pack| self.read(*pack, &wanted));
        let mut unread = Vec::new();
        for read in read {
            match read {
                Err(error @ (Error::Damaged { .. } | Error::Storage(_))) => unread.push(error),
                read => read?,
            }
        }
        match wanted.first_missing() {
            None => Ok(unread),
            Some(part) => Err(unread.into_iter().next().unwrap_or_else(|| {
                Error::damaged(part.id, "this part is in no pack of the snapshot")
            })),
        }
    }

    fn read(&self, pack: ObjectRef, wanted: &WantedParts<'_>) -> Result<(), Error> {
        if wanted.first_missing().is_none() {
            return Ok(());
        }
        self.sources.first(|storage| self.read_from(storage, pack, wanted))
    }

    fn read_from(
        &self,
        storage: &dyn Storage,
        pack: ObjectRef,
        wanted: &WantedParts<'_>,
    ) -> Result<(), Error> {
        let mut bytes = Vec::new();
        read_parts(storage, pack, self.identity, &mut |part, source| {
            (self.check)()?;
            let Some(places) = wanted.places.get(&part) else {
                return Ok(());
            };
            bytes.clear();
            source.read_to_end(&mut bytes)?;
            if wanted.key.id_of(&bytes) != part.id {
                return Err(Error::member(part.id, "it is not what its name says"));
            }
            for (file, offset) in places {
                self.sink.put(&file.path, *offset, &bytes)?;
            }
            wanted.found(&part);
            Ok(())
        })
    }
}

/// What is looked for in the packs.
struct WantedParts<'f> {
    /// What the parts' names depend on.
    key: &'f DedupKey,
    places: Places<'f>,
    missing: Mutex<HashSet<Part>>,
}

impl WantedParts<'_> {
    fn found(&self, part: &Part) {
        self.missing().remove(part);
    }

    fn first_missing(&self) -> Option<Part> {
        self.missing().iter().next().copied()
    }

    fn missing(&self) -> MutexGuard<'_, HashSet<Part>> {
        self.missing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn places(files: &[Unfilled]) -> Places<'_> {
    let mut places = Places::new();
    for file in files {
        let mut offset = 0;
        for part in file.recipe.parts() {
            places.entry(*part).or_default().push((file, offset));
            offset += part.size;
        }
    }
    places
}
