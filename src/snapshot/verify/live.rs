//! Whether the newest snapshot is what lies on the disk: every file that has not been touched since is
//! compared byte for byte with what a restore would bring back.

use std::io::Read;
use std::path::Path;

use crate::crypto::{DedupKey, Identity};
use crate::snapshot::Error;
use crate::snapshot::archive::{Content, Member, Recipe};
use crate::snapshot::repository::commit::Commit;
use crate::snapshot::repository::object::read_snapshot;
use crate::storage::Storage;
use crate::sys::{Kind, SteadyFile, facts};

use super::Report;

/// How much is compared at a time (bytes).
const STEP: usize = 64 * 1024;

/// How many files were compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Compared {
    /// They are what the snapshot has.
    pub same: usize,
    /// They have another size or time by now, or are gone; what is in them was not looked at.
    pub changed: usize,
}

/// What comparing depends on.
pub(super) struct Live<'a> {
    pub(super) storage: &'a dyn Storage,
    pub(super) identity: &'a Identity,
    /// The home on this machine.
    pub(super) home: &'a Path,
}

/// How a file compares.
enum Verdict {
    Same,
    Changed,
    Differs,
}

impl Live<'_> {
    /// Compares what `commit` has with what is here.
    ///
    /// # Errors
    /// What kept it from looking; a file that differs is in the report.
    pub(super) fn check(&self, commit: &Commit, report: &mut Report) -> Result<(), Error> {
        let mut compared = Compared::default();
        let mut bulky: Vec<(Member, Recipe)> = Vec::new();
        let (object, totals) = (commit.object, commit.totals);
        let mut differing = Vec::new();
        let mut note = |member: &Member, verdict: Verdict| match verdict {
            Verdict::Same => compared.same += 1,
            Verdict::Changed => compared.changed += 1,
            Verdict::Differs => differing.push(member.path.shown()),
        };
        let contents =
            read_snapshot(self.storage, object, totals, self.identity, &mut |member, source| {
                match &member.content {
                    Content::File(size) => note(member, self.compare(member, *size, source)?),
                    Content::Parts(recipe) => bulky.push((member.clone(), recipe.clone())),
                    Content::HardLink(_) | Content::Link(_) | Content::Folder => {}
                }
                Ok(())
            })?;
        if let Some(key) = &contents.key {
            for (member, recipe) in &bulky {
                note(member, self.compare_parts(member, recipe, key)?);
            }
        }
        for path in differing {
            report.fault(
                path,
                "the file on the disk is another, though its size and time are the same",
            );
        }
        report.live = Some(compared);
        Ok(())
    }

    fn compare(&self, member: &Member, size: u64, stored: &mut dyn Read) -> Result<Verdict, Error> {
        let Some(file) = self.untouched(member, size) else {
            return Ok(Verdict::Changed);
        };
        Ok(if has_bytes(&file, size, stored)? { Verdict::Same } else { verdict_on(&file) })
    }

    fn compare_parts(
        &self,
        member: &Member,
        recipe: &Recipe,
        key: &DedupKey,
    ) -> Result<Verdict, Error> {
        let Some(file) = self.untouched(member, recipe.size()) else {
            return Ok(Verdict::Changed);
        };
        Ok(if has_parts(&file, recipe, key)? { Verdict::Same } else { verdict_on(&file) })
    }

    /// The file, if it looks as it did when it was taken.
    fn untouched(&self, member: &Member, size: u64) -> Option<SteadyFile> {
        let path = member.path.on_disk(self.home);
        let found = facts(&path).ok().flatten()?;
        let is_same = found.kind == Kind::File && (found.size, found.mtime) == (size, member.mtime);
        is_same.then(|| SteadyFile::open(&path).ok()).flatten()
    }
}

/// A file that is being changed just now differs for a good reason.
fn verdict_on(file: &SteadyFile) -> Verdict {
    if file.has_changed().unwrap_or(true) { Verdict::Changed } else { Verdict::Differs }
}

/// Whether a file begins with the next `size` bytes of what is stored.
pub(in crate::snapshot) fn has_bytes(
    file: &SteadyFile,
    size: u64,
    stored: &mut dyn Read,
) -> Result<bool, Error> {
    let (mut ours, mut theirs) = (vec![0; STEP], vec![0; STEP]);
    let mut offset = 0;
    while offset < size {
        let count = stored.read(&mut theirs)?;
        if count == 0 {
            break;
        }
        if !matches(file, offset, &theirs[..count], &mut ours)? {
            return Ok(false);
        }
        offset += count as u64;
    }
    Ok(true)
}

/// Whether a file is put together from these parts: their names say so, no pack need be read.
pub(in crate::snapshot) fn has_parts(
    file: &SteadyFile,
    recipe: &Recipe,
    key: &DedupKey,
) -> Result<bool, Error> {
    let (mut bytes, mut offset) = (Vec::new(), 0);
    for part in recipe.parts() {
        let size = usize::try_from(part.size).expect("a part fits into memory");
        bytes.resize(size, 0);
        if fill(file, offset, &mut bytes)? != size || key.id_of(&bytes) != part.id {
            return Ok(false);
        }
        offset += part.size;
    }
    Ok(true)
}

fn matches(
    file: &SteadyFile,
    offset: u64,
    expected: &[u8],
    buffer: &mut [u8],
) -> Result<bool, Error> {
    let ours = &mut buffer[..expected.len()];
    Ok(fill(file, offset, ours)? == expected.len() && *ours == *expected)
}

/// Reads from `offset` on until the target is full or the file ends; the answer is how much.
fn fill(file: &SteadyFile, offset: u64, target: &mut [u8]) -> Result<usize, Error> {
    let mut filled = 0;
    while filled < target.len() {
        match file.read_at(offset + filled as u64, &mut target[filled..])? {
            0 => break,
            count => filled += count,
        }
    }
    Ok(filled)
}
