//! Filling files from packs: each pack is read once, by as many hands as there are processors, and
//! each part of it is written to every place that it belongs to.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use crate::crypto::{BlobId, DedupKey, Identity};
use crate::storage::Storage;
use crate::sys::{Folder, in_parallel, processors};

use super::Error;
use super::archive::Part;
use super::commit::ObjectRef;
use super::extract::Unfilled;
use super::object::read_parts;

/// What filling depends on.
pub(super) struct Filling<'a> {
    pub(super) storage: &'a dyn Storage,
    pub(super) identity: &'a Identity,
    /// What the parts' names depend on.
    pub(super) key: &'a DedupKey,
    /// The folder that the files are in.
    pub(super) target: &'a Folder,
    /// Whether to go on.
    pub(super) check: &'a (dyn Fn() -> Result<(), Error> + Sync),
}

/// Where parts go: the file, and where in it.
type Places<'f> = HashMap<Part, Vec<(&'f Unfilled, u64)>>;

impl Filling<'_> {
    /// Fills the files from the packs.
    ///
    /// # Errors
    /// [`Error::Damaged`] when a pack is not what was signed, or a part is in none of them.
    pub(super) fn run(&self, files: &[Unfilled], packs: &[ObjectRef]) -> Result<(), Error> {
        let places = places(files);
        let missing: Mutex<HashSet<BlobId>> =
            Mutex::new(places.keys().map(|part| part.id).collect());
        let read = in_parallel(packs, processors(), |pack| self.read(*pack, &places, &missing));
        read.into_iter().collect::<Result<(), Error>>()?;
        match missing.into_inner().unwrap_or_else(PoisonError::into_inner).into_iter().next() {
            Some(id) => Err(Error::damaged(id, "this part is in no pack of the snapshot")),
            None => Ok(()),
        }
    }

    fn read(
        &self,
        pack: ObjectRef,
        places: &Places<'_>,
        missing: &Mutex<HashSet<BlobId>>,
    ) -> Result<(), Error> {
        let mut bytes = Vec::new();
        read_parts(self.storage, pack, self.identity, &mut |part, source| {
            (self.check)()?;
            let Some(wanted) = places.get(&part) else {
                return Ok(());
            };
            bytes.clear();
            source.read_to_end(&mut bytes)?;
            if self.key.id_of(&bytes) != part.id {
                return Err(Error::member(part.id, "it is not what its name says"));
            }
            for (file, offset) in wanted {
                self.target.write_into(&file.path, *offset, &bytes)?;
            }
            missing.lock().unwrap_or_else(PoisonError::into_inner).remove(&part.id);
            Ok(())
        })
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
