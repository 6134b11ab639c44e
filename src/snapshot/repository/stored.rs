//! What a repository's storage lists, whatever any commit says of it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::snapshot::Error;
use crate::storage::{Listed, ObjectName, Storage};

use super::commit::Commit;
use super::object::Named;
use super::{
    commit_name, commits_folder, pack_name, packs_folder, snapshot_name, snapshots_folder,
};

/// What is there.
pub(in crate::snapshot) struct Stored {
    /// Snapshot objects and packs; whatever is called otherwise is not ours.
    pub(in crate::snapshot) objects: BTreeMap<ObjectName, Listed>,
    /// What is among the commits.
    commits: Vec<Listed>,
}

impl Stored {
    /// Lists it: objects first, so that whatever comes later is named by no commit listed before.
    pub(in crate::snapshot) fn list(storage: &dyn Storage) -> Result<Self, Error> {
        let mut objects = storage.list(&snapshots_folder())?;
        objects.extend(storage.list(&packs_folder())?);
        objects.retain(|object| is_object(&object.name));
        let by_name = |object: Listed| (object.name.clone(), object);
        let objects = objects.into_iter().map(by_name).collect();
        Ok(Self { objects, commits: storage.list(&commits_folder())? })
    }

    /// Whether all that a commit needs is there, in its size.
    pub(in crate::snapshot) fn has_all_of(&self, commit: &Commit) -> bool {
        let is_there = |Named { name, object }: Named| {
            self.objects.get(&name).is_some_and(|listed| listed.size == object.size)
        };
        commit.needs().all(is_there)
    }

    /// The size of an object, if it is there.
    pub(in crate::snapshot) fn size_of(&self, name: &ObjectName) -> Option<u64> {
        self.objects.get(name).map(|listed| listed.size)
    }

    /// The storage's clock was at least here.
    pub(in crate::snapshot) fn last_time(&self) -> Timestamp {
        let times = self.objects.values().chain(&self.commits).map(|listed| listed.stored);
        times.max().unwrap_or(Timestamp::MIN)
    }

    /// Left by a run that was stopped between a commit and its signature.
    pub(in crate::snapshot) fn lone_signatures(&self) -> impl Iterator<Item = &Listed> {
        let names: BTreeSet<&ObjectName> = self.commits.iter().map(|listed| &listed.name).collect();
        let is_lone = move |listed: &&Listed| {
            signed_commit(&listed.name).is_some_and(|commit| !names.contains(&commit))
        };
        self.commits.iter().filter(is_lone)
    }
}

/// Whether something is called like a snapshot object or a pack.
pub(in crate::snapshot) fn is_object(name: &ObjectName) -> bool {
    let digest = name.last().strip_suffix(".tar.zst.age").and_then(|digest| digest.parse().ok());
    digest.is_some_and(|digest| [snapshot_name(&digest), pack_name(&digest)].contains(name))
}

/// The commit that a signature of this name is over, if it is one.
fn signed_commit(name: &ObjectName) -> Option<ObjectName> {
    let id = name.last().strip_suffix(".commit.sig")?.parse().ok()?;
    let commit = commit_name(&id);
    (commit.signature() == *name).then_some(commit)
}
