//! The proof that a restore asks for.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::snapshot::Error;
use crate::snapshot::repository::commit::{Commit, SnapshotId};
use crate::snapshot::repository::{Entry, Repository, Standing, commit_name};
use crate::snapshot::state::Pin;

/// The proof that a snapshot is rightly signed and no older than it may be; so it says which bytes
/// its objects must have. Made here only; nothing is restored without it, and nothing that was
/// restored appears before every object has turned out to have those bytes.
pub struct Verified {
    commit: Commit,
}

impl Verified {
    /// What was signed.
    #[must_use]
    pub fn commit(&self) -> &Commit {
        &self.commit
    }

    /// Proves a snapshot: the one that is named, or the newest. Of a repository in several places,
    /// it is enough that one of them has it whole.
    ///
    /// # Errors
    /// [`Error::Damaged`], [`Error::RolledBack`], [`Error::Newer`], [`Error::NotFound`],
    /// [`Error::Empty`], [`Error::Another`]; there is no way round them. What a storage says, when
    /// none of them can be listed.
    pub fn prove(
        repositories: &[Repository<'_>],
        pin: Option<Pin>,
        wanted: Option<SnapshotId>,
    ) -> Result<Self, Error> {
        let mut entries = merged(repositories)?;
        let entry = match wanted {
            Some(id) => {
                entries.remove(&(id.seq, id.time)).ok_or(Error::NotFound(id.to_string()))?
            }
            None => newest(repositories, entries, pin)?,
        };
        Self::of(entry)
    }

    /// What is rightly signed, of the entries that a repository lists.
    pub(in crate::snapshot) fn of(entry: Entry) -> Result<Self, Error> {
        match entry.standing {
            Standing::Whole { commit, .. } => Ok(Self { commit: *commit }),
            Standing::Newer => Err(Error::Newer(commit_name(&entry.id).to_string())),
            Standing::Damaged(reason) => Err(Error::damaged(commit_name(&entry.id), reason)),
        }
    }
}

/// What is there, by number and time.
pub(in crate::snapshot) type Entries = BTreeMap<(u64, Timestamp), Entry>;

/// The commits of all places; of one that several have, a whole one.
pub(in crate::snapshot) fn merged(repositories: &[Repository<'_>]) -> Result<Entries, Error> {
    let (mut entries, mut unlisted) = (Entries::new(), None);
    for repository in repositories {
        expect_same(&repositories[0], repository)?;
        match repository.commits() {
            Ok(listing) => listing.entries.into_iter().for_each(|entry| add(&mut entries, entry)),
            Err(error) => unlisted = unlisted.or(Some(error)),
        }
    }
    match unlisted {
        Some(error) if entries.is_empty() => Err(error),
        _ => Ok(entries),
    }
}

fn expect_same(first: &Repository<'_>, other: &Repository<'_>) -> Result<(), Error> {
    if first.id() == other.id() {
        Ok(())
    } else {
        Err(Error::Another(other.storage().place(), first.storage().place()))
    }
}

fn add(entries: &mut Entries, entry: Entry) {
    let key = (entry.id.seq, entry.id.time);
    let is_whole = |entry: &Entry| matches!(entry.standing, Standing::Whole { .. });
    if !entries.get(&key).is_some_and(is_whole) {
        entries.insert(key, entry);
    }
}

/// Nobody has turned back time.
pub(in crate::snapshot) fn expect_no_older(
    entries: &Entries,
    pin: Option<Pin>,
) -> Result<(), Error> {
    let newest = entries.last_key_value().map_or(0, |((seq, _), _)| *seq);
    match pin.filter(|pin| pin.seq > newest) {
        Some(pin) => Err(Error::RolledBack { newest, known: pin.seq }),
        None => Ok(()),
    }
}

fn newest(
    repositories: &[Repository<'_>],
    mut entries: Entries,
    pin: Option<Pin>,
) -> Result<Entry, Error> {
    expect_no_older(&entries, pin)?;
    let newest = entries.pop_last().map(|(_, entry)| entry);
    let places = repositories.iter().map(|repository| repository.storage().place());
    newest.ok_or_else(|| Error::Empty(places.collect::<Vec<_>>().join("`, `")))
}
