//! A storage that is asked again when it does not answer: a laptop that has just woken up has no
//! network for a while, and servers are busy now and then.
//!
//! Repeating is safe, because no object is ever replaced: whoever stored one and did not hear the
//! answer finds it there the next time, and compares.

use std::cell::Cell;
use std::io::{self, Read};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::sys::random_below;

use super::{Body, Error, Listed, ObjectName, Put, Storage};

/// How long the first pause may be; each further one may be twice as long as the one before.
const FIRST_PAUSE: Duration = Duration::from_millis(500);

/// How long no pause is.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// A storage that does not give up at once.
pub struct Patient<S> {
    inner: S,
    patience: Duration,
}

impl<S: Storage> Patient<S> {
    /// Asks `inner` again for as long as `patience` after the first time it did not answer.
    pub fn new(inner: S, patience: Duration) -> Self {
        Self { inner, patience }
    }

    fn repeat<T>(&self, attempt: impl Fn() -> Result<T, Error>) -> Result<T, Error> {
        let pauses = Pauses::within(self.patience);
        loop {
            match attempt() {
                Err(error) if error.may_pass() && pauses.pause() => {}
                answer => return answer,
            }
        }
    }
}

impl<S: Storage> Storage for Patient<S> {
    fn place(&self) -> String {
        self.inner.place()
    }

    fn dates_by_its_own_clock(&self) -> bool {
        self.inner.dates_by_its_own_clock()
    }

    fn put(&self, name: &ObjectName, body: &Body<'_>) -> Result<Put, Error> {
        self.repeat(|| self.inner.put(name, body))
    }

    fn get(&self, name: &ObjectName) -> Result<Box<dyn Read + '_>, Error> {
        self.get_from(name, 0)
    }

    fn get_from(&self, name: &ObjectName, offset: u64) -> Result<Box<dyn Read + '_>, Error> {
        let reader = self.repeat(|| self.inner.get_from(name, offset))?;
        let pauses = Pauses::within(self.patience);
        Ok(Box::new(Resumed { storage: self, name: name.clone(), offset, reader, pauses }))
    }

    fn head(&self, name: &ObjectName) -> Result<Option<u64>, Error> {
        self.repeat(|| self.inner.head(name))
    }

    fn list(&self, folder: &ObjectName) -> Result<Vec<Listed>, Error> {
        self.repeat(|| self.inner.list(folder))
    }

    fn delete(&self, name: &ObjectName) -> Result<(), Error> {
        self.repeat(|| self.inner.delete(name))
    }
}

/// A reader that goes on where it was cut off.
struct Resumed<'s, S> {
    storage: &'s Patient<S>,
    name: ObjectName,
    offset: u64,
    reader: Box<dyn Read + 's>,
    pauses: Pauses,
}

impl<S: Storage> Read for Resumed<'_, S> {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.reader.read(target) {
                Ok(count) => {
                    self.offset += count as u64;
                    // What comes counts as an answer: patience begins anew.
                    self.pauses.restart();
                    return Ok(count);
                }
                Err(error) if may_pass(&error) && self.pauses.pause() => self.resume()?,
                Err(error) => return Err(error),
            }
        }
    }
}

impl<S: Storage> Resumed<'_, S> {
    fn resume(&mut self) -> io::Result<()> {
        let (storage, name, offset) = (self.storage, &self.name, self.offset);
        let resumed = storage.repeat(|| storage.inner.get_from(name, offset));
        self.reader = resumed.map_err(io::Error::other)?;
        Ok(())
    }
}

fn may_pass(error: &io::Error) -> bool {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
    inner.is_some_and(Error::may_pass)
}

/// Pauses between attempts, with full jitter: of many who were cut off at the same time no two come
/// back at the same time.
struct Pauses {
    patience: Duration,
    since: Cell<Option<Instant>>,
    longest: Cell<Duration>,
}

impl Pauses {
    fn within(patience: Duration) -> Self {
        Self { patience, since: Cell::new(None), longest: Cell::new(FIRST_PAUSE) }
    }

    fn restart(&self) {
        self.since.set(None);
        self.longest.set(FIRST_PAUSE);
    }

