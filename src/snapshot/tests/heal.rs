//! What is copied from another place, and what never is.

use crate::storage::{Memory, ObjectName, Storage};

use super::super::*;
use super::Machine;
use super::failing::{Failing, Moment};
use repository::{commit_name, snapshot_name};

impl Machine {
    /// Heals `storage` from the machine's own.
    fn heal(&self, storage: &dyn Storage, extent: Extent) -> Result<Healed, Error> {
        self.heal_from(storage, &[&self.storage], extent)
    }

    fn heal_from(
        &self,
        storage: &dyn Storage,
        others: &[&dyn Storage],
        extent: Extent,
    ) -> Result<Healed, Error> {
        let signer = self.signer.verifier().fingerprint();
        let sources: Result<Vec<_>, _> =
            others.iter().map(|other| Repository::open(*other, signer.clone())).collect();
        let sources = &sources?;
        let target = &open_wounded(storage, &sources[0])?;
        let state = &self.state(target).lock()?;
        let healing = Healing { target, sources, state, extent };
        healing.carry_out(healing.look()?)
    }

    fn first(&self) -> SnapshotId {
        let listing = self.open().and_then(|repository| repository.commits());
        listing.expect("lists").entries[0].id
    }
}

fn everything(storage: &Memory) -> Vec<(ObjectName, Vec<u8>)> {
    storage.names().into_iter().map(|name| (name.clone(), storage.bytes(&name))).collect()
}

fn names(healed: &Healed) -> Vec<&str> {
    healed.copied.iter().map(|wound| wound.name.as_str()).collect()
}

fn flip(storage: &Memory, name: &ObjectName) {
    let mut bytes = storage.bytes(name);
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    storage.tamper(name, bytes);
}

/// Each object once missing, once cut short, once with a bit turned over; the levels find what they say.
#[test]
fn whatever_is_wrong_with_one_object_is_put_right() {
    let machine = Machine::with_snapshots(2);
    let whole = everything(&machine.storage);
    for (name, bytes) in &whole {
        for damage in 0..3 {
            let copy = machine.storage.copy();
            match damage {
                0 => copy.delete(name).expect("deletes"),
                1 => copy.tamper(name, bytes[..bytes.len() - 1].to_vec()),
                _ => flip(&copy, name),
            }
            let missing = machine.heal(&copy, Extent::Missing).expect("heals");
            assert_eq!(everything(&copy) == whole, damage == 0, "{name} {damage}: {missing:?}");
            let healed = machine.heal(&copy, Extent::Scrub).expect("heals");
            assert_eq!(everything(&copy), whole, "{name} {damage}: {healed:?}");
            assert!(healed.failed.is_empty());
            assert!(names(&machine.heal(&copy, Extent::Scrub).expect("heals")).is_empty());
        }
    }
}

/// What another machine is removing, and what it needs, does not come back; what is newer does.
#[test]
fn where_another_machine_prunes_only_what_is_newer_comes() {
    let machine = Machine::with_snapshots(3);
    let copy = machine.storage.copy();
    // First it is half gone, as for somebody who reads while it is removed.
    copy.delete(&commit_name(&machine.first()).signature()).expect("deletes");
    assert!(names(&machine.heal(&copy, Extent::Newer).expect("heals")).is_empty());
    copy.delete(&commit_name(&machine.first())).expect("deletes");
    assert!(names(&machine.heal(&copy, Extent::Newer).expect("heals")).is_empty());
    machine.plant(".claude/agents/b.md", b"the fourth");
    machine.create();
    let healed = machine.heal(&copy, Extent::Newer).expect("heals");
    assert_eq!(healed.copied.len(), 2, "an object and a commit: {healed:?}");
    assert_eq!(machine.heal(&copy, Extent::Missing).expect("heals").copied.len(), 1);
}

#[test]
fn a_place_that_missed_nights_catches_up() {
    let machine = Machine::with_snapshots(1);
    let copy = machine.storage.copy();
    for night in 0..3 {
        machine.plant(".claude/agents/b.md", &[night; 9]);
        machine.create();
    }
    let healed = machine.heal(&copy, Extent::Missing).expect("heals");
    assert_eq!((healed.copied.len(), healed.failed), (6, vec![]));
    assert_eq!(everything(&copy), everything(&machine.storage));
}

#[test]
fn what_was_pruned_does_not_come_back() {
    let machine = Machine::with_snapshots(3);
    let copy = machine.storage.copy();
    let first = machine.first();
    let repository = machine.open().expect("opens");
    let locked = machine.state(&repository).lock().expect("nobody else");
    let mut pruned = locked.state().pruned().expect("reads");
    pruned.add(first.seq);
    locked.set_pruned(&pruned).expect("writes");
    drop(locked);
    machine.remove(&first);
    let healed = machine.heal_from(&machine.storage, &[&copy], Extent::Scrub).expect("heals");
    assert!(names(&healed).is_empty(), "{healed:?}");
    machine.assert_whole();
}

