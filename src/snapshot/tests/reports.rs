//! Reports: signed, verified with the history, mended from another place, and removed when newer ones
//! have outlived them.

use std::time::Duration;

use jiff::Timestamp;

use crate::crypto::Signer;
use crate::storage::{Memory, Storage};

use super::super::*;
use super::{BEGIN, Machine};

const NIGHT: i64 = 24 * 60 * 60;

impl Machine {
    /// Leaves a report of this night.
    fn report(&self, night: i64, kind: ReportKind) -> ReportId {
        let id = ReportId { at: at(night), kind };
        let repository = self.open().expect("opens");
        repository.leave_report(&id, "{}\n", &self.signer).expect("leaves it");
        id
    }

    fn history_faults(&self) -> Vec<String> {
        let report = self.verify(Level::History).expect("looks");
        report.faults.into_iter().map(|fault| fault.object).collect()
    }

    fn prune_reports(&self, witness: Option<ReportId>, gives_up: bool) -> usize {
        let repository = self.open().expect("opens");
        let pruning = Pruning {
            repository: &repository,
            known: self.state(&repository).known().expect("reads"),
            keep: Keep::default(),
            grace: Duration::from_secs(7 * 24 * 60 * 60),
            now: at(0),
            drilled: None,
            witness,
            gives_up,
        };
        let removal = pruning.plan().expect("plans");
        let locked = self.state(&repository).lock().expect("nobody else");
        pruning.carry_out(&removal, &locked).expect("removes");
        removal.reports.len()
    }
}

fn at(night: i64) -> Timestamp {
    Timestamp::from_second(BEGIN + night * NIGHT).expect("in range")
}

#[test]
fn a_report_that_was_altered_or_signed_by_another_is_a_fault_of_the_history() {
    let machine = Machine::with_snapshots(1);
    let id = machine.report(1, ReportKind::Drill);
    machine.assert_whole();
    let (name, signature) = (id.object(), id.object().signature());
    for tampered in [&name, &signature] {
        let whole = machine.storage.bytes(tampered);
        let mut other = whole.clone();
        other[1] ^= 2;
        machine.storage.tamper(tampered, other);
        assert_eq!(machine.history_faults(), [name.as_str()]);
        machine.storage.tamper(tampered, whole);
    }
    let stranger = Signer::from_seed(&[9; 32], "stranger");
    let repository = machine.open().expect("opens");
    let refused = repository.leave_report(&id, "{}\n", &stranger);
    assert!(matches!(refused, Err(Error::NotSigner(_))));
    let forged = stranger.sign("vaultctl-drill", b"{}\n".to_vec());
    machine.storage.tamper(&signature, forged.signature().to_vec());
    machine.storage.tamper(&name, forged.statement().to_vec());
    assert_eq!(machine.history_faults(), [name.as_str()]);
    // A statement of another kind does not pass for a report, whoever has signed it.
    let other = machine.signer.sign("vaultctl-commit", b"{}\n".to_vec());
    machine.storage.tamper(&signature, other.signature().to_vec());
    assert_eq!(machine.history_faults(), [name.as_str()]);
}

#[test]
fn a_name_that_is_none_is_a_fault_and_a_lone_signature_is_not() {
    let machine = Machine::with_snapshots(1);
    let id = machine.report(1, ReportKind::Verify);
    machine.storage.delete(&id.object()).expect("deletes");
    assert_eq!(machine.history_faults(), Vec::<String>::new());
    machine.storage.tamper(&"drills/notes.txt".parse().expect("is one"), b"x".to_vec());
    assert_eq!(machine.history_faults(), ["drills/notes.txt"]);
}

#[test]
fn a_name_is_used_once() {
    let machine = Machine::with_snapshots(1);
    let id = machine.report(1, ReportKind::Drill);
    let repository = machine.open().expect("opens");
    assert!(repository.leave_report(&id, "{\"other\": 1}\n", &machine.signer).is_err());
    assert_eq!(repository.report(&id).expect("is signed"), b"{}\n");
}

#[test]
fn prune_leaves_a_year_of_each_kind_and_the_one_that_is_needed() {
    let machine = Machine::with_snapshots(1);
    let witness = machine.report(-100, ReportKind::Drill);
    for night in 0..54 {
        machine.report(night, ReportKind::Drill);
        machine.report(night, ReportKind::Verify);
    }
    // Two of each kind, with their signatures; the oldest one stays.
    assert_eq!(machine.prune_reports(Some(witness), false), 8);
    assert_eq!(machine.prune_reports(Some(witness), false), 0);
    assert_eq!(machine.open().expect("opens").report_ids().expect("lists").len(), 105);
    assert_eq!(machine.prune_reports(None, false), 2);
    machine.assert_whole();
}

#[test]
fn a_damaged_report_stops_no_prune_and_goes_when_it_is_given_up() {
    let machine = Machine::with_snapshots(1);
    let id = machine.report(1, ReportKind::Drill);
    machine.storage.tamper(&id.object(), b"{} \n".to_vec());
    assert_eq!(machine.prune_reports(None, false), 0);
    assert_eq!(machine.prune_reports(None, true), 2);
    machine.assert_whole();
}

/// As `heal`, and as the copy that a new destination gets.
#[test]
fn another_place_makes_good_what_is_missing_or_damaged() {
    let machine = Machine::with_snapshots(1);
    for night in 0..3 {
        machine.report(night, ReportKind::Drill);
    }
    let source = machine.open().expect("opens");
    let other = Memory::default();
    let state = machine.state(&source).lock().expect("nobody else");
    let (target, healed) = copy(&other, &source, &state).expect("copies");
    assert!(healed.failed.is_empty());
    assert_eq!(target.report_ids().expect("lists"), source.report_ids().expect("lists"));
    let ids = target.report_ids().expect("lists");
    other.tamper(&ids[0].object(), b"{}".to_vec());
    other.delete(&ids[1].object()).expect("deletes");
    other.delete(&ids[1].object().signature()).expect("deletes");
    other.tamper(&ids[2].object().signature(), b"none".to_vec());
    let sources = [source.clone()];
    let heal = |extent| {
        let healing = Healing { target: &target, sources: &sources, state: &state, extent };
        let healed = healing.carry_out(healing.look().expect("looks")).expect("copies");
        (healed.copied.len(), healed.failed.len())
    };
    // What removes nothing can mend only what is missing, and does not complain of the rest.
    assert_eq!(heal(Extent::Missing), (1, 0));
    assert_eq!(heal(Extent::Exists), (2, 0));
    assert_eq!(heal(Extent::Scrub), (0, 0));
    for id in ids {
        assert_eq!(target.report(&id).expect("is signed"), b"{}\n");
    }
}
