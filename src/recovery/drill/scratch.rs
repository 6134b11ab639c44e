//! Where a drill restores to.

use std::path::Path;

use crate::sys::{ScratchHome, free_space, memory_folder};

use super::super::checks::PREFIX;
use super::Error;

/// So many times what may be needed must be free in memory: others need it too.
const SPARE: u64 = 4;

/// Where a scratch home goes.
#[derive(Clone, Copy, Debug)]
pub enum Room<'a> {
    /// Into memory if that leaves enough to others, else below this folder.
    Spare(&'a Path),
    /// Below this folder, which somebody has chosen.
    Below(&'a Path),
}

/// Makes a scratch home with room for so many bytes. What killed drills have left is taken away.
pub(super) fn make(needed: u64, room: Room<'_>) -> Result<ScratchHome, Error> {
    let (Room::Spare(base) | Room::Below(base)) = room;
    ScratchHome::sweep(base, PREFIX);
    if let Some(memory) = memory_folder() {
        ScratchHome::sweep(memory, PREFIX);
        let has_room = free_space(memory).is_ok_and(|free| free / SPARE >= needed);
        if let Room::Spare(_) = room
            && has_room
            && let Ok(home) = ScratchHome::make(memory, PREFIX)
        {
            return Ok(home);
        }
    }
    let home = ScratchHome::make(base, PREFIX)?;
    let free = free_space(home.path())?;
    if free < needed {
        return Err(Error::NoRoom { place: base.display().to_string(), free, needed });
    }
    Ok(home)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_refused_and_leaves_nothing() {
        let base = tempfile::tempdir().expect("a folder");
        assert!(matches!(make(u64::MAX, Room::Spare(base.path())), Err(Error::NoRoom { .. })));
        assert!(crate::sys::names_in(base.path()).expect("lists").is_empty());
        assert!(
            make(1, Room::Below(base.path()))
                .is_ok_and(|home| home.path().starts_with(base.path()))
        );
    }
}
