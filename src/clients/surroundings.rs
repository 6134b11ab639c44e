//! The machine, as far as it decides where clients keep their files.

use std::path::{Path, PathBuf};

use crate::sys::{self, Variables};

use super::description::Root;

/// What tells a Linux that it is a guest of Windows.
const KERNEL: &str = "/proc/version";

/// Where such a guest finds the folders of Windows' users, unless `/etc/wsl.conf` says otherwise.
const WINDOWS_USERS: &str = "/mnt/c/Users";

/// Folders there that are nobody's home.
const NOBODY: [&str; 4] = ["All Users", "Default", "Default User", "Public"];

/// Which conventions hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum System {
    /// Linux; on anything else that is not macOS the same.
    Linux,
    /// macOS.
    MacOs,
    /// Linux as a guest of Windows (WSL), and where Windows has its users' folders.
    Wsl(PathBuf),
}

impl System {
    /// The one that this runs on.
    #[must_use]
    pub fn of_this_machine(variables: &Variables) -> Self {
        if cfg!(target_os = "macos") {
            return Self::MacOs;
        }
        let kernel = sys::read(Path::new(KERNEL), 4096).ok().flatten().unwrap_or_default();
        let kernel = String::from_utf8_lossy(&kernel).to_lowercase();
        // As `/proc/version` has it: "Linux version … (root@…) …-microsoft-standard-WSL2".
        let is_guest = variables.raw("WSL_DISTRO_NAME").is_some() || kernel.contains("microsoft");
        if is_guest { Self::Wsl(PathBuf::from(WINDOWS_USERS)) } else { Self::Linux }
    }
}

/// Whose files, and on which machine.
pub struct Surroundings<'w> {
    /// The user's home.
    pub home: &'w Path,
    /// The user's variables.
    pub variables: &'w Variables,
    /// Which conventions hold.
    pub system: System,
    /// The current folder, which is a project.
    pub folder: PathBuf,
}

impl Surroundings<'_> {
    /// The folders that a root stands for here.
    pub(super) fn folders(&self, root: Root) -> Vec<PathBuf> {
        match (root, &self.system) {
            (Root::Home, _) => vec![self.home.to_owned()],
            (Root::Named(variable, otherwise), _) => {
                let named = self.variables.path(variable);
                vec![named.unwrap_or_else(|| self.home.join(otherwise))]
            }
            (Root::Support, System::MacOs) => vec![self.home.join("Library/Application Support")],
            (Root::Config, System::Linux | System::Wsl(_)) => {
                // A relative path is to be ignored (XDG base directory specification).
                let named = self.variables.path("XDG_CONFIG_HOME");
                let named = named.filter(|path| path.is_absolute());
                vec![named.unwrap_or_else(|| self.home.join(".config"))]
            }
            (Root::Windows, System::Wsl(users)) => homes_in(users),
            _ => Vec::new(),
        }
    }

    /// A project's folder as it is found here: a client on Windows writes `C:\x` or `C:/x`.
    pub(super) fn project(&self, named: &str) -> PathBuf {
        let mut parts = named.split(['\\', '/']);
        let drive = parts.next().and_then(|drive| drive.strip_suffix(':'));
        match (&self.system, drive) {
            (System::Wsl(users), Some(drive)) if drive.len() == 1 => {
                // `/mnt/c/Users` is below the place of all drives.
                let drives = users.parent().and_then(Path::parent).unwrap_or(users);
                parts.fold(drives.join(drive.to_lowercase()), |path, part| path.join(part))
            }
            _ => PathBuf::from(named),
        }
    }
}

fn homes_in(users: &Path) -> Vec<PathBuf> {
    // No Windows disk, or one that may not be listed: nothing of it is found.
    let names = sys::names_in(users).unwrap_or_default();
    let is_somebody = |name: &std::ffi::OsString| !NOBODY.iter().any(|nobody| name == *nobody);
    names.into_iter().filter(is_somebody).map(|name| users.join(name)).collect()
}
