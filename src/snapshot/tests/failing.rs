//! A storage that fails once, and then works again: as a connection does, or a killed run.

use std::io::Read;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::storage::{Body, Error, Listed, Memory, ObjectName, Put, Storage};

/// When it fails.
#[derive(Clone, Copy, Debug)]
pub(super) enum Moment {
    /// Nothing was done.
    Before,
    /// It was done, and nobody hears of it.
    After,
}

/// Fails at the operation of this number, and at all that follow.
pub(super) struct Failing<'m> {
    pub(super) memory: &'m Memory,
    pub(super) moment: Moment,
    left: AtomicUsize,
}

impl<'m> Failing<'m> {
    pub(super) fn after(operations: usize, moment: Moment, memory: &'m Memory) -> Self {
        Self { memory, moment, left: AtomicUsize::new(operations) }
    }

    fn fails(&self) -> bool {
        let spent = |left: usize| left.checked_sub(1);
        self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, spent).is_err()
    }

    fn tried<T>(&self, operation: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
        if !self.fails() {
            return operation();
        }
        if let Moment::After = self.moment {
            drop(operation());
        }
        Err(Error::Unreachable(self.place()))
    }
}

impl Storage for Failing<'_> {
    fn place(&self) -> String {
        self.memory.place()
    }

    fn put(&self, name: &ObjectName, body: &Body<'_>) -> Result<Put, Error> {
        self.tried(|| self.memory.put(name, body))
    }

    fn get(&self, name: &ObjectName) -> Result<Box<dyn Read + '_>, Error> {
        self.tried(|| self.memory.get(name))
    }

    fn head(&self, name: &ObjectName) -> Result<Option<u64>, Error> {
        self.tried(|| self.memory.head(name))
    }

    fn list(&self, folder: &ObjectName) -> Result<Vec<Listed>, Error> {
        self.tried(|| self.memory.list(folder))
    }

    fn delete(&self, name: &ObjectName) -> Result<(), Error> {
        self.tried(|| self.memory.delete(name))
    }
}
