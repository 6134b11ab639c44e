//! Damage is found, whatever it hit, and its place is named.

use crate::storage::{ObjectName, Storage};

use super::Machine;

/// How far apart the bytes are that are flipped in a file of this name.
fn stride(name: &ObjectName) -> usize {
    // The guides are long, and one hash covers them.
    let is_guide = name.as_str().to_lowercase().starts_with("restore");
    if is_guide { 97 } else { 1 }
}

#[test]
fn a_flipped_bit_anywhere_is_found_and_named() {
    let machine = Machine::with_snapshots(2);
    for name in machine.storage.names() {
        let whole = machine.storage.bytes(&name);
        for place in (0..whole.len()).step_by(stride(&name)) {
            let mut flipped = whole.clone();
            flipped[place] ^= 1 << (place % 8);
            machine.storage.tamper(&name, flipped);
            assert!(
                machine.is_told(name.as_str()),
                "byte {place} of {name}: {:?}",
                machine.faults()
            );
        }
        machine.storage.tamper(&name, whole);
    }
    machine.assert_whole();
}

#[test]
fn a_truncated_file_is_found_and_named() {
    let machine = Machine::with_snapshots(1);
    for name in machine.storage.names() {
        let whole = machine.storage.bytes(&name);
        for length in [0, 1, whole.len() / 2, whole.len() - 1] {
            machine.storage.tamper(&name, whole[..length].to_vec());
            assert!(
                machine.is_told(name.as_str()),
                "{name} cut to {length}: {:?}",
                machine.faults()
            );
        }
        machine.storage.tamper(&name, whole);
    }
}

#[test]
fn a_missing_file_is_found_and_named() {
    let machine = Machine::with_snapshots(1);
    for name in machine.storage.names() {
        let whole = machine.storage.bytes(&name);
        machine.storage.delete(&name).expect("deletes");
        // When the newest commit is gone, only our own memory knows that it was there.
        let expected =
            if name.as_str().ends_with(".commit") { "there was a number 1" } else { name.as_str() };
        assert!(machine.is_told(expected), "{name}: {:?}", machine.faults());
        machine.storage.tamper(&name, whole);
    }
}

#[test]
fn two_objects_that_changed_places_are_both_named() {
    let machine = Machine::with_snapshots(2);
    let listed = machine.storage.list(&"snaps".parse().expect("is one")).expect("lists");
    let [one, other] = [&listed[0].name, &listed[1].name];
    let bytes = machine.storage.bytes(one);
    machine.storage.tamper(one, machine.storage.bytes(other));
    machine.storage.tamper(other, bytes);
    assert!(machine.is_told(one.as_str()) && machine.is_told(other.as_str()));
}
