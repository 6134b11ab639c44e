//! One bulky file, read into parts.

use crate::crypto::{BlobId, DedupKey};
use crate::snapshot::archive::{Part, RunningSum};
use crate::snapshot::create::profile::Item;
use crate::sys::{Facts, FileError, SteadyFile};

use super::cache::{Place, Record};
use super::cutting::{VIEW, cut};
use super::worker::Halt;

/// How much of the beginning and of the end of what was stored must be the same for a file to pass
/// for one that has only grown (bytes).
const EDGE: u64 = 64 * 1024;

/// How often a file that changes while it is read is read again.
const RETRIES: usize = 2;

/// What is to be read.
pub(super) struct Task<'p> {
    pub(super) item: &'p Item,
    /// What was stored of it before, if it may only have grown since.
    pub(super) before: Option<Record>,
    /// Whether all of what was stored before is read again, and not its edges only.
    pub(super) recheck: bool,
}

impl Task<'_> {
    /// How much there is to read (bytes).
    pub(super) fn size(&self) -> u64 {
        let known = self.before.as_ref().filter(|_| !self.recheck).map_or(0, Record::size);
        self.item.facts.size.saturating_sub(known)
    }
}

/// A file in parts.
pub(super) struct Parted {
    /// Where the file lay when it was planned; another one may have taken its name since.
    pub(super) planned: Place,
    /// What was true of it when it was read.
    pub(super) facts: Facts,
    pub(super) record: Record,
}

/// What is done with each part: its name, its bytes, and where in the file it begins.
pub(super) type Keep<'k> = dyn FnMut(BlobId, &[u8], u64) -> Result<(), Halt> + 'k;

/// Why a file could not be read into parts.
pub(super) enum Failed {
    /// It can not be read; the run goes on.
    Source(FileError),
    /// A part could not be kept; the run is over.
    Sink(Halt),
}

impl From<FileError> for Failed {
    fn from(error: FileError) -> Self {
        Self::Source(error)
    }
}

/// Reads files, one after the other, with one buffer.
pub(super) struct Reader<'a> {
    key: &'a DedupKey,
    buffer: Vec<u8>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(key: &'a DedupKey) -> Self {
        Self { key, buffer: vec![0; VIEW] }
    }

    /// Reads what is new of a file, up to the size that it has when it is opened. A file that changes
    /// meanwhile is read again; one that only grows is whole as far as it was read.
    pub(super) fn read(&mut self, task: &Task<'_>, keep: &mut Keep<'_>) -> Result<Parted, Failed> {
        let mut attempt = 0;
        loop {
            let file = SteadyFile::open(&task.item.source)?;
            let mut record = self.read_open(task, &file, keep)?;
            let facts = *file.facts();
            let now = file.facts_now()?;
            let is_whole = record.size() == facts.size;
            let is_untouched = (now.size, now.mtime) == (facts.size, facts.mtime);
            // Somebody appends; or somebody has emptied it and writes it anew.
            let may_have_grown = task.item.grows() && now.size > facts.size;
            let has_grown =
                !is_untouched && may_have_grown && self.begins_as(&file, &record, true)?;
            let is_steady = is_whole && (is_untouched || has_grown);
            if is_steady || attempt == RETRIES {
                record.torn = !is_steady;
                return Ok(Parted { planned: task.item.facts.place, facts, record });
            }
            attempt += 1;
        }
    }

    fn read_open(
        &mut self,
        task: &Task<'_>,
        file: &SteadyFile,
        keep: &mut Keep<'_>,
    ) -> Result<Record, Failed> {
        let (key, facts) = (self.key, file.facts());
        let (mut parts, mut sum) = (Vec::new(), RunningSum::default());
        let mut proven = true;
        if let Some(before) = &task.before
            && before.size() <= facts.size
            && facts.place == task.item.facts.place
            && self.begins_as(file, before, task.recheck)?
        {
            (parts, sum, proven) = (before.parts.clone(), before.sum, task.recheck);
        }
        while sum.size() < facts.size {
            let offset = sum.size();
            let view = self.view(file, offset, facts.size - offset)?;
            if view.is_empty() {
                break;
            }
            let part = &view[..cut(view)];
            let id = key.id_of(part);
            sum.update(part);
            parts.push(Part { id, size: part.len() as u64 });
            keep(id, part, offset).map_err(Failed::Sink)?;
        }
        let edges = self.edges(file, sum.size())?;
        let (mtime, ctime) = (facts.mtime, facts.ctime);
        Ok(Record { mtime, ctime, parts, sum, torn: false, proven, edges })
    }

    /// Whether a file still begins with what was stored of it.
    fn begins_as(
        &mut self,
        file: &SteadyFile,
        before: &Record,
        recheck: bool,
    ) -> Result<bool, FileError> {
        if !recheck {
            return Ok(self.edges(file, before.size())? == before.edges);
        }
        let mut offset = 0;
        for part in &before.parts {
            let key = self.key;
            let view = self.view(file, offset, part.size)?;
            if key.id_of(view) != part.id {
                return Ok(false);
            }
            offset += part.size;
        }
        Ok(true)
    }

    /// What names the first and the last [`EDGE`] bytes of the file's first `size` bytes.
    fn edges(&mut self, file: &SteadyFile, size: u64) -> Result<BlobId, FileError> {
        let key = self.key;
        let head = key.id_of(self.view(file, 0, size.min(EDGE))?);
        let tail = key.id_of(self.view(file, size.saturating_sub(EDGE), size.min(EDGE))?);
        Ok(key.id_of(format!("{head}{tail}").as_bytes()))
    }

    /// At most `wanted` bytes of the file from `offset` on, and at most as many as fit the buffer.
    fn view(&mut self, file: &SteadyFile, offset: u64, wanted: u64) -> Result<&[u8], FileError> {
        let wanted = usize::try_from(wanted).unwrap_or(usize::MAX).min(self.buffer.len());
        let mut filled = 0;
        while filled < wanted {
            match file.read_at(offset + filled as u64, &mut self.buffer[filled..wanted])? {
                0 => break,
                count => filled += count,
            }
        }
        Ok(&self.buffer[..filled])
    }
}
