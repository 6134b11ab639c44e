//! The archive of a snapshot, read and checked while it is read.

use std::io::{self, BufReader, Read};

use serde::Deserialize;
use zstd::stream::read::Decoder;

use crate::crypto::DedupKey;
use crate::snapshot::Error;
use crate::snapshot::repository::commit::Totals;

use super::decode::{Heading, read_heading, read_padding};
use super::member::{Content, META, Member, MemberName, SUMS, TreePath};
use super::recipe::Recipe;
use super::shape::Shape;
use super::sums::{SumReader, Sums};

/// log2 of the largest window that is accepted: 128 MiB of memory.
const LARGEST_WINDOW: u32 = 27;

/// The largest `META.json` (bytes).
const META_LIMIT: u64 = 16 * 1024 * 1024;

/// The largest recipe (bytes): that of a file of a terabyte has 10 MB.
const RECIPE_LIMIT: u64 = 64 * 1024 * 1024;

/// What to do with a member: its content, if it is a file, comes from the reader.
pub(crate) type Visit<'a> = dyn FnMut(&Member, &mut dyn Read) -> Result<(), Error> + 'a;

/// What an archive held.
pub(crate) struct Contents {
    /// What a restore makes of it.
    pub totals: Totals,
    /// The key of the parts' names, where there are parts.
    pub key: Option<DedupKey>,
    /// What was not in order when it was taken, for people.
    pub findings: Vec<Told>,
}

/// Something, and what was wrong with it, in words.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Told {
    /// What, as a person calls it.
    pub path: String,
    /// What was wrong.
    pub why: String,
}

/// Reads a whole compressed archive and calls `visit` with each member of the tree, as soon as it
/// is known to fit the tree so far and the `limit`. When this returns, the archive was whole and
/// its sums were right.
///
/// # Errors
/// [`Error::Member`] with the name of what may not be; [`Error::Stream`]; what `visit` says.
pub(crate) fn read_archive(
    source: impl Read,
    limit: Totals,
    visit: &mut Visit<'_>,
) -> Result<Contents, Error> {
    let mut tar = BufReader::new(decoder(source)?);
    let (key, findings) = read_meta(&mut tar)?;
    let (mut shape, mut sums) = (Shape::new(limit), Sums::default());
    loop {
        let member = match read_heading(&mut tar)? {
            Heading::Member(member) => member,
            Heading::Plain(MemberName::Recipe(path), size) => {
                read_recipe(&mut tar, &path, size).map_err(|wrong| wrong.of(&path))?
            }
            Heading::Plain(MemberName::Sums, size) => {
                expect_sums(&mut tar, size, &sums)?;
                return Ok(Contents { totals: shape.totals(), key, findings });
            }
            Heading::Plain(..) => return Err(Error::member(META, "it is there twice")),
            Heading::End => return Err(Error::member(SUMS, "it is missing")),
        };
        shape.add(&member).map_err(|reason| Error::member(&member.path, reason))?;
        read_member(&mut tar, &member, &mut sums, visit)?;
    }
}

/// A decompressor that refuses a window which would eat the memory.
pub(super) fn decoder<R: Read>(source: R) -> io::Result<Decoder<'static, BufReader<R>>> {
    let mut decoder = Decoder::new(source)?;
    decoder.window_log_max(LARGEST_WINDOW)?;
    Ok(decoder)
}

/// The content of a member that is no part of the tree.
pub(super) fn read_text(tar: &mut dyn Read, size: u64) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    tar.take(size).read_to_end(&mut text)?;
    read_padding(tar, size)?;
    Ok(text)
}

/// What a reader takes from `META.json`; the rest is for people.
#[derive(Deserialize)]
struct Meta {
    dedup: Option<String>,
    #[serde(default)]
    findings: Vec<Told>,
}

/// `META.json` comes first and is JSON.
fn read_meta(tar: &mut dyn Read) -> Result<(Option<DedupKey>, Vec<Told>), Error> {
    let size = match read_heading(tar)? {
        Heading::Plain(MemberName::Meta, size) if size <= META_LIMIT => size,
        Heading::Plain(MemberName::Meta, _) => return Err(Error::member(META, "it is too large")),
        _ => return Err(Error::member(META, "it is not the first")),
    };
    let meta = serde_json::from_slice::<Meta>(&read_text(tar, size)?);
    let Meta { dedup, findings } = meta.map_err(|reason| Error::member(META, reason))?;
    let parsed = dedup.map(|text| DedupKey::parse(&text).ok_or("its `dedup` is no key"));
    let key = parsed.transpose().map_err(|reason| Error::member(META, reason))?;
    Ok((key, findings))
}

/// What is wrong with a recipe.
enum Wrong {
    Stream(Error),
    Reason(&'static str),
}

impl Wrong {
    fn of(self, path: &TreePath) -> Error {
        match self {
            Self::Stream(error) => error,
            Self::Reason(reason) => Error::member(path, reason),
        }
    }
}

impl From<&'static str> for Wrong {
    fn from(reason: &'static str) -> Self {
        Self::Reason(reason)
    }
}

/// A recipe, and the empty file that follows it.
fn read_recipe(tar: &mut dyn Read, path: &TreePath, size: u64) -> Result<Member, Wrong> {
    if size > RECIPE_LIMIT {
        return Err("its recipe is too large".into());
    }
    let text = read_text(tar, size).map_err(Error::from).map_err(Wrong::Stream)?;
    let (mode, recipe) = Recipe::parse(&text)?;
    match read_heading(tar).map_err(Wrong::Stream)? {
        Heading::Member(file)
            if file.path == *path && file.content == Content::File(0) && file.mode == mode =>
        {
            Ok(Member { content: Content::Parts(recipe), ..file })
        }
        _ => Err("its recipe is not followed by its empty file".into()),
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
            io::copy(&mut content, &mut io::sink())?;
            let sum = content.finish();
            if sum.size() != *size {
                return Err(Error::member(&member.path, "it is cut short"));
            }
            sums.add(&member.path, sum);
            Ok(read_padding(tar, *size)?)
        }
        Content::Parts(recipe) => {
            sums.add_sized(&member.path, recipe.size());
            visit(member, &mut io::empty())
        }
        Content::HardLink(first) => {
            sums.add_link(&member.path, first);
            visit(member, &mut io::empty())
        }
        Content::Link(_) | Content::Folder => visit(member, &mut io::empty()),
    }
}

/// `SUMS` says of each file what was read, and then the archive ends.
fn expect_sums(tar: &mut dyn Read, size: u64, sums: &Sums) -> Result<(), Error> {
    if size > sums.longest() || !sums.agree_with(&read_text(tar, size)?) {
        return Err(Error::member(SUMS, "it says something else than the files"));
    }
    match read_heading(tar)? {
        Heading::End => Ok(()),
        _ => Err(Error::member(SUMS, "it is not the last")),
    }
}
