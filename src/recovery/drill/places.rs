//! Where things are on this machine, and so where they come back to in a scratch home.

use std::path::{Path, PathBuf};

use crate::crypto::Identity;
use crate::snapshot::TreePath;
use crate::sys::{self, FileError, Interrupts, SYSTEM_PATH, Variables};

use super::super::checks::{self, Findings, Site};

/// A link that leads to a link, and so on, so often leads in a circle.
const LINKS: usize = 16;

/// The places that matter to what is looked at.
pub struct Places {
    /// The home.
    pub home: PathBuf,
    /// The store.
    pub store: PathBuf,
    /// GnuPG's folder.
    pub gnupg: PathBuf,
    /// All variables.
    pub variables: Variables,
}

impl Places {
    /// Looks at what was restored to `target`. Nothing of it is sought where it is when it is live.
    pub(super) fn check_in(
        &self,
        target: &Path,
        scratch: &Path,
        identity: &Identity,
        interrupts: &Interrupts,
    ) -> Result<Findings, FileError> {
        let site = Site {
            home: &target.join("HOME"),
            trees: &[target.to_owned()],
            store: &self.moved(&self.store, target),
            gnupg: &self.moved(&self.gnupg, target),
            variables: &self.variables_in(target),
            path: self.variables.text("PATH").unwrap_or(SYSTEM_PATH),
            identity,
            scratch,
            interrupts,
        };
        checks::check(&site)
    }

    /// Where something comes back to; through links that were restored, which name live places.
    fn moved(&self, live: &Path, target: &Path) -> PathBuf {
        let mut live = live.to_owned();
        for _ in 0..LINKS {
            let moved = self.place_of(&live, target);
            let parent = live.parent().unwrap_or(Path::new("/"));
            match sys::link_text(&moved) {
                Ok(text) => live = sys::absolute(parent.join(text)),
                Err(_) => return moved,
            }
        }
        self.place_of(&live, target)
    }

    fn place_of(&self, live: &Path, target: &Path) -> PathBuf {
        // What has no place in a snapshot did not come back: nothing is there.
        let place = TreePath::of(live, &self.home);
        place.map_or_else(|| target.join("ROOT"), |place| target.join(place.as_path()))
    }

    /// The variables that name absolute paths, which may be folders of clients, naming them there.
    fn variables_in(&self, target: &Path) -> Variables {
        let moved = self.variables.iter().filter_map(|(name, value)| {
            let path = Path::new(value);
            path.is_absolute().then(|| (name.to_owned(), self.moved(path, target)))
        });
        moved.collect()
    }
}
