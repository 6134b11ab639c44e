//! The destinations of one run: the same repository, with the same bytes, in several places.

use std::cell::RefCell;

use crate::snapshot::Error;
use crate::snapshot::repository::Repository;

/// A destination that a run had to leave behind.
#[derive(Debug)]
pub struct Lost {
    /// What it is called.
    pub place: String,
    /// Why.
    pub error: Error,
}

/// The destinations that are still with us. One that fails is left behind and does not get this
/// run's snapshot; the last one may not fail.
pub(super) struct Mirrors<'r, 's> {
    all: &'r [Repository<'s>],
    lost: RefCell<Vec<(usize, Error)>>,
}

impl<'r, 's> Mirrors<'r, 's> {
    pub(super) fn new(all: &'r [Repository<'s>]) -> Self {
        Self { all, lost: RefCell::new(Vec::new()) }
    }

    /// Does something with each destination, and answers what came of it where it went well.
    ///
    /// # Errors
    /// When there is none left: why the last one failed.
    pub(super) fn each<T>(
        &self,
        action: impl Fn(&'r Repository<'s>) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        let mut done = Vec::new();
        for (number, repository) in self.all.iter().enumerate() {
            if self.is_lost(number) {
                continue;
            }
            match action(repository) {
                Ok(answer) => done.push(answer),
                Err(error) => self.lost.borrow_mut().push((number, error)),
            }
        }
        if done.is_empty() { Err(self.last_error()) } else { Ok(done) }
    }

    /// Those that were left behind.
    pub(super) fn into_lost(self) -> Vec<Lost> {
        let lost = self.lost.into_inner().into_iter();
        lost.map(|(number, error)| Lost { place: self.all[number].storage().place(), error })
            .collect()
    }

    fn is_lost(&self, number: usize) -> bool {
        self.lost.borrow().iter().any(|(lost, _)| *lost == number)
    }

    fn last_error(&self) -> Error {
        let last = self.lost.borrow_mut().pop();
        last.map_or_else(|| Error::NoRepository("nowhere".to_owned()), |(_, error)| error)
    }
}
