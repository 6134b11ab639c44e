//! Nobody rewrites the history, and what is merely newer or unfinished is not called damage.

use crate::crypto::Signer;
use crate::storage::{self, Body, ObjectName, Storage, put_new, put_signed};
use crate::sys;

use super::super::*;
use super::failing::{Failing, Moment};
use super::{BEGIN, Machine};
use repository::commit::NAMESPACE;
use repository::commit_name;

fn object(name: &str) -> ObjectName {
    name.parse().expect("is one")
}

impl Machine {
    fn ids(&self) -> Vec<SnapshotId> {
        let listing = self.open().and_then(|repository| repository.commits());
        listing.expect("lists").entries.iter().map(|entry| entry.id).collect()
    }

    pub(super) fn remove(&self, id: &SnapshotId) {
        for name in [commit_name(id), commit_name(id).signature()] {
            self.storage.delete(&name).expect("deletes");
        }
    }

    /// The newest commit.
    pub(super) fn commit(&self) -> Commit {
        let mut listing = self.open().and_then(|repository| repository.commits()).expect("lists");
        match listing.entries.pop().expect("is there").standing {
            Standing::Whole { commit, .. } => *commit,
            Standing::Newer | Standing::Damaged(_) => panic!("it is whole"),
        }
    }

    /// Signs what we would never write, and puts it in place of what is there.
    pub(super) fn rewrite(&self, commit: &Commit) {
        let signed = self.signer.sign(NAMESPACE, commit.render().into_bytes());
        let name = commit_name(&commit.id);
        self.storage.tamper(&name, signed.statement().to_vec());
        self.storage.tamper(&name.signature(), signed.signature().to_vec());
    }
}

#[test]
fn a_snapshot_that_is_gone_is_missed() {
    for (number, expected) in
        [(0, "number 1, is missing"), (1, "number 2, is missing"), (2, "there was a number 3")]
    {
        let machine = Machine::with_snapshots(3);
        machine.remove(&machine.ids()[number]);
        assert!(machine.is_told(expected), "{:?}", machine.faults());
    }
}

/// A machine that never took a snapshot there can not know whether one was pruned.
#[test]
fn a_gap_that_nobody_can_judge_is_told_and_no_fault() {
    let machine = Machine::with_snapshots(4);
    machine.ids()[..2].iter().for_each(|id| machine.remove(id));
    sys::remove(&machine.state_file("pin")).expect("removes");
    sys::remove(&machine.state_file("pruned")).expect("removes");
    let report = machine.verify(Level::History).expect("looks");
    assert_eq!(report.gaps, [Gap { first: 1, last: 2, is_fault: false }]);
    assert_eq!(report.faults, []);
    // Once it takes them, it knows what comes next; what was before, it still does not.
    machine.create();
    machine.create();
    machine.create();
    machine.remove(&machine.ids()[3]);
    let report = machine.verify(Level::History).expect("looks");
    assert_eq!(report.gaps, [Gap { first: 1, last: 2, is_fault: false }]);
    assert!(machine.is_told("number 6, is missing"), "{:?}", machine.faults());
}

#[test]
fn an_older_snapshot_does_not_pass_for_the_newest() {
    let machine = Machine::with_snapshots(3);
    let [old, new] = [0, 2].map(|number| commit_name(&machine.ids()[number]));
    machine.storage.tamper(&new, machine.storage.bytes(&old));
    machine.storage.tamper(&new.signature(), machine.storage.bytes(&old.signature()));
    assert!(machine.is_told(new.as_str()), "{:?}", machine.faults());
    assert!(matches!(machine.restore(None), Err(Error::Damaged { .. })));
}

#[test]
fn time_is_not_turned_back() {
    let machine = Machine::with_snapshots(3);
    machine.ids()[1..].iter().for_each(|id| machine.remove(id));
    let refused = machine.restore(None);
    assert!(matches!(refused, Err(Error::RolledBack { newest: 1, known: 3 })));
    // The next one goes on counting, so that the gap stays.
    assert_eq!(machine.create().commit.id.seq, 4);
    assert!(machine.is_told("numbers 2 to 3, are missing"));
}

#[test]
fn a_commit_that_we_did_not_write_is_told_even_if_rightly_signed() {
    let machine = Machine::with_snapshots(1);
    let forged = Commit {
        audit: crate::audit::Head { seq: 9, ..machine.commit().audit },
        ..machine.commit()
    };
    let signed = machine.signer.sign(NAMESPACE, forged.render().into_bytes());
    machine.remove(&forged.id);
    put_signed(&machine.storage, &commit_name(&forged.id), &signed).expect("puts");
    assert!(machine.is_told("not the one that this machine wrote"), "{:?}", machine.faults());
}

#[test]
fn what_another_key_has_signed_is_refused() {
    let machine = Machine::with_snapshots(1);
    let first = machine.commit();
    let mallory = Signer::from_seed(&[2; 32], "mallory");
    let opened = Repository::open(&machine.storage, mallory.verifier().fingerprint());
    assert!(matches!(opened, Err(Error::Damaged { .. })));
    let id = SnapshotId { seq: 2, ..first.id };
    let forged = Commit { id, ..first.clone() };
    let signed = mallory.sign(NAMESPACE, forged.render().into_bytes());
    put_signed(&machine.storage, &commit_name(&id), &signed).expect("puts");
    assert!(machine.is_told("signed by SHA256:"), "{:?}", machine.faults());
    assert!(matches!(machine.restore(None), Err(Error::Damaged { .. })));
    machine.restore(Some(first.id)).expect("the genuine one is still there");
}

