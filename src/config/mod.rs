//! The settings, parsed into types once at the start; no secret is in them.
//!
//! A missing file means defaults; an unknown key is an error, because a misspelt safety setting
//! that is silently ignored is worse than a stop. Where files are is decided here and nowhere else
//! ([`Paths`]), after the XDG base directory specification.

mod anew;
mod edit;
mod notify;
mod own;
mod paths;
mod schedule;
mod server;
mod settings;
mod span;

pub use anew::begin_snapshots_anew;
pub use edit::{put_server, remove_server};
pub use notify::{Kind, Mail, Notify, On, Shape, Tls};
pub use own::Standing;
pub use paths::{Overrides, Paths};
pub use schedule::Schedule;
pub use server::{Agent, Server};
pub use settings::{
    Audit, Destination, Keep, Keys, Metrics, Objectives, OneOrMany, Profile, Settings, Snapshot,
    Store, StoredAs,
};
pub use span::{BadSpan, Span};

use crate::sys::{FileError, LockError, Variables, read};

/// A settings file larger than this is not one (bytes).
const SETTINGS_LIMIT: usize = 1024 * 1024;

/// Where things are and how they are set.
pub struct Config {
    /// Where things are.
    pub paths: Paths,
    /// What the settings file says.
    pub settings: Settings,
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// `HOME` is not set.
    #[error("the variable HOME is not set")]
    NoHome,
    /// The file that was named on the command line is not there.
    #[error("no settings file at `{0}`")]
    Missing(String),
    /// The file is not what it should be.
    #[error("settings `{path}`: {reason}")]
    Invalid {
        /// Which file.
        path: String,
        /// What the parser says; it names lines and keys.
        reason: String,
    },
    /// Somebody else may have written it.
    #[error("under an AI agent the settings `{path}` do not count: {reason}")]
    NotOwn {
        /// Which file.
        path: String,
        /// Why.
        reason: &'static str,
    },
    /// A part of the file can not be changed without touching others.
    #[error("settings `{path}`: {reason}")]
    NotEditable {
        /// Which file.
        path: String,
        /// What is in the way.
        reason: String,
    },
    /// Somebody else is changing it.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The file can not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
}

impl Config {
    /// Reads the settings file, if there is one, and works out the paths.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn load(variables: &Variables, overrides: &Overrides) -> Result<Self, Error> {
        let mut paths = Paths::find(variables, overrides)?;
        let settings = match read(&paths.settings, SETTINGS_LIMIT)? {
            Some(bytes) => Settings::parse(&bytes).map_err(|reason| Error::Invalid {
                path: paths.settings.display().to_string(),
                reason,
            })?,
            None if overrides.settings.is_some() => {
                return Err(Error::Missing(paths.settings.display().to_string()));
            }
            None => Settings::default(),
        };
        paths.apply(&settings);
        Ok(Self { paths, settings })
    }
}
