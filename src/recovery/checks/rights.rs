//! Nothing has rights of another's, and nothing is a device: a restore makes neither.

use std::path::Path;

use crate::sys::{self, FileError, Kind};

use super::super::report::Reason;
use super::{Findings, Site};

/// Set-uid and set-gid.
const OF_OTHERS: u32 = 0o6000;

pub(super) fn check(site: &Site<'_>, findings: &mut Findings) -> Result<(), FileError> {
    for tree in site.trees {
        check_below(tree, site, findings)?;
    }
    Ok(())
}

fn check_below(folder: &Path, site: &Site<'_>, findings: &mut Findings) -> Result<(), FileError> {
    site.go_on()?;
    // What its own mode closes can not be looked into by whoever restores; nor can others.
    for name in sys::names_in(folder).unwrap_or_default() {
        let path = folder.join(name);
        let Ok(Some(found)) = sys::facts(&path) else { continue };
        let shown = || site.shown(&path.display().to_string());
        match found.kind {
            Kind::Other => {
                findings
                    .problem(Reason::Rights, format!("{}: it is no file, folder or link", shown()));
            }
            Kind::File | Kind::Folder if found.mode & OF_OTHERS != 0 => {
                findings.problem(Reason::Rights, format!("{}: it is set-uid or set-gid", shown()));
            }
            Kind::Folder => check_below(&path, site, findings)?,
            Kind::File | Kind::Link => {}
        }
    }
    Ok(())
}
