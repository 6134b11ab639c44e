//! The clipboard: a secret is on it for a while, then what was there before is put back.
//!
//! The programs are those that `pass` uses, in its order: `wl-copy` and `wl-paste` under Wayland,
//! `xclip` under X, `pbcopy` and `pbpaste` on macOS. A value goes to them over a pipe.
//!
//! The waiting is done by this same program, started again as a *keeper* ([`Order`]): in a session
//! of its own, with none of our standard streams, holding the value in a secret type. The keeper
//! does all of the work and answers with one byte once the value is there, so that no moment exists
//! in which the value is on the clipboard and nobody is there to take it away. It has the clipboard's
//! [`Seat`](crate::sys::Seat): a second copy makes the first keeper put back what it found, and goes
//! on from there, so that the original content is never lost and no secret is ever put "back".
//!
//! What this does not cover: clipboard managers that keep a history (klipper's is cleared, as
//! `pass` does), and the programs' own memory; `wl-copy` also keeps what it offers in a file.

mod board;
mod error;
mod keeper;

pub use error::Error;
pub use keeper::Order;

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::secret::Secret;
use crate::sys::{Variables, absolute, create_folder};

use board::Board;

/// How long a value stays, unless `PASSWORD_STORE_CLIP_TIME` says otherwise (seconds, as `pass`).
const TIME: Duration = Duration::from_secs(45);

/// The clipboard of the display that the variables name.
pub struct Clipboard<'a> {
    variables: &'a Variables,
    seat: PathBuf,
}

impl<'a> Clipboard<'a> {
    /// Finds it; its seat is kept in `state_folder`.
    ///
    /// # Errors
    /// [`Error::NoDisplay`].
    pub fn find(variables: &'a Variables, state_folder: &Path) -> Result<Self, Error> {
        let board = Board::find(variables)?;
        Ok(Self { variables, seat: absolute(state_folder.join(board.seat())) })
    }

    /// Puts `value` on it, and has the former content put back after `time` if the value is still
    /// there. Returns as soon as it can be pasted.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn copy(&self, value: &Secret, time: Duration) -> Result<(), Error> {
        self.seat.parent().map_or(Ok(()), create_folder)?;
        Order::new(&self.seat, time).give(value, self.variables)
    }
}

/// How long a value stays on the clipboard: `PASSWORD_STORE_CLIP_TIME`, in seconds.
///
/// # Errors
/// [`Error::BadTime`].
pub fn time(variables: &Variables) -> Result<Duration, Error> {
    let Some(text) = variables.text("PASSWORD_STORE_CLIP_TIME") else {
        return Ok(TIME);
    };
    let seconds = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    seconds.ok_or_else(|| Error::BadTime(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time_of(text: &str) -> Option<Duration> {
        time(&[("PASSWORD_STORE_CLIP_TIME", text)].into_iter().collect()).ok()
    }

    #[test]
    fn the_time_is_a_number_of_seconds() {
        assert_eq!(time_of("10"), Some(Duration::from_secs(10)));
        assert_eq!(time_of("0.5"), Some(Duration::from_millis(500)));
        assert_eq!(time_of(""), Some(TIME));
        for text in ["-1", "soon", "NaN", "inf", "1e300", "10 "] {
            assert_eq!(time_of(text), None, "{text}");
        }
    }
}
