//! Why a channel could not be told.

use std::io;

use crate::http;
use crate::sys::Exit;

/// Why a channel could not be told. No variant repeats an address, a key or what a server said.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Its secret can not be read.
    #[error("{0}")]
    Secret(String),
    /// Its secret is not one line of text.
    #[error("its {0} is not one line of text")]
    NotALine(&'static str),
    /// There was no answer.
    #[error(transparent)]
    Http(#[from] http::Error),
    /// The server does not want it.
    #[error("the server answered {0}")]
    Answered(u16),
    /// The server sends us elsewhere.
    #[error("the server answered {0}, and sends us elsewhere, which is not followed")]
    Redirected(u16),
    /// The program can not be run.
    #[error("cannot run `{program}`: {source}")]
    NotRun {
        /// Which one.
        program: String,
        /// What the system says.
        source: io::Error,
    },
    /// The program failed.
    #[error("`{program}` {}", ended(*exit))]
    Ended {
        /// Which one.
        program: String,
        /// How.
        exit: Exit,
    },
    /// It took too long.
    #[error("it took more than {0} seconds")]
    TooSlow(u64),
    /// An address of the letter is none.
    #[error("`{0}` is not a mail address")]
    BadMailbox(String),
    /// The mail server did not take it.
    #[error("the mail server {0}")]
    Mail(String),
}

fn ended(exit: Exit) -> String {
    match exit {
        Exit::Code(code) => format!("ended with exit status {code}"),
        Exit::Signal(signal) => format!("was ended by signal {signal}"),
    }
}
