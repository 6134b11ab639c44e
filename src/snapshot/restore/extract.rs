//! Making files, links and folders of an archive's members, below an open folder and nowhere else.
//!
//! Safe because of what comes before: [`read_archive`](crate::snapshot::archive::read_archive) lets no member
//! through that could overwrite, or be reached through, another; the folder resolves every path
//! beneath itself; and links are made when everything else is there. Nothing of it is synced: whoever
//! publishes the tree does that once, for all.

use std::collections::HashSet;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::snapshot::Error;
use crate::snapshot::archive::{Content, Member, Recipe, TreePath};
use crate::sys::{Finish, Folder};

use super::inert::{Kind, Treatment, treatment};

/// What remains of a mode: neither set-uid nor set-gid comes back.
const MODES: u32 = 0o1777;

/// What a file gets while it is being filled.
const UNFINISHED: Finish = Finish { mode: 0o600, mtime: None };

/// A symbolic link that is to be made: where, what it says, when.
type Link = (PathBuf, Vec<u8>, (i64, i64));

/// A file that was made empty, and is to be filled from packs.
pub(super) struct Unfilled {
    /// Where it is.
    pub(super) path: PathBuf,
    /// What goes into it.
    pub(super) recipe: Recipe,
    finish: Finish,
}

impl Unfilled {
    /// The file that `member` is.
    pub(super) fn of(member: &Member, recipe: &Recipe) -> Self {
        let (path, recipe) = (member.path.as_path().to_owned(), recipe.clone());
        Self { path, recipe, finish: finish(member) }
    }
}

/// Something that does not come back as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Altered {
    /// What.
    pub path: TreePath,
    /// What was done with it.
    pub told: &'static str,
}

/// A file whose content is to be rewritten when it is whole.
struct ToRewrite {
    path: TreePath,
    kind: Kind,
    finish: Finish,
}

/// A rewritten file is of a kind that is small (bytes).
const LARGEST_REWRITTEN: usize = 16 * 1024 * 1024;

/// A tree in the making; the folder that it is made in is handed in each time.
#[derive(Default)]
pub(super) struct Extraction {
    made: HashSet<PathBuf>,
    /// Everything but folders, under the names that it has now.
    placed: Vec<TreePath>,
    folders: Vec<(PathBuf, Finish)>,
    links: Vec<Link>,
    unfilled: Vec<Unfilled>,
    rewritten: Vec<ToRewrite>,
    left_out: HashSet<TreePath>,
    altered: Vec<Altered>,
}

impl Extraction {
    /// Makes a file or a hard link; folders and links are finished later.
    pub(super) fn add(
        &mut self,
        target: &Folder,
        member: &Member,
        source: &mut dyn Read,
    ) -> Result<(), Error> {
        let is_file = matches!(member.content, Content::File(_) | Content::Parts(_));
        match treatment(&member.path) {
            _ if member.content == Content::Folder && !is_left_out(member) => {}
            Treatment::AsItWas => {}
            Treatment::Rewritten(kind) if is_file => {
                let (path, finish) = (member.path.clone(), finish(member));
                self.rewritten.push(ToRewrite { path, kind, finish });
            }
            // By another name, or through a link, it would be what it was.
            Treatment::Rewritten(_) | Treatment::Emptied | Treatment::LeftOut => {
                self.leave_out(member);
                return Ok(());
            }
        }
        if let Content::HardLink(first) = &member.content
            && self.left_out.contains(first)
        {
            self.leave_out(member);
            return Ok(());
        }
        self.make(target, member, source)
    }

    fn leave_out(&mut self, member: &Member) {
        self.left_out.insert(member.path.clone());
        let told = "it would be run, or say what is run, and does not come back";
        self.altered.push(Altered { path: member.path.clone(), told });
    }

