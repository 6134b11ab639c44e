//! A program of the user's own. It gets the notice as one line of JSON, and nothing that is secret.

use std::time::Duration;

use crate::sys::{Effort, Environment, Exit, Partner, Program};

use super::{Error, Means, Notice};

/// How long it may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// A line of its output may have this many bytes; nobody reads it.
const LINE_LIMIT: usize = 64 * 1024;

/// What of our variables it gets: where programs are, who the user is, how to reach the desktop.
const KEPT: [&str; 13] = [
    "DBUS_SESSION_BUS_ADDRESS",
    "DISPLAY",
    "HOME",
    "LANG",
    "LC_ALL",
    "LOGNAME",
    "PATH",
    "SHELL",
    "TMPDIR",
    "TZ",
    "USER",
    "WAYLAND_DISPLAY",
    "XDG_RUNTIME_DIR",
];

pub(super) fn tell(words: &[String], notice: &Notice, means: &Means<'_>) -> Result<(), Error> {
    let (name, arguments) = words.split_first().expect("a command has a word: Notify::kind");
    let program = Program {
        name: name.into(),
        arguments: arguments.iter().map(Into::into).collect(),
        folder: Some(means.home.to_owned()),
    };
    let not_run = |source| Error::NotRun { program: name.clone(), source };
    let mut partner =
        Partner::start(&program, &environment(notice, means), LINE_LIMIT).map_err(not_run)?;
    partner.send(&notice.json().to_string());
    match partner.end(PATIENCE).map_err(not_run)? {
        (Effort::None, Exit::Code(0)) => Ok(()),
        (Effort::None, exit) => Err(Error::Ended { program: name.clone(), exit }),
        _ => Err(Error::TooSlow(PATIENCE.as_secs())),
    }
}

fn environment(notice: &Notice, means: &Means<'_>) -> Environment {
    let mut environment = Environment::default();
    for name in KEPT {
        if let Some(value) = means.variables.raw(name) {
            environment.set(name, value);
        }
    }
    environment.set("VAULTCTL_JOB", &notice.job);
    environment.set("VAULTCTL_OUTCOME", notice.outcome.word());
    environment.set("VAULTCTL_TEXT", notice.line());
    environment
}
