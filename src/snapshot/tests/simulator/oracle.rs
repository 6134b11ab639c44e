//! What must be true whatever has happened.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};

use crate::crypto::Digest;
use crate::snapshot::archive::{Content, Part};
use crate::snapshot::repository::object::{Named, read_parts, read_snapshot};
use crate::snapshot::tests::Machine;
use crate::snapshot::{Commit, ObjectRef, Repository, SnapshotId, Standing};
use crate::storage::{Memory, Storage};

use super::home::{Tree, Witness};

/// What is known of the snapshots so far. Objects never change, so each is opened once.
#[derive(Default)]
pub(super) struct Oracle {
    /// Commits that gave back what they were made of.
    proven: HashSet<Digest>,
    packs: HashMap<Digest, HashMap<Part, Vec<u8>>>,
    /// What was reported stored, in each place, and may not go.
    promised: [BTreeSet<String>; 2],
}

/// What is looked at.
pub(super) struct Scene<'w> {
    pub(super) machine: &'w Machine,
    pub(super) witness: &'w Witness,
    pub(super) memory: &'w Memory,
    /// Whether somebody has damaged it: then what is left must be right.
    pub(super) is_hurt: bool,
}

impl Oracle {
    /// A run has said that this snapshot is in that place.
    pub(super) fn promise(&mut self, site: usize, id: SnapshotId) {
        self.promised[site].insert(id.to_string());
    }

    /// A prune has said that it will remove this snapshot.
    pub(super) fn release(&mut self, site: usize, id: &SnapshotId) {
        self.promised[site].remove(&id.to_string());
    }

    /// Every snapshot that is listed comes back as it was, and all that were promised are listed.
    pub(super) fn check(&mut self, site: usize, scene: &Scene<'_>) -> Result<(), String> {
        let opened = Repository::open(scene.memory, scene.machine.signer.verifier().fingerprint());
        if scene.is_hurt && opened.is_err() {
            return Ok(());
        }
        let listing = opened.and_then(|repository| repository.commits());
        let mut listed = BTreeSet::new();
        for entry in listing.map_err(|error| format!("{error}"))?.entries {
            match entry.standing {
                Standing::Whole { commit, digest } => {
                    listed.insert(entry.id.to_string());
                    self.check_commit(&commit, &digest, scene)?;
                }
                Standing::Damaged(_) if scene.is_hurt => {}
                Standing::Damaged(reason) => {
                    return Err(format!("{} is damaged: {reason}", entry.id));
                }
                Standing::Newer => return Err(format!("{} is of a newer version", entry.id)),
            }
        }
        match self.promised[site].difference(&listed).next() {
            Some(gone) if !scene.is_hurt => {
                Err(format!("{gone} was stored in {site}, and is gone"))
            }
            _ => Ok(()),
        }
    }

    fn check_commit(
        &mut self,
        commit: &Commit,
        digest: &Digest,
        scene: &Scene<'_>,
    ) -> Result<(), String> {
        for Named { name, object } in commit.needs() {
            let is_there = scene.memory.head(&name).expect("answers").is_some();
            if !is_there || Digest::of(&scene.memory.bytes(&name)) != object.digest {
                let what = if is_there { "is not what was signed" } else { "is gone" };
                let told = format!("{} needs {name}, which {what}", commit.id);
                return if scene.is_hurt { Ok(()) } else { Err(told) };
            }
        }
        if self.proven.contains(digest) {
            return Ok(());
        }
        let tree = scene.witness.tree(digest).ok_or("nobody has made this commit")?;
        let restored = self.restored(commit, scene)?;
        expect_same(&tree, &restored).map_err(|what| format!("{}: {what}", commit.id))?;
        self.proven.insert(*digest);
        Ok(())
    }

    /// What a restore would make of it.
    fn restored(&mut self, commit: &Commit, scene: &Scene<'_>) -> Result<Tree, String> {
        for pack in &commit.packs {
            self.open_pack(*pack, scene)?;
        }
        let mut tree = Tree::new();
        let (memory, identity) = (scene.memory, &scene.machine.identity);
        let read =
            read_snapshot(memory, commit.object, commit.totals, identity, &mut |member, source| {
                let path = member.path.as_path().strip_prefix("HOME").unwrap_or(Path::new("?"));
                let bytes = match &member.content {
                    Content::File(_) => {
                        let mut bytes = Vec::new();
                        source.read_to_end(&mut bytes)?;
                        bytes
                    }
                    Content::Parts(recipe) => {
                        let part = |part| {
                            let mut packs =
                                commit.packs.iter().map(|pack| &self.packs[&pack.digest]);
                            packs.find_map(|pack| pack.get(part)).cloned().unwrap_or_default()
                        };
                        recipe.parts().iter().flat_map(part).collect()
                    }
                    Content::Folder | Content::Link(_) | Content::HardLink(_) => return Ok(()),
                };
                tree.insert(path.to_owned(), bytes);
                Ok(())
            });
        read.map(|_| tree).map_err(|error| format!("{}: {error}", commit.id))
    }

    fn open_pack(&mut self, pack: ObjectRef, scene: &Scene<'_>) -> Result<(), String> {
        if self.packs.contains_key(&pack.digest) {
            return Ok(());
        }
        let mut parts = HashMap::new();
        let read = read_parts(scene.memory, pack, &scene.machine.identity, &mut |part, source| {
            let mut bytes = Vec::new();
            source.read_to_end(&mut bytes)?;
            parts.insert(part, bytes);
            Ok(())
        });
        read.map_err(|error| error.to_string())?;
        self.packs.insert(pack.digest, parts);
        Ok(())
    }
}

/// Says in which file two trees differ.
pub(super) fn expect_same(taken: &Tree, restored: &Tree) -> Result<(), String> {
    let names: BTreeSet<&PathBuf> = taken.keys().chain(restored.keys()).collect();
    let differs = |name: &&PathBuf| taken.get(*name) != restored.get(*name);
    match names.into_iter().find(differs) {
        Some(name) => {
            let shown = |tree: &Tree| {
                tree.get(name)
                    .map_or("nothing".into(), |bytes| String::from_utf8_lossy(bytes).into_owned())
            };
            let (taken, restored) = (shown(taken), shown(restored));
            Err(format!("{} was {taken:?}, and comes back as {restored:?}", name.display()))
        }
        None => Ok(()),
    }
}
