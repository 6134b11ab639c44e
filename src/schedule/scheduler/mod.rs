//! Whoever starts our jobs: systemd for users, launchd, or cron.
//!
//! What each needs is worked out as a list of changes first, so that it can be shown, and so that a
//! second `install` finds nothing to do. Removing is the same with no job.

mod crontab;
mod launchd;
mod systemd;

#[cfg(test)]
mod tests;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::sys::{self, Helper, Outcome, Variables};

use super::{Error, Job, Name};

/// A unit file or property list larger than this is none of ours (bytes).
const FILE_LIMIT: usize = 1024 * 1024;

/// What every file of ours says, and no other.
const MARK: &str = "Written by `vaultctl schedule install`";

/// Who starts jobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheduler {
    /// systemd's instance for the user: timers.
    Systemd,
    /// launchd, of macOS: agents.
    Launchd,
    /// cron: lines of the user's crontab.
    Cron,
}

/// What a scheduler is told about us, and where it is told.
pub struct Setting<'a> {
    /// This program.
    pub program: PathBuf,
    /// The user's home.
    pub home: &'a Path,
    /// Our own variables, for the system's programs.
    pub variables: &'a Variables,
    /// The variables that jobs get; no secret among them.
    pub environment: Vec<(String, OsString)>,
}

/// Something that changes on this machine.
#[derive(Debug, PartialEq, Eq)]
pub enum Change {
    /// A file of ours gets this content.
    Write {
        /// Where.
        path: PathBuf,
        /// All of it.
        text: String,
    },
    /// A file of ours goes.
    Remove {
        /// Where.
        path: PathBuf,
    },
    /// The user's crontab gets this content; an empty one goes.
    Crontab {
        /// All of it.
        text: String,
    },
}

/// What has to be done so that a scheduler starts just these jobs.
#[derive(Debug)]
pub struct Plan {
    scheduler: Scheduler,
    jobs: Vec<Name>,
    /// In the order in which it is done.
    pub changes: Vec<Change>,
}

impl Scheduler {
    /// All of them, the best first.
    pub const ALL: [Self; 3] = [Self::Systemd, Self::Launchd, Self::Cron];

    /// What it is called.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Systemd => "systemd",
            Self::Launchd => "launchd",
            Self::Cron => "cron",
        }
    }

    /// Whether it is on this machine and does what it is told.
    ///
    /// # Errors
    /// [`Error::NotHere`], with the reason.
    pub fn check(self, setting: &Setting<'_>) -> Result<(), Error> {
        match self {
            Self::Systemd => systemd::check(setting),
            Self::Launchd => launchd::check(setting),
            Self::Cron => crontab::check(setting),
        }
    }

    /// The best one that is here.
    ///
    /// # Errors
    /// [`Error::NoScheduler`]
    pub fn best(setting: &Setting<'_>) -> Result<Self, Error> {
        let mut here = Self::ALL.into_iter().filter(|scheduler| scheduler.check(setting).is_ok());
        here.next().ok_or(Error::NoScheduler)
    }

    /// The jobs that it has been told to start.
    ///
    /// # Errors
    /// What can not be read.
    pub fn installed(self, setting: &Setting<'_>) -> Result<Vec<Name>, Error> {
        match self {
            Self::Systemd => files_like(&systemd::folder(setting), "vaultctl-", ".timer"),
            Self::Launchd => files_like(&launchd::folder(setting), launchd::PREFIX, ".plist"),
            Self::Cron => crontab::installed(setting),
        }
    }

    /// What has to change so that it starts these jobs, and no others of ours.
    ///
    /// # Errors
    /// When one of them can not be said in its words, or what is there can not be read.
    pub fn plan(self, jobs: &[Job], setting: &Setting<'_>) -> Result<Plan, Error> {
        let changes = match self {
            Self::Systemd => systemd::changes(jobs, setting)?,
            Self::Launchd => launchd::changes(jobs, setting)?,
            Self::Cron => crontab::changes(jobs, setting)?,
        };
        let jobs = jobs.iter().map(|job| job.name.clone()).collect();
        Ok(Plan { scheduler: self, jobs, changes })
    }
}

