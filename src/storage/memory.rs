//! Objects in memory, for tests: quick to fill, to look at and to damage.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use super::{Body, Error, Listed, ObjectName, Put, Storage};

/// Holds its objects as long as it lives.
#[derive(Default)]
pub(crate) struct Memory(RefCell<BTreeMap<ObjectName, Vec<u8>>>);

impl Memory {
    /// The name of every object.
    pub(crate) fn names(&self) -> Vec<ObjectName> {
        self.0.borrow().keys().cloned().collect()
    }

    /// An object's bytes.
    pub(crate) fn bytes(&self, name: &ObjectName) -> Vec<u8> {
        self.0.borrow()[name].clone()
    }

    /// Makes an object what no writer would.
    pub(crate) fn tamper(&self, name: &ObjectName, bytes: Vec<u8>) {
        self.0.borrow_mut().insert(name.clone(), bytes);
    }
}

impl Storage for Memory {
    fn place(&self) -> String {
        "memory".to_owned()
    }

    fn put(&self, name: &ObjectName, body: &Body<'_>) -> Result<Put, Error> {
        if self.0.borrow().contains_key(name) {
            return Ok(Put::AlreadyThere);
        }
        let mut bytes = Vec::new();
        let read = body.reader().read_to_end(&mut bytes);
        read.map_err(|source| Error::Broken { name: name.clone(), source })?;
        self.tamper(name, bytes);
        Ok(Put::Stored)
    }

    fn get(&self, name: &ObjectName) -> Result<Box<dyn Read + '_>, Error> {
        let bytes = self.0.borrow().get(name).cloned();
        let bytes = bytes.ok_or_else(|| Error::NotFound(name.clone()))?;
        Ok(Box::new(Cursor::new(bytes)))
    }

    fn head(&self, name: &ObjectName) -> Result<Option<u64>, Error> {
        Ok(self.0.borrow().get(name).map(|bytes| bytes.len() as u64))
    }

    fn list(&self, folder: &ObjectName) -> Result<Vec<Listed>, Error> {
        let prefix = format!("{folder}/");
        let objects = self.0.borrow();
        let below = objects.iter().filter(|(name, _)| name.as_str().starts_with(&prefix));
        let listed =
            below.map(|(name, bytes)| Listed { name: name.clone(), size: bytes.len() as u64 });
        Ok(listed.collect())
    }

    fn delete(&self, name: &ObjectName) -> Result<(), Error> {
        self.0.borrow_mut().remove(name);
        Ok(())
    }
}
