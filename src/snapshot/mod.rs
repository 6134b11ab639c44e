//! Snapshots.
mod archive;
mod commit;
mod error;
mod text;
pub use commit::{Commit, Health, ObjectRef, RepositoryId, SnapshotId, Totals};
pub use error::Error;
pub use text::Malformed;
