//! Making files, links and folders of an archive's members, below an open folder and nowhere else.
//!
//! Safe because of what comes before: [`read_archive`](super::archive::read_archive) lets no member
//! through that could overwrite, or be reached through, another; the folder resolves every path
//! beneath itself; and links are made when everything else is there. Nothing of it is synced: whoever
//! publishes the tree does that once, for all.

use std::collections::HashSet;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::sys::{Finish, Folder};

use super::Error;
use super::archive::{Content, Member, Recipe};

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

/// Makes a tree.
pub(super) struct Extraction<'a> {
    target: &'a Folder,
    made: HashSet<PathBuf>,
    folders: Vec<(PathBuf, Finish)>,
    links: Vec<Link>,
    unfilled: Vec<Unfilled>,
}

impl<'a> Extraction<'a> {
    pub(super) fn new(target: &'a Folder) -> Self {
        Self {
            target,
            made: HashSet::new(),
            folders: Vec::new(),
            links: Vec::new(),
            unfilled: Vec::new(),
        }
    }

    /// Makes a file or a hard link; folders and links are finished later.
    pub(super) fn add(&mut self, member: &Member, source: &mut dyn Read) -> Result<(), Error> {
        let path = member.path.as_path();
        self.make_folder(path.parent().unwrap_or(Path::new("")))?;
        match &member.content {
            Content::File(_) => self.target.plant_file(path, finish(member), source)?,
            Content::Parts(recipe) => {
                self.target.plant_file(path, UNFINISHED, &mut io::empty())?;
                let (path, recipe) = (path.to_owned(), recipe.clone());
                self.unfilled.push(Unfilled { path, recipe, finish: finish(member) });
            }
            Content::HardLink(first) => self.target.make_hard_link(first.as_path(), path)?,
            Content::Link(text) => self.links.push((path.to_owned(), text.clone(), member.mtime)),
            Content::Folder => {
                self.make_folder(path)?;
                self.folders.push((path.to_owned(), finish(member)));
            }
        }
        Ok(())
    }

    /// The files that must be filled before the end.
    pub(super) fn unfilled(&self) -> &[Unfilled] {
        &self.unfilled
    }

    /// Gives the filled files their modes and times, makes the links, and then finishes the folders,
    /// the deepest first: what is made in a folder changes its time, and its mode may forbid to make
    /// anything.
    pub(super) fn finish(mut self) -> Result<(), Error> {
        for Unfilled { path, finish, .. } in &self.unfilled {
            self.target.finish_file(path, *finish)?;
        }
        for (path, text, mtime) in &self.links {
            self.target.make_link(path, text, *mtime)?;
        }
        self.folders.sort_by_key(|(path, _)| std::cmp::Reverse(path.components().count()));
        for (path, finish) in &self.folders {
            self.target.finish_folder(path, *finish)?;
        }
        Ok(())
    }

    fn make_folder(&mut self, path: &Path) -> Result<(), Error> {
        if !self.made.contains(path) {
            self.target.create_folder(path)?;
            self.made.insert(path.to_owned());
        }
        Ok(())
    }
}

fn finish(member: &Member) -> Finish {
    Finish { mode: member.mode & MODES, mtime: Some(member.mtime) }
}
