//! Every file of every client.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::sys;

use super::description::{Holds, Spot};
use super::{Client, ClientFile, Error, Place, Scope, Surroundings};

/// All that was found.
#[derive(Debug, Default)]
pub struct Found {
    /// What could be read, in the order of the clients, users' files before those of projects.
    pub files: Vec<ClientFile>,
    /// What is there and could not be read.
    pub broken: Vec<Broken>,
    /// What is there and was not to be read.
    pub left_out: Vec<PathBuf>,
}

/// A file that is there and could not be read.
#[derive(Debug)]
pub struct Broken {
    /// Whose it is.
    pub client: Client,
    /// As its client names it.
    pub path: PathBuf,
    /// Why.
    pub error: Error,
}

/// Finds and reads them: those of the user; and in the current folder and in every project that
/// Claude Code knows, those of the project. A file that two names lead to is found once.
#[must_use]
pub fn find(surroundings: &Surroundings<'_>) -> Found {
    let mut search = Search::of_the_user(surroundings, &|_| true);
    for (named, folder) in search.projects() {
        for client in Client::ALL {
            for spot in client.description().project_files {
                search.look_in(&folder, &Scope::Project(named.clone()), (client, spot));
            }
        }
    }
    search.found
}

/// As [`find`], but of the user only, in no folder that a file names; and a file is read only if
/// `may_be_read` says so of its path. For a home that is not in use, in which links may lead to one
/// that is.
#[must_use]
pub fn find_of_user(surroundings: &Surroundings<'_>, may_be_read: &dyn Fn(&Path) -> bool) -> Found {
    Search::of_the_user(surroundings, may_be_read).found
}

struct Search<'s> {
    surroundings: &'s Surroundings<'s>,
    may_be_read: &'s dyn Fn(&Path) -> bool,
    found: Found,
    seen: BTreeSet<PathBuf>,
}

impl<'s> Search<'s> {
    fn of_the_user(
        surroundings: &'s Surroundings<'s>,
        may_be_read: &'s dyn Fn(&Path) -> bool,
    ) -> Self {
        let (found, seen) = (Found::default(), BTreeSet::new());
        let mut search = Self { surroundings, may_be_read, found, seen };
        for client in Client::ALL {
            for spot in client.description().files {
                for folder in surroundings.folders(spot.root) {
                    search.look_in(&folder, &Scope::User, (client, spot));
                }
            }
        }
        search
    }

    fn look_in(&mut self, folder: &Path, scope: &Scope, whose: (Client, &'static Spot)) {
        for path in matching(folder, whose.1.path) {
            self.look_at(&path, scope, whose);
        }
    }

    fn look_at(&mut self, path: &Path, scope: &Scope, whose: (Client, &'static Spot)) {
        let real = sys::without_links(path).unwrap_or_else(|| path.to_owned());
        if self.seen.contains(&real) {
            return;
        }
        if !(self.may_be_read)(path) {
            return self.found.left_out.extend(sys::exists(path).then(|| path.to_owned()));
        }
        match ClientFile::read(whose, scope.clone(), path) {
            Ok(None) => return,
            Ok(Some(file)) => self.found.files.push(file),
            Err(error) => {
                let broken = Broken { client: whose.0, path: path.to_owned(), error };
                self.found.broken.push(broken);
            }
        }
        self.seen.insert(real);
    }

    /// As they are named, and where they are.
    fn projects(&self) -> Vec<(PathBuf, PathBuf)> {
        let current = &self.surroundings.folder;
        let known = self.found.files.iter().flat_map(|file| file.projects());
        let known = known.map(|name| (PathBuf::from(name), self.surroundings.project(name)));
        [(current.clone(), current.clone())].into_iter().chain(known).collect()
    }
}

impl ClientFile {
    /// The projects that it names.
    pub(super) fn projects(&self) -> Vec<&str> {
        let names_them = |holds: &Holds| matches!(holds, Holds::ServersOfProjects);
        let projects = Place::root().key("projects");
        let keys = || self.document.keys(&projects).unwrap_or_default();
        if self.spot.holds.iter().any(names_them) { keys() } else { Vec::new() }
    }
}

/// The paths below `folder` that a pattern stands for.
fn matching(folder: &Path, pattern: &str) -> Vec<PathBuf> {
    pattern.split('/').fold(vec![folder.to_owned()], |paths, part| {
        let below = |path: PathBuf| match part {
            // What can not be listed is not there for its client either.
            "*" => sys::names_in(&path)
                .unwrap_or_default()
                .iter()
                .map(|name| path.join(name))
                .collect(),
            part => vec![path.join(part)],
        };
        paths.into_iter().flat_map(below).collect()
    })
}
