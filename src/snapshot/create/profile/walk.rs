//! A walk through the home: what there is of what the profiles name.

use std::collections::{BTreeMap, HashSet};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use crate::snapshot::archive::TreePath;
use crate::snapshot::create::finding::{Finding, Trouble};
use crate::snapshot::create::health::Format;
use crate::sys::{Facts, Kind, facts, names_in, read, without_links};

use super::rules::{Profile, Rules};
use super::tables::{CLAUDE, CLAUDE_CREDENTIALS, CLIENTS, CREDENTIALS, GNUPG};
use super::{Item, Places, Plan, Root};

/// A link that leads to a link that leads to a link … ends here.
const MOST_LINKS: usize = 16;

/// The file that marks a folder as one that can be made again, and how it begins (bford.info/cachedir).
const CACHE_MARK: &str = "CACHEDIR.TAG";
const CACHE_SIGNATURE: &[u8] = b"Signature: 8a477f597d28d172789f06886806bc55";

/// A mark larger than this is none (bytes).
const MARK_LIMIT: usize = 64 * 1024;

/// A walk through the home. The map's order is reversed at the end, which puts every folder behind
/// what it holds: extracted in that order, its time is set when nothing changes it any more.
pub(super) struct Walk<'p> {
    places: &'p Places,
    real_home: PathBuf,
    /// Device and inode of what is never taken: a link or another spelling must not get past.
    never: HashSet<(u64, u64)>,
    items: BTreeMap<TreePath, Item>,
    skipped: Vec<Finding>,
    /// What the profiles take as a whole.
    roots: Vec<PathBuf>,
    /// Those of the profile that is being taken.
    rules: Rules,
}

impl<'p> Walk<'p> {
    pub(super) fn new(places: &'p Places) -> Self {
        let real_home = without_links(&places.home).unwrap_or_else(|| places.home.clone());
        let never =
            places.never.iter().filter_map(|path| facts(&without_links(path)?).ok().flatten());
        Self {
            places,
            real_home,
            never: never.map(|found| found.place).collect(),
            items: BTreeMap::new(),
            skipped: Vec::new(),
            roots: Vec::new(),
            rules: Rules::whole(),
        }
    }

    pub(super) fn finish(mut self, profiles: Vec<String>) -> Plan {
        // What one profile leaves out, `credentials` may have taken.
        let is_taken = |found: &Finding| {
            found.trouble == Trouble::Private && self.items.contains_key(&found.path)
        };
        self.skipped.retain(|found| !is_taken(found));
        Plan {
            home: self.places.home.clone(),
            profiles,
            roots: self.roots.iter().filter_map(|root| self.look_at(root)).collect(),
            items: self.items.into_values().rev().collect(),
            skipped: self.skipped,
        }
    }

    fn look_at(&self, root: &Path) -> Option<Root> {
        let path = self.tree_path(root)?;
        let real = without_links(root).and_then(|root| self.tree_path(&root));
        let belongs = |found: &TreePath| {
            found.is_or_is_below(&path)
                || real.as_ref().is_some_and(|real| found.is_or_is_below(real))
        };
        let is_file = |item: &Item| item.facts.kind == Kind::File && belongs(&item.path);
        let is_unknown = |finding: &Finding| {
            matches!(finding.trouble, Trouble::Unreadable(_)) && belongs(&finding.path)
        };
        let has_files = self.items.values().any(is_file) || self.skipped.iter().any(is_unknown);
        Some(Root { path, has_files })
    }

    /// Takes what a profile names.
    pub(super) fn take_profile(&mut self, profile: &Profile) {
        let places = self.places;
        self.rules = profile.rules(places);
        match profile {
            Profile::Config => self.take_config(),
            Profile::History => self.take_root(&places.claude),
            Profile::Credentials => self.take_credentials(),
            Profile::Own(own) => own.paths.iter().for_each(|path| self.take_named(path)),
        }
    }

    fn take_root(&mut self, path: &Path) {
        self.take(path, None);
        self.roots.push(path.to_owned());
    }

