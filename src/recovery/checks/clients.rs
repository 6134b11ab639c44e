//! The files of MCP clients parse.

use crate::clients::{Surroundings, System, find_of_user};
use crate::sys::FileError;

use super::super::report::{Omission, Reason};
use super::{Findings, Site};

pub(super) fn check(site: &Site<'_>, findings: &mut Findings) -> Result<(), FileError> {
    // Never that of a guest of Windows: its other home is not restored.
    let system = if cfg!(target_os = "macos") { System::MacOs } else { System::Linux };
    let (variables, folder) = (site.variables, site.home.to_owned());
    let found = find_of_user(&Surroundings { home: site.home, variables, system, folder });
    for broken in found.broken {
        let path = site.shown(&broken.path.display().to_string());
        if site.is_inside(&broken.path) {
            findings.problem(Reason::ClientFiles, site.shown(&broken.error.to_string()));
        } else {
            findings.omission(Omission::LeadsOut, path);
        }
    }
    for file in found.files {
        if site.is_inside(&file.path) {
            findings.checked.client_files += 1;
            findings.checked.servers += file.servers().len() as u64;
        } else {
            let path = site.shown(&file.path.display().to_string());
            findings.omission(Omission::LeadsOut, path);
        }
    }
    Ok(())
}
