//! Faults that somebody could make in the program or in a storage, and that they are found.

use crate::storage::{ObjectName, Storage};

use super::run_all;
use super::site::Site;

/// What is wrong on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Plant {
    Nothing,
    /// A storage that has a pack no more once it is needed.
    LosesAPack,
    /// Packs that are only sent when the commit is there.
    CommitsFirst,
    /// A prune that removes what only the newest snapshot needs.
    PrunesTheNewest,
    /// A writer that does not remember which number it was about to use.
    ForgetsItsNumber,
}

impl Site {
    /// Something was stored, and the program lives on.
    pub(super) fn betray(&self, name: &ObjectName) {
        let is_commit = name.as_str().ends_with(".commit");
        match self.plant {
            Plant::LosesAPack if is_commit => {
                let mut packs = self.memory.names().into_iter().filter(is_pack);
                packs.next().into_iter().for_each(|pack| self.lose(&pack));
            }
            Plant::CommitsFirst if is_commit => self.unsent.lock().expect("is sound").clear(),
            Plant::CommitsFirst if is_pack(name) => {
                self.unsent.lock().expect("is sound").push(name.clone());
            }
            _ => {}
        }
    }

    /// The program has ended, and takes with it what it has not sent.
    pub(super) fn forget_unsent(&self) {
        let unsent = std::mem::take(&mut *self.unsent.lock().expect("is sound"));
        unsent.iter().for_each(|name| self.lose(name));
    }

    pub(super) fn lose(&self, name: &ObjectName) {
        self.memory.delete(name).expect("deletes");
    }
}

fn is_pack(name: &ObjectName) -> bool {
    name.as_str().starts_with("packs/")
}

#[test]
fn what_is_planted_is_found() {
    // Who notices first that something is gone, the oracle or the program, depends on the story.
    const GONE: [&str; 2] = ["which is gone", "it is missing"];
    for (plant, expected) in [
        (Plant::LosesAPack, GONE),
        (Plant::CommitsFirst, GONE),
        (Plant::PrunesTheNewest, GONE),
        (Plant::ForgetsItsNumber, ["is there twice", "another snapshot has its number"]),
    ] {
        let found = run_all(0..10_000, plant).unwrap_or_else(|| panic!("{plant:?} is not found"));
        let is_told = expected.iter().any(|expected| found.what.contains(expected));
        assert!(is_told, "{plant:?}: {found:?}");
    }
}
