//! Which repository is in which place, as far as this machine knows: so that nobody can put another
//! one there unseen, even one that this machine has signed.

use std::path::{Path, PathBuf};

use crate::crypto::Digest;
use crate::snapshot::Error;
use crate::sys;

use super::Repository;
use super::commit::RepositoryId;
use super::text::{Lines, Malformed};

/// The file of one place is smaller (bytes): it has forty for each repository that was ever there.
const LIMIT: usize = 64 * 1024;

const FIRST_LINE: &str = "vaultctl-place 1";

/// The memory of all places.
pub struct KnownPlaces {
    folder: PathBuf,
}

impl KnownPlaces {
    /// What is kept below the state folder.
    #[must_use]
    pub fn of(state_folder: &Path) -> Self {
        Self { folder: state_folder.join("places") }
    }

    /// Refuses a repository in a place where this machine knows another one.
    ///
    /// # Errors
    /// [`Error::Replaced`]; [`Error::Damaged`] when the file is not ours; what the file system says.
    pub fn check(&self, repository: &Repository<'_>) -> Result<(), Error> {
        let place = repository.storage().place();
        let known = self.known(&place)?;
        let is_known = known.is_empty() || known.contains(repository.id());
        if is_known { Ok(()) } else { Err(Error::Replaced(place)) }
    }

    /// From now on this one is known there. Others stay so too: disks are changed.
    ///
    /// # Errors
    /// [`Error::Damaged`] when the file is not ours; what the file system says.
    pub fn remember(&self, repository: &Repository<'_>) -> Result<(), Error> {
        let place = repository.storage().place();
        let mut known = self.known(&place)?;
        if known.contains(repository.id()) {
            return Ok(());
        }
        known.push(repository.id().clone());
        sys::create_folder(&self.folder)?;
        Ok(sys::write_private(&self.file(&place), render(&known).as_bytes())?)
    }

    fn known(&self, place: &str) -> Result<Vec<RepositoryId>, Error> {
        let path = self.file(place);
        let Some(bytes) = sys::read(&path, LIMIT)? else {
            return Ok(Vec::new());
        };
        parse(&bytes).map_err(|reason| Error::damaged(path.display(), reason))
    }

    /// A place's name may hold anything, and be long.
    fn file(&self, place: &str) -> PathBuf {
        self.folder.join(Digest::of(place.as_bytes()).to_string())
    }
}

fn parse(bytes: &[u8]) -> Result<Vec<RepositoryId>, Malformed> {
    let mut lines = Lines::begin(bytes, FIRST_LINE)?;
    let mut known = Vec::new();
    while let Some(id) = lines.value_if("repo") {
        known.push(id.parse().map_err(|()| Malformed::new("`repo` names none"))?);
    }
    lines.end()?;
    Ok(known)
}

fn render(known: &[RepositoryId]) -> String {
    let lines: String = known.iter().map(|id| format!("repo {id}\n")).collect();
    format!("{FIRST_LINE}\n{lines}end\n")
}

#[cfg(test)]
mod tests {
    use crate::crypto::Signer;
    use crate::storage::Memory;

    use super::*;

    #[test]
    fn another_repository_of_the_same_signer_is_refused_until_somebody_wants_it() {
        let state = tempfile::tempdir().expect("a folder");
        let (places, signer) = (KnownPlaces::of(state.path()), Signer::from_seed(&[1; 32], "test"));
        let (one, other) = (Memory::default(), Memory::default());
        let one = Repository::init(&one, &signer).expect("makes");
        let other = Repository::init(&other, &signer).expect("makes");
        assert!(places.check(&one).is_ok(), "nothing is known yet");
        places.remember(&one).expect("writes");
        assert!(places.check(&one).is_ok());
        assert!(matches!(places.check(&other), Err(Error::Replaced(_))));
        places.remember(&other).expect("writes");
        assert!(places.check(&one).is_ok() && places.check(&other).is_ok());
    }

    #[test]
    fn a_file_that_is_not_ours_is_told() {
        for bad in ["", "vaultctl-place 2\nend\n", "vaultctl-place 1\nrepo x\nend\n"] {
            assert!(parse(bad.as_bytes()).is_err(), "{bad:?}");
        }
    }
}
