//! What prune removes, what it never removes, and what is there when it was stopped.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;

use crate::crypto::Digest;
use crate::storage::{Listed, Memory, ObjectName, Storage, put_signed};
use crate::sys;

use super::super::*;
use super::failing::{Failing, Moment};
use super::{BEGIN, Machine};
use repository::commit::NAMESPACE;
use repository::{commit_name, pack_name, snapshot_name};

const DAY: i64 = 24 * 60 * 60;
const WEEK: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// The last of each week.
const WEEKLY: Keep = Keep { weekly: 10, ..Keep::NOTHING };

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).expect("in range")
}

impl Machine {
    /// With a snapshot a night, each of something else; by both clocks.
    fn with_nights(nights: i64) -> Self {
        let machine = Self::new();
        (1..=nights).for_each(|night| drop(machine.night(night)));
        machine
    }

    fn night(&self, night: i64) -> Commit {
        self.storage.set_clock(at(BEGIN + night * DAY));
        self.plant(".claude/agents/b.md", &night.to_be_bytes());
        self.create_at(BEGIN + night * DAY).commit
    }

    /// What prune would do this night, and, unless that is refused, has done.
    fn prune(&self, keep: Keep, night: i64) -> Result<Removal, Error> {
        prune(self, &self.storage, keep, night)
    }

    fn removal(&self, keep: Keep, grace: Duration, night: i64) -> Result<Removal, Error> {
        let repository = self.open()?;
        let known = self.state(&repository).known()?;
        pruning(&repository, known, keep, grace, night).plan()
    }

    /// Prunes and gives up what is damaged or missing.
    fn give_up(&self, night: i64) -> Result<Removal, Error> {
        let repository = self.open()?;
        let locked = self.state(&repository).lock()?;
        let known = locked.state().known()?;
        let pruning =
            Pruning { gives_up: true, ..pruning(&repository, known, Keep::default(), WEEK, night) };
        let removal = pruning.plan()?;
        pruning.carry_out(&removal, &locked).map(|()| removal)
    }

    fn numbers(&self) -> Vec<u64> {
        let listing = self.open().and_then(|repository| repository.commits()).expect("lists");
        listing.entries.iter().map(|entry| entry.id.seq).collect()
    }

    fn objects(&self) -> Vec<ObjectName> {
        let listed = self.storage.list(&"snaps".parse().expect("is one")).expect("lists");
        listed.into_iter().map(|Listed { name, .. }| name).collect()
    }

    fn object_of(&self, id: SnapshotId) -> ObjectRef {
        let listing = self.open().and_then(|repository| repository.commits()).expect("lists");
        let entry = listing.entries.into_iter().find(|entry| entry.id == id).expect("is there");
        match entry.standing {
            Standing::Whole { commit, .. } => commit.object,
            Standing::Newer | Standing::Damaged(_) => panic!("it is whole"),
        }
    }

    fn forget(&self) {
        for name in ["pin", "pruned"] {
            sys::remove(&self.state_file(name)).expect("removes");
        }
    }
}

fn pruning<'a>(
    repository: &'a Repository<'a>,
    known: Known,
    keep: Keep,
    grace: Duration,
    night: i64,
) -> Pruning<'a> {
    let now = at(BEGIN + night * DAY);
    Pruning { repository, known, keep, grace, now, drilled: None, witness: None, gives_up: false }
}

fn prune(
    machine: &Machine,
    storage: &dyn Storage,
    keep: Keep,
    night: i64,
) -> Result<Removal, Error> {
    let repository = Repository::open(storage, machine.signer.verifier().fingerprint())?;
    let locked = machine.state(&repository).lock()?;
    let pruning = pruning(&repository, locked.state().known()?, keep, WEEK, night);
    let removal = pruning.plan()?;
    pruning.carry_out(&removal, &locked)?;
    Ok(removal)
}

