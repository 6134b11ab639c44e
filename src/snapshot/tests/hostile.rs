//! Archives that are hostile, and rightly encrypted and signed.

use std::io::Write;

use crate::crypto::{Digest, seal};
use crate::storage::{Body, ObjectName, put_new, put_signed};
use crate::sys::{Spool, facts};

use super::super::archive::hostile::{cases, compress, tar};
use super::super::*;
use super::Machine;

const ENOUGH: Totals = Totals { entries: 100, bytes: 1000 };

impl Machine {
    /// Adds a rightly signed snapshot that holds `tar` and announces `totals`.
    fn plant_snapshot(&self, tar: &[u8], totals: Totals) {
        self.plant_with_packs(tar, totals, &[]);
    }

    /// The same, with packs that hold these tars.
    pub(super) fn plant_with_packs(&self, tar: &[u8], totals: Totals, packs: &[Vec<u8>]) {
        let object = self.plant_object(tar, repository::snapshot_name);
        let packs = packs.iter().map(|tar| self.plant_object(tar, repository::pack_name));
        let mut packs: Vec<ObjectRef> = packs.collect();
        packs.sort_by_key(|pack| pack.digest);
        let genuine = self.create().commit;
        let id = SnapshotId { seq: 2, ..genuine.id };
        let commit = Commit { id, totals, object, packs, ..genuine };
        let signed = self.signer.sign(repository::commit::NAMESPACE, commit.render().into_bytes());
        put_signed(&self.storage, &repository::commit_name(&id), &signed).expect("puts");
    }

    fn plant_object(&self, tar: &[u8], name: fn(&Digest) -> ObjectName) -> ObjectRef {
        let spool = Spool::make(self.root.path()).expect("makes");
        let mut sealer = seal(&self.recipients, spool).expect("begins");
        sealer.write_all(&compress(tar)).expect("writes");
        let sealed = sealer.finish().expect("ends");
        let object = ObjectRef { digest: sealed.digest(), size: sealed.size() };
        put_new(&self.storage, &name(&object.digest), &Body::Sealed(&sealed)).expect("puts");
        object
    }
}

/// What is said against `tar` when it is restored; nothing is written, and a verification says the
/// same.
fn refusal(tar: &[u8], totals: Totals) -> String {
    let machine = Machine::new();
    machine.plant_snapshot(tar, totals);
    let before = machine.everything();
    let error = machine.restore(None).expect_err("is refused").to_string();
    assert_eq!(machine.everything(), before, "{error}");
    assert!(machine.is_told(&error), "{error}: {:?}", machine.faults());
    error
}

#[test]
fn nothing_is_written_anywhere_and_the_member_is_named() {
    for (blamed, tar) in cases() {
        let error = refusal(&tar, ENOUGH);
        assert!(error.contains(&format!("`{blamed}`")), "{blamed}: {error}");
    }
}

#[test]
fn a_bomb_stops_where_the_commit_says_that_it_should_end() {
    let large = tar(&format!("file files/HOME/bomb = {}", "0".repeat(2000)));
    let error = refusal(&large, ENOUGH);
    assert!(error.contains("`files/HOME/bomb`"), "{error}");
    let many = tar("file files/HOME/1; file files/HOME/2");
    let error = refusal(&many, Totals { entries: 1, ..ENOUGH });
    assert!(error.contains("`files/HOME/2`"), "{error}");
}

#[test]
fn less_than_was_announced_is_refused() {
    let tar = tar("file files/HOME/a; file SUMS = 4294967295 0 files/HOME/a");
    let error = refusal(&tar, Totals { entries: 2, bytes: 0 });
    assert!(error.contains("less than its commit announced"), "{error}");
}

#[test]
fn set_uid_does_not_come_back() {
    let machine = Machine::new();
    let tar = tar("file files/HOME/a; file SUMS = 4294967295 0 files/HOME/a");
    machine.plant_snapshot(&tar, Totals { entries: 1, bytes: 0 });
    machine.restore(None).expect("restores");
    let made = facts(&machine.path("target/HOME/a")).expect("looks");
    assert_eq!(made.expect("is there").mode, 0o755);
}
