//! What can go wrong between a client and a server.

use std::io;
use std::time::Duration;

use crate::sys::Exit;

use super::conversation::LINES_LIMIT;
use super::handshake::LINE_LIMIT;

/// Why there is no greeting. Worded to follow the server's name.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// There is no process.
    #[error("cannot be started: {0}")]
    NotStarted(io::Error),
    /// The process is gone.
    #[error("ended {} before it answered `{asked}`", in_words(*.exit))]
    Ended {
        /// What it was asked.
        asked: &'static str,
        /// How it ended.
        exit: Exit,
    },
    /// It runs and says nothing any more.
    #[error("closed its output before it answered `{0}`, and runs on")]
    Closed(&'static str),
    /// It runs and says nothing, or something else.
    #[error("did not answer `{asked}` within {} s", .patience.as_secs_f32())]
    Silent {
        /// What it was asked.
        asked: &'static str,
        /// How long all of it may take.
        patience: Duration,
    },
    /// A line without end.
    #[error("a line of its output has more than {} MiB", LINE_LIMIT / (1024 * 1024))]
    Flood,
    /// Lines without end.
    #[error("more than {LINES_LIMIT} lines of output, and no end")]
    Noise,
    /// It said no.
    #[error("answers `{asked}` with error {code}: {message}")]
    Refused {
        /// What it was asked.
        asked: &'static str,
        /// The error's number (JSON-RPC 2.0, section 5.1).
        code: i64,
        /// What the server says of it; kept short.
        message: String,
    },
    /// It said something that is no answer to that.
    #[error("its answer to `{0}` is not what the protocol says")]
    Unusable(&'static str),
    /// It speaks a version that its client does not.
    #[error("wants protocol version `{0}`, which is not known")]
    Version(String),
    /// There is always another page.
    #[error("its list of tools has no end")]
    Endless,
    /// Somebody wants us to end.
    #[error("interrupted")]
    Interrupted,
    /// The system failed.
    #[error("cannot talk with it: {0}")]
    Broken(#[from] io::Error),
}

fn in_words(exit: Exit) -> String {
    match exit {
        Exit::Code(code) => format!("with exit status {code}"),
        Exit::Signal(signal) => format!("by signal {signal}"),
    }
}
