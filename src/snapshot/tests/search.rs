//! Which snapshot a recovery takes.

use jiff::Timestamp;

use crate::storage::Local;

use super::super::*;
use super::{BEGIN, Machine};

const HOUR: i64 = 3600;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).expect("in range")
}

fn moment(seconds: i64) -> Moment {
    at(seconds).to_string().parse().expect("is one")
}

impl Machine {
    /// A snapshot that claims one time, and was stored at another.
    fn create_stored(&self, claim: i64, stored: i64) -> SnapshotId {
        self.storage.set_clock(at(stored));
        self.plant(".claude/agents/b.md", &claim.to_le_bytes());
        self.create_at(claim).commit.id
    }

    fn find(&self, before: Option<i64>) -> Found {
        let search = Search { pin: None, before: before.map(moment) };
        search.run(&[self.open().expect("opens")]).expect("looks")
    }
}

fn chosen(found: &Found) -> SnapshotId {
    found.chosen.as_ref().expect("there is one").commit().id
}

#[test]
fn the_newest_healthy_one_is_taken_and_the_others_are_named() {
    let machine = Machine::new();
    let good = machine.create_stored(BEGIN, BEGIN);
    machine.plant(".claude.json", b"not JSON");
    let degraded = machine.create_stored(BEGIN + HOUR, BEGIN + HOUR);
    let found = machine.find(None);
    assert_eq!(chosen(&found), good);
    let why = "degraded unparsed-json".to_owned();
    assert_eq!(found.passed_over, [PassedOver { id: degraded, why }]);
    machine.remove(&good);
    assert!(matches!(machine.find(None).chosen, Err(Error::NoneHealthy(_))));
    machine.remove(&degraded);
    assert!(matches!(machine.find(None).chosen, Err(Error::Empty(_))));
}

/// The thief has the signer, and the right to write: he can claim what he likes.
#[test]
fn what_was_stored_after_a_theft_is_not_from_before_it() {
    let machine = Machine::new();
    let good = machine.create_stored(BEGIN, BEGIN + 5);
    let (theft, after) = (BEGIN + HOUR, BEGIN + 5 * HOUR);
    let honest = machine.create_stored(after, after);
    let forged = machine.create_stored(BEGIN + 60, after);
    let found = machine.find(Some(theft));
    assert_eq!(chosen(&found), good);
    let ids: Vec<SnapshotId> = found.passed_over.iter().map(|passed| passed.id).collect();
    assert_eq!(ids, [forged, honest]);
    assert!(found.passed_over[0].why.starts_with("older by its own word only"));
    assert_eq!(found.backdated, [Backdated { id: forged, stored: at(after) }]);

    // He replaces a genuine one, its signature, or all that there is.
    let (name, signature) =
        (repository::commit_name(&good), repository::commit_name(&good).signature());
    for name in [&signature, &name] {
        let copy = machine.storage.copy();
        copy.tamper(name, machine.storage.bytes(name));
        let repository = Repository::open(&copy, machine.signer.verifier().fingerprint());
        let search = Search { pin: None, before: Some(moment(theft)) };
        let found = search.run(&[repository.expect("opens")]).expect("looks");
        assert!(matches!(found.chosen, Err(Error::NothingBefore(..))), "{name}");
    }
    machine.remove(&good);
    assert!(matches!(machine.find(Some(theft)).chosen, Err(Error::NothingBefore(..))));
}

#[test]
fn a_commit_is_as_late_as_it_says_itself() {
    let machine = Machine::new();
    let claimed = machine.create_stored(BEGIN + HOUR, BEGIN);
    assert!(machine.find(Some(BEGIN + HOUR)).chosen.is_err());
    assert_eq!(chosen(&machine.find(Some(BEGIN + HOUR + 1))), claimed);
}

/// Whoever can write there sets the dates as he likes, so they say nothing for or against.
#[test]
fn dates_of_a_folder_do_not_count() {
    let machine = Machine::new();
    let folder = Local::create(&machine.path("folder")).expect("makes");
    let repository = Repository::init(&folder, &machine.signer).expect("makes");
    let made = machine.create_in(std::slice::from_ref(&repository), BEGIN).expect("takes it");
    let search = Search { pin: None, before: Some(moment(BEGIN + 1)) };
    let found = search.run(&[repository]).expect("looks");
    assert_eq!((chosen(&found), found.backdated), (made.commit.id, Vec::new()));
}

#[test]
fn a_machine_that_remembers_a_newer_one_is_not_turned_back() {
    let machine = Machine::with_snapshots(2);
    let repository = machine.open().expect("opens");
    let pin = machine.state(&repository).pin().expect("reads");
    machine.remove(&chosen(&machine.find(None)));
    let searched = Search { pin, before: None }.run(&[repository]);
    assert!(matches!(searched, Err(Error::RolledBack { newest: 1, known: 2 })));
}

#[test]
fn a_repository_says_whose_it_is_and_nobody_has_to_believe_it() {
    let machine = Machine::with_snapshots(1);
    let claimed = Repository::claimed_signer(&machine.storage).expect("says it");
    assert_eq!(claimed, machine.signer.verifier().fingerprint());
    let empty = crate::storage::Memory::default();
    assert!(matches!(Repository::claimed_signer(&empty), Err(Error::NoRepository(_))));
}
