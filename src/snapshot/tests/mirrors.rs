//! The same repository in two places.

use crate::storage::{Memory, ObjectName, Storage};

use super::super::*;
use super::failing::{Failing, Moment};
use super::{BEGIN, Machine};

fn everything(storage: &Memory) -> Vec<(ObjectName, Vec<u8>)> {
    storage.names().into_iter().map(|name| (name.clone(), storage.bytes(&name))).collect()
}

impl Machine {
    fn bulky() -> Self {
        let mut machine = Self::new();
        machine.profiles = vec![Profile::Config, Profile::History];
        machine
    }

    /// Takes a snapshot into these places, the home changing before.
    fn create_everywhere(&self, places: &[&dyn Storage], night: i64) -> Result<Created, Error> {
        self.plant(".claude/projects/-srv-x/a.jsonl", "{}\n".repeat(night as usize).as_bytes());
        let signer = self.signer.verifier().fingerprint();
        let opened = places.iter().map(|place| Repository::open(*place, signer.clone()));
        let repositories: Vec<Repository<'_>> = opened.collect::<Result<_, _>>()?;
        self.create_in(&repositories, BEGIN + night)
    }
}

#[test]
fn both_places_get_the_same_bytes_and_one_that_was_away_catches_up() {
    let machine = Machine::bulky();
    let other = machine.storage.copy();
    machine.create_everywhere(&[&machine.storage, &other], 1).expect("takes it");
    assert_eq!(everything(&machine.storage), everything(&other));
    machine.create_everywhere(&[&machine.storage], 2).expect("takes it");
    machine.create_everywhere(&[&other], 3).expect("takes it, without knowing of number 2");
    let created = machine.create_everywhere(&[&machine.storage, &other], 4).expect("takes it");
    assert!(created.lost.is_empty(), "{:?}", created.lost);
    assert_eq!(everything(&machine.storage), everything(&other));
    machine.assert_whole();
}

/// Opening a repository takes so many operations.
const OPENING: usize = 3;

/// Whatever a place fails at, the other one has the snapshot, and the next night both have all.
#[test]
fn a_place_that_fails_is_left_behind_and_catches_up() {
    for moment in [Moment::Before, Moment::After] {
        for operations in 1.. {
            let machine = Machine::bulky();
            let other = machine.storage.copy();
            let failing = Failing::after(operations, moment, &other);
            let created = match machine.create_everywhere(&[&machine.storage, &failing], 1) {
                // A place that can not even be opened is the command's to leave out.
                Err(Error::Storage(_)) if operations < OPENING => continue,
                created => created.expect("the other place is well"),
            };
            machine.assert_whole();
            let is_over = created.lost.is_empty();
            let next = machine.create_everywhere(&[&machine.storage, &other], 2);
            assert!(next.expect("takes it").lost.is_empty(), "{moment:?} {operations}");
            let (here, there) = (machine.storage.names(), other.names());
            let missing: Vec<_> = here.iter().filter(|name| !there.contains(name)).collect();
            assert!(missing.is_empty(), "{moment:?} {operations}: {missing:?}");
            if is_over {
                break;
            }
        }
    }
}
