//! Why there was no answer.

use std::io;

/// Why there was no answer. No variant says whom we asked, which may be a secret.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The text is no address of a server.
    #[error("its address is not one of the web")]
    BadAddress,
    /// Others could read what is sent.
    #[error("its address is not `https://`, and leads to another machine")]
    NotEncrypted,
    /// No machine has that name.
    #[error("no server has that name")]
    NoServer,
    /// The server can not be spoken with.
    #[error("the server can not be reached ({0})")]
    Unreachable(io::ErrorKind),
    /// It did not answer in time.
    #[error("the server did not answer within {0} seconds")]
    TooSlow(u64),
    /// It does not prove who it is.
    #[error("the server's certificate does not count: {0}")]
    NotTrusted(String),
    /// No authority is known that could vouch for it.
    #[error("this system has no certificates of authorities")]
    NoAuthorities,
    /// A header's value has bytes that none can have.
    #[error("a header's value has bytes that no header can have")]
    BadHeader,
    /// The answer has more than [`super::ANSWER_LIMIT`] bytes.
    #[error("the answer is too long")]
    TooLong,
    /// What came is not HTTP.
    #[error("the answer is not understood")]
    NotUnderstood,
    /// The proxy that the variables name does not help.
    #[error("the proxy can not be used")]
    Proxy,
}
