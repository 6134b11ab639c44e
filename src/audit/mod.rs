//! The access log: who read, wrote or launched what, and when; never a value.
//!
//! One JSON object a line. Each line carries its number and the SHA-256 of the line before, so that
//! no line can be altered, dropped from the middle or put in unseen; the head (number and hash of
//! the newest line) is carried in each snapshot's signed commit, which dates it. Whoever can write
//! the file can still cut its end or write it anew from some line on: the heads in the snapshots
//! are what shows that.

mod event;
mod log;

pub use event::{Action, Event, Outcome};
pub use log::{Chain, Error, Head, Log};
