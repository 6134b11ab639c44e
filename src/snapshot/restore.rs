//! Restoring into a new folder: `HOME` and `ROOT` below it, as `restore.sh` does.

use std::path::Path;

use crate::crypto::Identity;
use crate::sys::Staging;

use super::Error;
use super::archive::{Content, Member};
use super::extract::Extraction;
use super::filling::Filling;
use super::object::read_snapshot;
use super::repository::Repository;
use super::verified::Verified;

/// Restores a proven snapshot to `target`, where nothing, or an empty folder, may be. It appears
/// there whole, or not at all.
///
/// # Errors
/// See [`Error`]; then nothing is left.
pub fn restore(
    repository: &Repository<'_>,
    verified: &Verified,
    identity: &Identity,
    target: &Path,
) -> Result<(), Error> {
    let commit = verified.commit();
    let (storage, staging) = (repository.storage(), Staging::begin(target)?);
    let mut extraction = Extraction::new(staging.folder());
    let contents =
        read_snapshot(storage, commit.object, commit.totals, identity, &mut |member, source| {
            staging.check()?;
            extraction.add(member, source)
        })?;
    if !extraction.unfilled().is_empty() {
        let key = &contents.key.ok_or_else(|| Error::member("META.json", "it names no key"))?;
        let (target, check) = (staging.folder(), &|| Ok(staging.check()?));
        let filling = Filling { storage, identity, key, target, check };
        filling.run(extraction.unfilled(), &commit.packs)?;
    }
    extraction.finish()?;
    Ok(staging.publish()?)
}

/// Calls `each` with a line about each thing that a restore would make.
///
/// # Errors
/// See [`Error`].
pub fn preview(
    repository: &Repository<'_>,
    verified: &Verified,
    identity: &Identity,
) -> Result<Vec<String>, Error> {
    let commit = verified.commit();
    let mut lines = Vec::new();
    let storage = repository.storage();
    read_snapshot(storage, commit.object, commit.totals, identity, &mut |member, _| {
        lines.push(line(member));
        Ok(())
    })?;
    lines.reverse();
    Ok(lines)
}

fn line(member: &Member) -> String {
    let path = member.path.shown();
    match &member.content {
        Content::File(size) => format!("{:04o} {size:>10} {path}", member.mode),
        Content::Parts(recipe) => format!("{:04o} {:>10} {path}", member.mode, recipe.size()),
        Content::Folder => format!("{:04o} {:>10} {path}/", member.mode, "-"),
        Content::HardLink(first) => {
            format!("{:04o} {:>10} {path} = {}", member.mode, "-", first.shown())
        }
        Content::Link(text) => {
            format!("link {:>10} {path} -> {}", "-", String::from_utf8_lossy(text))
        }
    }
}
