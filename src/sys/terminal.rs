//! Asking a person.
#![expect(clippy::disallowed_methods, reason = "the terminal is a device, not a file of ours")]

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::ffi::OsStringExt;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

use crate::secret::{SecretBuffer, SecretText};

use super::Interrupts;

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

/// How often a waiting prompt looks whether it should end.
const LOOK_UP: Timespec = Timespec { tv_sec: 0, tv_nsec: 200_000_000 };

/// Somebody who may answer.
pub trait Prompt: Send + Sync {
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

    /// Says what should be done now (`touch the key`); where nobody is, nobody hears it.
    fn tell(&self, _message: &str) {}
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
        write!(&quiet.tty, "{} ", harmless(question))?;
        let answer = quiet.read_line();
        writeln!(&quiet.tty)?;
        answer?
            .into_secret()
            .to_text()
            .ok_or(PromptError::Broken(io::ErrorKind::InvalidData.into()))
    }

    fn ask_yes(&self, question: &str) -> Result<bool, PromptError> {
        let mut tty = open()?;
        write!(tty, "{} [y/N] ", harmless(question))?;
        let mut answer = Vec::new();
        let mut byte = [0];
        while answer.len() < ANSWER_LIMIT && tty.read(&mut byte)? == 1 && byte[0] != b'\n' {
            answer.push(byte[0]);
        }
        Ok(matches!(answer.to_ascii_lowercase().as_slice(), b"y" | b"yes"))
    }

    fn tell(&self, message: &str) {
        // Nothing depends on its being read.
        open().and_then(|mut tty| writeln!(tty, "{}", harmless(message))).ok();
    }
}

/// Text from outside (a name, another program's message) made harmless for a terminal: control
/// characters, which could rewrite what is on the screen, and those that turn the direction of
/// writing (Unicode's bidirectional formatting) are shown as escapes.
#[must_use]
pub fn harmless(text: &str) -> String {
    let is_harmful = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars()
        .map(|c| if is_harmful(c) { c.escape_default().to_string() } else { c.to_string() })
        .collect()
}

fn open() -> io::Result<File> {
    OpenOptions::new().read(true).write(true).open("/dev/tty")
}

/// The terminal without echo, put back when this goes: ^C reaches us as a byte, and signals from
/// elsewhere are held back meanwhile.
struct Quiet {
    tty: File,
    before: Termios,
    interrupts: Interrupts,
}

impl Quiet {
    fn begin() -> io::Result<Self> {
        let tty = open()?;
        let before = tcgetattr(&tty)?;
        let interrupts = Interrupts::hold();
        let mut quiet = before.clone();
        quiet.local_modes &= !(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG);
        tcsetattr(&tty, OptionalActions::Flush, &quiet)?;
        Ok(Self { tty, before, interrupts })
    }

    fn read_line(&self) -> Result<SecretBuffer, PromptError> {
        let mut line = SecretBuffer::new();
        for _ in 0..ANSWER_LIMIT {
            match self.read_byte()? {
                b'\n' | b'\r' => return Ok(line),
                INTERRUPT | END_OF_INPUT => return Err(PromptError::Interrupted),
                erase if BACKSPACE.contains(&erase) => line.pop(),
                typed => line.push(&[typed]),
            }
        }
        Err(PromptError::Broken(io::ErrorKind::InvalidData.into()))
    }

    fn read_byte(&self) -> Result<u8, PromptError> {
        let mut typed = [PollFd::new(&self.tty, PollFlags::IN)];
        while !self.interrupts.happened() {
            match poll(&mut typed, Some(&LOOK_UP)) {
                Ok(0) | Err(Errno::INTR) => continue,
                Ok(_) => {}
                Err(error) => return Err(io::Error::from(error).into()),
            }
            let mut byte = [0];
            return match (&self.tty).read(&mut byte)? {
                0 => Err(PromptError::Interrupted),
                _ => Ok(byte[0]),
            };
        }
        Err(PromptError::Interrupted)
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        tcsetattr(&self.tty, OptionalActions::Now, &self.before).ok();
    }
}

/// Standard input, while it is a terminal that shows nothing of what is typed; put back when this
/// goes. Lines are edited as the terminal does it, unlike those of [`Prompt::ask_secret`].
pub struct UnseenInput {
    before: Termios,
    interrupts: Interrupts,
}

impl UnseenInput {
    /// Turns the echo off.
    ///
    /// # Errors
    /// When standard input is no terminal.
    pub fn begin() -> io::Result<Self> {
        let before = tcgetattr(rustix::stdio::stdin())?;
        let interrupts = Interrupts::hold();
        let mut quiet = before.clone();
        quiet.local_modes &= !LocalModes::ECHO;
        tcsetattr(rustix::stdio::stdin(), OptionalActions::Drain, &quiet)?;
        Ok(Self { before, interrupts })
    }
}

impl Read for UnseenInput {
    /// A signal ends it with [`io::ErrorKind::Interrupted`].
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        let stdin = rustix::stdio::stdin();
        let mut typed = [PollFd::new(&stdin, PollFlags::IN)];
        while !self.interrupts.happened() {
            match poll(&mut typed, Some(&LOOK_UP)) {
                Ok(0) | Err(Errno::INTR) => {}
                Ok(_) => return Ok(rustix::io::read(stdin, target)?),
                Err(error) => return Err(error.into()),
            }
        }
        Err(io::ErrorKind::Interrupted.into())
    }
}

impl Drop for UnseenInput {
    fn drop(&mut self) {
        tcsetattr(rustix::stdio::stdin(), OptionalActions::Now, &self.before).ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_do_not_reach_the_terminal() {
        assert_eq!(harmless("a\u{1b}[2Jb\nc\u{202e} ä 🔑"), "a\\u{1b}[2Jb\\nc\\u{202e} ä 🔑");
    }
}
