//! Where a drill restores to.

use std::path::Path;

use crate::sys::{ScratchHome, free_space, memory_folder};

use super::super::checks::PREFIX;
use super::Error;

/// So many times what may be needed must be free in memory: others need it too.
const SPARE: u64 = 4;

/// Makes a scratch home with room for so many bytes: in memory if that leaves enough to others, else
/// below `base`. What killed drills have left in either is taken away.
pub(super) fn make(needed: u64, base: &Path) -> Result<ScratchHome, Error> {
    ScratchHome::sweep(base, PREFIX);
    if let Some(memory) = memory_folder() {
        ScratchHome::sweep(memory, PREFIX);
        let has_room = free_space(memory).is_ok_and(|free| free / SPARE >= needed);
        if has_room && let Ok(home) = ScratchHome::make(memory, PREFIX) {
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
        assert!(matches!(make(u64::MAX, base.path()), Err(Error::NoRoom { .. })));
        assert!(crate::sys::names_in(base.path()).expect("lists").is_empty());
        assert!(make(1, base.path()).is_ok());
    }
}