#[test]
fn nothing_rotten_is_copied() {
    let machine = Machine::with_snapshots(2);
    let first = machine.first();
    let (copy, other) = (machine.storage.copy(), machine.storage.copy());
    let object = snapshot_name(&machine.commit().object.digest);
    flip(&copy, &object);
    flip(&machine.storage, &object);
    let before = everything(&copy);
    let healed = machine.heal(&copy, Extent::Scrub).expect("looks");
    assert_eq!((names(&healed).len(), healed.failed.len()), (0, 1));
    assert_eq!(everything(&copy), before, "what is damaged is better than nothing");
    // A commit that is missing does not come without what it needs.
    copy.delete(&commit_name(&machine.commit().id)).expect("deletes");
    copy.delete(&object).expect("deletes");
    assert_eq!(machine.heal(&copy, Extent::Scrub).expect("looks").failed.len(), 2);
    let left = Repository::open(&copy, machine.signer.verifier().fingerprint()).expect("opens");
    let left: Vec<SnapshotId> =
        left.commits().expect("lists").entries.iter().map(|entry| entry.id).collect();
    assert_eq!(left, [first]);
    // The second place has it.
    let healed = machine.heal_from(&copy, &[&machine.storage, &other], Extent::Scrub);
    assert!(healed.expect("heals").failed.is_empty());
    assert_eq!(everything(&copy), everything(&other));
}

#[test]
fn another_repository_is_no_help_even_of_the_same_signer() {
    let (machine, other) = (Machine::with_snapshots(1), Machine::with_snapshots(1));
    let refused = machine.heal(&other.storage, Extent::Missing);
    assert!(matches!(refused, Err(Error::OtherRepository(_))), "{refused:?}");
    // Nor is it taken for the same because it can not say what it is.
    let before = other.storage.copy();
    before.delete(&repository::about_name()).expect("deletes");
    let refused = machine.heal(&before, Extent::Scrub);
    assert!(matches!(refused, Err(Error::Damaged { .. })), "{refused:?}");
    let empty = Memory::default();
    let refused = machine.heal(&empty, Extent::Scrub);
    assert!(matches!(refused, Err(Error::NoRepository(_))), "{refused:?}");
}

#[test]
fn what_another_key_signed_is_not_copied() {
    let machine = Machine::with_snapshots(1);
    let copy = machine.storage.copy();
    let mallory = crate::crypto::Signer::from_seed(&[2; 32], "mallory");
    let id = SnapshotId { seq: 2, ..machine.commit().id };
    let forged = Commit { id, ..machine.commit() };
    let signed = mallory.sign(repository::commit::NAMESPACE, forged.render().into_bytes());
    crate::storage::put_signed(&copy, &commit_name(&id), &signed).expect("puts");
    let healed = machine.heal_from(&machine.storage, &[&copy], Extent::Scrub).expect("heals");
    assert!(names(&healed).is_empty(), "{healed:?}");
}

/// A number is given once: two histories are not mixed.
#[test]
fn a_number_that_another_snapshot_has_is_not_given_twice() {
    let machine = Machine::with_snapshots(2);
    let copy = machine.storage.copy();
    let newest = machine.commit();
    machine.remove(&newest.id);
    let rival =
        SnapshotId { time: newest.id.time + std::time::Duration::from_secs(1), ..newest.id };
    machine.rewrite(&Commit { id: rival, ..newest });
    let healed = machine.heal(&copy, Extent::Scrub).expect("looks");
    assert!(names(&healed).is_empty() && healed.failed.len() == 1, "{healed:?}");
}

/// Stopped at each operation on the target, nothing that was good is lost, and the next run finishes.
#[test]
fn whoever_is_stopped_leaves_it_no_worse() {
    let machine = Machine::with_snapshots(3);
    let whole = everything(&machine.storage);
    let wounded = machine.storage.copy();
    let names = machine.storage.names();
    // One commit has to show which repository it is.
    let others = names.iter().filter(|name| !name.as_str().contains("-000003.commit"));
    for (number, name) in others.enumerate() {
        match number % 3 {
            0 => wounded.delete(name).expect("deletes"),
            1 => flip(&wounded, name),
            _ => {}
        }
    }
    let good: Vec<_> =
        everything(&wounded).into_iter().filter(|object| whole.contains(object)).collect();
    for moment in [Moment::Before, Moment::After] {
        let stopped = (0..).take_while(|number| {
            let storage = wounded.copy();
            let failing = Failing::after(*number, moment, &storage);
            let ended = machine.heal(&failing, Extent::Scrub);
            let left = everything(&storage);
            assert!(
                good.iter().all(|object| left.contains(object)),
                "stopped {moment:?} operation {number}"
            );
            let healed = machine.heal(&storage, Extent::Scrub).expect("heals");
            assert_eq!(
                everything(&storage),
                whole,
                "stopped {moment:?} operation {number}: {healed:?}"
            );
            ended.is_err()
        });
        assert!(stopped.count() > names.len());
    }
}
