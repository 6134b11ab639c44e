//! A storage, and what is still on its way to it.

use std::sync::Mutex;

use crate::storage::{Memory, ObjectName, Storage};

use super::dice::Dice;
use super::planted::Plant;

/// One place for snapshots.
pub(super) struct Site {
    pub(super) number: usize,
    pub(super) memory: Memory,
    /// Whether what arrives late takes the place of what is there: not every provider looks.
    overwrites: bool,
    pub(super) plant: Plant,
    /// What a program only pretends to have stored.
    pub(super) unsent: Mutex<Vec<ObjectName>>,
    under_way: Mutex<Vec<Late>>,
}

/// A request whose sender has given up on it, or believes that it was done.
pub(super) enum Late {
    Put(ObjectName, Vec<u8>),
    Delete(ObjectName),
}

impl Site {
    pub(super) fn new(number: usize, memory: Memory, overwrites: bool, plant: Plant) -> Self {
        let (unsent, under_way) = (Mutex::default(), Mutex::default());
        Self { number, memory, overwrites, plant, unsent, under_way }
    }

    pub(super) fn delay(&self, late: Late) {
        self.under_way.lock().expect("is sound").push(late);
    }

    /// Perhaps one of the requests arrives.
    pub(super) fn drift(&self, dice: &mut Dice) {
        let mut under_way = self.under_way.lock().expect("is sound");
        if !under_way.is_empty() && dice.chance(20) {
            let chosen = dice.roll(under_way.len());
            self.arrive(under_way.swap_remove(chosen));
        }
    }

    /// Each of them arrives, or is lost for good.
    pub(super) fn settle(&self, dice: &mut Dice) {
        let mut under_way = self.under_way.lock().expect("is sound");
        while !under_way.is_empty() {
            let chosen = dice.roll(under_way.len());
            let late = under_way.swap_remove(chosen);
            if dice.chance(80) {
                self.arrive(late);
            }
        }
    }

    fn arrive(&self, late: Late) {
        match late {
            Late::Put(name, bytes) => {
                let is_there = self.memory.head(&name).expect("answers").is_some();
                if self.overwrites || !is_there {
                    self.memory.tamper(&name, bytes);
                }
            }
            Late::Delete(name) => self.memory.delete(&name).expect("deletes"),
        }
    }
}
