//! How everything stands: snapshots, what was last proven of them, jobs and whom they could not tell.
//!
//! Nothing here changes anything, and nothing needs a key that decrypts: of a repository only signed
//! clear text is read, so that another machine with the right to read there, and the signer's
//! fingerprint, sees the same. What only this machine knows (its jobs) is added where it is at hand.

mod age;
mod job;
mod limits;
mod metrics;
mod place;
mod problem;
mod proof;

use jiff::Timestamp;

pub use age::ago;
pub use job::Job;
pub use limits::{BadLimits, Limits};
pub use metrics::metrics;
pub use place::{Place, Snapshot};
pub use problem::Problem;
pub use proof::Proof;

/// How everything stood at one moment.
#[derive(Debug)]
pub struct Status {
    /// When.
    pub at: Timestamp,
    /// The places that could be read.
    pub places: Vec<Place>,
    /// Those that could not, and why.
    pub lost: Vec<(String, String)>,
    /// The jobs of this machine, where it is about its own repository.
    pub jobs: Vec<Job>,
}
