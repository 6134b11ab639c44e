//! An archive, read and checked while it is read.

use std::io::{BufReader, Read};

use serde::de::IgnoredAny;
use zstd::stream::read::Decoder;

use crate::snapshot::Error;
use crate::snapshot::commit::Totals;

use super::decode::{Heading, read_heading, read_padding};
use super::member::{Content, META, Member, MemberName, SUMS};
use super::shape::Shape;
use super::sums::{SumReader, Sums};

/// log2 of the largest window that is accepted: 128 MiB of memory.
const LARGEST_WINDOW: u32 = 27;

/// The largest `META.json` (bytes).
const META_LIMIT: u64 = 16 * 1024 * 1024;

/// What to do with a member: its content, if it is a file, comes from the reader.
pub(crate) type Visit<'a> = dyn FnMut(&Member, &mut dyn Read) -> Result<(), Error> + 'a;

/// Reads a whole compressed archive and calls `visit` with each member of the tree, as soon as it
/// is known to fit the tree so far and the `limit`. When this returns, the archive was whole and
/// its sums were right; the answer is what was there.
///
/// # Errors
/// [`Error::Member`] with the name of what may not be; [`Error::Stream`]; what `visit` says.
pub(crate) fn read_archive(
    source: impl Read,
    limit: Totals,
    visit: &mut Visit<'_>,
) -> Result<Totals, Error> {
    let mut decoder = Decoder::new(source)?;
    decoder.window_log_max(LARGEST_WINDOW)?;
    let mut tar = BufReader::new(decoder);
    read_meta(&mut tar)?;
    let (mut shape, mut sums) = (Shape::new(limit), Sums::default());
    loop {
        match read_heading(&mut tar)? {
            Heading::Member(member) => {
                shape.add(&member).map_err(|reason| Error::member(&member.path, reason))?;
                read_member(&mut tar, &member, &mut sums, visit)?;
            }
            Heading::Plain(MemberName::Sums, size) => {
                expect_sums(&mut tar, size, &sums)?;
                return Ok(shape.totals());
            }
            Heading::Plain(..) => return Err(Error::member(META, "it is there twice")),
            Heading::End => return Err(Error::member(SUMS, "it is missing")),
        }
    }
}

/// `META.json` comes first and is JSON; what it says is for people.
fn read_meta(tar: &mut dyn Read) -> Result<(), Error> {
    let size = match read_heading(tar)? {
        Heading::Plain(MemberName::Meta, size) if size <= META_LIMIT => size,
        Heading::Plain(MemberName::Meta, _) => return Err(Error::member(META, "it is too large")),
        _ => return Err(Error::member(META, "it is not the first")),
    };
    let mut meta = Vec::new();
    tar.take(size).read_to_end(&mut meta)?;
    read_padding(tar, size)?;
    match serde_json::from_slice::<IgnoredAny>(&meta) {
        Ok(_) => Ok(()),
        Err(reason) => Err(Error::member(META, reason)),
    }
}

fn read_member(
    tar: &mut dyn Read,
    member: &Member,
    sums: &mut Sums,
    visit: &mut Visit<'_>,
) -> Result<(), Error> {
    match &member.content {
        Content::File(size) => {
            let mut content = SumReader::new(tar.take(*size));
            visit(member, &mut content)?;
            std::io::copy(&mut content, &mut std::io::sink())?;
            let sum = content.finish();
            if sum.size() != *size {
                return Err(Error::member(&member.path, "it is cut short"));
            }
            sums.add(&member.path, sum);
            Ok(read_padding(tar, *size)?)
        }
        Content::HardLink(first) => {
            sums.add_link(&member.path, first);
            visit(member, &mut std::io::empty())
        }
        Content::Link(_) | Content::Folder => visit(member, &mut std::io::empty()),
    }
}

/// `SUMS` says of each file what was read, and then the archive ends.
fn expect_sums(tar: &mut dyn Read, size: u64, sums: &Sums) -> Result<(), Error> {
    let expected = sums.text();
    let mut text = Vec::new();
    if size == expected.len() as u64 {
        tar.take(size).read_to_end(&mut text)?;
    }
    if size != expected.len() as u64 || text != expected {
        return Err(Error::member(SUMS, "it says something else than the files"));
    }
    read_padding(tar, size)?;
    match read_heading(tar)? {
        Heading::End => Ok(()),
        _ => Err(Error::member(SUMS, "it is not the last")),
    }
}
