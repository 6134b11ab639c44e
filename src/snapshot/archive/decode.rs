//! tar's headers, read: exactly what `encode.rs` writes, and nothing that means more.
//!
//! A stranger's archive may say twice what a member is called or how large it is, and programs
//! differ in what they believe. Here whatever we do not write is refused.

use std::borrow::Cow;
use std::io::{self, Read};

use tar::{EntryType, Header};

use crate::snapshot::Error;

use super::encode::{BLOCK, decimal, padding};
use super::member::{Content, Member, MemberName, TreePath};

/// The longest name or link, with its NUL (bytes); Linux takes 4096.
const LONGEST_NAME: u64 = 8192;

/// The longest extended header (bytes); ours have under 60.
const LONGEST_EXTENSION: u64 = 1024;

/// Where a member begins.
pub(super) enum Heading {
    /// `META.json` or `SUMS`, and its size.
    Plain(MemberName, u64),
    /// Something of the tree.
    Member(Member),
    /// The end of the archive.
    End,
}

/// Reads the next header, and whatever precedes it.
pub(super) fn read_heading(source: &mut dyn Read) -> Result<Heading, Error> {
    let mut pending = Pending { header: Header::new_ustar(), name: None, link: None, mtime: None };
    pending.read(source).map_err(|wrong| match wrong {
        Wrong::Stream(error) => error.into(),
        Wrong::Reason(reason) => Error::member(String::from_utf8_lossy(&pending.name()), reason),
    })
}

/// Reads what fills up the last block of a content.
pub(super) fn read_padding(source: &mut dyn Read, size: u64) -> io::Result<()> {
    source.read_exact(&mut [0; BLOCK][..padding(size)])
}

/// What is wrong; [`read_heading`] adds with what.
enum Wrong {
    Stream(io::Error),
    Reason(&'static str),
}

impl From<io::Error> for Wrong {
    fn from(error: io::Error) -> Self {
        Self::Stream(error)
    }
}

impl From<&'static str> for Wrong {
    fn from(reason: &'static str) -> Self {
        Self::Reason(reason)
    }
}

/// A member of which only a part is known: what was said before its own header.
struct Pending {
    header: Header,
    name: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
    mtime: Option<(i64, i64)>,
}

impl Pending {
    fn read(&mut self, source: &mut dyn Read) -> Result<Heading, Wrong> {
        loop {
            source.read_exact(self.header.as_mut_bytes())?;
            if self.header.as_bytes() == &[0; BLOCK] {
                return expect_end(source).map(|()| Heading::End);
            }
            self.check()?;
            let size = self.header.entry_size().map_err(|_| "its size is no number")?;
            let repeated = match self.header.entry_type() {
                EntryType::GNULongName => self.name.replace(read_long(source, size)?).is_some(),
                EntryType::GNULongLink => self.link.replace(read_long(source, size)?).is_some(),
                EntryType::XHeader => self.mtime.replace(read_mtime(source, size)?).is_some(),
                kind => return self.heading(kind, size),
            };
            if repeated {
                return Err("it is extended twice".into());
            }
        }
    }

    fn check(&self) -> Result<(), Wrong> {
        let mut again = self.header.clone();
        again.set_cksum();
        if again.as_bytes() == self.header.as_bytes() {
            Ok(())
        } else {
            Err("its header is damaged".into())
        }
    }

