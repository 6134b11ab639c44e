//! The proof that a restore asks for.

use super::Error;
use super::commit::{Commit, SnapshotId};
use super::repository::{Entry, Listing, Repository, Standing, commit_name};
use super::state::Pin;

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

    /// Proves a snapshot: the one that is named, or the newest.
    ///
    /// # Errors
    /// [`Error::Damaged`], [`Error::RolledBack`], [`Error::Newer`], [`Error::NotFound`],
    /// [`Error::Empty`]; there is no way round them.
    pub fn prove(
        repository: &Repository<'_>,
        pin: Option<Pin>,
        wanted: Option<SnapshotId>,
    ) -> Result<Self, Error> {
        let listing = repository.commits()?;
        let entry = match wanted {
            Some(id) => listing
                .entries
                .into_iter()
                .find(|entry| entry.id == id)
                .ok_or(Error::NotFound(id.to_string()))?,
            None => newest(repository, listing, pin)?,
        };
        let commit = match entry.standing {
            Standing::Whole { commit, .. } => *commit,
            Standing::Newer => return Err(Error::Newer(commit_name(&entry.id).to_string())),
            Standing::Damaged(reason) => {
                return Err(Error::damaged(commit_name(&entry.id), reason));
            }
        };
        Ok(Self { commit })
    }
}

fn newest(repository: &Repository<'_>, listing: Listing, pin: Option<Pin>) -> Result<Entry, Error> {
    let newest = listing.entries.into_iter().next_back();
    let seq = newest.as_ref().map_or(0, |entry| entry.id.seq);
    if let Some(pin) = pin.filter(|pin| pin.seq > seq) {
        return Err(Error::RolledBack { newest: seq, known: pin.seq });
    }
    newest.ok_or_else(|| Error::Empty(repository.storage().place()))
}
