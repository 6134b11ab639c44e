//! Who and where we are: for commits and the access log.

use std::path::{Path, PathBuf};

use uzers::os::unix::UserExt;

use super::{Variables, facts, read};

/// The largest of the small files that the kernel shows about processes.
const PROC_LIMIT: usize = 64 * 1024;

/// The user's login name, else the numeric id.
#[must_use]
pub fn user_name(variables: &Variables) -> String {
    let named = ["USER", "LOGNAME"].iter().find_map(|name| variables.text(name));
    named.map_or_else(|| format!("uid-{}", rustix::process::getuid().as_raw()), str::to_owned)
}

/// The user's number.
#[must_use]
pub fn user_id() -> u32 {
    rustix::process::getuid().as_raw()
}

/// What the system knows of the user that we run as, whatever variables say.
#[derive(Debug)]
pub struct Account {
    /// The login name.
    pub name: String,
    /// The home folder.
    pub home: PathBuf,
    /// The login shell.
    pub shell: PathBuf,
}

/// The account that we run as (getpwuid(3)); `None` where the system does not know it, as in some
/// containers.
#[must_use]
pub fn account() -> Option<Account> {
    let user = uzers::get_user_by_uid(uzers::get_current_uid())?;
    let name = user.name().to_str()?.to_owned();
    Some(Account { name, home: user.home_dir().to_owned(), shell: user.shell().to_owned() })
}

/// Whether we run as root, with somebody else's home: `sudo` with the HOME of whoever called it.
#[must_use]
pub fn is_root_elsewhere(home: &Path) -> bool {
    let owner = facts(home).ok().flatten().map(|facts| facts.owner.0);
    rustix::process::geteuid().is_root() && owner.is_some_and(|owner| owner != 0)
}

/// Whether a file's owner is this user, or root.
#[must_use]
pub fn is_trusted_owner(owner: u32) -> bool {
    owner == 0 || owner == rustix::process::getuid().as_raw()
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