    fn name(&self) -> Cow<'_, [u8]> {
        self.name.as_deref().map_or_else(|| self.header.path_bytes(), Cow::Borrowed)
    }

    fn heading(&self, kind: EntryType, size: u64) -> Result<Heading, Wrong> {
        let name = self.name();
        let bare = match kind {
            EntryType::Directory => name.strip_suffix(b"/").unwrap_or(&name),
            _ => &name,
        };
        match MemberName::parse(bare)? {
            MemberName::Tree(path) => self.member(path, kind, size).map(Heading::Member),
            plain if kind == EntryType::Regular => Ok(Heading::Plain(plain, size)),
            _ => Err("it is no file".into()),
        }
    }

    fn member(&self, path: TreePath, kind: EntryType, size: u64) -> Result<Member, Wrong> {
        let content = match kind {
            EntryType::Regular => Content::File(size),
            EntryType::Directory => Content::Folder,
            EntryType::Symlink => Content::Link(self.link()?.into_owned()),
            EntryType::Link => Content::HardLink(self.hard_link()?),
            EntryType::Char | EntryType::Block => return Err("it is a device".into()),
            EntryType::Fifo => return Err("it is a FIFO".into()),
            _ => return Err("it is of a kind that no snapshot has".into()),
        };
        if size > 0 && kind != EntryType::Regular {
            return Err("it is no file and has a content".into());
        }
        Ok(Member { path, content, mode: self.mode()?, owner: self.owner()?, mtime: self.mtime()? })
    }

    fn link(&self) -> Result<Cow<'_, [u8]>, Wrong> {
        let short = || self.header.link_name_bytes();
        let link = self.link.as_deref().map(Cow::Borrowed).or_else(short);
        Ok(link.ok_or("it is a link to nothing")?)
    }

    fn hard_link(&self) -> Result<TreePath, Wrong> {
        match MemberName::parse(&self.link()?) {
            Ok(MemberName::Tree(path)) => Ok(path),
            _ => Err("it is a hard link to something outside".into()),
        }
    }

    fn mode(&self) -> Result<u32, Wrong> {
        let mode = self.header.mode().map_err(|_| "its mode is no number")?;
        if mode > 0o7777 { Err("its mode is none".into()) } else { Ok(mode) }
    }

    fn owner(&self) -> Result<(u32, u32), Wrong> {
        let id = |id: io::Result<u64>| id.ok().and_then(|id| u32::try_from(id).ok());
        let owner = id(self.header.uid()).zip(id(self.header.gid()));
        Ok(owner.ok_or("its owner is no number")?)
    }

    fn mtime(&self) -> Result<(i64, i64), Wrong> {
        let seconds = self.header.mtime().ok().and_then(|seconds| i64::try_from(seconds).ok());
        let whole = seconds.map(|seconds| (seconds, 0));
        Ok(self.mtime.or(whole).ok_or("its time is no number")?)
    }
}

/// The second of the two blank blocks, and nothing behind it.
fn expect_end(source: &mut dyn Read) -> Result<(), Wrong> {
    let mut rest = Vec::new();
    source.take(BLOCK as u64 + 1).read_to_end(&mut rest)?;
    if rest == [0; BLOCK] { Ok(()) } else { Err("the archive does not end where it should".into()) }
}

fn read_long(source: &mut dyn Read, size: u64) -> Result<Vec<u8>, Wrong> {
    if size > LONGEST_NAME {
        return Err("its name is too long".into());
    }
    let mut text = read_content(source, size)?;
    if text.pop() == Some(0) { Ok(text) } else { Err("its long name has no end".into()) }
}

/// The one record that we write, a time.
fn read_mtime(source: &mut dyn Read, size: u64) -> Result<(i64, i64), Wrong> {
    const NOT_OURS: &str = "it is extended by something else than its time";
    if size > LONGEST_EXTENSION {
        return Err(NOT_OURS.into());
    }
    let record = read_content(source, size)?;
    Ok(parse_record(&record).ok_or(NOT_OURS)?)
}

fn read_content(source: &mut dyn Read, size: u64) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    if source.take(size).read_to_end(&mut content)? as u64 != size {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    read_padding(source, size)?;
    Ok(content)
}

/// `LENGTH mtime=SECONDS.NANOSECONDS`, with the length that it has.
fn parse_record(record: &[u8]) -> Option<(i64, i64)> {
    let text = std::str::from_utf8(record).ok()?.strip_suffix('\n')?;
    let (length, rest) = text.split_once(' ')?;
    let counted = length == record.len().to_string();
    parse_decimal(rest.strip_prefix("mtime=")?).filter(|_| counted)
}

fn parse_decimal(text: &str) -> Option<(i64, i64)> {
    let (seconds, decimals) = text.split_once('.')?;
    let (seconds, decimals): (i64, i64) = (seconds.parse().ok()?, decimals.parse().ok()?);
    let before_1970 = text.starts_with('-') && decimals > 0;
    let time = if before_1970 {
        (seconds.checked_sub(1)?, 1_000_000_000 - decimals)
    } else {
        (seconds, decimals)
    };
    (decimal(time) == text).then_some(time)
}
