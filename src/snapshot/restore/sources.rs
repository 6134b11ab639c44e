//! The places that something is read from: the same repository, with the same bytes, in several of
//! them. What is missing, damaged or out of reach in one is taken from the next.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::snapshot::Error;
use crate::snapshot::create::mirrors::Lost;
use crate::snapshot::repository::Repository;
use crate::snapshot::state::State;
use crate::snapshot::state::damaged::Seen;
use crate::storage::Storage;

/// The places, the preferred one first.
pub(super) struct Sources<'a> {
    repositories: &'a [Repository<'a>],
    state: &'a State,
    passed_over: Mutex<Vec<Lost>>,
}

impl<'a> Sources<'a> {
    pub(super) fn new(repositories: &'a [Repository<'a>], state: &'a State) -> Self {
        Self { repositories, state, passed_over: Mutex::new(Vec::new()) }
    }

    /// What `read` makes of the first place where it succeeds. It begins anew with each place, and
    /// what it has done with one that failed must not matter.
    ///
    /// # Errors
    /// When it succeeds nowhere: what was wrong with the first place. What is not the place's fault
    /// (a full disk here, a wrong key) ends it at once.
    pub(super) fn first<T>(
        &self,
        mut read: impl FnMut(&'a dyn Storage) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut failed = Vec::new();
        for repository in self.repositories {
            match read(repository.storage()) {
                Ok(done) => {
                    self.passed_over().extend(failed);
                    return Ok(done);
                }
                Err(error @ (Error::Damaged { .. } | Error::Storage(_))) => {
                    let place = repository.storage().place();
                    self.remember(&place, &error);
                    failed.push(Lost { place, error });
                }
                Err(error) => return Err(error),
            }
        }
        let first = failed.into_iter().next();
        Err(first.map_or_else(|| Error::NoRepository("nowhere".to_owned()), |lost| lost.error))
    }

    /// No further snapshot should be built on what is damaged. That this can not be written down is
    /// no reason to restore nothing.
    fn remember(&self, place: &str, error: &Error) {
        let mut seen = Seen::default();
        if let Error::Damaged { object, .. } = error
            && let Ok(name) = object.parse()
        {
            seen.damaged(&name);
        }
        self.state.note(place, &seen).ok();
    }

    /// Where something was not as it should be, and another place made up for it.
    pub(super) fn into_passed_over(self) -> Vec<Lost> {
        self.passed_over.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn passed_over(&self) -> MutexGuard<'_, Vec<Lost>> {
        self.passed_over.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