    /// Takes what somebody has named, so it should be there.
    fn take_named(&mut self, path: &Path) {
        self.take_root(path);
        let is_told =
            self.skipped.iter().any(|found| Some(&found.path) == self.tree_path(path).as_ref());
        if without_links(path).is_none() && !is_told {
            self.skip(path, Trouble::Missing);
        }
    }

    fn take_config(&mut self) {
        let places = self.places;
        self.take(&places.claude_main, Some(Format::Json));
        self.take(&places.settings, Some(Format::Toml));
        self.take_table(&places.claude, CLAUDE);
        self.take_table(&places.home, CLIENTS);
        self.take_root(&places.store);
        if self.has_openpgp_entries() {
            self.take_table(&places.gnupg, GNUPG);
        }
    }

    /// By its place it is known, when it comes back, that something is a credential. So what is
    /// reached by a link, and lies elsewhere, is not taken, but for Claude's, which is known by name.
    fn take_credentials(&mut self) {
        let places = self.places;
        self.take(&places.claude.join(CLAUDE_CREDENTIALS), None);
        for path in CREDENTIALS.iter().map(|name| places.home.join(name)) {
            match self.first_link(&path) {
                None => self.take(&path, None),
                Some((link, _)) => self.skip(&link, Trouble::Private),
            }
        }
    }

    fn take_table(&mut self, base: &Path, table: &[(&str, Option<Format>)]) {
        for (pattern, format) in table {
            for path in self.matches(base, pattern) {
                self.take(&path, *format);
            }
        }
    }

    /// What there is below `base` that fits the pattern.
    fn matches(&mut self, base: &Path, pattern: &str) -> Vec<PathBuf> {
        let mut found = vec![base.to_owned()];
        for component in Path::new(pattern).components() {
            let Component::Normal(wanted) = component else {
                continue;
            };
            found = found.iter().flat_map(|folder| self.matches_in(folder, wanted)).collect();
        }
        found
    }

    fn matches_in(&mut self, folder: &Path, wanted: &OsStr) -> Vec<PathBuf> {
        let Some(star) = wanted.as_bytes().iter().position(|byte| *byte == b'*') else {
            return vec![folder.join(wanted)];
        };
        let (begin, end) = (&wanted.as_bytes()[..star], &wanted.as_bytes()[star + 1..]);
        let fits = |name: &OsString| {
            let name = name.as_bytes();
            name.len() >= begin.len() + end.len() && name.starts_with(begin) && name.ends_with(end)
        };
        match names_in(folder) {
            Ok(names) => names.into_iter().filter(fits).map(|name| folder.join(name)).collect(),
            Err(error) if error.is_absence() => Vec::new(),
            Err(error) => {
                self.skip(folder, Trouble::Unreadable(error.kind().to_string()));
                Vec::new()
            }
        }
    }

    /// Takes what is at `path` with all that is in it, and the folders of the home that lead there.
    /// A link on the way is taken, and then what it leads to, at its own place.
    fn take(&mut self, path: &Path, format: Option<Format>) {
        let mut path = path.to_owned();
        for _ in 0..MOST_LINKS {
            match self.first_link(&path) {
                None => return self.take_tree(&path, format),
                Some((link, rest)) => {
                    self.add_parents(&link);
                    self.take_tree(&link, None);
                    let Some(target) = without_links(&link) else {
                        return;
                    };
                    path = target.join(rest);
                    // `join` of nothing would add a slash.
                    path = path.components().collect();
                }
            }
        }
    }

    /// The first link in `path` below the home (or in all of it, elsewhere), and what follows it.
    fn first_link(&self, path: &Path) -> Option<(PathBuf, PathBuf)> {
        let base =
            [&self.places.home, &self.real_home].into_iter().find(|home| path.starts_with(home));
        let mut here = base.cloned().unwrap_or_else(|| PathBuf::from("/"));
        let mut rest = path.strip_prefix(&here).ok()?.components();
        while let Some(component) = rest.next() {
            here.push(component);
            if is_link(&here) {
                return Some((here, rest.as_path().to_owned()));
            }
        }
        None
    }