    /// Waits; `false` when there is no patience left.
    fn pause(&self) -> bool {
        let since = self.since.get().unwrap_or_else(Instant::now);
        self.since.set(Some(since));
        let Some(left) = self.patience.checked_sub(since.elapsed()).filter(|left| !left.is_zero())
        else {
            return false;
        };
        let longest = self.longest.get();
        self.longest.set((longest * 2).min(LONGEST_PAUSE));
        let milliseconds = u64::try_from(longest.as_millis()).unwrap_or(u64::MAX);
        sleep(Duration::from_millis(random_below(milliseconds)).min(left));
        true
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::super::Memory;
    use super::super::suite::statement;
    use super::*;

    /// Fails so often before it does what it is asked, and cuts every stream after a few bytes.
    struct Shaky {
        memory: Memory,
        failures: AtomicU32,
        forgets: bool,
    }

    impl Shaky {
        fn failing(failures: u32) -> Self {
            Self { memory: Memory::default(), failures: failures.into(), forgets: false }
        }

        fn stumble(&self) -> Result<(), Error> {
            let left = |left: u32| left.checked_sub(1);
            match self.failures.fetch_update(Ordering::SeqCst, Ordering::SeqCst, left) {
                Ok(_) => Err(Error::NoAnswer { place: self.place(), reason: "busy".to_owned() }),
                Err(_) => Ok(()),
            }
        }
    }

    impl Storage for Shaky {
        fn place(&self) -> String {
            "shaky".to_owned()
        }

        fn put(&self, name: &ObjectName, body: &Body<'_>) -> Result<Put, Error> {
            if self.forgets {
                let put = self.memory.put(name, body);
                return self.stumble().and(put);
            }
            self.stumble()?;
            self.memory.put(name, body)
        }

        fn get(&self, name: &ObjectName) -> Result<Box<dyn Read + '_>, Error> {
            self.stumble()?;
            Ok(Box::new(Cut { left: 2, reader: self.memory.get(name)? }))
        }

        fn get_from(&self, name: &ObjectName, offset: u64) -> Result<Box<dyn Read + '_>, Error> {
            self.stumble()?;
            Ok(Box::new(Cut { left: 2, reader: self.memory.get_from(name, offset)? }))
        }

        fn head(&self, name: &ObjectName) -> Result<Option<u64>, Error> {
            self.stumble()?;
            self.memory.head(name)
        }

        fn list(&self, folder: &ObjectName) -> Result<Vec<Listed>, Error> {
            self.stumble()?;
            self.memory.list(folder)
        }

        fn delete(&self, name: &ObjectName) -> Result<(), Error> {
            self.stumble()?;
            self.memory.delete(name)
        }
    }

    struct Cut<'s> {
        left: usize,
        reader: Box<dyn Read + 's>,
    }

    impl Read for Cut<'_> {
        fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
            if self.left == 0 {
                let cut = Error::NoAnswer { place: "shaky".to_owned(), reason: "cut".to_owned() };
                return Err(io::Error::other(cut));
            }
            let room = target.len().min(self.left);
            let count = self.reader.read(&mut target[..room])?;
            self.left -= count;
            Ok(count)
        }
    }

    const PATIENCE: Duration = Duration::from_secs(20);

    fn name() -> ObjectName {
        "folder/name".parse().expect("is one")
    }

    #[test]
    fn every_operation_is_repeated() {
        let patient = Patient::new(Shaky::failing(2), PATIENCE);
        let again = || patient.inner.failures.store(2, Ordering::SeqCst);
        let signed = statement();
        assert_eq!(patient.put(&name(), &Body::Statement(&signed)).expect("puts"), Put::Stored);
        again();
        assert_eq!(patient.head(&name()).expect("answers"), Some(9));
        again();
        assert_eq!(patient.list(&"folder".parse().expect("is one")).expect("lists").len(), 1);
        again();
        patient.delete(&name()).expect("deletes");
    }

    #[test]
    fn a_stream_that_is_cut_goes_on_where_it_was() {
        let patient = Patient::new(Shaky::failing(1), PATIENCE);
        let signed = statement();
        let _ = patient.put(&name(), &Body::Statement(&signed)).expect("puts");
        let mut bytes = Vec::new();
        patient.get(&name()).expect("gets").read_to_end(&mut bytes).expect("reads");
        assert_eq!(bytes, b"statement");
    }

    #[test]
    fn an_upload_whose_answer_was_lost_is_found_there() {
        let shaky = Shaky { forgets: true, ..Shaky::failing(1) };
        let patient = Patient::new(shaky, PATIENCE);
        let signed = statement();
        let put = patient.put(&name(), &Body::Statement(&signed)).expect("puts");
        assert_eq!(put, Put::AlreadyThere);
        super::super::put_new(&patient, &name(), &Body::Statement(&signed)).expect("is the same");
    }

    #[test]
    fn patience_ends() {
        let patient = Patient::new(Shaky::failing(u32::MAX), Duration::from_millis(50));
        let began = Instant::now();
        assert!(matches!(patient.head(&name()), Err(Error::NoAnswer { .. })));
        assert!(began.elapsed() < Duration::from_secs(5));
    }

    #[test]
    fn what_will_not_pass_is_not_repeated() {
        let patient = Patient::new(Shaky::failing(0), PATIENCE);
        assert!(matches!(patient.get(&name()), Err(Error::NotFound(_))));
    }
}
