//! The machine that is restored to: what of it belongs together, and what the profiles leave out.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;

use crate::snapshot::Error;
use crate::snapshot::archive::TreePath;
use crate::snapshot::create::profile::{Places, Plan, Profile};
use crate::sys::{self, Kind};

use super::FOLDER;

/// Where things are now.
pub struct Site<'a> {
    places: &'a Places,
    /// What belongs together as a whole.
    roots: Vec<TreePath>,
    /// What the profiles take.
    planned: HashSet<TreePath>,
    at: Timestamp,
}

impl<'a> Site<'a> {
    /// Looks at what is there now, as these profiles see it.
    #[must_use]
    pub fn of(places: &'a Places, profiles: &[Profile], at: Timestamp) -> Self {
        let own = profiles.iter().flat_map(|profile| match profile {
            Profile::Own(own) => own.paths.clone(),
            Profile::Config | Profile::History | Profile::Credentials => Vec::new(),
        });
        let roots = [places.claude.clone(), places.store.clone()].into_iter().chain(own);
        let both = roots.flat_map(|root| [sys::without_links(&root), Some(root)]).flatten();
        let roots = both.filter_map(|root| TreePath::of(&root, &places.home)).collect();
        // Credentials that are here stay in their places: those of a snapshot do not come back there.
        let coming = profiles.iter().filter(|profile| !matches!(profile, Profile::Credentials));
        let plan = Plan::of(places, coming);
        let planned = plan.items.into_iter().map(|item| item.path).collect();
        Self { places, roots, planned, at }
    }

    /// The home.
    pub(in crate::snapshot) fn home(&self) -> &'a Path {
        &self.places.home
    }

    /// Claude's main file.
    pub(in crate::snapshot) fn claude_main(&self) -> &'a Path {
        &self.places.claude_main
    }

    /// What the profiles take here, now.
    pub(in crate::snapshot) fn planned(&self) -> impl Iterator<Item = &TreePath> {
        self.planned.iter()
    }

    /// The highest thing above (or at) `path` that belongs together.
    pub(in crate::snapshot) fn whole(&self, path: &TreePath) -> Option<TreePath> {
        let wholes = self.roots.iter().filter(|root| path.is_or_is_below(root));
        wholes.min_by_key(|root| root.as_bytes().len()).cloned()
    }

    /// Where nothing is: the old things will go there.
    pub(in crate::snapshot) fn free_folder(&self) -> Result<PathBuf, Error> {
        let mut at = self.at;
        loop {
            let folder = self.home().join(format!("{FOLDER}{}", stamp(at)));
            if !sys::exists(&folder) {
                return Ok(folder);
            }
            at += Duration::from_secs(1);
        }
    }

    /// Where nothing is: credentials will come back there.
    pub(in crate::snapshot) fn free_quarantine(&self) -> Result<TreePath, Error> {
        let mut at = self.at;
        loop {
            let folder = self.places.quarantine.join(stamp(at));
            if !sys::exists(&folder) {
                let path = TreePath::of(&folder, self.home());
                return path.ok_or_else(|| Error::NoFile(folder.display().to_string()));
            }
            at += Duration::from_secs(1);
        }
    }

    /// Gives what is in the folder `live`, and is not taken by the profiles, another name in
    /// `staged`. What they do take, and the snapshot has not, stays behind with the old folder.
    pub(super) fn carry(&self, path: &TreePath, live: &Path, staged: &Path) -> Result<(), Error> {
        for name in sys::names_in(live)? {
            let bytes = [path.as_bytes(), b"/", name.as_encoded_bytes()].concat();
            let (Ok(path), live, staged) =
                (TreePath::parse(&bytes), live.join(&name), staged.join(&name))
            else {
                continue;
            };
            let kind = |path: &Path| Ok::<_, Error>(sys::facts(path)?.map(|found| found.kind));
            match (self.planned.contains(&path), kind(&live)?, kind(&staged)?) {
                (false, _, None) => sys::graft(&live, &staged)?,
                (_, Some(Kind::Folder), None | Some(Kind::Folder)) => {
                    self.carry(&path, &live, &staged)?;
                }
                _ => {}
            }
        }
        Ok(())
    }
}

fn stamp(at: Timestamp) -> String {
    at.strftime("%Y%m%dT%H%M%SZ").to_string()
}
