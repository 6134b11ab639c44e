//! Why a value is not on the clipboard.

use std::io;

use crate::sys::FileError;

/// Names programs; never the value.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Neither Wayland nor X is there.
    #[error("no X11 or Wayland display was found")]
    NoDisplay,
    /// `PASSWORD_STORE_CLIP_TIME` is not a time.
    #[error("PASSWORD_STORE_CLIP_TIME is `{0}`, which is no number of seconds")]
    BadTime(String),
    /// The program that copies is not installed.
    #[error("the program `{0}` is not on the PATH")]
    Missing(&'static str),
    /// The program that copies did not do it.
    #[error("`{0}` could not copy to the clipboard")]
    Refused(&'static str),
    /// An earlier copy does not give way.
    #[error("an earlier copy still waits to put back what was on the clipboard")]
    Busy,
    /// The keeper could not be started, or ended without a word.
    #[error("the process that would clear the clipboard can not be started: {0}")]
    NoKeeper(io::Error),
    /// The state folder can not be used.
    #[error(transparent)]
    File(#[from] FileError),
}
