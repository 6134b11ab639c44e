//! Everything outside that the program depends on, as one value.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Clock, NoTerminal, Prompt, SystemClock, Terminal, absolute};

/// The command line, our own name first.
#[must_use]
pub fn arguments() -> Vec<OsString> {
    std::env::args_os().collect()
}

/// Where this very program is, to run it again.
///
/// # Errors
/// When the system does not tell.
pub fn own_program() -> std::io::Result<PathBuf> {
    std::env::current_exe()
}

/// Whether a file, or what it links to, is a program.
#[must_use]
pub fn can_run(path: &Path) -> bool {
    let found = path.metadata();
    found.is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

/// The outside world: made by `main`, handed down, never reached for.
pub struct World {
    /// The environment variables at the start.
    pub variables: Variables,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Whoever can be asked; [`NoTerminal`] when nobody can.
    pub prompt: Arc<dyn Prompt>,
    /// Whether standard input is a terminal.
    pub stdin_is_terminal: bool,
    /// Whether standard output is a terminal.
    pub stdout_is_terminal: bool,
}

impl World {
    /// The real one.
    #[must_use]
    pub fn real() -> Self {
        let stdin_is_terminal = rustix::termios::isatty(rustix::stdio::stdin());
        let prompt: Arc<dyn Prompt> =
            if stdin_is_terminal { Arc::new(Terminal) } else { Arc::new(NoTerminal) };
        Self {
            variables: Variables::of_this_process(),
            clock: Arc::new(SystemClock),
            prompt,
            stdin_is_terminal,
            stdout_is_terminal: rustix::termios::isatty(rustix::stdio::stdout()),
        }
    }
}

/// The folders in which a system has its programs, where nobody says otherwise.
pub const SYSTEM_PATH: &str =
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/opt/homebrew/bin";

/// Environment variables, read once.
#[derive(Default, Clone)]
pub struct Variables(BTreeMap<OsString, OsString>);

impl Variables {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that reads the real environment"
    )]
    fn of_this_process() -> Self {
        Self(std::env::vars_os().collect())
    }

    /// The value of `name`.
    #[must_use]
    pub fn raw(&self, name: &str) -> Option<&OsStr> {
        self.0.get(OsStr::new(name)).map(OsString::as_os_str)
    }

    /// The value of `name`, when it is neither empty nor anything but UTF-8.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.raw(name)?.to_str().filter(|text| !text.is_empty())
    }

    /// The value of `name` as a path, when it is not empty.
    #[must_use]
    pub fn path(&self, name: &str) -> Option<PathBuf> {
        self.raw(name).filter(|value| !value.is_empty()).map(PathBuf::from)
    }

    /// All but those named.
    #[must_use]
    pub fn without(&self, names: &[&str]) -> Self {
        let is_kept = |name: &OsStr| !names.iter().any(|left_out| name == OsStr::new(left_out));
        let kept = self.0.iter().filter(|(name, _)| is_kept(name));
        Self(kept.map(|(name, value)| (name.clone(), value.clone())).collect())
    }

    /// The same and `more`, which win.
    #[must_use]
    pub fn with(mut self, more: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        self.0.extend(more);
        self
    }

    /// Whether a program of that name is on the PATH.
    #[must_use]
    pub fn has_program(&self, name: &str) -> bool {
        self.program(name).is_some()
    }

    /// Where on the PATH a program of that name is.
    #[must_use]
    pub fn program(&self, name: &str) -> Option<PathBuf> {
        let path = self.raw("PATH").unwrap_or_default();
        let places = std::env::split_paths(path).map(|folder| folder.join(name));
        places.map(absolute).find(|place| can_run(place))
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&OsStr, &OsStr)> {
        self.0.iter().map(|(name, value)| (name.as_os_str(), value.as_os_str()))
    }
}

impl<N: Into<OsString>, V: Into<OsString>> FromIterator<(N, V)> for Variables {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        Self(pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}
