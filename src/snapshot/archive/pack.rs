//! Packs: the parts of bulky files, many in one archive.
//!
//! `blobs/<id>` each, and last `INDEX.jsonl`, which says of what file each part was, and where in it:
//! so a pack tells what it holds when every snapshot is lost. Compressed as one frame with a window
//! over many files and long-distance matching: of two sessions that are nearly the same, the second
//! costs almost nothing.

use std::collections::HashSet;
use std::io::{self, BufReader, Read, Write};

use serde::{Deserialize, Serialize};
use zstd::bulk::{Compressor, Decompressor};
use zstd::zstd_safe::{CParameter, compress_bound};

use crate::crypto::BlobId;
use crate::snapshot::Error;

use super::LEVEL;
use super::decode::{Heading, read_heading, read_padding};
use super::encode::{write_end, write_plain};
use super::member::{INDEX, MemberName, TreePath, blob_member};
use super::reader::{decoder, read_text};
use super::recipe::{LARGEST_PART, Part};

/// log2 of the window: 32 MiB, hardly less than a pack holds.
const WINDOW: u32 = 25;

/// A pack that has grown to this is full (bytes, before compression). Each pack in the making lies in
/// memory as a whole, and so does its compressed form.
const FULL: usize = 32 * 1024 * 1024;

/// The most that a pack holds (bytes of parts); more is a bomb.
const LARGEST_PACK: u64 = 2 * 1024 * 1024 * 1024;

/// The largest index (bytes).
const LARGEST_INDEX: u64 = 256 * 1024 * 1024;

/// One line of the index.
#[derive(Serialize, Deserialize)]
struct IndexLine {
    id: String,
    size: u64,
    /// The file that it was read from, as a person calls it.
    path: String,
    /// Where in that file it begins (bytes).
    offset: u64,
}

/// Writes packs, one after the other, with the same buffers.
///
/// What is compressed lies in memory in one piece: a compressor that is fed piece by piece keeps a
/// copy of its own, and is slower to look things up in it.
pub(crate) struct PackWriter {
    tar: Vec<u8>,
    index: Vec<u8>,
    /// The pack, compressed.
    packed: Vec<u8>,
    compressor: Compressor<'static>,
    decompressor: Decompressor<'static>,
}

impl PackWriter {
    /// An empty pack.
    ///
    /// # Errors
    /// When the library has no memory.
    pub(crate) fn new() -> io::Result<Self> {
        let (compressor, decompressor) = (compressor()?, Decompressor::new()?);
        let (tar, index, packed) = (Vec::new(), Vec::new(), Vec::new());
        Ok(Self { tar, index, packed, compressor, decompressor })
    }

    /// Adds a part, which begins at `offset` in the file `path`.
    ///
    /// # Errors
    /// None that can be met.
    pub(crate) fn add(
        &mut self,
        id: BlobId,
        content: &[u8],
        (path, offset): (&TreePath, u64),
    ) -> io::Result<()> {
        let size = content.len() as u64;
        write_plain(&mut self.tar, blob_member(&id).as_bytes(), content)?;
        let line = IndexLine { id: id.to_string(), size, path: path.shown(), offset };
        serde_json::to_writer(&mut self.index, &line)?;
        self.index.push(b'\n');
        Ok(())
    }

    /// Whether it should be ended: with one more part it is still below 64 MiB, however little that
    /// can be compressed.
    pub(crate) fn is_full(&self) -> bool {
        self.tar.len() + self.index.len() >= FULL
    }

    /// Ends with the index, writes the pack into `sink`, and begins the next one.
    ///
    /// # Errors
    /// What the sink says.
    pub(crate) fn finish(&mut self, sink: &mut dyn Write) -> io::Result<()> {
        write_plain(&mut self.tar, INDEX.as_bytes(), &self.index)?;
        write_end(&mut self.tar)?;
        self.packed.clear();
        self.packed.reserve(compress_bound(self.tar.len()));
        self.compressor.compress_to_buffer(&self.tar, &mut self.packed)?;
        self.tar.clear();
        self.index.clear();
        sink.write_all(&self.packed)
    }

