//! The files of MCP clients parse.

use crate::clients::{Surroundings, System, find_of_user};
use crate::sys::FileError;

use super::super::report::{Omission, Reason};
use super::{Findings, Site};

pub(super) fn check(site: &Site<'_>, findings: &mut Findings) -> Result<(), FileError> {
    // Never that of a guest of Windows: its other home is not restored.
    let system = if cfg!(target_os = "macos") { System::MacOs } else { System::Linux };
    let (variables, folder) = (site.variables, site.home.to_owned());
    let surroundings = Surroundings { home: site.home, variables, system, folder };
    let found = find_of_user(&surroundings, &|path| site.is_inside(path));
    for path in found.left_out {
        findings.omission(Omission::LeadsOut, site.shown(&path.display().to_string()));
    }
    for broken in found.broken {
        findings.problem(Reason::ClientFiles, site.shown(&broken.error.to_string()));
    }
    for file in found.files {
        findings.checked.client_files += 1;
        findings.checked.servers += file.servers().len() as u64;
    }
    Ok(())
}
