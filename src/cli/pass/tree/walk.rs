//! What there is below a folder, as `tree` sees it.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use crate::sys::{self, Facts, Kind};

use super::Pattern;

/// Said of a link to a folder that was shown before.
const RECURSIVE: &str = "recursive, not followed";
const OUTSIDE: &str = "leads out of the store, not followed";
const CLOSED: &str = "error opening dir";

/// An item of a tree.
pub(crate) struct Node {
    pub(super) name: Vec<u8>,
    pub(super) look: Look,
    /// If it is a link.
    pub(super) target: Option<Target>,
    /// Why what is below is not shown.
    pub(super) note: Option<&'static str>,
    pub(super) below: Vec<Node>,
}

/// What a colour depends on.
#[derive(Clone, Copy)]
pub(super) struct Look {
    pub(super) kind: Kind,
    pub(super) mode: u32,
}

/// What a link says, and what is there.
pub(super) struct Target {
    pub(super) text: Vec<u8>,
    pub(super) look: Option<Look>,
}

/// An item before it is known what is below it.
struct Item {
    node: Node,
    /// Where to look below it, if it is a folder or a link to one.
    folder: Option<(PathBuf, Place)>,
}

/// Device and inode.
type Place = (u64, u64);

/// Everything below `folder`.
pub(crate) fn all_below(folder: &Path, root: &Path) -> Vec<Node> {
    let mut walk = Walk { root: root.to_owned(), seen: BTreeSet::new(), pattern: None };
    walk.seen.extend(sys::facts(folder).ok().flatten().map(|facts| facts.place));
    walk.below(folder, 0).unwrap_or_default()
}

/// What fits below `root`, and the folders on the way to it.
pub(crate) fn found_below(root: &Path, pattern: &Pattern) -> Vec<Node> {
    let mut walk = Walk { root: root.to_owned(), seen: BTreeSet::new(), pattern: Some(pattern) };
    walk.seen.extend(sys::facts(root).ok().flatten().map(|facts| facts.place));
    walk.below(root, 0).unwrap_or_default()
}

struct Walk<'p> {
    root: PathBuf,
    seen: BTreeSet<Place>,
    pattern: Option<&'p Pattern>,
}

impl Walk<'_> {
    fn below(&mut self, folder: &Path, level: usize) -> Option<Vec<Node>> {
        let names = sys::names_in(folder).ok()?;
        let is_hidden = |name: &[u8]| name.starts_with(b".");
        let names = names.into_iter().map(OsStringExt::into_vec).filter(|name| !is_hidden(name));
        // `--matchdirs`: a folder that fits by its way from the root shows all that is in it.
        let way = last_parts(folder.as_os_str().as_bytes(), level);
        let all = self.pattern.is_none_or(|pattern| !way.is_empty() && pattern.fits(way, true));
        let mut nodes = Vec::new();
        for name in names {
            let Some(item) = item(folder, name) else {
                continue;
            };
            if all || item.folder.is_some() || self.fits(&item.node) {
                nodes.extend(self.grown(item, level));
            }
        }
        Some(nodes)
    }

    fn fits(&self, node: &Node) -> bool {
        let is_folder =
            node.look.kind == Kind::Folder || node.target.as_ref().is_some_and(Target::is_folder);
        self.pattern.is_none_or(|pattern| pattern.fits(&node.name, is_folder))
    }

    /// The item with what is below it; `None` when it is pruned.
    fn grown(&mut self, Item { mut node, folder }: Item, level: usize) -> Option<Node> {
        let Some((path, place)) = folder else {
            return Some(node);
        };
        let is_new = self.seen.insert(place);
        match node.target {
            Some(_) if !is_new => node.note = Some(RECURSIVE),
            Some(_) if self.leads_out(&path) => node.note = Some(OUTSIDE),
            _ => match self.below(&path, level + 1) {
                Some(below) => node.below = below,
                None => node.note = Some(CLOSED),
            },
        }
        if self.pattern.is_some() {
            return self.pruned(node);
        }
        Some(node)
    }

    /// `tree --prune`: a folder with nothing in it goes, unless its name fits. By the time that it
    /// draws, tree has been in the targets of all links, and says of each that it was.
    fn pruned(&self, mut node: Node) -> Option<Node> {
        let stays = !node.below.is_empty() || self.fits(&node);
        if node.target.is_some() {
            node.note = Some(RECURSIVE);
            node.below.clear();
        }
        stays.then_some(node)
    }

    fn leads_out(&self, path: &Path) -> bool {
        let root = sys::without_links(&self.root);
        sys::without_links(path).zip(root).is_none_or(|(path, root)| !path.starts_with(root))
    }
}

impl Target {
    fn is_folder(&self) -> bool {
        self.look.is_some_and(|look| look.kind == Kind::Folder)
    }
}

fn item(folder: &Path, name: Vec<u8>) -> Option<Item> {
    let path = folder.join(OsStr::from_bytes(&name));
    let facts = sys::facts(&path).ok().flatten()?;
    let look = look(&facts);
    let mut node = Node { name, look, target: None, note: None, below: Vec::new() };
    if look.kind != Kind::Link {
        let folder = (look.kind == Kind::Folder).then_some((path, facts.place));
        return Some(Item { node, folder });
    }
    let there = sys::without_links(&path).and_then(|there| sys::facts(&there).ok().flatten());
    let text = sys::link_text(&path).map(PathBuf::into_os_string).unwrap_or_default();
    let target = Target { text: text.into_vec(), look: there.as_ref().map(self::look) };
    let below = folder.join(OsStr::from_bytes(&target.text));
    let folder = there.filter(|_| target.is_folder()).map(|there| (below, there.place));
    node.target = Some(target);
    Some(Item { node, folder })
}

/// The last `count` parts of a path.
fn last_parts(path: &[u8], count: usize) -> &[u8] {
    let slashes = path.iter().enumerate().rev().filter(|(_, byte)| **byte == b'/');
    match count.checked_sub(1) {
        None => &[],
        Some(others) => slashes.map(|(at, _)| &path[at + 1..]).nth(others).unwrap_or(path),
    }
}

fn look(facts: &Facts) -> Look {
    Look { kind: facts.kind, mode: facts.mode }
}
