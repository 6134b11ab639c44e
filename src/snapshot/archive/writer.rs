//! The archive of a snapshot in the making: tar, compressed.

use std::io::{self, Read, Write};

use zstd::stream::write::Encoder;

use crate::crypto::{Digest, HashingWriter};
use crate::snapshot::repository::commit::Totals;

use super::LEVEL;
use super::encode::{write_end, write_member, write_padding, write_plain};
use super::member::{Content, META, Member, SUMS};
use super::recipe::Recipe;
use super::sums::{Sum, SumReader, Sums};

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
        let mut tar = HashingWriter::new(encoder);
        write_plain(&mut tar, META.as_bytes(), meta)?;
        Ok(Self { tar, sums: Sums::default(), totals: Totals::default() })
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
            Content::Parts(_) | Content::Link(_) | Content::Folder => {}
        }
        Ok(true)
    }

    /// Adds a file whose bytes lie in packs; `sum` is that of the whole file.
    ///
    /// # Errors
    /// What the sink says.
    pub(crate) fn add_parts(&mut self, member: Member, recipe: Recipe, sum: Sum) -> io::Result<()> {
        let (name, text) = (member.path.recipe_member(), recipe.render(member.mode));
        write_plain(&mut self.tar, &name, text.as_bytes())?;
        self.totals.bytes += recipe.size();
        self.sums.add(&member.path, sum);
        let member = Member { content: Content::Parts(recipe), ..member };
        self.add(&member, &mut io::empty()).map(|_| ())
    }

    /// Ends with `SUMS`.
    ///
    /// # Errors
    /// What the sink says.
    pub(crate) fn finish(mut self) -> io::Result<Written<W>> {
        write_plain(&mut self.tar, SUMS.as_bytes(), &self.sums.text())?;
        write_end(&mut self.tar)?;
        let (encoder, content, _) = self.tar.finish();
        Ok(Written { sink: encoder.finish()?, content, totals: self.totals })
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