/// 2027-01-16 to 2027-02-04; the Sundays are nights 2, 9 and 16.
#[test]
fn what_the_policy_keeps_stays_and_is_whole() {
    let machine = Machine::with_nights(20);
    let before: BTreeSet<ObjectName> = machine.storage.names().into_iter().collect();
    let removal = machine.prune(WEEKLY, 20).expect("prunes");
    assert_eq!(machine.numbers(), [2, 9, 16, 20]);
    machine.assert_whole();
    // What was announced has gone, and nothing else has; what is younger than a week is still there.
    let after: BTreeSet<ObjectName> = machine.storage.names().into_iter().collect();
    let gone: BTreeSet<ObjectName> = before.difference(&after).cloned().collect();
    assert_eq!(gone, removal.names().collect());
    assert_eq!(machine.objects().len(), 2 + 7);
    // A week later that goes too.
    assert_eq!(machine.prune(WEEKLY, 27).expect("prunes").going().count(), 0);
    assert_eq!(machine.objects().len(), 4);
    machine.assert_whole();
    assert_eq!(machine.night(28).id.seq, 21);
    machine.assert_whole();
}

#[test]
fn a_gap_is_explained_by_what_was_pruned_and_by_nothing_else() {
    let machine = Machine::with_nights(20);
    machine.prune(WEEKLY, 20).expect("prunes");
    let listing = machine.open().and_then(|repository| repository.commits()).expect("lists");
    machine.storage.delete(&commit_name(&listing.entries[1].id)).expect("deletes");
    assert!(machine.is_told("number 9, is missing"), "{:?}", machine.faults());
    assert!(matches!(machine.prune(WEEKLY, 20), Err(Error::BadHistory { count: 1, .. })));
}

#[test]
fn what_is_shared_stays_as_long_as_somebody_needs_it() {
    let machine = Machine::with_nights(1);
    let object = machine.create_at(BEGIN + 2 * DAY).commit.object;
    assert!(machine.create_at(BEGIN + 3 * DAY).unchanged);
    machine.prune(Keep { last: 1, ..Keep::NOTHING }, 30).expect("prunes");
    assert_eq!(
        (machine.numbers(), machine.objects()),
        (vec![3], vec![snapshot_name(&object.digest)])
    );
    machine.assert_whole();
}

#[test]
fn packs_go_when_the_last_that_needs_them_does() {
    let machine = Machine::with_nights(2);
    let stray = |text: &str| pack_name(&Digest::of(text.as_bytes()));
    machine.storage.set_clock(at(BEGIN));
    machine.storage.tamper(&stray("nobody's"), b"left by a killed run".to_vec());
    let foreign: ObjectName = "packs/README".parse().expect("is one");
    machine.storage.tamper(&foreign, b"somebody's".to_vec());
    let newest = machine.commit();
    let next = Commit {
        id: SnapshotId { seq: 3, ..newest.id },
        previous: Some(Digest::of(newest.render().as_bytes())),
        packs: vec![ObjectRef { digest: Digest::of(b"needed"), size: 5 }],
        ..newest
    };
    machine.storage.tamper(&stray("needed"), b"bytes".to_vec());
    machine.rewrite(&next);
    let going = |last| -> Vec<ObjectName> {
        let removal = machine.removal(Keep { last, ..Keep::NOTHING }, WEEK, 30).expect("plans");
        removal.objects.into_iter().map(|object| object.name).collect()
    };
    assert_eq!(going(3), [stray("nobody's")]);
    let last = Commit {
        id: SnapshotId { seq: 4, ..next.id },
        previous: Some(Digest::of(next.render().as_bytes())),
        packs: Vec::new(),
        ..next
    };
    machine.rewrite(&last);
    assert!(!going(2).contains(&stray("needed")) && going(1).contains(&stray("needed")));
}

#[test]
fn only_what_is_good_counts_as_healthy() {
    let machine = Machine::with_nights(4);
    // The newest has lost its object: what the policy would have left alone is not worth much.
    machine.storage.delete(&snapshot_name(&machine.commit().object.digest)).expect("deletes");
    let removal = machine.removal(Keep { last: 1, ..Keep::NOTHING }, WEEK, 4).expect("plans");
    assert_eq!(removal.going().map(|id| id.seq).collect::<Vec<_>>(), [1, 2]);
    machine.objects().iter().for_each(|name| machine.storage.delete(name).expect("deletes"));
    let refused = machine.removal(Keep { last: 1, ..Keep::NOTHING }, WEEK, 4);
    assert!(matches!(refused, Err(Error::NoHealthy(_))), "{refused:?}");
}

