//! What an archive holds.

use std::ffi::OsStr;
use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::crypto::BlobId;

use super::recipe::Recipe;

/// Below this lies the stored tree.
const TREE: &str = "files/";

/// Below this lies what files are put together from.
const RECIPES: &str = "recipes/";

/// Below this lie the parts, in a pack.
const BLOBS: &str = "blobs/";

/// The two roots of the stored tree: the home, and everything else.
const ROOTS: [&str; 2] = ["HOME", "ROOT"];

/// Beside the roots, where something is restored to another place than its own.
pub(crate) const QUARANTINE: &str = "QUARANTINE";

/// The place of something in the stored tree: `HOME/.claude.json`, `ROOT/srv/store`. Relative,
/// without `.`, `..`, empty components and NUL, and below one of the two roots.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TreePath(Vec<u8>);

impl TreePath {
    /// Takes what stands behind `files/`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(bytes: &[u8]) -> Result<Self, &'static str> {
        let mut components = bytes.split(|byte| *byte == b'/');
        let root = components.next().unwrap_or_default();
        if !ROOTS.iter().any(|name| name.as_bytes() == root) {
            return Err("it lies neither below HOME nor below ROOT");
        }
        if bytes.contains(&0) {
            return Err("its name holds a NUL");
        }
        let mut count = 0;
        for component in components {
            count += 1;
            match component {
                b"" => return Err("its name has an empty component"),
                b"." | b".." => return Err("its name has a component `.` or `..`"),
                _ => {}
            }
        }
        if count == 0 { Err("it is a root itself") } else { Ok(Self(bytes.to_vec())) }
    }

    /// The bytes, without `files/`.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// As a relative path.
    #[must_use]
    pub fn as_path(&self) -> &Path {
        Path::new(OsStr::from_bytes(&self.0))
    }

    /// Where it belongs on a machine with this home.
    pub(crate) fn on_disk(&self, home: &Path) -> PathBuf {
        let path = self.as_path();
        match path.strip_prefix("HOME") {
            Ok(below) => home.join(below),
            Err(_) => Path::new("/").join(path.strip_prefix("ROOT").unwrap_or(path)),
        }
    }

    /// The place of what lies at an absolute path, and not below the home.
    #[must_use]
    pub fn of_root(path: &Path) -> Option<Self> {
        let below = path.strip_prefix("/").ok()?.as_os_str().as_bytes();
        Self::parse(&[b"ROOT/", below].concat()).ok()
    }

    /// The place of what lies at an absolute path, on a machine with this home.
    #[must_use]
    pub fn of(path: &Path, home: &Path) -> Option<Self> {
        match path.strip_prefix(home) {
            Ok(below) => Self::parse(&[b"HOME/", below.as_os_str().as_bytes()].concat()).ok(),
            Err(_) => Self::of_root(path),
        }
    }

    /// Whether it is the same as `other`, or below it.
    #[must_use]
    pub fn is_or_is_below(&self, other: &Self) -> bool {
        let rest = self.0.strip_prefix(&other.0[..]);
        rest.is_some_and(|rest| matches!(rest.first(), None | Some(b'/')))
    }

    /// Where it comes back to when it must not lie in its own place: in `folder`, else in one beside
    /// the two roots.
    pub(crate) fn quarantined(&self, folder: Option<&Self>) -> Self {
        let folder = folder.map_or(QUARANTINE.as_bytes(), Self::as_bytes);
        Self([folder, b"/", &self.0].concat())
    }

    /// As a person calls it: `~/.claude.json`, `/srv/store`.
    #[must_use]
    pub fn shown(&self) -> String {
        let text = String::from_utf8_lossy(&self.0);
        match text.split_once('/') {
            Some(("HOME", below)) => format!("~/{below}"),
            Some((QUARANTINE, _)) => text.into_owned(),
            Some((_, below)) => format!("/{below}"),
            None => text.into_owned(),
        }
    }

    /// The name of the member.
    pub(super) fn member(&self) -> Vec<u8> {
        [TREE.as_bytes(), &self.0].concat()
    }

    /// The name of the member that says what the file is put together from.
    pub(super) fn recipe_member(&self) -> Vec<u8> {
        [RECIPES.as_bytes(), &self.0].concat()
    }
}

impl fmt::Display for TreePath {
    /// The member's name, as far as it is text.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{TREE}{}", String::from_utf8_lossy(&self.0))
    }
}

/// Which member a name stands for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum MemberName {
    /// `META.json`, the first.
    Meta,
    /// `SUMS`, the last.
    Sums,
    /// Something of the tree.
    Tree(TreePath),
    /// What the file that follows is put together from.
    Recipe(TreePath),
    /// A part, in a pack.
    Blob(BlobId),
    /// `INDEX.jsonl`, the last of a pack.
    Index,
}

pub(super) const META: &str = "META.json";
pub(super) const SUMS: &str = "SUMS";
pub(super) const INDEX: &str = "INDEX.jsonl";

/// The name of a part's member.
pub(super) fn blob_member(id: &BlobId) -> String {
    format!("{BLOBS}{id}")
}

impl MemberName {
    pub(super) fn parse(name: &[u8]) -> Result<Self, &'static str> {
        if name == META.as_bytes() {
            return Ok(Self::Meta);
        }
        if name == SUMS.as_bytes() {
            return Ok(Self::Sums);
        }
        if name == INDEX.as_bytes() {
            return Ok(Self::Index);
        }
        if let Some(below) = name.strip_prefix(TREE.as_bytes()) {
            return TreePath::parse(below).map(Self::Tree);
        }
        if let Some(below) = name.strip_prefix(RECIPES.as_bytes()) {
            return TreePath::parse(below).map(Self::Recipe);
        }
        let id = name.strip_prefix(BLOBS.as_bytes()).and_then(|id| std::str::from_utf8(id).ok());
        let id = id.and_then(|id| id.parse().ok()).ok_or("it is no part of a snapshot")?;
        Ok(Self::Blob(id))
    }
}

/// Something of the tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    /// Where it is.
    pub path: TreePath,
    /// What it is.
    pub content: Content,
    /// Permission bits.
    pub mode: u32,
    /// Owner and group.
    pub owner: (u32, u32),
    /// Seconds and nanoseconds of the last change.
    pub mtime: (i64, i64),
}

/// What something of the tree is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    /// A file of this many bytes.
    File(u64),
    /// A file whose bytes lie in packs.
    Parts(Recipe),
    /// Another name of a file that came before.
    HardLink(TreePath),
    /// A symbolic link that says this.
    Link(Vec<u8>),
    /// A folder; it comes after what it holds.
    Folder,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_leads_outside() {
        for good in ["HOME/a", "ROOT/srv/x y\n", "HOME/-", "HOME/..."] {
            assert_eq!(TreePath::parse(good.as_bytes()).map(|path| path.0), Ok(good.into()));
        }
        for bad in [
            "",
            "HOME",
            "HOME/",
            "/HOME/a",
            "HOME//a",
            "HOME/a/",
            "HOME/../a",
            "HOME/a/..",
            "HOME/./a",
            "etc/a",
            "HOME/a\0b",
        ] {
            assert!(TreePath::parse(bad.as_bytes()).is_err(), "{bad:?}");
        }
    }
}
