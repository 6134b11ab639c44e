//! From what went wrong in a room to what a person reads and a script branches on. The only place
//! that knows exit codes and hints.

use std::io;
use std::process::ExitCode;

use crate::{audit, config, crypto, sys};

use super::ui;

/// The exit codes (`docs/exit-codes.md` has the same table; a test compares them).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Code {
    /// All was done.
    Done = 0,
    /// It failed, for a reason without a code of its own.
    Failed = 1,
    /// The command line can not be understood.
    Usage = 2,
    /// Finished, with omissions that were named.
    Omissions = 3,
    /// No store, or no snapshot repository, here.
    Nothing = 10,
    /// Another run holds the lock.
    Locked = 11,
    /// Not decrypted: other keys, a wrong passphrase, damaged or unknown ciphertext.
    CannotDecrypt = 12,
    /// Verification failed.
    NotVerified = 13,
    /// The remote can not be reached.
    Unreachable = 14,
    /// A person is needed, and nobody can be asked.
    NeedsPerson = 15,
    /// No such entry, field or snapshot.
    NotFound = 20,
    /// `exec`: the program is there and can not be run.
    NotExecutable = 126,
    /// `exec`: there is no such program.
    NoProgram = 127,
    /// Interrupted at a prompt.
    Interrupted = 130,
}

impl Code {
    /// All of them, in order.
    pub const ALL: [Self; 14] = [
        Self::Done,
        Self::Failed,
        Self::Usage,
        Self::Omissions,
        Self::Nothing,
        Self::Locked,
        Self::CannotDecrypt,
        Self::NotVerified,
        Self::Unreachable,
        Self::NeedsPerson,
        Self::NotFound,
        Self::NotExecutable,
        Self::NoProgram,
        Self::Interrupted,
    ];
}

impl From<Code> for ExitCode {
    fn from(code: Code) -> Self {
        Self::from(code as u8)
    }
}

/// One line, a hint, a code.
#[derive(Debug)]
pub(super) struct Failure {
    code: Code,
    message: String,
    hint: Option<String>,
}

impl Failure {
    pub(super) fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            hint: None,
        }
    }

    pub(super) fn usage(message: impl Into<String>) -> Self {
        Self::new(Code::Usage, message)
    }

    /// Adds what to do about it.
    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Puts what was being done in front of what went wrong.
    pub(super) fn about(mut self, subject: &str) -> Self {
        self.message = format!("{subject}: {}", self.message);
        self
    }

    /// Tells it on standard error; a reader that went away (`| head`) is no failure.
    pub(super) fn tell(&self, json: bool) -> Code {
        if self.code == Code::Done {
            return Code::Done;
        }
        let (message, hint) = (
            ui::shown(&self.message),
            self.hint.as_deref().map(ui::shown),
        );
        if json {
            let error = serde_json::json!({ "error": { "code": self.code as u8, "message": message, "hint": hint } });
            ui::say(&format!("{error}\n"));
        } else {
            let hint = hint
                .map(|hint| format!("hint: {hint}\n"))
                .unwrap_or_default();
            ui::say(&format!("error: {message}\n{hint}"));
        }
        self.code
    }
}

/// What clap says about a command line; `--help` and `--version` are no failures.
pub(super) fn usage(error: &clap::Error) -> Code {
    let printed = error.print();
    if error.use_stderr() || printed.is_err() {
        Code::Usage
    } else {
        Code::Done
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::new(Code::Done, ""),
            _ => Self::new(Code::Failed, error.to_string()),
        }
    }
}

impl From<sys::FileError> for Failure {
    fn from(error: sys::FileError) -> Self {
        let failure = Self::new(Code::Failed, error.to_string());
        match error.kind() {
            io::ErrorKind::ReadOnlyFilesystem => {
                failure.hint("the disk is mounted read-only; nothing was changed")
            }
            io::ErrorKind::StorageFull => failure.hint("the disk is full; nothing was changed"),
            io::ErrorKind::PermissionDenied => {
                failure.hint("check the owner and mode of the file and of its folder")
            }
            _ => failure,
        }
    }
}

impl From<sys::LockError> for Failure {
    fn from(error: sys::LockError) -> Self {
        match error {
            sys::LockError::Held(_) => {
                Self::new(Code::Locked, error.to_string()).hint("try again when it has ended")
            }
            sys::LockError::File(error) => error.into(),
        }
    }
}

impl From<sys::PromptError> for Failure {
    fn from(error: sys::PromptError) -> Self {
        match error {
            sys::PromptError::NoTerminal => Self::new(Code::NeedsPerson, error.to_string()),
            sys::PromptError::Interrupted => Self::new(Code::Interrupted, error.to_string()),
            sys::PromptError::Broken(_) => Self::new(Code::Failed, error.to_string()),
        }
    }
}

impl From<config::Error> for Failure {
    fn from(error: config::Error) -> Self {
        match error {
            config::Error::NoHome => {
                Self::new(Code::Failed, error.to_string()).hint("set HOME to your home folder")
            }
            config::Error::Missing(_) => Self::new(Code::Failed, error.to_string()),
            config::Error::Invalid { .. } => Self::new(Code::Usage, error.to_string())
                .hint("every key is described in docs/settings.md"),
            config::Error::File(error) => error.into(),
        }
    }
}

impl From<audit::Error> for Failure {
    fn from(error: audit::Error) -> Self {
        match error {
            audit::Error::Lock(error) => error.into(),
            audit::Error::File(error) => error.into(),
            audit::Error::Foreign { .. } => Self::new(Code::Failed, error.to_string()).hint(
                "look with `vaultctl audit verify`, then move the file away to begin a new log",
            ),
        }
    }
}

impl From<crypto::Error> for Failure {
    fn from(error: crypto::Error) -> Self {
        let message = error.to_string();
        match error {
            crypto::Error::NoMatchingKey => Self::new(Code::CannotDecrypt, message)
                .hint("VAULTCTL_IDENTITY names another identity file"),
            crypto::Error::WrongPassphrase
            | crypto::Error::Damaged(_)
            | crypto::Error::Armored
            | crypto::Error::NotCiphertext(_) => Self::new(Code::CannotDecrypt, message),
            crypto::Error::BadSignature(_) => Self::new(Code::NotVerified, message),
            crypto::Error::NoRecipients
            | crypto::Error::BadRecipient(_)
            | crypto::Error::BadIdentity(_)
            | crypto::Error::BadKey { .. }
            | crypto::Error::Io(_) => Self::new(Code::Failed, message),
        }
    }
}
