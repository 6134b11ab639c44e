//! Each class of damage, on each kind of object: the level that `docs/threat-model.md` names finds it,
//! and nothing of it is restored. The table there is what this is held against.

use std::io::Write;
use std::path::Path;

use crate::crypto::{Signed, Signer, seal};
use crate::storage::{Body, Memory, ObjectName, Storage, put_new, put_signed};
use crate::sys::{self, Spool};

use super::super::archive::hostile::{compress, tar};
use super::super::*;
use super::{BEGIN, Machine, below, content};
use repository::commit::NAMESPACE;
use repository::{commit_name, pack_name, snapshot_name};

const DOCUMENT: &str = include_str!("../../../docs/threat-model.md");

/// What finds it, the earliest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Finder {
    /// The repository can not even be opened.
    Always,
    History,
    Exists,
    Scrub,
}

impl Finder {
    fn parse(cell: &str) -> Self {
        match cell {
            "always" => Self::Always,
            "`history`" => Self::History,
            "`exists`" => Self::Exists,
            "`scrub`" => Self::Scrub,
            _ => panic!("{cell:?} finds nothing"),
        }
    }
}

/// Three snapshots, each with a pack of its own, and everything as it was.
struct Scene {
    machine: Machine,
    whole: Memory,
    oldest: Commit,
    newest: Commit,
}

impl Scene {
    fn new() -> Self {
        let mut machine = Machine::new();
        machine.profiles = vec![Profile::Config, Profile::History];
        let taken = [b"a", b"b", b"c"].map(|text| {
            machine.plant(&format!(".claude/projects/-srv/{}.jsonl", text[0]), text);
            machine.create_at(BEGIN + i64::from(text[0])).commit
        });
        let [oldest, _, newest] = taken;
        Self { whole: machine.storage.copy(), machine, oldest, newest }
    }

    fn storage(&self) -> &Memory {
        &self.machine.storage
    }

    /// The name of the newest of a kind, and that of another one of this kind.
    fn names(&self, kind: &str) -> [ObjectName; 2] {
        let both = [&self.newest, &self.oldest];
        let fixed = |names: [&str; 2]| names.map(|name| name.parse().expect("is a name"));
        match kind {
            "commit" => both.map(|commit| commit_name(&commit.id)),
            "its signature" => both.map(|commit| commit_name(&commit.id).signature()),
            "snapshot object" => both.map(|commit| snapshot_name(&commit.object.digest)),
            "pack" => {
                let [old] = self.oldest.packs[..] else { panic!("one pack a snapshot") };
                let new = self.newest.packs.iter().find(|pack| **pack != old).expect("is there");
                [*new, old].map(|pack| pack_name(&pack.digest))
            }
            "guide" => fixed(["restore.sh", "RESTORE.txt"]),
            "`vaultctl-repo`" => fixed(["vaultctl-repo", "vaultctl-repo.sig"]),
            _ => panic!("{kind:?} is no kind"),
        }
    }

    fn damage(&self, class: &str, kind: &str) {
        let ([name, other], storage) = (self.names(kind), self.storage());
        let (mut bytes, others) = (storage.bytes(&name), storage.bytes(&other));
        match class {
            "a bit turned over" => bytes[20] ^= 4,
            "cut short" => bytes.truncate(bytes.len() - 1),
            "missing" => return storage.delete(&name).expect("deletes"),
            "exchanged" => {
                storage.tamper(&other, bytes);
                bytes = others;
            }
            "an older one in its place" => bytes = self.older(kind, others),
            "forged" => bytes = self.forged(kind),
            _ => panic!("{class:?} is no class"),
        }
        storage.tamper(&name, bytes);
    }

    /// Something that was right once. With a commit comes its signature.
    fn older(&self, kind: &str, oldest: Vec<u8>) -> Vec<u8> {
        match kind {
            "commit" => {
                let [new, old] = self.names("its signature");
                self.storage().tamper(&new, self.storage().bytes(&old));
                oldest
            }
            "guide" => b"#!/bin/sh\n# Of an older version.\n".to_vec(),
            "`vaultctl-repo`" => b"vaultctl-repo 1\n".to_vec(),
            _ => oldest,
        }
    }

