//! What has rotted is not built on: what files still have of it is stored anew.

use crate::storage::{Memory, ObjectName, Storage};

use super::super::*;
use super::elsewhere::{Elsewhere, Rights};
use super::{BEGIN, Machine, content};
use repository::object::Named;

const LOG: &str = ".claude/projects/-srv-x/session.jsonl";

impl Machine {
    /// With a transcript, and a snapshot.
    fn with_a_pack() -> (Self, Commit) {
        let mut machine = Self::new();
        machine.profiles = vec![Profile::Config, Profile::History];
        machine.plant(LOG, &b"{\"a\": \"line\"}\n".repeat(1000));
        let commit = machine.create().commit;
        (machine, commit)
    }

    /// Verifies one place and remembers what it finds; the answer is how many faults there are.
    fn look(&self, storage: &dyn Storage) -> usize {
        let repository = &Repository::open(storage, self.signer.verifier().fingerprint());
        let repository = repository.as_ref().expect("opens");
        let report = self.scrub(repository);
        self.state(repository).remember(&storage.place(), &report).expect("writes");
        report.faults.len()
    }

    fn create_at_all(&self, storages: &[&dyn Storage], night: i64) -> Created {
        let signer = self.signer.verifier().fingerprint();
        let opened = storages.iter().map(|place| Repository::open(*place, signer.clone()));
        let repositories: Vec<Repository<'_>> = opened.collect::<Result<_, _>>().expect("open");
        self.create_in(&repositories, BEGIN + night).expect("takes it")
    }

    /// The newest snapshot of the machine's own place has everything.
    fn comes_back_whole(&self) {
        let target = self.path("back");
        self.restore_to(&target, None).expect("restores");
        for name in [LOG, ".claude.json"] {
            assert!(content(&target.join("HOME").join(name)) == content(&self.home(name)));
        }
    }
}

fn rot(storage: &Memory, name: &ObjectName) {
    let mut bytes = storage.bytes(name);
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    storage.tamper(name, bytes);
}

fn names(commit: &Commit) -> Vec<ObjectName> {
    commit.needs().map(|named| named.name).collect()
}

#[test]
fn what_has_rotted_in_the_only_place_is_stored_anew() {
    let (machine, first) = Machine::with_a_pack();
    let (pack, object) = (Named::pack(first.packs[0]).name, Named::snapshot(first.object).name);
    for name in [&pack, &object] {
        rot(&machine.storage, name);
    }
    assert_eq!(machine.look(&machine.storage), 2);
    let second = machine.create();
    assert_eq!(names(&second.commit).iter().filter(|name| names(&first).contains(name)).count(), 0);
    let replaced: Vec<_> = second.replaced.iter().map(|(_, name)| name.clone()).collect();
    assert_eq!(replaced, [object, pack]);
    machine.comes_back_whole();
    let third = machine.create();
    assert!(third.unchanged && third.replaced.is_empty(), "it is built on again");
    assert_eq!(names(&third.commit), names(&second.commit));
    assert_eq!(machine.look(&machine.storage), 2, "the first snapshot stays damaged");
}

#[test]
fn a_restore_that_finds_damage_remembers_it() {
    let (machine, first) = Machine::with_a_pack();
    let pack = Named::pack(first.packs[0]).name;
    rot(&machine.storage, &pack);
    let refused = machine.restore(None);
    assert!(matches!(refused, Err(Error::Damaged { .. })), "{refused:?}");
    assert!(!names(&machine.create().commit).contains(&pack));
    machine.comes_back_whole();
}

#[test]
fn what_turns_out_to_be_sound_is_built_on_again() {
    let (machine, first) = Machine::with_a_pack();
    let pack = Named::pack(first.packs[0]).name;
    let whole = machine.storage.bytes(&pack);
    rot(&machine.storage, &pack);
    assert_eq!(machine.look(&machine.storage), 1);
    machine.storage.tamper(&pack, whole);
    assert_eq!(machine.look(&machine.storage), 0);
    let second = machine.create();
    assert!(second.unchanged && second.replaced.is_empty());
    assert_eq!(names(&second.commit), names(&first));
}

/// The place may be mended by whoever takes snapshots there, from another one.
#[test]
fn what_is_sound_in_another_place_is_copied_back() {
    let (machine, first) = Machine::with_a_pack();
    let elsewhere = Elsewhere { memory: machine.storage.copy(), rights: Rights::All };
    let pack = Named::pack(first.packs[0]).name;
    let whole = machine.storage.bytes(&pack);
    rot(&machine.storage, &pack);
    assert_eq!(machine.look(&machine.storage), 1);
    let second = machine.create_at_all(&[&machine.storage, &elsewhere], 1);
    assert!(second.unchanged && second.replaced.is_empty());
    assert!(machine.storage.bytes(&pack) == whole, "it is as it was");
    assert_eq!(machine.look(&machine.storage), 0);
}

/// A bucket whose credentials can only add: nothing can be removed there, and nothing read.
#[test]
fn what_can_not_be_mended_is_stored_anew_in_all_places() {
    for rots_elsewhere in [false, true] {
        let (machine, first) = Machine::with_a_pack();
        let mut elsewhere = Elsewhere { memory: machine.storage.copy(), rights: Rights::All };
        let pack = Named::pack(first.packs[0]).name;
        let rotting = if rots_elsewhere { &elsewhere.memory } else { &machine.storage };
        rot(rotting, &pack);
        let found = machine.look(&machine.storage) + machine.look(&elsewhere);
        assert_eq!(found, 1);
        elsewhere.rights = Rights::Writer;
        let second = machine.create_at_all(&[&machine.storage, &elsewhere], 1);
        assert!(second.lost.is_empty(), "{:?}", second.lost);
        let place = if rots_elsewhere { "elsewhere" } else { "memory" };
        assert_eq!(second.replaced, [(place.to_owned(), pack.clone())]);
        for name in names(&second.commit) {
            assert_ne!(name, pack);
            assert!(machine.storage.bytes(&name) == elsewhere.memory.bytes(&name), "{name}");
        }
        machine.comes_back_whole();
    }
}

/// A disk that was away for some nights, beside a bucket whose credentials can not read.
#[test]
fn a_place_that_can_not_catch_up_gets_the_newest_and_is_told_to_be_behind() {
    let (machine, _) = Machine::with_a_pack();
    let elsewhere = Elsewhere { memory: machine.storage.copy(), rights: Rights::Writer };
    for night in 1..4 {
        machine.plant(LOG, "{\"a\": \"line\"}\n".repeat(1000 + night as usize).as_bytes());
        let created = machine.create_at_all(&[&elsewhere], night);
        assert!(created.behind.is_empty() && created.lost.is_empty());
    }
    let fifth = machine.create_at_all(&[&machine.storage, &elsewhere], 4);
    assert!(fifth.lost.is_empty(), "{:?}", fifth.lost);
    let behind: Vec<_> = fifth.behind.iter().map(|lack| (&*lack.place, &*lack.numbers)).collect();
    assert_eq!(behind, [("memory", &[2, 3, 4][..])]);
    for name in names(&fifth.commit) {
        assert!(machine.storage.bytes(&name) == elsewhere.memory.bytes(&name), "{name}");
    }
    machine.comes_back_whole();
    let sixth = machine.create_at_all(&[&machine.storage, &elsewhere], 5);
    assert!(sixth.unchanged && sixth.behind.len() == 1, "what they have in common is built on");
}