#[test]
fn more_than_is_expected_needs_to_be_asked_for() {
    let machine = Machine::with_nights(10);
    let going = |last| machine.removal(Keep { last, ..Keep::NOTHING }, WEEK, 10).expect("plans");
    assert!(going(7).check_extent().is_ok());
    let refused = going(6).check_extent().expect_err("too many").to_string();
    assert!(refused.contains("4 of 10 snapshots would go"), "{refused}");
    // One large one among small ones.
    let machine = Machine::new();
    let large: Vec<u8> = (0..4000).flat_map(|_| *sys::random_seed()).collect();
    machine.plant(".claude/agents/large", &large);
    machine.night(1);
    sys::remove(&machine.home(".claude/agents/large")).expect("removes");
    (2..=10).for_each(|night| drop(machine.night(night)));
    let removal = machine.removal(Keep { last: 9, ..Keep::NOTHING }, WEEK, 10).expect("plans");
    let refused = removal.check_extent().expect_err("too much").to_string();
    assert!(refused.contains("bytes would go"), "{refused}");
}

#[test]
fn an_empty_policy_is_refused() {
    let machine = Machine::with_nights(2);
    let refused = machine.prune(Keep::NOTHING, 2);
    assert!(matches!(refused, Err(Error::KeepsNothing)), "{refused:?}");
    assert_eq!(machine.numbers(), [1, 2]);
}

/// What a newer version needs nobody here knows; snapshots of ours go as always.
#[test]
fn beside_a_commit_of_a_newer_version_no_object_goes() {
    let machine = Machine::with_nights(4);
    let id = SnapshotId { seq: 5, ..machine.commit().id };
    let signed = machine.signer.sign(NAMESPACE, b"vaultctl-commit 2\nwho knows\n".to_vec());
    put_signed(&machine.storage, &commit_name(&id), &signed).expect("puts");
    let objects = machine.objects();
    let removal = machine.prune(Keep { last: 1, ..Keep::NOTHING }, 30).expect("prunes");
    assert_eq!((machine.numbers(), machine.objects()), (vec![4, 5], objects));
    assert_eq!(removal.newer, [id]);
}

#[test]
fn beside_a_damaged_commit_nothing_goes() {
    for damage in [|bytes: &mut Vec<u8>| bytes[30] ^= 1, |bytes: &mut Vec<u8>| bytes.clear()] {
        let machine = Machine::with_nights(4);
        let listing = machine.open().and_then(|repository| repository.commits()).expect("lists");
        let name = commit_name(&listing.entries[1].id);
        let mut bytes = machine.storage.bytes(&name);
        damage(&mut bytes);
        machine.storage.tamper(&name, bytes);
        let before = machine.storage.names();
        let refused = machine.prune(Keep { last: 1, ..Keep::NOTHING }, 30);
        assert!(matches!(refused, Err(Error::BadHistory { .. })), "{refused:?}");
        assert_eq!(machine.storage.names(), before);
    }
}

/// Bits rot, and not everybody has a second place: then life goes on without them.
#[test]
fn what_is_damaged_or_missing_can_be_given_up() {
    let machine = Machine::with_nights(6);
    let listing = machine.open().and_then(|repository| repository.commits()).expect("lists");
    let [missing, damaged] = [1, 3].map(|number: usize| commit_name(&listing.entries[number].id));
    machine.storage.delete(&missing).expect("deletes");
    machine.storage.tamper(&damaged, b"rotten".to_vec());
    assert!(matches!(machine.prune(Keep::default(), 30), Err(Error::BadHistory { count: 2, .. })));
    let removal = machine.give_up(30).expect("prunes");
    assert_eq!(removal.given_up.damaged, [listing.entries[3].id]);
    assert_eq!((machine.numbers(), machine.objects().len()), (vec![1, 3, 5, 6], 4));
    machine.assert_whole();
    assert_eq!(machine.prune(Keep::default(), 30).expect("prunes").names().count(), 0);
    // Who turns back time has not lost anything: that is no accident.
    machine.remove(&machine.commit().id);
    assert!(matches!(machine.give_up(30), Err(Error::BadHistory { .. })));
}

#[test]
fn a_history_that_was_turned_back_is_not_pruned() {
    let machine = Machine::with_nights(4);
    machine.remove(&machine.commit().id);
    let refused = machine.prune(Keep { last: 1, ..Keep::NOTHING }, 30);
    assert!(matches!(refused, Err(Error::BadHistory { .. })), "{refused:?}");
}

