//! The process that has a value on the clipboard, and takes it away again.

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::secret::Secret;
use crate::sys::{Interrupts, Seat, Variables, leave_behind, leave_terminal};

use super::Error;
use super::board::Board;

/// The first word of a keeper's command line.
const WORD: &str = "clipboard-keeper";

/// How long an earlier keeper may take to put things back.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a keeper is told on its command line; the value comes over a pipe.
pub struct Order {
    seat: PathBuf,
    time: Duration,
}

impl Order {
    pub(super) fn new(seat: &Path, time: Duration) -> Self {
        Self { seat: seat.to_owned(), time }
    }

    /// The order in a command line, if it is a keeper's.
    #[must_use]
    pub fn in_arguments(arguments: &[OsString]) -> Option<Self> {
        let [_, word, seat, seconds] = arguments else {
            return None;
        };
        let seconds = seconds.to_str().filter(|_| word == WORD)?.parse().ok()?;
        Some(Self { seat: seat.into(), time: Duration::try_from_secs_f64(seconds).ok()? })
    }

    fn arguments(&self) -> [OsString; 3] {
        [WORD.into(), self.seat.clone().into(), self.time.as_secs_f64().to_string().into()]
    }

    /// Starts a keeper, and waits for its answer.
    pub(super) fn give(&self, value: &Secret, variables: &Variables) -> Result<(), Error> {
        let answer = leave_behind(self.arguments(), variables, value);
        let board = Board::find(variables)?;
        match answer.map_err(Error::NoKeeper)?.map(Answer::from) {
            Some(Answer::Copied) => Ok(()),
            Some(Answer::Missing) => Err(Error::Missing(board.program())),
            Some(Answer::Refused) => Err(Error::Refused(board.program())),
            Some(Answer::Busy) => Err(Error::Busy),
            None => Err(Error::NoKeeper(io::ErrorKind::UnexpectedEof.into())),
        }
    }

    /// Is the keeper: copies, answers, waits, puts back. A signal ends the waiting.
    ///
    /// # Errors
    /// What is wrong with the clipboard, or with whoever waits for the answer.
    pub fn carry_out(
        &self,
        value: &Secret,
        variables: &Variables,
        answer: &mut dyn Write,
    ) -> Result<(), Error> {
        let interrupts = Interrupts::hold();
        leave_terminal();
        let board = Board::find(variables)?;
        let kept = Kept::copy(&self.seat, value, &board);
        answer.write_all(&[Answer::to(&kept) as u8]).map_err(Error::NoKeeper)?;
        let kept = kept?;
        interrupts.wait(self.time);
        kept.put_back(value, &board)
    }
}

/// What a keeper answers, in one byte.
#[derive(Clone, Copy)]
#[repr(u8)]
enum Answer {
    Copied = b'c',
    Missing = b'm',
    Refused = b'r',
    Busy = b'b',
}

impl Answer {
    fn to(kept: &Result<Kept, Error>) -> Self {
        match kept {
            Ok(_) => Self::Copied,
            Err(Error::Missing(_)) => Self::Missing,
            Err(Error::Busy) => Self::Busy,
            Err(_) => Self::Refused,
        }
    }
}

impl From<u8> for Answer {
    fn from(byte: u8) -> Self {
        let all = [Self::Copied, Self::Missing, Self::Busy];
        all.into_iter().find(|answer| *answer as u8 == byte).unwrap_or(Self::Refused)
    }
}

/// A value on the clipboard, and what was there before.
struct Kept {
    _seat: Seat,
    before: Option<Secret>,
    /// Whether the value was seen there. Where nothing can be pasted, nothing can be compared.
    seen: bool,
}

impl Kept {
    fn copy(seat: &Path, value: &Secret, board: &Board<'_>) -> Result<Self, Error> {
        let seat = Seat::take(seat, PATIENCE).map_err(|_| Error::Busy)?;
        let before = board.paste();
        board.copy(value)?;
        Ok(Self { _seat: seat, before, seen: board.shows(value) })
    }

    /// Puts back what was there, unless somebody has copied something else since. Whoever takes the
    /// seat next finds the clipboard settled.
    fn put_back(self, value: &Secret, board: &Board<'_>) -> Result<(), Error> {
        board.forget_history();
        if self.seen && !board.holds(value) {
            return Ok(());
        }
        let before = self.before.unwrap_or_else(|| Secret::copy_from(b""));
        board.copy(&before)?;
        board.shows(&before);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_read_as_it_was_given() {
        let order = Order::new(Path::new("/state/seat"), Duration::from_millis(1500));
        let words: Vec<OsString> =
            std::iter::once("vaultctl".into()).chain(order.arguments()).collect();
        let read = Order::in_arguments(&words).expect("it is an order");
        assert_eq!((read.seat, read.time), (order.seat, order.time));
    }

    #[test]
    fn other_command_lines_are_no_orders() {
        for line in
            ["vaultctl", "vaultctl get a", "vaultctl get a 1", "vaultctl clipboard-keeper a -1"]
        {
            let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            assert!(Order::in_arguments(&words).is_none(), "{line}");
        }
    }
}