    fn make(
        &mut self,
        target: &Folder,
        member: &Member,
        source: &mut dyn Read,
    ) -> Result<(), Error> {
        let path = member.path.as_path();
        self.make_folder(target, path.parent().unwrap_or(Path::new("")))?;
        match &member.content {
            Content::File(_) => plant(target, path, finish(member), source)?,
            Content::Parts(recipe) => {
                target.plant_file(path, UNFINISHED, &mut io::empty())?;
                self.unfilled.push(Unfilled::of(member, recipe));
            }
            Content::HardLink(first) => target.make_hard_link(first.as_path(), path)?,
            Content::Link(text) => self.links.push((path.to_owned(), text.clone(), member.mtime)),
            Content::Folder => {
                self.make_folder(target, path)?;
                self.folders.push((path.to_owned(), finish(member)));
                return Ok(());
            }
        }
        self.placed.push(member.path.clone());
        Ok(())
    }

    /// Whether something was made in this folder.
    pub(super) fn has_folder(&self, path: &TreePath) -> bool {
        self.made.contains(path.as_path())
    }

    /// The files that must be filled before the end.
    pub(super) fn unfilled(&self) -> &[Unfilled] {
        &self.unfilled
    }

    /// Gives the filled files their modes and times, makes the links, and then finishes the folders,
    /// the deepest first: what is made in a folder changes its time, and its mode may forbid to make
    /// anything.
    pub(super) fn finish(mut self, target: &Folder) -> Result<Made, Error> {
        for Unfilled { path, finish, .. } in &self.unfilled {
            target.finish_file(path, *finish)?;
        }
        for file in std::mem::take(&mut self.rewritten) {
            self.rewrite(target, &file)?;
        }
        for (path, text, mtime) in &self.links {
            target.make_link(path, text, *mtime)?;
        }
        self.folders.sort_by_key(|(path, _)| std::cmp::Reverse(path.components().count()));
        for (path, finish) in &self.folders {
            target.finish_folder(path, *finish)?;
        }
        Ok(Made { placed: self.placed, altered: self.altered })
    }

    /// Another file takes its place, so that none of its other names is in the way.
    fn rewrite(&mut self, target: &Folder, file: &ToRewrite) -> Result<(), Error> {
        let path = file.path.as_path();
        let before = target.read(path, LARGEST_REWRITTEN)?.unwrap_or_default();
        let after = file.kind.rewrite(&before);
        if after != before {
            target.remove(path)?;
            target.plant_file(path, file.finish, &mut &after[..])?;
            self.altered.push(Altered { path: file.path.clone(), told: file.kind.told() });
        }
        Ok(())
    }

    fn make_folder(&mut self, target: &Folder, path: &Path) -> Result<(), Error> {
        if !self.made.contains(path) {
            target.plant_folder(path)?;
            // What lies in a folder makes it and those above it.
            self.made.extend(path.ancestors().map(Path::to_owned));
        }
        Ok(())
    }
}

/// What was made.
pub(super) struct Made {
    /// Everything but folders.
    pub(super) placed: Vec<TreePath>,
    /// What is not as it was.
    pub(super) altered: Vec<Altered>,
}

/// Makes a file. What is wrong with where it comes from is not wrong with where it goes.
pub(super) fn plant(
    target: &Folder,
    path: &Path,
    finish: Finish,
    source: &mut dyn Read,
) -> Result<(), Error> {
    let mut source = Remembering { source, error: None };
    let planted = target.plant_file(path, finish, &mut source);
    match source.error {
        Some(error) => Err(Error::Stream(error)),
        None => Ok(planted?),
    }
}

/// A reader that keeps its error, for whoever is told of another's.
struct Remembering<'s> {
    source: &'s mut dyn Read,
    error: Option<io::Error>,
}

impl Read for Remembering<'_> {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        self.source.read(target).map_err(|error| {
            let told = io::Error::new(error.kind(), error.to_string());
            if error.kind() != io::ErrorKind::Interrupted {
                self.error = Some(error);
            }
            told
        })
    }
}

fn is_left_out(member: &Member) -> bool {
    treatment(&member.path) == Treatment::LeftOut
}

fn finish(member: &Member) -> Finish {
    Finish { mode: member.mode & MODES, mtime: Some(member.mtime) }
}
