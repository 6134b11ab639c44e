//! The store's history is whole.

use crate::git::{FsckError, fsck};
use crate::sys::{FileError, HelperError, ScratchHome};

use super::super::report::{Omission, Reason};
use super::{Findings, PREFIX, Site};

/// What git calls its folder in a working tree.
const GIT_FOLDER: &str = ".git";

pub(super) fn check(site: &Site<'_>, findings: &mut Findings) -> Result<(), FileError> {
    let Some(store) = site.store() else { return Ok(()) };
    let repository = store.join(GIT_FOLDER);
    if !repository.is_dir() || !site.is_inside(&repository) {
        findings.omission(Omission::NoHistory, site.shown(&store.display().to_string()));
        return Ok(());
    }
    let scratch = ScratchHome::make(site.scratch, PREFIX)?;
    let variables = site.bare_variables(scratch.path());
    let folder = scratch.path().join("git");
    match fsck(&repository, &folder, &variables, site.interrupts) {
        Ok(()) => findings.checked.histories += 1,
        Err(FsckError::File(error)) => return Err(error),
        Err(FsckError::Helper(HelperError::Missing(program))) => {
            findings.omission(Omission::NoProgram, program);
        }
        Err(error) => {
            site.go_on()?;
            let told = format!("the store's history: {}", site.shown(&error.to_string()));
            findings.problem(Reason::History, told);
        }
    }
    Ok(())
}
