//! The dangers of a restore, before anything is written: see [`danger`](super::danger).

use std::collections::BTreeSet;

use crate::snapshot::Error;
use crate::snapshot::archive::TreePath;
use crate::sys;

use super::Restoration;
use super::danger::{Danger, dangers, is_watched};
use super::in_place::Site;

/// A larger file is not one that programs are configured with (bytes).
const LARGEST: usize = 64 * 1024 * 1024;

impl Restoration<'_> {
    /// What would change, against what is on this machine now, in what runs programs or says where
    /// things go.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn dangers(&self, site: &Site<'_>) -> Result<Vec<Danger>, Error> {
        let stored = self.contents(&is_watched)?;
        // What is here and not in the snapshot would be put away with the folder that it is in.
        let goes = |path: &&TreePath| {
            is_watched(path) && self.selection.has(path) && site.whole(path).is_some()
        };
        let paths: BTreeSet<&TreePath> = stored.keys().chain(site.planned().filter(goes)).collect();
        let mut found = Vec::new();
        for path in paths {
            let live = sys::read_secret(&path.on_disk(site.home()), LARGEST)?;
            found.extend(dangers(path, live.as_ref(), stored.get(path)));
        }
        Ok(found)
    }
}