impl Plan {
    /// Does it.
    ///
    /// # Errors
    /// What can not be written, or what the scheduler refuses.
    pub fn carry_out(&self, setting: &Setting<'_>) -> Result<(), Error> {
        match self.scheduler {
            Scheduler::Systemd => systemd::carry_out(&self.changes, &self.jobs, setting),
            Scheduler::Launchd => launchd::carry_out(&self.changes, setting),
            Scheduler::Cron => crontab::carry_out(&self.changes, setting),
        }
    }
}

impl Setting<'_> {
    /// A path or value that fits on one line.
    fn plain<'t>(&self, text: &'t std::ffi::OsStr) -> Result<&'t str, Error> {
        let plain = text.to_str().filter(|text| !text.contains(char::is_control));
        plain.ok_or_else(|| Error::Unspeakable(text.to_string_lossy().into_owned()))
    }

    fn program(&self) -> Result<&str, Error> {
        self.plain(self.program.as_os_str())
    }

    fn environment(&self) -> Result<Vec<(&str, &str)>, Error> {
        let pairs = self.environment.iter();
        pairs.map(|(name, value)| Ok((name.as_str(), self.plain(value)?))).collect()
    }

    /// Runs one of the system's programs.
    fn ask(&self, program: &str, words: &[&str], input: &[u8]) -> Result<Outcome, Error> {
        Ok(Helper::new(program, self.variables).args(words).run(input)?)
    }

    /// Runs one that has to succeed.
    fn tell(&self, program: &str, words: &[&str], input: &[u8]) -> Result<(), Error> {
        let outcome = self.ask(program, words, input)?;
        if outcome.code == Some(0) {
            return Ok(());
        }
        let said = outcome.stderr.lines().next_back().unwrap_or("it does not say why").to_owned();
        Err(Error::Refused { program: [&[program], words].concat().join(" "), said })
    }
}

/// The changes that make a folder hold just these files among those of ours.
fn in_folder(
    folder: &Path,
    wanted: Vec<(String, String)>,
    is_like_ours: impl Fn(&str) -> bool,
) -> Result<Vec<Change>, Error> {
    let mut changes = Vec::new();
    for name in names_of_ours(folder, is_like_ours)? {
        if wanted.iter().all(|(file, _)| *file != name) {
            changes.push(Change::Remove { path: folder.join(name) });
        }
    }
    for (name, text) in wanted {
        let path = folder.join(name);
        match sys::read(&path, FILE_LIMIT)? {
            Some(there) if there == text.as_bytes() => {}
            Some(there) if !is_ours(&there) => return Err(Error::Foreign(path)),
            _ => changes.push(Change::Write { path, text }),
        }
    }
    Ok(changes)
}

/// The files in a folder that we have written; others may have names like ours.
fn names_of_ours(folder: &Path, is_like_ours: impl Fn(&str) -> bool) -> Result<Vec<String>, Error> {
    let names = if sys::exists(folder) { sys::names_in(folder)? } else { Vec::new() };
    let names = names.iter().filter_map(|name| name.to_str()).filter(|name| is_like_ours(name));
    let mut ours = Vec::new();
    for name in names {
        if sys::read(&folder.join(name), FILE_LIMIT)?.is_some_and(|bytes| is_ours(&bytes)) {
            ours.push(name.to_owned());
        }
    }
    Ok(ours)
}

fn is_ours(bytes: &[u8]) -> bool {
    bytes.windows(MARK.len()).any(|window| window == MARK.as_bytes())
}

/// Does what a change of files says.
fn apply(change: &Change) -> Result<(), Error> {
    match change {
        Change::Write { path, text } => {
            path.parent().map_or(Ok(()), sys::create_folder)?;
            Ok(sys::write_private(path, text.as_bytes())?)
        }
        Change::Remove { path } => Ok(sys::remove(path)?),
        Change::Crontab { .. } => Ok(()),
    }
}

/// The jobs of files of ours with such names.
fn files_like(folder: &Path, start: &str, end: &str) -> Result<Vec<Name>, Error> {
    let names = names_of_ours(folder, |name| name.starts_with(start) && name.ends_with(end))?;
    let names = names.iter().filter_map(|name| name.strip_prefix(start)?.strip_suffix(end));
    Ok(names.filter_map(|name| name.parse().ok()).collect())
}
