//! A storage that somebody looks at: how much is read, what is stored, what is removed.

use std::collections::HashMap;
use std::io::{self, Read};
use std::sync::{Arc, Mutex, PoisonError};

use super::{Body, Error, Listed, ObjectName, Put, Storage};

/// Whoever looks; called from several threads.
pub trait Observer: Send + Sync {
    /// So many more bytes of sealed objects were read. What is read again does not count again.
    fn has_read_objects(&self, bytes: u64);

    /// An object was stored, where none was.
    fn has_stored(&self, place: &str, name: &ObjectName, bytes: u64);

    /// An object was removed.
    fn has_removed(&self, place: &str, name: &ObjectName);
}

/// A storage, and who looks.
pub struct Observed {
    inner: Box<dyn Storage>,
    observer: Arc<dyn Observer>,
    /// How far each object was read.
    read: Mutex<HashMap<ObjectName, u64>>,
}

impl Observed {
    /// Lets `observer` look at what is done with `inner`.
    pub fn new(inner: Box<dyn Storage>, observer: Arc<dyn Observer>) -> Self {
        Self { inner, observer, read: Mutex::default() }
    }

    fn has_read(&self, name: &ObjectName, end: u64) {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let before = read.entry(name.clone()).or_default();
        if end > *before {
            self.observer.has_read_objects(end - *before);
            *before = end;
        }
    }
}

impl Storage for Observed {
    fn place(&self) -> String {
        self.inner.place()
    }

    fn dates_by_its_own_clock(&self) -> bool {
        self.inner.dates_by_its_own_clock()
    }

    fn put(&self, name: &ObjectName, body: &Body<'_>) -> Result<Put, Error> {
        let put = self.inner.put(name, body)?;
        if put == Put::Stored {
            self.observer.has_stored(&self.place(), name, body.size());
        }
        Ok(put)
    }

    fn get(&self, name: &ObjectName) -> Result<Box<dyn Read + '_>, Error> {
        self.get_from(name, 0)
    }

    fn get_from(&self, name: &ObjectName, offset: u64) -> Result<Box<dyn Read + '_>, Error> {
        let inner = self.inner.get_from(name, offset)?;
        if is_sealed(name) {
            Ok(Box::new(Counted { inner, storage: self, name: name.clone(), at: offset }))
        } else {
            Ok(inner)
        }
    }

    fn head(&self, name: &ObjectName) -> Result<Option<u64>, Error> {
        self.inner.head(name)
    }

    fn list(&self, folder: &ObjectName) -> Result<Vec<Listed>, Error> {
        self.inner.list(folder)
    }

    fn delete(&self, name: &ObjectName) -> Result<(), Error> {
        self.inner.delete(name)?;
        self.observer.has_removed(&self.place(), name);
        Ok(())
    }
}

/// Clear text is small, and nobody waits for it.
fn is_sealed(name: &ObjectName) -> bool {
    name.as_str().ends_with(".age")
}

/// Tells how far it was read.
struct Counted<'s> {
    inner: Box<dyn Read + 's>,
    storage: &'s Observed,
    name: ObjectName,
    at: u64,
}

impl Read for Counted<'_> {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(target)?;
        self.at += count as u64;
        self.storage.has_read(&self.name, self.at);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use crate::crypto::Signer;
    use crate::storage::{Memory, put_signed, suite::suite};

    use super::*;

    #[derive(Default)]
    struct Told(Mutex<Vec<String>>);

    impl Told {
        fn add(&self, line: String) {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push(line);
        }
    }

    impl Observer for Told {
        fn has_read_objects(&self, bytes: u64) {
            self.add(format!("read {bytes}"));
        }

        fn has_stored(&self, place: &str, name: &ObjectName, bytes: u64) {
            self.add(format!("stored {name} in {place}, {bytes}"));
        }

        fn has_removed(&self, place: &str, name: &ObjectName) {
            self.add(format!("removed {name} from {place}"));
        }
    }

    #[test]
    fn behaves_as_every_storage_does() {
        suite(&Observed::new(Box::new(Memory::default()), Arc::new(Told::default())));
    }

    #[test]
    fn each_byte_is_told_once_and_each_object_by_name() {
        let (memory, told) = (Memory::default(), Arc::new(Told::default()));
        let sealed: ObjectName = "snaps/a.tar.zst.age".parse().expect("is one");
        memory.tamper(&sealed, vec![0; 10]);
        let storage = Observed::new(Box::new(memory), told.clone());
        for length in [4, 10, 10] {
            let mut reader = storage.get(&sealed).expect("is there").take(length);
            io::copy(&mut reader, &mut io::sink()).expect("reads");
        }
        let signed = Signer::from_seed(&[1; 32], "test").sign("test", b"text".to_vec());
        let name = "statement".parse().expect("is one");
        put_signed(&storage, &name, &signed).expect("stores");
        put_signed(&storage, &name, &signed).expect("is there already");
        storage.delete(&name).expect("removes");
        let told = told.0.lock().unwrap_or_else(PoisonError::into_inner);
        let read: Vec<&String> = told.iter().filter(|line| line.starts_with("read")).collect();
        assert_eq!(read, ["read 4", "read 6"]);
        let size = signed.signature().len();
        assert_eq!(
            told[2..],
            [
                format!("stored statement.sig in memory, {size}"),
                "stored statement in memory, 4".to_owned(),
                "removed statement from memory".to_owned(),
            ]
        );
    }
}