#[test]
fn what_a_newer_vaultctl_has_written_is_not_called_corrupt() {
    let machine = Machine::with_snapshots(1);
    let id = SnapshotId { seq: 2, ..machine.ids()[0] };
    let signed = machine.signer.sign(NAMESPACE, b"vaultctl-commit 2\nwho knows\n".to_vec());
    put_signed(&machine.storage, &commit_name(&id), &signed).expect("puts");
    let report = machine.verify(Level::Scrub).expect("looks");
    assert_eq!((report.faults, report.newer), (vec![], vec![id]));
    assert!(matches!(machine.restore(None), Err(Error::Newer(_))));
}

#[test]
fn an_unknown_feature_stops_before_anything_is_touched() {
    let machine = Machine::new();
    let about = object("vaultctl-repo");
    let text = String::from_utf8(machine.storage.bytes(&about)).expect("is text");
    let text = text.replace("requires -", "requires time-travel");
    let signed = machine.signer.sign("vaultctl-repo", text.into_bytes());
    machine.storage.tamper(&about, signed.statement().to_vec());
    machine.storage.tamper(&about.signature(), signed.signature().to_vec());
    let opened = machine.open();
    assert!(matches!(opened, Err(Error::UnknownFeature(feature)) if feature == "time-travel"));
}

#[test]
fn an_interrupted_init_can_be_repeated() {
    let machine = Machine::new();
    machine.storage.delete(&object("vaultctl-repo")).expect("deletes");
    assert!(matches!(machine.open(), Err(Error::NoRepository(_))));
    Repository::init(&machine.storage, &machine.signer).expect("makes it again");
    let again = Repository::init(&machine.storage, &machine.signer);
    assert!(matches!(again, Err(Error::AlreadyRepository(_))));
    machine.create();
    machine.assert_whole();
}

/// Names are not signed: whoever can write there can make any.
#[test]
fn the_highest_number_is_no_way_to_stop_us() {
    let machine = Machine::with_snapshots(1);
    for time in ["20270115T080000Z", "20270115T080001Z"] {
        let name = object(&format!("commits/{time}-{}.commit", u64::MAX));
        machine.storage.tamper(&name, b"rubbish".to_vec());
    }
    machine.storage.tamper(&object("commits/rubbish.commit"), b"rubbish".to_vec());
    assert_eq!(machine.create().commit.id.seq, 2);
    for expected in [&u64::MAX.to_string(), "is there twice", "commits/rubbish.commit"] {
        assert!(machine.is_told(expected), "{:?}", machine.faults());
    }
}

#[test]
fn init_leaves_other_peoples_files_alone() {
    let machine = Machine::bare();
    let script = object("restore.sh");
    machine.storage.tamper(&script, b"mine".to_vec());
    let made = Repository::init(&machine.storage, &machine.signer);
    assert!(matches!(made, Err(Error::Storage(storage::Error::Taken(name))) if name == script));
    assert_eq!(machine.storage.bytes(&script), b"mine");
    assert_eq!(machine.storage.names(), [script]);
}

#[test]
fn a_signature_without_its_commit_is_in_nobodys_way() {
    let machine = Machine::new();
    let time = jiff::Timestamp::from_second(BEGIN).expect("in range");
    let name = commit_name(&SnapshotId { time, seq: 1 }).signature();
    let left = machine.signer.sign(NAMESPACE, b"never written".to_vec());
    put_new(&machine.storage, &name, &Body::Signature(&left)).expect("puts");
    let id = machine.create().commit.id;
    assert_eq!((id.seq, id.time.as_second()), (1, BEGIN + 1));
    machine.assert_whole();
}

/// The run stored its commit and was killed; the place can not be reached the next night, when another
/// one gets a snapshot.
#[test]
fn a_number_is_used_once_whatever_became_of_it() {
    let machine = Machine::with_snapshots(1);
    let other = machine.storage.copy();
    let is_stored = |operations: &usize| {
        let failing = Failing::after(*operations, Moment::After, &machine.storage);
        let repository = Repository::open(&failing, machine.signer.verifier().fingerprint());
        let failed = repository.and_then(|repository| machine.create_in(&[repository], BEGIN + 60));
        assert!(failed.is_err());
        machine.ids().len() == 2
    };
    (0..).find(is_stored).expect("the commit is stored at last");
    let taken = machine.commit();
    let repository = || Repository::open(&other, machine.signer.verifier().fingerprint());
    let next = machine.create_in(&[repository().expect("opens")], BEGIN + 120).expect("takes it");
    assert_eq!(next.commit.id.seq, taken.id.seq + 1);
    // Each place is whole, though one of them never gets that number.
    let known = machine.state(&repository().expect("opens")).known().expect("reads");
    let (repository, level) = (&repository().expect("opens"), Level::Scrub);
    let report =
        Verification { repository, known, level, only: None, subset: None, progress: &Unseen }
            .run();
    assert_eq!(report.expect("looks").faults, []);
}
