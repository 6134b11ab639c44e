//! Whether what was restored is what the snapshot has: the archive is read once more, beside the
//! files, and each of them compared byte by byte; of bulky files the parts are named again.

use std::collections::HashSet;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::crypto::DedupKey;
use crate::snapshot::Error;
use crate::snapshot::archive::{Content, Member, Recipe, Told, TreePath};
use crate::snapshot::repository::object::read_snapshot;
use crate::snapshot::verify::live::{has_bytes, has_parts};
use crate::sys::{self, Facts, FileError, Kind, SteadyFile};

use super::names::{Names, Quarantine};
use super::sources::Sources;
use super::{Restoration, Restored};

/// What remains of a mode: neither set-uid nor set-gid comes back.
const MODES: u32 = 0o1777;

/// The bits of a mode that are the owner's own.
const OWNERS: u32 = 0o700;

/// Who has restored.
#[derive(Clone, Copy)]
pub enum By<'a> {
    /// [`Restoration::to`], with what it told.
    Us(&'a Restored),
    /// `restore.sh`, by the programs that are here. All of them bring back content, links and the
    /// owner's rights, and times to the second; more than was stored none may give.
    Stock,
}

/// How what came back compares with the snapshot.
#[derive(Debug, Default)]
pub struct Likeness {
    /// Files, folders and links that were compared.
    pub things: u64,
    /// The bytes of the files among them.
    pub bytes: u64,
    /// What is not the same.
    pub different: Vec<Difference>,
    /// Files that their own modes forbid to read: of these, size, mode and time were compared.
    pub unread: u64,
    /// What was not in order when the snapshot was taken.
    pub findings: Vec<Told>,
}

/// Something that is not as the snapshot has it.
#[derive(Debug, PartialEq, Eq)]
pub struct Difference {
    /// What, as a person calls it.
    pub path: String,
    /// How it differs.
    pub why: &'static str,
}

impl Restoration<'_> {
    /// Compares what lies in `folder` with all of the snapshot. `check` says whether to go on.
    ///
    /// # Errors
    /// What kept it from looking; what differs is in the answer.
    pub fn compare(
        &self,
        folder: &Path,
        by: By<'_>,
        check: &dyn Fn() -> Result<(), Error>,
    ) -> Result<Likeness, Error> {
        let sources = Sources::new(self.repositories, self.state);
        let quarantine = Some(&Quarantine::Beside).filter(|_| matches!(by, By::Us(_)));
        let names = Names::all(None).with_quarantine(quarantine);
        let commit = self.verified.commit();
        sources.first(|storage| {
            let mut comparison = Comparison::new(folder, by);
            let (object, totals) = (commit.object, commit.totals);
            let contents =
                read_snapshot(storage, object, totals, self.identity, &mut |member, source| {
                    check()?;
                    match names.adapt(member, &|_| true) {
                        Some(member) => comparison.add(&member, source),
                        None => Ok(()),
                    }
                })?;
            comparison.finish(contents.key.as_ref(), contents.findings, check)
        })
    }
}

/// A comparison that goes on.
struct Comparison<'a> {
    folder: &'a Path,
    by: By<'a>,
    /// What did not come back as it was, and was told.
    altered: HashSet<&'a TreePath>,
    seen: HashSet<PathBuf>,
    bulky: Vec<(Member, Recipe)>,
    likeness: Likeness,
}

impl<'a> Comparison<'a> {
    fn new(folder: &'a Path, by: By<'a>) -> Self {
        let altered = match by {
            By::Us(restored) => restored.altered.iter().map(|altered| &altered.path).collect(),
            By::Stock => HashSet::new(),
        };
        let (seen, bulky, likeness) = (HashSet::new(), Vec::new(), Likeness::default());
        Self { folder, by, altered, seen, bulky, likeness }
    }

    fn add(&mut self, member: &Member, stored: &mut dyn Read) -> Result<(), Error> {
        let is_new = self.seen.insert(member.path.as_path().to_owned());
        if !is_new || self.altered.contains(&member.path) {
            return Ok(());
        }
        self.likeness.things += 1;
        match self.facts(member)? {
            None => self.differs(member, "it did not come back"),
            Some(found) => self.compare(member, &found, stored)?,
        }
        Ok(())
    }