/// Elsewhere no lock keeps `create` out, and somebody's clock may be wrong.
#[test]
fn another_machine_leaves_what_may_be_young() {
    let machine = Machine::with_nights(4);
    machine.forget();
    let last = Keep { last: 1, ..Keep::NOTHING };
    let hour = Duration::from_secs(60 * 60);
    assert!(matches!(machine.removal(last.clone(), hour, 4), Err(Error::ShortGrace)));
    // Our clock runs a year ahead: the storage's last time was that of the newest snapshot.
    let removal = machine.removal(last.clone(), 2 * WEEK / 7, 400).expect("plans");
    assert_eq!((removal.going().count(), removal.objects.len()), (3, 2));
    // The storage's clock once did: ours counts.
    machine.storage.set_clock(at(BEGIN + 400 * DAY));
    machine.storage.tamper(&pack_name(&Digest::of(b"")), Vec::new());
    let removal = machine.removal(last, 2 * WEEK / 7, 4).expect("plans");
    assert_eq!(removal.objects.len(), 2);
}

#[test]
fn where_the_snapshots_are_taken_the_grace_may_be_short() {
    let machine = Machine::with_nights(4);
    let last = Keep { last: 1, ..Keep::NOTHING };
    let removal = machine.removal(last, Duration::ZERO, 4).expect("plans");
    assert_eq!((removal.going().count(), removal.objects.len()), (3, 3));
}

/// `create` on another machine finishes between the plan and the deed: what it needs stays.
#[test]
fn a_commit_that_comes_in_between_keeps_its_objects() {
    let machine = Machine::with_nights(4);
    let repository = machine.open().expect("opens");
    let locked = machine.state(&repository).lock().expect("nobody else");
    let known = locked.state().known().expect("reads");
    let last = Keep { last: 1, ..Keep::NOTHING };
    let pruning = pruning(&repository, known, last, WEEK, 30);
    let removal = pruning.plan().expect("plans");
    let oldest = removal.going().next().expect("goes");
    let object = machine.object_of(oldest);
    let newest = machine.commit();
    let id = SnapshotId { seq: newest.id.seq + 1, ..newest.id };
    let previous = Some(Digest::of(newest.render().as_bytes()));
    machine.rewrite(&Commit { id, previous, object, ..newest });
    pruning.carry_out(&removal, &locked).expect("prunes");
    drop(locked);
    assert_eq!(machine.numbers(), [4, 5]);
    assert!(machine.objects().contains(&snapshot_name(&object.digest)));
    machine.assert_whole();
}

/// Stopped at each operation, before and after it was done: every listed snapshot is whole, and the
/// next run leaves what an undisturbed one would have left.
#[test]
fn whoever_is_stopped_leaves_a_sound_repository() {
    let machine = Machine::with_nights(20);
    let begun = machine.storage.copy();
    machine.prune(WEEKLY, 27).expect("prunes");
    let expected = machine.storage.names();
    for moment in [Moment::Before, Moment::After] {
        let stopped = (0..).take_while(|number| {
            let (machine, storage) = (&machine, begun.copy());
            sys::remove(&machine.state_file("pruned")).expect("removes");
            let failing = Failing::after(*number, moment, &storage);
            let ended = prune(machine, &failing, WEEKLY, 27);
            assert_sound(machine, &storage);
            prune(machine, &storage, WEEKLY, 40).expect("the next run is in nobody's way");
            assert_eq!(storage.names(), expected, "stopped {moment:?} operation {number}");
            assert_sound(machine, &storage);
            ended.is_err()
        });
        // Each of sixteen snapshots has a commit, a signature and an object.
        assert!(stopped.count() > 3 * 16);
    }
}

fn assert_sound(machine: &Machine, storage: &Memory) {
    let repository = Repository::open(storage, machine.signer.verifier().fingerprint());
    assert_eq!(machine.scrub(&repository.expect("opens")).faults, []);
}

/// One of the configuration alone, later the same day, is no reason for one with the history to go.
#[test]
fn profiles_are_counted_apart() {
    let mut machine = Machine::new();
    machine.plant(".claude/projects/-srv-x/a.jsonl", b"{}\n");
    for (number, profiles) in [(1, 2), (2, 1), (3, 2), (4, 1)] {
        machine.profiles = vec![Profile::Config, Profile::History];
        machine.profiles.truncate(profiles);
        machine.plant(".claude/agents/b.md", &[number]);
        machine.create_at(BEGIN + i64::from(number));
    }
    machine.prune(Keep::default(), 30).expect("prunes");
    assert_eq!(machine.numbers(), [3, 4]);
    machine.assert_whole();
}
