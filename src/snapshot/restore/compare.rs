//! What differs between two snapshots, or between one and what is here: by names, sizes, modes and
//! times. Contents are not compared.

use std::collections::BTreeMap;

use crate::snapshot::Error;
use crate::snapshot::archive::TreePath;
use crate::snapshot::create::profile::Plan;
use crate::sys::{self, Kind, link_text};

use super::Restoration;
use super::in_place::Site;
use super::outline::{Thing, members, things};
use super::sources::Sources;

/// A larger file is not one that is compared here (bytes).
const LARGEST: usize = 64 * 1024 * 1024;

/// Something that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Only the second has it.
    Added(Thing),
    /// Only the first has it.
    Removed(Thing),
    /// Both have it, and not the same.
    Changed(Thing, Thing),
}

impl Restoration<'_> {
    /// Everything that is chosen of the snapshot, by name.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn things(&self) -> Result<Vec<Thing>, Error> {
        let members =
            members(&Sources::new(self.repositories, self.state), self.verified, self.identity)?;
        self.expect_all(&members)?;
        let mut things = things(&members);
        things.retain(|thing| self.selection.has(&thing.path));
        things.sort_by(|one, other| one.path.cmp(&other.path));
        Ok(things)
    }
}

impl Restoration<'_> {
    /// The files that are chosen of the snapshot and are not here, or have another content.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn changed_files(&self, site: &Site<'_>) -> Result<Vec<TreePath>, Error> {
        let contents = self.contents(&|_| true)?;
        let mut changed = Vec::new();
        for (path, stored) in contents {
            let live = sys::read_secret(&path.on_disk(site.home()), LARGEST)?;
            if !live.is_some_and(|live| live.is_same_as(&stored)) {
                changed.push(path);
            }
        }
        Ok(changed)
    }
}

impl Plan {
    /// What is here, as a snapshot would have it.
    #[must_use]
    pub fn things(&self) -> Vec<Thing> {
        let thing = |item: &crate::snapshot::create::profile::Item| {
            let facts = &item.facts;
            let text = (facts.kind == Kind::Link).then(|| link_text(&item.source).ok()).flatten();
            let size = if facts.kind == Kind::File { facts.size } else { 0 };
            Thing {
                path: item.path.clone(),
                kind: facts.kind,
                size,
                mode: facts.mode,
                mtime: facts.mtime,
                leads_to: text.map(|text| text.to_string_lossy().into_owned()),
            }
        };
        self.items.iter().map(thing).collect()
    }
}

/// What differs, by name.
#[must_use]
pub fn compare(before: Vec<Thing>, after: Vec<Thing>) -> Vec<Change> {
    let mut both: BTreeMap<TreePath, (Option<Thing>, Option<Thing>)> = BTreeMap::new();
    for thing in before {
        let path = thing.path.clone();
        both.entry(path).or_default().0 = Some(thing);
    }
    for thing in after {
        let path = thing.path.clone();
        both.entry(path).or_default().1 = Some(thing);
    }
    both.into_values().filter_map(change).collect()
}

fn change(sides: (Option<Thing>, Option<Thing>)) -> Option<Change> {
    match sides {
        (Some(before), Some(after)) if is_same(&before, &after) => None,
        (Some(before), Some(after)) => Some(Change::Changed(before, after)),
        (Some(before), None) => Some(Change::Removed(before)),
        (None, after) => after.map(Change::Added),
    }
}

/// A folder's time tells nothing that what is in it does not, and a link has no mode. Which of a
/// file's names is the first depends on what else was taken.
fn is_same(one: &Thing, other: &Thing) -> bool {
    one.kind == other.kind
        && match one.kind {
            Kind::Folder => one.mode == other.mode,
            Kind::Link => one.leads_to == other.leads_to,
            Kind::File | Kind::Other => {
                (one.size, one.mode, one.mtime) == (other.size, other.mode, other.mtime)
            }
        }
}
