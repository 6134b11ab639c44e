//! Telling somebody how a job ended.
//!
//! Channels come from the user's own settings and nowhere else. A channel that fails fails alone:
//! the others are told, and the job that it would have reported goes on as it was.

mod notice;

pub use notice::{Notice, Outcome, Undelivered};