    /// Made by somebody who knows the recipients, and has a key of his own.
    fn forged(&self, kind: &str) -> Vec<u8> {
        let statement = |name: &str| {
            let name = name.parse().expect("is a name");
            self.stranger_signs("vaultctl-repo", self.storage().bytes(&name))
        };
        let commit = || self.stranger_signs(NAMESPACE, self.newest.render().into_bytes());
        match kind {
            "commit" => {
                let [name, _] = self.names("its signature");
                let signed = commit();
                self.storage().tamper(&name, signed.signature().to_vec());
                signed.statement().to_vec()
            }
            "its signature" => commit().signature().to_vec(),
            "guide" => b"#!/bin/sh\nrm -rf ~\n".to_vec(),
            "`vaultctl-repo`" => {
                let signed = statement("vaultctl-repo");
                self.storage().tamper(
                    &"vaultctl-repo.sig".parse().expect("is a name"),
                    signed.signature().to_vec(),
                );
                signed.statement().to_vec()
            }
            _ => self.stranger_seals(),
        }
    }

    fn stranger_signs(&self, namespace: &'static str, statement: Vec<u8>) -> Signed {
        Signer::from_seed(&[9; 32], "stranger").sign(namespace, statement)
    }

    /// A snapshot of somebody else, encrypted to the same people.
    fn stranger_seals(&self) -> Vec<u8> {
        let scratch = Memory::default();
        let name = self.stranger_stores(&scratch);
        scratch.bytes(&name)
    }

    fn stranger_stores(&self, storage: &dyn Storage) -> ObjectName {
        let spool = Spool::make(self.machine.root.path()).expect("makes");
        let mut sealer = seal(&self.machine.recipients, spool).expect("begins");
        let tar = tar(
            "file files/HOME/.claude/settings.json; file SUMS = 4294967295 0 files/HOME/.claude/settings.json",
        );
        sealer.write_all(&compress(&tar)).expect("writes");
        let sealed = sealer.finish().expect("ends");
        let name = snapshot_name(&sealed.digest());
        put_new(storage, &name, &Body::Sealed(&sealed)).expect("puts");
        name
    }

    /// The first level that finds a fault.
    fn finder(&self) -> Option<Finder> {
        let levels = [
            (Finder::History, Level::History),
            (Finder::Exists, Level::Exists),
            (Finder::Scrub, Level::Scrub),
        ];
        for (finder, level) in levels {
            match self.machine.verify(level) {
                Err(_) => return Some(Finder::Always),
                Ok(report) if !report.faults.is_empty() => return Some(finder),
                Ok(_) => {}
            }
        }
        None
    }

    /// A restore of the newest snapshot is refused, and leaves everything as it was.
    fn assert_refused(&self, what: &str) {
        let before = self.machine.everything();
        let restored = self.machine.restore(None);
        assert!(restored.is_err(), "{what} is restored");
        assert_eq!(self.machine.everything(), before, "{what}");
    }

    /// A restore of the newest snapshot is right, if it is not refused.
    fn assert_right_or_refused(&self, what: &str) {
        let (target, before) = (self.machine.path("target"), self.machine.everything());
        if self.machine.restore(None).is_err() {
            return assert_eq!(self.machine.everything(), before, "{what}");
        }
        let home = self.machine.path("home");
        for taken in below(&home).into_iter().filter(|path| path.is_file()) {
            let name = taken.strip_prefix(&home).expect("is below");
            assert_eq!(content(&taken), content(&target.join("HOME").join(name)), "{what}");
        }
        let root = sys::Folder::open(self.machine.root.path()).expect("opens").expect("is there");
        root.remove_folder(Path::new("target")).expect("removes");
    }

