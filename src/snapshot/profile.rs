//! What is taken. The profile `config`: settings, instructions, memories, the password store; small,
//! precious, and stored whole.
//!
//! The tables below are the profile. Nothing is taken that they do not name, and private keys and
//! credentials are not taken even where a table would.

use std::collections::{BTreeMap, HashSet};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use crate::sys::{Facts, Kind, facts, names_in, read, without_links};

use super::archive::TreePath;
use super::finding::{Finding, Trouble};
use super::health::Format;

/// What the profile is called in a commit.
pub const CONFIG: &str = "config";

/// A link that leads to a link that leads to a link … ends here.
const MOST_LINKS: usize = 16;

/// Below `~/.claude`: files, folders and how a file must parse. `*` stands for any text without `/`.
const CLAUDE: &[(&str, Option<Format>)] = &[
    ("settings*.json", Some(Format::Json)),
    ("keybindings.json", Some(Format::Json)),
    ("plugins/*.json", Some(Format::Json)),
    ("CLAUDE.md", None),
    ("agents", None),
    ("commands", None),
    ("skills", None),
    ("hooks", None),
    ("rules", None),
    ("output-styles", None),
    ("workflows", None),
    ("themes", None),
    ("agent-memory", None),
    ("projects/*/memory", None),
];

/// Below the home: what other MCP clients are configured by. Some of them allow comments in JSON,
/// so only those that do not are parsed.
const CLIENTS: &[(&str, Option<Format>)] = &[
    (".config/Claude/claude_desktop_config.json", Some(Format::Json)),
    ("Library/Application Support/Claude/claude_desktop_config.json", Some(Format::Json)),
    (".mcp.json", Some(Format::Json)),
    (".cursor/mcp.json", Some(Format::Json)),
    (".copilot/mcp-config.json", None),
    (".config/Code/User/mcp.json", None),
    ("Library/Application Support/Code/User/mcp.json", None),
    (".codeium/windsurf/mcp_config.json", None),
    (".codeium/mcp_config.json", None),
    (".config/zed/settings.json", None),
    (".gemini/settings.json", None),
    (".codex/config.toml", Some(Format::Toml)),
    (".config/goose/config.yaml", None),
    (".continue/config.yaml", None),
    (".lmstudio/mcp.json", None),
    (".config/opencode/opencode.json", None),
    (".kiro/settings/mcp.json", None),
    (".config/amp/settings.json", None),
];

/// Below GnuPG's folder, when entries of the store are encrypted by it: without these, they come
/// back and nobody can open them.
const GNUPG: &[(&str, Option<Format>)] = &[
    ("private-keys-v1.d", None),
    ("openpgp-revocs.d", None),
    ("pubring.kbx", None),
    ("pubring.gpg", None),
    ("trustdb.gpg", None),
    ("*.conf", None),
];

/// The file that marks a folder as one that can be made again, and how it begins (bford.info/cachedir).
const CACHE_MARK: &str = "CACHEDIR.TAG";
const CACHE_SIGNATURE: &[u8] = b"Signature: 8a477f597d28d172789f06886806bc55";

/// A mark larger than this is none (bytes).
const MARK_LIMIT: usize = 64 * 1024;

/// Where things are on this machine.
pub struct Places {
    /// The home.
    pub home: PathBuf,
    /// Claude's folder.
    pub claude: PathBuf,
    /// Claude's main file, which is beside its folder, not in it.
    pub claude_main: PathBuf,
    /// The password store.
    pub store: PathBuf,
    /// Our settings file.
    pub settings: PathBuf,
    /// GnuPG's folder.
    pub gnupg: PathBuf,
    /// Private keys, credentials, the repository itself: not taken, by whatever name they are reached.
    pub never: Vec<PathBuf>,
}

/// What will be stored, and what will not.
pub struct Plan {
    /// The home, as it is recorded.
    pub(super) home: PathBuf,
    /// Everything, each folder after what it holds.
    pub(super) items: Vec<Item>,
    /// What was left out although it is there, and why.
    pub(super) skipped: Vec<Finding>,
}

/// Something that will be stored.
#[derive(Clone)]
pub(super) struct Item {
    pub(super) source: PathBuf,
    pub(super) path: TreePath,
    pub(super) facts: Facts,
    pub(super) format: Option<Format>,
}

impl Plan {
    /// Looks for everything that the profile `config` names.
    #[must_use]
    pub fn config(places: &Places) -> Self {
        let mut walk = Walk::new(places);
        walk.take(&places.claude_main, Some(Format::Json));
        walk.take(&places.settings, Some(Format::Toml));
        walk.take_table(&places.claude, CLAUDE);
        walk.take_table(&places.home, CLIENTS);
        walk.take(&places.store, None);
        if walk.has_openpgp_entries() {
            walk.take_table(&places.gnupg, GNUPG);
        }
        walk.finish()
    }

    /// The names of what will be stored.
    pub fn names(&self) -> impl Iterator<Item = String> + '_ {
        self.items.iter().map(|item| item.path.shown())
    }

    /// What is left out, and why.
    #[must_use]
    pub fn skipped(&self) -> &[Finding] {
        &self.skipped
    }
}

/// A walk through the home. The map's order is reversed at the end, which puts every folder behind
/// what it holds: extracted in that order, its time is set when nothing changes it any more.
struct Walk<'p> {
    places: &'p Places,
    real_home: PathBuf,
    /// Device and inode of what is never taken: a link or another spelling must not get past.
    never: HashSet<(u64, u64)>,
    items: BTreeMap<TreePath, Item>,
    skipped: Vec<Finding>,
}

impl<'p> Walk<'p> {
    fn new(places: &'p Places) -> Self {
        let real_home = without_links(&places.home).unwrap_or_else(|| places.home.clone());
        let never =
            places.never.iter().filter_map(|path| facts(&without_links(path)?).ok().flatten());
        Self {
            places,
            real_home,
            never: never.map(|found| found.place).collect(),
            items: BTreeMap::new(),
            skipped: Vec::new(),
        }
    }

    fn finish(self) -> Plan {
        let items = self.items.into_values().rev().collect();
        Plan { home: self.places.home.clone(), items, skipped: self.skipped }
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
        if is_git_lock(path) {
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
        let item = Item { source: source.to_owned(), path: path.clone(), facts, format };
        self.items.entry(path).or_insert(item);
    }

    fn skip(&mut self, path: &Path, trouble: Trouble) {
        if let Some(path) = self.tree_path(path) {
            self.skipped.push(Finding { path, trouble });
        }
    }

    fn is_private(&self, path: &Path, found: &Facts) -> bool {
        let credentials = path.file_name() == Some(OsStr::new(".credentials.json"));
        credentials || self.never.contains(&found.place)
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