    /// Reads the pack that was finished last, from where it was written; as [`read_pack`].
    ///
    /// # Errors
    /// As [`read_pack`].
    pub(crate) fn read_back(
        &mut self,
        mut source: impl Read,
        visit: &mut VisitPart<'_>,
    ) -> Result<(), Error> {
        self.packed.clear();
        source.read_to_end(&mut self.packed)?;
        // It has room for what was in it a moment ago.
        self.decompressor.decompress_to_buffer(&self.packed, &mut self.tar)?;
        let read = read_members(&mut &self.tar[..], visit);
        self.tar.clear();
        read
    }
}

/// With tables that fit a processor's own cache, and a search for distant repetitions that looks at
/// fewer places, packs are a little larger than with what the level would choose, and made in much
/// less time (`benches/snapshots`). A checksum of the frame would say nothing that age's and the
/// pack's name do not.
fn compressor() -> io::Result<Compressor<'static>> {
    let mut compressor = Compressor::new(LEVEL)?;
    for parameter in [
        CParameter::WindowLog(WINDOW),
        CParameter::HashLog(16),
        CParameter::ChainLog(14),
        CParameter::EnableLongDistanceMatching(true),
        CParameter::LdmHashRateLog(8),
        CParameter::LdmBucketSizeLog(1),
    ] {
        compressor.set_parameter(parameter)?;
    }
    Ok(compressor)
}

/// What to do with a part: its content comes from the reader.
pub(crate) type VisitPart<'a> = dyn FnMut(Part, &mut dyn Read) -> Result<(), Error> + 'a;

/// Reads a whole pack and calls `visit` with each part. When this returns, the pack was whole and
/// its index named what was there.
///
/// # Errors
/// [`Error::Member`] with the name of what may not be; [`Error::Stream`]; what `visit` says.
pub(crate) fn read_pack(source: impl Read, visit: &mut VisitPart<'_>) -> Result<(), Error> {
    read_members(&mut BufReader::new(decoder(source)?), visit)
}

fn read_members(tar: &mut dyn Read, visit: &mut VisitPart<'_>) -> Result<(), Error> {
    let mut parts = Parts::default();
    loop {
        match read_heading(tar)? {
            Heading::Plain(MemberName::Blob(id), size) => {
                let part = Part { id, size };
                parts.add(part).map_err(|reason| Error::member(blob_member(&id), reason))?;
                read_part(tar, part, visit)?;
            }
            Heading::Plain(MemberName::Index, size) if size <= LARGEST_INDEX => {
                return expect_index(tar, size, &parts.all);
            }
            Heading::Plain(..) | Heading::Member(_) => {
                return Err(Error::member("a pack", "it holds something else than parts"));
            }
            Heading::End => return Err(Error::member(INDEX, "it is missing")),
        }
    }
}

/// The parts so far.
#[derive(Default)]
struct Parts {
    all: Vec<Part>,
    seen: HashSet<BlobId>,
    total: u64,
}

impl Parts {
    fn add(&mut self, part: Part) -> Result<(), &'static str> {
        self.total = self.total.saturating_add(part.size);
        if !(1..=LARGEST_PART).contains(&part.size) || self.total > LARGEST_PACK {
            return Err("it is larger than it can be");
        }
        if !self.seen.insert(part.id) {
            return Err("it is there twice");
        }
        self.all.push(part);
        Ok(())
    }
}

fn read_part(tar: &mut dyn Read, part: Part, visit: &mut VisitPart<'_>) -> Result<(), Error> {
    let mut content = tar.take(part.size);
    visit(part, &mut content)?;
    io::copy(&mut content, &mut io::sink())?;
    if content.limit() > 0 {
        return Err(Error::member(blob_member(&part.id), "it is cut short"));
    }
    Ok(read_padding(tar, part.size)?)
}

/// The index names what was there, and then the archive ends.
fn expect_index(tar: &mut dyn Read, size: u64, parts: &[Part]) -> Result<(), Error> {
    let text = read_text(tar, size)?;
    let lines = serde_json::Deserializer::from_slice(&text).into_iter::<IndexLine>();
    let mut parts = parts.iter();
    for line in lines {
        let line = line.map_err(|reason| Error::member(INDEX, reason))?;
        let names = |part: &Part| part.id.to_string() == line.id && part.size == line.size;
        if !parts.next().is_some_and(names) {
            return Err(Error::member(INDEX, "it names something else than the parts"));
        }
    }
    if parts.next().is_some() {
        return Err(Error::member(INDEX, "it does not name every part"));
    }
    match read_heading(tar)? {
        Heading::End => Ok(()),
        _ => Err(Error::member(INDEX, "it is not the last")),
    }
}