    fn heal(&mut self) {
        self.machine.storage = self.whole.copy();
    }
}

/// The rows of the table, with its head first.
fn table() -> Vec<Vec<&'static str>> {
    let lines = DOCUMENT.lines().skip_while(|line| !line.starts_with("| damage |"));
    let rows = lines.take_while(|line| line.starts_with('|')).filter(|line| !line.contains("---"));
    let cells = |line: &'static str| line.trim_matches('|').split('|').map(str::trim).collect();
    rows.map(cells).collect()
}

#[test]
fn the_level_that_promises_it_finds_each_damage_and_nothing_is_restored() {
    let mut scene = Scene::new();
    scene.machine.assert_whole();
    let table = table();
    let (kinds, rows) = table.split_first().expect("there is a table");
    assert_eq!((kinds.len(), rows.len()), (7, 6), "kinds and classes");
    for row in rows {
        for (kind, promised) in kinds.iter().zip(row).skip(1) {
            let what = format!("{kind}: {}", row[0]);
            scene.damage(row[0], kind);
            let found = scene.finder().unwrap_or_else(|| panic!("{what}: nobody finds it"));
            assert!(found <= Finder::parse(promised), "{what}: only {found:?} finds it");
            match *kind {
                // They are for those who restore without us.
                "guide" => {}
                // Where a part lies does not matter to a restore, since its name vouches for it.
                "pack" if row[0] == "exchanged" => scene.assert_right_or_refused(&what),
                _ => scene.assert_refused(&what),
            }
            scene.heal();
        }
    }
}

#[test]
fn a_repository_that_was_turned_back_is_noticed_whichever_state_it_is() {
    let mut scene = Scene::new();
    let older = scene.whole.copy();
    older.delete(&commit_name(&scene.newest.id)).expect("deletes");
    scene.machine.storage = older;
    assert_eq!(scene.finder(), Some(Finder::History));
    scene.assert_refused("an older state");
}

/// Also when the forger puts it under a new name, as the newest.
#[test]
fn what_a_stranger_adds_is_not_restored() {
    let mut scene = Scene::new();
    let newest = scene.newest.clone();
    let id = SnapshotId { seq: newest.id.seq + 1, ..newest.id };
    let object = scene.stranger_stores(scene.storage());
    // Nobody names it: that is no fault, and what is named comes back.
    assert_eq!(scene.finder(), None);
    let digest = object.last().strip_suffix(".tar.zst.age").expect("is one");
    let size = scene.storage().bytes(&object).len() as u64;
    let object = ObjectRef { digest: digest.parse().expect("is one"), size };
    let forged = Commit { id, object, packs: Vec::new(), ..newest };
    let signed = scene.stranger_signs(NAMESPACE, forged.render().into_bytes());
    put_signed(scene.storage(), &commit_name(&id), &signed).expect("puts");
    assert_eq!(scene.finder(), Some(Finder::History));
    scene.assert_refused("a stranger's snapshot");
    // The same statement with a signature that was right for another one.
    scene.heal();
    let right = scene.storage().bytes(&commit_name(&scene.newest.id).signature());
    scene.storage().tamper(&commit_name(&id), forged.render().into_bytes());
    scene.storage().tamper(&commit_name(&id).signature(), right);
    assert_eq!(scene.finder(), Some(Finder::History));
    scene.assert_refused("a signature of something else");
}

/// An old commit, with its signature, under the name of a newer one.
#[test]
fn what_was_signed_once_does_not_pass_for_something_newer() {
    let scene = Scene::new();
    let id = SnapshotId { seq: scene.newest.id.seq + 1, ..scene.newest.id };
    let (from, to) = (commit_name(&scene.oldest.id), commit_name(&id));
    scene.storage().tamper(&to, scene.storage().bytes(&from));
    scene.storage().tamper(&to.signature(), scene.storage().bytes(&from.signature()));
    assert_eq!(scene.finder(), Some(Finder::History));
    scene.assert_refused("an old commit under a new name");
}
