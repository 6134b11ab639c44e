//! Asking a person.
#![expect(
    clippy::disallowed_methods,
    reason = "the terminal is a device, not a file of ours"
)]

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::ffi::OsStringExt;

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

use crate::secret::{SecretBuffer, SecretText};

/// More than this on one line is no answer (bytes).
const ANSWER_LIMIT: usize = 64 * 1024;

const INTERRUPT: u8 = 0x03;
const END_OF_INPUT: u8 = 0x04;
const BACKSPACE: [u8; 2] = [0x08, 0x7f];

/// The path of the terminal on standard input, if that is one.
#[must_use]
pub fn terminal_name() -> Option<OsString> {
    let name = rustix::termios::ttyname(rustix::stdio::stdin(), Vec::new()).ok()?;
    Some(OsString::from_vec(name.into_bytes()))
}

/// Somebody who may answer.
pub trait Prompt {
    /// Asks for something that must not be seen while it is typed.
    ///
    /// # Errors
    /// [`PromptError`]; nothing is asked where there is no terminal.
    fn ask_secret(&self, question: &str) -> Result<SecretText, PromptError>;

    /// Asks a question that is answered with yes or no; anything but `y` or `yes` is no.
    ///
    /// # Errors
    /// As for [`Prompt::ask_secret`].
    fn ask_yes(&self, question: &str) -> Result<bool, PromptError>;
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum PromptError {
    /// Nobody is there to be asked.
    #[error("this needs an answer, and there is no terminal")]
    NoTerminal,
    /// The person pressed ^C or ^D.
    #[error("interrupted")]
    Interrupted,
    /// The terminal failed.
    #[error("cannot use the terminal: {0}")]
    Broken(#[from] io::Error),
}

/// Nobody to ask.
pub struct NoTerminal;

impl Prompt for NoTerminal {
    fn ask_secret(&self, _question: &str) -> Result<SecretText, PromptError> {
        Err(PromptError::NoTerminal)
    }

    fn ask_yes(&self, _question: &str) -> Result<bool, PromptError> {
        Err(PromptError::NoTerminal)
    }
}

/// The controlling terminal (`/dev/tty`), so that standard output stays clean.
pub struct Terminal;

impl Prompt for Terminal {
    fn ask_secret(&self, question: &str) -> Result<SecretText, PromptError> {
        let quiet = Quiet::begin()?;
        write!(&quiet.tty, "{question} ")?;
        let answer = read_line(&quiet.tty);
        writeln!(&quiet.tty)?;
        answer?
            .into_secret()
            .to_text()
            .ok_or(PromptError::Broken(io::ErrorKind::InvalidData.into()))
    }

    fn ask_yes(&self, question: &str) -> Result<bool, PromptError> {
        let mut tty = open()?;
        write!(tty, "{question} [y/N] ")?;
        let mut answer = Vec::new();
        let mut byte = [0];
        while tty.read(&mut byte)? == 1 && byte[0] != b'\n' {
            answer.push(byte[0]);
        }
        Ok(matches!(
            answer.to_ascii_lowercase().as_slice(),
            b"y" | b"yes"
        ))
    }
}

fn open() -> io::Result<File> {
    OpenOptions::new().read(true).write(true).open("/dev/tty")
}

/// The terminal without echo and signals, put back when this goes. ^C reaches us as a byte, so
/// that an interrupted prompt can not leave the terminal mute.
struct Quiet {
    tty: File,
    before: Termios,
}

impl Quiet {
    fn begin() -> io::Result<Self> {
        let tty = open()?;
        let before = tcgetattr(&tty)?;
        let mut quiet = before.clone();
        quiet.local_modes &= !(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG);
        tcsetattr(&tty, OptionalActions::Flush, &quiet)?;
        Ok(Self { tty, before })
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        tcsetattr(&self.tty, OptionalActions::Now, &self.before).ok();
    }
}

fn read_line(mut tty: &File) -> Result<SecretBuffer, PromptError> {
    let mut line = SecretBuffer::new();
    for _ in 0..ANSWER_LIMIT {
        let mut byte = [0];
        if tty.read(&mut byte)? == 0 {
            return Err(PromptError::Interrupted);
        }
        match byte[0] {
            b'\n' | b'\r' => return Ok(line),
            INTERRUPT | END_OF_INPUT => return Err(PromptError::Interrupted),
            erase if BACKSPACE.contains(&erase) => line.pop(),
            typed => line.push(&[typed]),
        }
    }
    Err(PromptError::Broken(io::ErrorKind::InvalidData.into()))
}
