//! What can go wrong.

use std::path::PathBuf;

use crate::sys::{FileError, HelperError, LockError};

/// Why something could not be scheduled, or a job not run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Not a job's name.
    #[error("`{0}` is no name for a job")]
    BadName(String),
    /// Two entries of the settings are about one job.
    #[error("two jobs are called `{0}`")]
    Twice(String),
    /// Only the default jobs know what they do and when.
    #[error("job `{job}` does not say `{key}`")]
    Unsaid {
        /// Which job.
        job: String,
        /// What is missing.
        key: &'static str,
    },
    /// A job that would start jobs.
    #[error("job `{0}` runs `schedule`, which would start jobs from a job")]
    Itself(String),
    /// The calendar of a job is none.
    #[error("job `{job}`: {reason}")]
    BadTime {
        /// Which job.
        job: String,
        /// What is wrong with its calendar.
        reason: BadCalendar,
    },
    /// There is no such job.
    #[error("there is no job `{0}`")]
    NoJob(String),
    /// The job is running.
    #[error("`{0}` is running")]
    Running(String),
    /// Another job is running, and did not end.
    #[error("another job has been running for {0} hours")]
    NoTurn(u64),
    /// A signal came.
    #[error("interrupted; what was running was ended")]
    Interrupted,
    /// A file of ours is not what it should be.
    #[error("`{}`: {reason}", path.display())]
    BadRecord {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A crontab in which our own lines can not be told from others.
    #[error("in the crontab, a line `{0}` stands without the other one")]
    BrokenBlock(&'static str),
    /// A file that has the name of one of ours, and was written by somebody else.
    #[error("`{}` is there already, and not ours", .0.display())]
    Foreign(PathBuf),
    /// A calendar that one of the system's schedulers can not have.
    #[error("`{calendar}` is too much for {scheduler}: {reason}")]
    TooMuch {
        /// The calendar, as it was written.
        calendar: String,
        /// Whose words it does not fit into.
        scheduler: &'static str,
        /// Why.
        reason: String,
    },
    /// A path or value that a line or a unit can not have.
    #[error("`{0}` can not stand in a unit or a crontab")]
    Unspeakable(String),
    /// A program of the system refused.
    #[error("`{program}` refused: {said}")]
    Refused {
        /// Which one, with its words.
        program: String,
        /// Its last line.
        said: String,
    },
    /// Nothing here starts jobs.
    #[error("this system has neither systemd for users, nor launchd, nor cron")]
    NoScheduler,
    /// The scheduler that was asked for is not here.
    #[error("there is no {0} here: {1}")]
    NotHere(&'static str, String),
    /// A program of the system could not be run.
    #[error(transparent)]
    Helper(#[from] HelperError),
    /// A lock can not be used.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// A file can not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// Our own program could not be started, or not be listened to.
    #[error("cannot run a step: {0}")]
    Step(std::io::Error),
}

/// Why a text is no calendar.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no time that is understood: {reason}")]
pub struct BadCalendar {
    /// What was written.
    pub text: String,
    /// What is wrong with it.
    pub reason: String,
}
