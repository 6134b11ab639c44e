//! One part of a JSON file, put into the file that is there.

use std::path::Path;

use crate::secret::Secret;
use crate::snapshot::Error;
use crate::snapshot::archive::TreePath;
use crate::snapshot::create::profile::is_credential;
use crate::snapshot::restore::danger::{Danger, dangers};
use crate::snapshot::restore::merge::{JsonPointer, MergeError, merged};
use crate::snapshot::restore::{Restoration, Restored};
use crate::sys::{self, Facts, Finish, Kind, Staging};

use super::{Exchange, Replaced, Site, begin, prepare};

/// A larger file is not one that is put together here (bytes).
const LARGEST: usize = 64 * 1024 * 1024;

/// A part that can be put into its file.
pub struct Part<'a> {
    site: &'a Site<'a>,
    snapshot: String,
    path: TreePath,
    facts: Facts,
    live: Secret,
    merged: Secret,
}

impl<'a> Part<'a> {
    /// Reads both files and puts the part of the one into the other, in memory.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn of(
        restoration: &Restoration<'_>,
        site: &'a Site<'a>,
        path: &TreePath,
        pointer: &JsonPointer,
    ) -> Result<Self, Error> {
        if is_credential(path) {
            return Err(Error::NotMerged(path.shown(), MergeError::Credential));
        }
        let stored = restoration.contents(&|found| found == path)?.remove(path);
        let stored = stored.ok_or_else(|| Error::NothingOf(path.shown()))?;
        let (place, missing) = (path.on_disk(site.home()), || Error::NoFile(path.shown()));
        let facts = sys::facts(&place)?.filter(|found| found.kind == Kind::File);
        let facts = facts.ok_or_else(missing)?;
        let live = sys::read_secret(&place, LARGEST)?.ok_or_else(missing)?;
        // EXPOSE: one part of the one goes into the other; the result is secret, too.
        let merged = merged(live.expose(), stored.expose(), pointer);
        let merged = merged.map_err(|reason| Error::NotMerged(path.shown(), reason))?;
        let (snapshot, merged) =
            (restoration.verified.commit().id.to_string(), Secret::copy_from(&merged));
        Ok(Self { site, snapshot, path: path.clone(), facts, live, merged })
    }

    /// Whether the file has the part as the snapshot has it.
    #[must_use]
    pub fn is_there_already(&self) -> bool {
        self.live.is_same_as(&self.merged)
    }

    /// What would change in what runs programs or says where things go.
    #[must_use]
    pub fn dangers(&self) -> Vec<Danger> {
        dangers(&self.path, Some(&self.live), Some(&self.merged))
    }

    /// Puts the new file into the place of the old one, unless that has changed meanwhile.
    ///
    /// # Errors
    /// See [`Error`]; then the file is as it was.
    pub fn put(&self) -> Result<Replaced, Error> {
        let _alone = begin(self.site.home())?;
        let (kept, path) = (self.site.free_folder()?, self.path.as_path());
        let staging = Staging::begin(&kept)?;
        staging.folder().create_folder(path.parent().unwrap_or(Path::new("")))?;
        let finish = Finish { mode: self.facts.mode, mtime: None };
        // EXPOSE: into the file's place, with the file's mode.
        staging.folder().plant_file(path, finish, &mut self.merged.expose())?;
        let units = [self.path.clone()].into_iter().collect();
        let list = prepare(self.site, &staging, units, self.snapshot.clone())?;
        staging.publish()?;
        let exchange =
            Exchange { home: self.site.home(), main: self.site.claude_main(), kept: &kept };
        let kept = exchange.run(&list, &|| self.expect_unchanged(&kept.join(path)))?;
        let (altered, passed_over, unneeded) = (Vec::new(), Vec::new(), Vec::new());
        let restored = Restored { altered, quarantine: None, passed_over, unneeded };
        Ok(Replaced { kept, restored })
    }

    /// What has just been put away is what the new one was made of.
    fn expect_unchanged(&self, old: &Path) -> Result<(), Error> {
        let old = sys::read_secret(old, LARGEST)?;
        if old.is_some_and(|old| old.is_same_as(&self.live)) {
            Ok(())
        } else {
            Err(Error::Busy(self.path.shown()))
        }
    }
}
