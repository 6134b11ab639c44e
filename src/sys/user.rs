//! Who and where we are: for commits and the access log.

use super::{Variables, read};

use std::path::Path;

/// The largest of the small files that the kernel shows about processes.
const PROC_LIMIT: usize = 64 * 1024;

/// The user's login name, else the numeric id.
#[must_use]
pub fn user_name(variables: &Variables) -> String {
    let named = ["USER", "LOGNAME"].iter().find_map(|name| variables.text(name));
    named.map_or_else(|| format!("uid-{}", rustix::process::getuid().as_raw()), str::to_owned)
}

/// The machine's name.
#[must_use]
pub fn host_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// Which process asked: its name and id, as `zsh(4711)`.
#[must_use]
pub fn parent_process() -> String {
    let Some(parent) = rustix::process::getppid() else {
        return "none".to_owned();
    };
    let id = parent.as_raw_nonzero();
    let name = read(Path::new(&format!("/proc/{id}/comm")), PROC_LIMIT).ok().flatten();
    let name = name.map(|bytes| String::from_utf8_lossy(&bytes).trim_end().to_owned());
    format!("{}({id})", name.as_deref().unwrap_or("?"))
}
