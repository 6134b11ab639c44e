//! One of the hands that fill packs: it reads files, stores what is new of them, and seals and reads
//! back each pack itself, so that all cores have the same to do.

use std::collections::HashSet;
use std::io::{self, Write};
use std::sync::mpsc::SyncSender;
use std::sync::{Mutex, PoisonError};

use crate::crypto::{
    BlobId, DedupKey, Identity, Recipient, Sealed, Sealer, open, seal_for_read_back,
};
use crate::snapshot::archive::{LARGEST_PACK, LARGEST_PART, PackWriter, Part, TreePath, read_pack};
use crate::snapshot::finding::{Finding, Trouble};
use crate::snapshot::progress::Progress;
use crate::snapshot::{Error, ObjectRef};
use crate::sys::Spool;

use super::cache::PackRecord;
use super::reading::{Failed, Parted, Reader, Task};

/// A pack that has grown to this is closed (bytes, sealed): with one more part it stays below 64 MiB.
const FULL: u64 = 46 * 1024 * 1024;

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
    pack: Option<OpenPack>,
    done: Done,
}

impl<'a> Worker<'a> {
    pub(super) fn new(shop: &'a Shop<'a>, filled: SyncSender<Filled>) -> Self {
        Self { shop, filled, pack: None, done: Done::default() }
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
        self.close_if(|_| true)?;
        Ok(self.done)
    }

    fn store(&mut self, reader: &mut Reader<'_>, task: &Task<'_>) -> Result<(), Halt> {
        let path = &task.item.path;
        let read = reader.read(task, &mut |id, bytes, offset| self.keep(id, bytes, (path, offset)));
        match read {
            Ok(parted) => {
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
        let pack = match &mut self.pack {
            Some(pack) => pack,
            none => none.insert(OpenPack::begin(self.shop)?),
        };
        pack.add(id, bytes, from)?;
        self.close_if(OpenPack::is_full)
    }

    fn close_if(&mut self, is_full: impl Fn(&OpenPack) -> bool) -> Result<(), Halt> {
        match self.pack.take_if(|pack| is_full(pack)) {
            Some(pack) => {
                let filled = pack.close(self.shop)?;
                self.filled.send(filled).map_err(|_| Halt::Stopped(Stopped))
            }
            None => Ok(()),
        }
    }
}

/// A pack that is being filled.
struct OpenPack {
    writer: PackWriter<Counted<Sealer<Spool>>>,
    key: Identity,
    parts: Vec<Part>,
}

impl OpenPack {
    fn begin(shop: &Shop<'_>) -> Result<Self, Error> {
        let (sealer, key) = seal_for_read_back(shop.recipients, (shop.spool)()?)?;
        let writer = PackWriter::begin(Counted { inner: sealer, count: 0 })?;
        Ok(Self { writer, key, parts: Vec::new() })
    }

    fn add(&mut self, id: BlobId, bytes: &[u8], from: (&TreePath, u64)) -> Result<(), Error> {
        self.writer.add(id, bytes, from)?;
        self.parts.push(Part { id, size: bytes.len() as u64 });
        Ok(())
    }

    fn is_full(&self) -> bool {
        self.writer.sink().count >= FULL || self.writer.size() > LARGEST_PACK - LARGEST_PART
    }

    fn close(self, shop: &Shop<'_>) -> Result<Filled, Error> {
        let sealed = self.writer.finish()?.inner.finish()?;
        let filled = Filled { sealed, parts: self.parts };
        if shop.read_back {
            read_back(&filled, &self.key, shop.key)?;
        }
        Ok(filled)
    }
}

/// Opens what was sealed and names every part again: a pack that can not be read is none.
fn read_back(filled: &Filled, identity: &Identity, key: &DedupKey) -> Result<(), Error> {
    let mut written = filled.parts.iter();
    let source = open(filled.sealed.body().reader(), identity)?;
    read_pack(source, &mut |part, source| {
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

/// Counts what is written through it.
struct Counted<W> {
    inner: W,
    count: u64,
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.inner.write(bytes)?;
        self.count += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
