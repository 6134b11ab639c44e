//! HTTP: one request, one response.
//!
//! An address, a header and a body may each be a secret, so all three are secret types, and no error
//! repeats any of them; not even the name of the server. Nothing is logged. No redirect is followed,
//! not within one origin either: the answer is handed back as it came, and who asked decides. An
//! answer has to be there within [`PATIENCE`], all of it, and may have [`ANSWER_LIMIT`] bytes.
//!
//! What a server says is somebody else's text: it comes back as a secret too.

mod address;
mod error;
mod message;
#[cfg(test)]
mod scripted;
mod ureq;

use std::time::Duration;

pub use address::{Address, Plain};
pub use error::Error;
pub use message::{Request, Response};
#[cfg(test)]
pub(crate) use scripted::Scripted;
pub use ureq::Ureq;

/// How long one request may take, from looking up the name to the last byte of the answer.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// More than this of an answer is a mistake (bytes).
pub const ANSWER_LIMIT: usize = 1024 * 1024;

/// Whoever can be sent a request, by several at once.
pub trait Http: Sync {
    /// Sends it and waits for the answer, whatever its status.
    ///
    /// # Errors
    /// When there was no answer.
    fn send(&self, request: &Request<'_>) -> Result<Response, Error>;
}
