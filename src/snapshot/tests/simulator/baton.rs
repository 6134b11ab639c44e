//! Whose turn it is, where two machines work on the same storages.

use std::sync::{Condvar, Mutex, MutexGuard};

use super::dice::Dice;

/// Lets one machine at a time do one operation, and then decides by chance who is next.
pub(super) struct Baton {
    turns: Mutex<Turns>,
    passed: Condvar,
}

struct Turns {
    dice: Dice,
    at_work: [bool; 2],
    next: usize,
}

/// The right to do one operation.
pub(super) struct Turn<'b> {
    baton: &'b Baton,
    turns: MutexGuard<'b, Turns>,
}

impl Baton {
    pub(super) fn new(dice: Dice) -> Self {
        let turns = Turns { dice, at_work: [true; 2], next: 0 };
        Self { turns: Mutex::new(turns), passed: Condvar::new() }
    }

    /// Waits for the turn of the machine of this number.
    pub(super) fn wait(&self, machine: usize) -> Turn<'_> {
        let turns = self.turns.lock().expect("is sound");
        let is_not_ours = |turns: &mut Turns| turns.next != machine;
        let turns = self.passed.wait_while(turns, is_not_ours).expect("is sound");
        Turn { baton: self, turns }
    }

    /// The machine has nothing more to do.
    pub(super) fn leave(&self, machine: usize) {
        let mut turns = self.turns.lock().expect("is sound");
        turns.at_work[machine] = false;
        turns.next = 1 - machine;
        self.passed.notify_all();
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let other = 1 - self.turns.next;
        if self.turns.at_work[other] && self.turns.dice.chance(40) {
            self.turns.next = other;
        }
        self.baton.passed.notify_all();
    }
}
