//! An archive in the making: tar, compressed.

use std::io::{self, Read, Write};

use zstd::stream::write::Encoder;

use crate::crypto::{Digest, HashingWriter};
use crate::snapshot::commit::Totals;

use super::encode::{write_member, write_padding, write_plain};
use super::member::{Content, META, Member, SUMS};
use super::sums::{SumReader, Sums};

/// The compression level: three times as fast as the next that is worth it.
const LEVEL: i32 = 3;

/// Writes an archive into `sink`.
pub(crate) struct Writer<W: Write> {
    tar: HashingWriter<Encoder<'static, W>>,
    sums: Sums,
    totals: Totals,
}

/// An archive that is whole.
pub(crate) struct Written<W> {
    /// What it was written into.
    pub sink: W,
    /// SHA-256 of the tar, before compression: the same for the same tree.
    pub content: Digest,
    /// What a restore makes of it.
    pub totals: Totals,
}

impl<W: Write> Writer<W> {
    /// Begins with `META.json`.
    ///
    /// # Errors
    /// What the sink says.
    pub(crate) fn begin(sink: W, meta: &[u8]) -> io::Result<Self> {
        let mut encoder = Encoder::new(sink, LEVEL)?;
        encoder.include_checksum(true)?;
        let tar = HashingWriter::new(encoder);
        let mut writer = Self { tar, sums: Sums::default(), totals: Totals::default() };
        writer.add_plain(META, meta)?;
        Ok(writer)
    }

    /// Adds a member; a file's bytes come from `source`, exactly as many as the member says. When
    /// there are fewer, zeros make up for them and the answer is `false`.
    ///
    /// # Errors
    /// What the sink says; a source that fails is one that ends.
    pub(crate) fn add(&mut self, member: &Member, source: &mut dyn Read) -> io::Result<bool> {
        write_member(&mut self.tar, member)?;
        self.totals.entries += 1;
        match &member.content {
            Content::File(size) => return self.add_content(member, *size, source),
            Content::HardLink(first) => self.sums.add_link(&member.path, first),
            Content::Link(_) | Content::Folder => {}
        }
        Ok(true)
    }

    /// Ends with `SUMS`.
    ///
    /// # Errors
    /// What the sink says.
    pub(crate) fn finish(mut self) -> io::Result<Written<W>> {
        let sums = std::mem::take(&mut self.sums);
        self.add_plain(SUMS, sums.text())?;
        self.tar.write_all(&[0; 1024])?;
        let (encoder, content, _) = self.tar.finish();
        Ok(Written { sink: encoder.finish()?, content, totals: self.totals })
    }

    fn add_plain(&mut self, name: &str, content: &[u8]) -> io::Result<()> {
        write_plain(&mut self.tar, name, content.len() as u64)?;
        self.tar.write_all(content)?;
        write_padding(&mut self.tar, content.len() as u64)
    }

    fn add_content(
        &mut self,
        member: &Member,
        size: u64,
        source: &mut dyn Read,
    ) -> io::Result<bool> {
        let mut exact = Exactly { source, left: size, whole: true };
        let mut summed = SumReader::new(&mut exact);
        io::copy(&mut summed, &mut self.tar)?;
        self.sums.add(&member.path, summed.finish());
        write_padding(&mut self.tar, size)?;
        self.totals.bytes += size;
        Ok(exact.whole)
    }
}

/// Reads exactly so many bytes: of a longer source the first, for a shorter one zeros.
struct Exactly<'a> {
    source: &'a mut dyn Read,
    left: u64,
    whole: bool,
}

impl Read for Exactly<'_> {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        let wanted = usize::try_from(self.left).unwrap_or(usize::MAX).min(target.len());
        let target = &mut target[..wanted];
        let count = if self.whole { self.read_source(target) } else { 0 };
        let count = if count == 0 && wanted > 0 {
            self.whole = false;
            target.fill(0);
            wanted
        } else {
            count
        };
        self.left -= count as u64;
        Ok(count)
    }
}

impl Exactly<'_> {
    fn read_source(&mut self, target: &mut [u8]) -> usize {
        loop {
            match self.source.read(target) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // What can not be read is as good as not there; the caller tells of both.
                read => return read.unwrap_or(0),
            }
        }
    }
}
