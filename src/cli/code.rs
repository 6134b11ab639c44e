//! The exit codes.

use std::process::ExitCode;

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
