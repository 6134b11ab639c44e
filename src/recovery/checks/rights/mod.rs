//! Nothing has rights of another's, and nothing is a device: a restore makes neither.

use std::collections::BTreeSet;
use std::path::Path;

use crate::recovery::report::Reason;
use crate::sys::{self, FileError, Kind};

use super::{Findings, Site};

/// Set-uid and set-gid.
const OF_OTHERS: u32 = 0o6000;

/// Devices and inodes of folders that were looked into.
type Seen = BTreeSet<(u64, u64)>;

pub(super) fn check(site: &Site<'_>, findings: &mut Findings) -> Result<(), FileError> {
    let mut seen = Seen::new();
    for tree in site.trees {
        // One of them may lie in another.
        let found = sys::without_links(tree).and_then(|real| sys::facts(&real).ok().flatten());
        if found.is_some_and(|found| seen.insert(found.place)) {
            check_below(tree, site, &mut seen, findings)?;
        }
    }
    Ok(())
}

fn check_below(
    folder: &Path,
    site: &Site<'_>,
    seen: &mut Seen,
    findings: &mut Findings,
) -> Result<(), FileError> {
    site.go_on()?;
    // What its own mode closes can not be looked into by whoever restores; nor can others.
    for name in sys::names_in(folder).unwrap_or_default() {
        let path = folder.join(name);
        let Ok(Some(found)) = sys::facts(&path) else { continue };
        let shown = || site.shown(&path.display().to_string());
        match found.kind {
            // Where somebody works already, agents listen; no snapshot has a socket.
            Kind::Other if found.is_socket => {}
            Kind::Other => {
                findings
                    .problem(Reason::Rights, format!("{}: it is no file, folder or link", shown()));
            }
            Kind::File | Kind::Folder if found.mode & OF_OTHERS != 0 => {
                findings.problem(Reason::Rights, format!("{}: it is set-uid or set-gid", shown()));
            }
            Kind::Folder if seen.insert(found.place) => check_below(&path, site, seen, findings)?,
            Kind::Folder | Kind::File | Kind::Link => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
