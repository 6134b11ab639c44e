//! A home that is called otherwise now. Claude names the folder of a project's transcripts after
//! the project's path, so they would not be found again.

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::snapshot::archive::TreePath;

/// Below Claude's folder: where each project has one that is named after its path.
const PROJECTS: &[u8] = b"projects";

/// From where to where. Only names change; what files say is left as it was.
#[derive(Clone, Debug)]
pub struct MovedHome {
    old: PathBuf,
    new: PathBuf,
}

impl MovedHome {
    /// Reads `OLD=NEW`: two absolute paths.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let (old, new) = text.split_once('=').ok_or("it is not of the form OLD=NEW")?;
        let whole = |text: &str| -> Result<PathBuf, &'static str> {
            let path = Path::new(text);
            let is_whole = path.is_absolute() && TreePath::of_root(path).is_some();
            // Without a slash at its end.
            is_whole.then(|| path.components().collect()).ok_or("OLD and NEW are absolute paths")
        };
        Ok(Self { old: whole(old)?, new: whole(new)? })
    }

    /// Where something comes back that was at `path`.
    pub(super) fn place_of(&self, path: &TreePath) -> TreePath {
        let moved = self.elsewhere(path).unwrap_or_else(|| path.clone());
        self.project(&moved).unwrap_or(moved)
    }

    /// What lay below the old one, and not below the home that was recorded.
    fn elsewhere(&self, path: &TreePath) -> Option<TreePath> {
        let rest = Path::new("/").join(path.as_path().strip_prefix("ROOT").ok()?);
        let rest = rest.strip_prefix(&self.old).ok()?;
        TreePath::of_root(&self.new.join(rest))
    }

    /// What is in, or is, the folder of a project that lay below the old one.
    fn project(&self, path: &TreePath) -> Option<TreePath> {
        let mut components: Vec<&[u8]> = path.as_bytes().split(|byte| *byte == b'/').collect();
        let place = components.iter().position(|component| *component == PROJECTS)? + 1;
        let rest = components.get(place)?.strip_prefix(&slug(&self.old)[..])?;
        if !matches!(rest.first(), None | Some(b'-')) {
            return None;
        }
        let renamed = [&slug(&self.new)[..], rest].concat();
        components[place] = &renamed;
        TreePath::parse(&components.join(&b'/')).ok()
    }
}

/// How Claude calls the folder of a project: every character but letters and digits is a hyphen.
fn slug(path: &Path) -> Vec<u8> {
    let text = String::from_utf8_lossy(path.as_os_str().as_bytes());
    let hyphened = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    text.chars().map(hyphened).collect::<String>().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn projects_and_places_are_renamed_and_nothing_else() {
        let moved = MovedHome::parse("/home/ann/=/Users/ann.b").expect("is one");
        for (old, new) in [
            (
                "HOME/.claude/projects/-home-ann-x/a.jsonl",
                "HOME/.claude/projects/-Users-ann-b-x/a.jsonl",
            ),
            ("HOME/.claude/projects/-home-ann", "HOME/.claude/projects/-Users-ann-b"),
            ("HOME/.claude/projects/-home-anna-x/a", "HOME/.claude/projects/-home-anna-x/a"),
            ("HOME/.claude/projects", "HOME/.claude/projects"),
            ("HOME/.claude/-home-ann/a", "HOME/.claude/-home-ann/a"),
            ("ROOT/home/ann/notes", "ROOT/Users/ann.b/notes"),
            ("ROOT/home/anna/notes", "ROOT/home/anna/notes"),
        ] {
            let path = |text: &str| TreePath::parse(text.as_bytes()).expect("is one");
            assert_eq!(moved.place_of(&path(old)), path(new));
        }
        for bad in ["", "/a", "a=/b", "/a=b", "/=/b", "/a/../b=/c"] {
            assert!(MovedHome::parse(bad).is_err(), "{bad}");
        }
    }
}
