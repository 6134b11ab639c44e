//! One of the hands that fill packs: it reads files, stores what is new of them, and seals and reads
//! back each pack itself, so that all cores have the same to do.

use std::collections::HashSet;
use std::sync::mpsc::SyncSender;
use std::sync::{Mutex, PoisonError};

use crate::crypto::{BlobId, DedupKey, Identity, Recipient, Sealed, open, seal_for_read_back};
use crate::snapshot::archive::{PackWriter, Part, TreePath};
use crate::snapshot::create::finding::{Finding, Trouble};
use crate::snapshot::progress::Progress;
use crate::snapshot::{Error, ObjectRef};
use crate::sys::Spool;

use super::cache::PackRecord;
use super::reading::{Failed, Parted, Reader, Task};

/// What the workers have in common.
pub(super) struct Shop<'a> {
    pub(super) key: &'a DedupKey,
    pub(super) recipients: &'a [Recipient],
    /// Room for a pack that is not stored yet.
    pub(super) spool: &'a (dyn Fn() -> Result<Spool, Error> + Sync),
    /// Whether a pack counts only when it has been read again.
    pub(super) read_back: bool,
    pub(super) progress: &'a dyn Progress,
    /// The parts that are stored, or about to be.
    pub(super) known: Mutex<HashSet<BlobId>>,
}

impl Shop<'_> {
    /// Whether the caller is the first to store this part.
    fn claim(&self, id: BlobId) -> bool {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(id)
    }
}

/// A pack that is whole.
pub(super) struct Filled {
    pub(super) sealed: Sealed<Spool>,
    pub(super) parts: Vec<Part>,
}

impl Filled {
    /// As the cache knows it.
    pub(super) fn record(self) -> PackRecord {
        let object = ObjectRef { digest: self.sealed.digest(), size: self.sealed.size() };
        PackRecord { object, parts: self.parts }
    }
}

/// What one worker has found.
#[derive(Default)]
pub(super) struct Done {
    pub(super) files: Vec<Parted>,
    pub(super) findings: Vec<Finding>,
}

/// Whoever takes the packs has stopped, and knows why.
pub(super) struct Stopped;

/// Why a worker stops.
pub(super) enum Halt {
    Error(Error),
    Stopped(Stopped),
}

impl From<Error> for Halt {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

/// A worker.
pub(super) struct Worker<'a> {
    shop: &'a Shop<'a>,
    filled: SyncSender<Filled>,
    pack: PackWriter,
    /// What the pack holds so far.
    parts: Vec<Part>,
    done: Done,
}

impl<'a> Worker<'a> {
    pub(super) fn new(shop: &'a Shop<'a>, filled: SyncSender<Filled>) -> Result<Self, Error> {
        let (pack, parts) = (PackWriter::new()?, Vec::new());
        Ok(Self { shop, filled, pack, parts, done: Done::default() })
    }

    /// Stores all that `next` hands out.
    pub(super) fn run<'p>(
        mut self,
        next: &(dyn Fn() -> Option<&'p [Task<'p>]> + Sync),
    ) -> Result<Done, Halt>
    where
        'p: 'a,
    {
        let mut reader = Reader::new(self.shop.key);
        while let Some(tasks) = next() {
            for task in tasks {
                self.store(&mut reader, task)?;
            }
        }
        if !self.parts.is_empty() {
            self.close()?;
        }
        Ok(self.done)
    }

    fn store(&mut self, reader: &mut Reader<'_>, task: &Task<'_>) -> Result<(), Halt> {
        let path = &task.item.path;
        let read = reader.read(task, &mut |id, bytes, offset| self.keep(id, bytes, (path, offset)));
        match read {
            Ok(parted) => {
                self.shop.progress.has_read_file();
                if parted.record.torn {
                    self.find(path, Trouble::Torn);
                }
                self.done.files.push(parted);
            }
            Err(Failed::Sink(halt)) => return Err(halt),
            // It was there a moment ago; that it went is nothing to tell.
            Err(Failed::Source(error)) if error.is_absence() => {}
            Err(Failed::Source(error)) => {
                self.find(path, Trouble::Unreadable(error.kind().to_string()));
            }
        }
        Ok(())
    }

    fn find(&mut self, path: &TreePath, trouble: Trouble) {
        self.done.findings.push(Finding { path: path.clone(), trouble });
    }

    /// Stores one part, if nobody has. A large file fills several packs.
    fn keep(&mut self, id: BlobId, bytes: &[u8], from: (&TreePath, u64)) -> Result<(), Halt> {
        self.shop.progress.has_read(bytes.len() as u64);
        if !self.shop.claim(id) {
            return Ok(());
        }
        self.pack.add(id, bytes, from).map_err(Error::from)?;
        self.parts.push(Part { id, size: bytes.len() as u64 });
        if self.pack.is_full() { self.close() } else { Ok(()) }
    }

    /// Seals the pack, looks whether it can be read, and hands it over.
    fn close(&mut self) -> Result<(), Halt> {
        let filled = self.seal()?;
        self.filled.send(filled).map_err(|_| Halt::Stopped(Stopped))
    }

    fn seal(&mut self) -> Result<Filled, Error> {
        let shop = self.shop;
        let (mut sealer, key) = seal_for_read_back(shop.recipients, (shop.spool)()?)?;
        self.pack.finish(&mut sealer)?;
        let filled = Filled { sealed: sealer.finish()?, parts: std::mem::take(&mut self.parts) };
        if shop.read_back {
            self.read_back(&filled, &key)?;
        }
        Ok(filled)
    }

    /// Opens what was sealed and names every part again: a pack that can not be read is none.
    fn read_back(&mut self, filled: &Filled, identity: &Identity) -> Result<(), Error> {
        let (key, mut written) = (self.shop.key, filled.parts.iter());
        let source = open(filled.sealed.body().reader(), identity)?;
        self.pack.read_back(source, &mut |part, source| {
            let (id, size) = key.id_of_stream(source)?;
            if written.next() == Some(&part) && part == (Part { id, size }) {
                Ok(())
            } else {
                Err(Error::damaged(part.id, "it does not hold what was written"))
            }
        })?;
        match written.next() {
            Some(part) => Err(Error::damaged(part.id, "it was not written")),
            None => Ok(()),
        }
    }
}