    fn compare(
        &mut self,
        member: &Member,
        found: &Facts,
        stored: &mut dyn Read,
    ) -> Result<(), Error> {
        match &member.content {
            Content::Folder => self.expect(member, found, Kind::Folder),
            Content::Link(text) => {
                self.expect(member, found, Kind::Link);
                let path = self.path(member);
                if found.kind == Kind::Link
                    && sys::link_text(&path)?.as_os_str().as_encoded_bytes() != text
                {
                    self.differs(member, "it leads elsewhere");
                }
            }
            Content::HardLink(first) => {
                self.expect(member, found, Kind::File);
                let other = sys::facts(&self.folder.join(first.as_path()))?;
                if other.is_none_or(|other| other.place != found.place) {
                    self.differs(member, "it is no other name of the same file");
                }
            }
            Content::File(size) => self.compare_file(member, found, *size, stored)?,
            Content::Parts(recipe) => self.bulky.push((member.clone(), recipe.clone())),
        }
        Ok(())
    }

    fn compare_file(
        &mut self,
        member: &Member,
        found: &Facts,
        size: u64,
        stored: &mut dyn Read,
    ) -> Result<(), Error> {
        if let Some(file) = self.open(member, found, size)?
            && !has_bytes(&file, size, stored)?
        {
            self.differs(member, "its content is another");
        }
        Ok(())
    }

    /// What is not read while the archive is: bulky files, and what nobody has listed.
    fn finish(
        mut self,
        key: Option<&DedupKey>,
        findings: Vec<Told>,
        check: &dyn Fn() -> Result<(), Error>,
    ) -> Result<Likeness, Error> {
        for (member, recipe) in std::mem::take(&mut self.bulky) {
            check()?;
            let found = self.facts(&member)?;
            let file = match found {
                Some(found) => self.open(&member, &found, recipe.size())?,
                None => None,
            };
            let is_same =
                |file: &SteadyFile| key.map_or(Ok(false), |key| has_parts(file, &recipe, key));
            if let Some(file) = file
                && !is_same(&file)?
            {
                self.differs(&member, "its content is another");
            }
        }
        self.look_for_unlisted(Path::new(""));
        Ok(Likeness { findings, ..self.likeness })
    }

    /// The file, if it looks right and can be read.
    fn open(
        &mut self,
        member: &Member,
        found: &Facts,
        size: u64,
    ) -> Result<Option<SteadyFile>, Error> {
        self.expect(member, found, Kind::File);
        self.likeness.bytes += size;
        if found.kind != Kind::File {
            return Ok(None);
        }
        if found.size != size {
            self.differs(member, "it has another size");
            return Ok(None);
        }
        match SteadyFile::open(&self.path(member)) {
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                self.likeness.unread += 1;
                Ok(None)
            }
            file => Ok(Some(file?)),
        }
    }

    /// Kind, mode and time.
    fn expect(&mut self, member: &Member, found: &Facts, kind: Kind) {
        if found.kind != kind {
            return self.differs(member, "it is something else");
        }
        if kind != Kind::Link && !self.has_mode(member.mode & MODES, found.mode) {
            self.differs(member, "it has other rights");
        }
        let is_timed = matches!(member.content, Content::File(_) | Content::Parts(_));
        if is_timed && !self.has_time(member.mtime, found.mtime) {
            self.differs(member, "it has another time");
        }
    }

    fn has_mode(&self, stored: u32, found: u32) -> bool {
        match self.by {
            By::Us(_) => found == stored,
            By::Stock => found & !stored == 0 && (found ^ stored) & OWNERS == 0,
        }
    }

    fn has_time(&self, stored: (i64, i64), found: (i64, i64)) -> bool {
        match self.by {
            By::Us(_) => found == stored,
            By::Stock => found.0 == stored.0,
        }
    }

    /// Whatever is there and does not belong to the snapshot.
    fn look_for_unlisted(&mut self, below: &Path) {
        // What can not be entered was made so by the snapshot's own modes.
        for name in sys::names_in(&self.folder.join(below)).unwrap_or_default() {
            let path = below.join(name);
            let is_folder = sys::facts(&self.folder.join(&path))
                .is_ok_and(|found| found.is_some_and(|found| found.kind == Kind::Folder));
            if is_folder {
                self.look_for_unlisted(&path);
            } else if !self.seen.contains(&path) {
                let path = path.display().to_string();
                self.likeness.different.push(Difference { path, why: "it is not in the snapshot" });
            }
        }
    }

    fn facts(&self, member: &Member) -> Result<Option<Facts>, FileError> {
        match sys::facts(&self.path(member)) {
            // Below a folder that its own mode closes, nothing can be looked at.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(None),
            found => found,
        }
    }

    fn path(&self, member: &Member) -> PathBuf {
        self.folder.join(member.path.as_path())
    }

    fn differs(&mut self, member: &Member, why: &'static str) {
        self.likeness.different.push(Difference { path: member.path.shown(), why });
    }
}
