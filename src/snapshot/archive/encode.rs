//! tar's headers (POSIX.1-2024 `pax`, "ustar Interchange Format"; GNU tar's `L` and `K` members),
//! written so that GNU tar, bsdtar and busybox all read them.
//!
//! Long names are in `L` and `K` members, because busybox does not read them from extended
//! headers; times below a second are in extended headers, because nothing else has room for them.
//! An extended header needs a name of its own, which busybox insists on.

use std::io::{self, Write};

use tar::{EntryType, Header, UstarHeader};

use super::member::{Content, Member};

pub(super) const BLOCK: usize = 512;

/// What a header's fields for names hold (bytes).
const SHORT: usize = 100;

const LONG_NAME: &[u8] = b"././@LongLink";
const EXTENSION_NAME: &[u8] = b"PaxHeaders/mtime";

/// Writes the header of a member, and whatever must precede it.
pub(super) fn write_member(sink: &mut dyn Write, member: &Member) -> io::Result<()> {
    let mut name = member.path.member();
    let mut header = blank(entry_type(&member.content));
    header.set_mode(member.mode);
    header.set_uid(member.owner.0.into());
    header.set_gid(member.owner.1.into());
    // A time before 1970 has no place here; the extended header has it.
    header.set_mtime(member.mtime.0.try_into().unwrap_or(0));
    match &member.content {
        Content::File(size) => header.set_size(*size),
        // Its bytes lie in packs, and whoever restores fills it.
        Content::Parts(_) => {}
        Content::Folder => name.push(b'/'),
        Content::HardLink(first) => write_link(sink, &mut header, &first.member())?,
        Content::Link(text) => write_link(sink, &mut header, text)?,
    }
    if member.mtime.1 != 0 || member.mtime.0 < 0 {
        write_extension(sink, member.mtime)?;
    }
    write_named(sink, header, &name)
}

/// What stands before the content of a member.
pub(crate) fn header_of(member: &Member) -> io::Result<Vec<u8>> {
    let mut header = Vec::new();
    write_member(&mut header, member)?;
    Ok(header)
}

/// What stands behind a content of this size.
pub(crate) fn padding_of(size: u64) -> Vec<u8> {
    vec![0; padding(size)]
}

/// What ends an archive.
pub(crate) fn end_of_tar() -> Vec<u8> {
    vec![0; 2 * BLOCK]
}

/// Writes a member that is no part of the tree: `META.json`, `SUMS`, a recipe, a part.
pub(super) fn write_plain(sink: &mut dyn Write, name: &[u8], content: &[u8]) -> io::Result<()> {
    let size = content.len() as u64;
    let mut header = blank(EntryType::Regular);
    header.set_size(size);
    write_named(sink, header, name)?;
    sink.write_all(content)?;
    write_padding(sink, size)
}

/// Writes what ends an archive.
pub(super) fn write_end(sink: &mut dyn Write) -> io::Result<()> {
    sink.write_all(&[0; 2 * BLOCK])
}

/// Fills up the last block.
pub(super) fn write_padding(sink: &mut dyn Write, size: u64) -> io::Result<()> {
    sink.write_all(&[0; BLOCK][..padding(size)])
}

/// The number of bytes behind a content of this size, up to the next block.
pub(super) fn padding(size: u64) -> usize {
    let used = usize::try_from(size % BLOCK as u64).expect("less than a block");
    if used == 0 { 0 } else { BLOCK - used }
}

fn entry_type(content: &Content) -> EntryType {
    match content {
        Content::File(_) | Content::Parts(_) => EntryType::Regular,
        Content::HardLink(_) => EntryType::Link,
        Content::Link(_) => EntryType::Symlink,
        Content::Folder => EntryType::Directory,
    }
}

fn write_link(sink: &mut dyn Write, header: &mut Header, text: &[u8]) -> io::Result<()> {
    if text.len() > SHORT {
        write_before(sink, EntryType::GNULongLink, LONG_NAME, &terminated(text))?;
    }
    fill(&mut ustar(header).linkname, text);
    Ok(())
}

fn write_named(sink: &mut dyn Write, mut header: Header, name: &[u8]) -> io::Result<()> {
    if name.len() > SHORT {
        write_before(sink, EntryType::GNULongName, LONG_NAME, &terminated(name))?;
    }
    fill(&mut ustar(&mut header).name, name);
    write_header(sink, header)
}

fn write_extension(sink: &mut dyn Write, mtime: (i64, i64)) -> io::Result<()> {
    let record = record("mtime", &decimal(mtime));
    write_before(sink, EntryType::XHeader, EXTENSION_NAME, record.as_bytes())
}

/// Writes a member that says something about the one behind it.
fn write_before(
    sink: &mut dyn Write,
    kind: EntryType,
    name: &[u8],
    content: &[u8],
) -> io::Result<()> {
    let size = content.len() as u64;
    let mut header = blank(kind);
    header.set_size(size);
    fill(&mut ustar(&mut header).name, name);
    write_header(sink, header)?;
    sink.write_all(content)?;
    write_padding(sink, size)
}

fn write_header(sink: &mut dyn Write, mut header: Header) -> io::Result<()> {
    header.set_cksum();
    sink.write_all(header.as_bytes())
}

/// A header with every number set: an empty field would be none.
fn blank(kind: EntryType) -> Header {
    let mut header = Header::new_ustar();
    header.set_entry_type(kind);
    header.set_mode(0o600);
    header.set_uid(0);
    header.set_gid(0);
    header.set_size(0);
    header.set_mtime(0);
    header
}

fn ustar(header: &mut Header) -> &mut UstarHeader {
    header.as_ustar_mut().expect("it was made as one")
}

fn terminated(text: &[u8]) -> Vec<u8> {
    [text, &[0]].concat()
}

fn fill(field: &mut [u8; SHORT], text: &[u8]) {
    let length = text.len().min(SHORT);
    field[..length].copy_from_slice(&text[..length]);
}

/// `LENGTH key=value`, where the length counts itself.
fn record(key: &str, value: &str) -> String {
    let rest = key.len() + value.len() + 3;
    let mut length = rest + 1;
    while length != rest + length.to_string().len() {
        length += 1;
    }
    format!("{length} {key}={value}\n")
}

/// Seconds with nine decimals; nanoseconds count upwards, also before 1970.
pub(super) fn decimal((seconds, nanoseconds): (i64, i64)) -> String {
    if seconds < 0 && nanoseconds > 0 {
        return format!("-{}.{:09}", -(seconds + 1), 1_000_000_000 - nanoseconds);
    }
    format!("{seconds}.{nanoseconds:09}")
}
