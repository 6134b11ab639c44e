//! Objects in memory, for tests: quick to fill, to look at and to damage.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use super::{Body, Error, Listed, ObjectName, Put, Storage};

/// Holds its objects as long as it lives.
#[derive(Default)]
pub(crate) struct Memory {
    objects: Mutex<BTreeMap<ObjectName, Object>>,
    clock: Mutex<Timestamp>,
}

#[derive(Clone)]
struct Object {
    bytes: Vec<u8>,
    stored: Timestamp,
}

impl Memory {
    /// The name of every object.
    pub(crate) fn names(&self) -> Vec<ObjectName> {
        self.objects().keys().cloned().collect()
    }

    /// An object's bytes.
    pub(crate) fn bytes(&self, name: &ObjectName) -> Vec<u8> {
        self.objects()[name].bytes.clone()
    }

    /// Makes an object what no writer would.
    pub(crate) fn tamper(&self, name: &ObjectName, bytes: Vec<u8>) {
        let stored = *held(&self.clock);
        self.objects().insert(name.clone(), Object { bytes, stored });
    }

    /// Another storage with the same objects, stored at the same times.
    pub(crate) fn copy(&self) -> Self {
        let (objects, clock) = (self.objects().clone(), *held(&self.clock));
        Self { objects: Mutex::new(objects), clock: Mutex::new(clock) }
    }

    /// Sets the clock by which objects are stored from now on; at first it is 1970.
    pub(crate) fn set_clock(&self, now: Timestamp) {
        *held(&self.clock) = now;
    }

    fn objects(&self) -> MutexGuard<'_, BTreeMap<ObjectName, Object>> {
        held(&self.objects)
    }
}

impl Storage for Memory {
    fn place(&self) -> String {
        "memory".to_owned()
    }

    fn dates_by_its_own_clock(&self) -> bool {
        true
    }

    fn put(&self, name: &ObjectName, body: &Body<'_>) -> Result<Put, Error> {
        if self.objects().contains_key(name) {
            return Ok(Put::AlreadyThere);
        }
        let mut bytes = Vec::new();
        let read = body.reader().read_to_end(&mut bytes);
        read.map_err(|source| Error::broken(name, source))?;
        self.tamper(name, bytes);
        Ok(Put::Stored)
    }

    fn get(&self, name: &ObjectName) -> Result<Box<dyn Read + '_>, Error> {
        let bytes = self.objects().get(name).map(|object| object.bytes.clone());
        let bytes = bytes.ok_or_else(|| Error::NotFound(name.clone()))?;
        Ok(Box::new(Cursor::new(bytes)))
    }

    fn head(&self, name: &ObjectName) -> Result<Option<u64>, Error> {
        Ok(self.objects().get(name).map(|object| object.bytes.len() as u64))
    }

    fn list(&self, folder: &ObjectName) -> Result<Vec<Listed>, Error> {
        let prefix = format!("{folder}/");
        let objects = self.objects();
        let below = objects.iter().filter(|(name, _)| name.as_str().starts_with(&prefix));
        let listed = below.map(|(name, object)| Listed {
            name: name.clone(),
            size: object.bytes.len() as u64,
            stored: object.stored,
        });
        Ok(listed.collect())
    }

    fn delete(&self, name: &ObjectName) -> Result<(), Error> {
        self.objects().remove(name);
        Ok(())
    }
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