    fn take_tree(&mut self, path: &Path, format: Option<Format>) {
        let found = match facts(path) {
            Ok(Some(found)) => found,
            Ok(None) => return,
            Err(error) => return self.skip(path, Trouble::Unreadable(error.kind().to_string())),
        };
        if is_git_lock(path) || self.rules.leave_out(path, found.kind == Kind::Folder) {
            return;
        }
        if self.is_private(path, &found) {
            return self.skip(path, Trouble::Private);
        }
        match found.kind {
            Kind::Other => return self.skip(path, Trouble::Special),
            Kind::Folder if is_cache(path) && *path != self.places.store => {
                return self.skip(path, Trouble::Cache);
            }
            Kind::Folder => self.take_folder(path),
            Kind::File | Kind::Link => {}
        }
        self.add_parents(path);
        self.add(path, found, format.or_else(|| Format::of_name(path)));
    }

    fn take_folder(&mut self, path: &Path) {
        match names_in(path) {
            Ok(names) => names.iter().for_each(|name| self.take_tree(&path.join(name), None)),
            Err(error) => self.skip(path, Trouble::Unreadable(error.kind().to_string())),
        }
    }

    /// Folders outside the home are not ours to restore: they are made as needed, for us alone.
    fn add_parents(&mut self, path: &Path) {
        let Some(below) = self.below_home(path) else {
            return;
        };
        let home = self.places.home.clone();
        for parent in below.ancestors().skip(1).filter(|parent| !parent.as_os_str().is_empty()) {
            let parent = home.join(parent);
            if let Ok(Some(found)) = facts(&parent)
                && found.kind == Kind::Folder
            {
                self.add(&parent, found, None);
            }
        }
    }

    fn add(&mut self, source: &Path, facts: Facts, format: Option<Format>) {
        let Some(path) = self.tree_path(source) else {
            return;
        };
        let in_parts = self.rules.in_parts;
        let lock = (source == self.places.claude_main).then(|| source.with_extension("json.lock"));
        let item =
            Item { source: source.to_owned(), path: path.clone(), facts, format, in_parts, lock };
        self.items.entry(path).or_insert(item);
    }

    fn skip(&mut self, path: &Path, trouble: Trouble) {
        let found = self.tree_path(path).map(|path| Finding { path, trouble });
        // Two profiles may come by the same.
        self.skipped.extend(found.filter(|found| !self.skipped.contains(found)));
    }

    fn is_private(&self, path: &Path, found: &Facts) -> bool {
        let is_claudes = path.file_name() == Some(OsStr::new(CLAUDE_CREDENTIALS));
        (is_claudes && !self.rules.takes_credentials) || self.never.contains(&found.place)
    }

    fn has_openpgp_entries(&self) -> bool {
        let name = |item: &Item| item.source.file_name() == Some(OsStr::new(".gpg-id"));
        self.items.values().any(name)
    }

    fn below_home(&self, path: &Path) -> Option<PathBuf> {
        let homes = [&self.places.home, &self.real_home].into_iter();
        homes.filter_map(|home| path.strip_prefix(home).ok()).next().map(Path::to_owned)
    }

    fn tree_path(&self, path: &Path) -> Option<TreePath> {
        let (root, below) = match self.below_home(path) {
            Some(below) => ("HOME/", below),
            None => ("ROOT/", path.strip_prefix("/").ok()?.to_owned()),
        };
        TreePath::parse(&[root.as_bytes(), below.as_os_str().as_bytes()].concat()).ok()
    }
}

fn is_link(path: &Path) -> bool {
    facts(path).is_ok_and(|found| found.is_some_and(|found| found.kind == Kind::Link))
}

/// Git's locks: a snapshot that has one would come back as a repository that nobody can write.
fn is_git_lock(path: &Path) -> bool {
    let in_git = path.components().any(|part| part.as_os_str() == ".git");
    in_git && path.extension() == Some(OsStr::new("lock"))
}

fn is_cache(folder: &Path) -> bool {
    let mark = read(&folder.join(CACHE_MARK), MARK_LIMIT).ok().flatten();
    mark.is_some_and(|bytes| bytes.starts_with(CACHE_SIGNATURE))
}
