//! A second place, which has another name and may have other rights.

use std::io::Read;

use crate::storage::{Body, Error, Listed, Memory, ObjectName, Put, Storage};

/// What may be done there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rights {
    /// Everything.
    All,
    /// What `snapshot init --policy` prints: to add, to list, and to read clear text.
    Writer,
}

/// The place.
pub(super) struct Elsewhere {
    pub(super) memory: Memory,
    pub(super) rights: Rights,
}

impl Elsewhere {
    fn denied(&self, right: &'static str) -> Error {
        Error::Denied { place: self.place(), right }
    }
}

impl Storage for Elsewhere {
    fn place(&self) -> String {
        "elsewhere".to_owned()
    }

    fn put(&self, name: &ObjectName, body: &Body<'_>) -> Result<Put, Error> {
        self.memory.put(name, body)
    }

    fn get(&self, name: &ObjectName) -> Result<Box<dyn Read + '_>, Error> {
        if self.rights == Rights::Writer && name.as_str().ends_with(".age") {
            return Err(self.denied("read objects"));
        }
        self.memory.get(name)
    }

    fn head(&self, name: &ObjectName) -> Result<Option<u64>, Error> {
        self.memory.head(name)
    }

    fn list(&self, folder: &ObjectName) -> Result<Vec<Listed>, Error> {
        self.memory.list(folder)
    }

    fn delete(&self, name: &ObjectName) -> Result<(), Error> {
        match self.rights {
            Rights::All => self.memory.delete(name),
            Rights::Writer => Err(self.denied("remove objects")),
        }
    }
}
