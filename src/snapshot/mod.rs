//! Snapshots.
mod commit;
mod text;
pub use commit::{Commit, Health, ObjectRef, RepositoryId, SnapshotId, Totals};
pub use text::Malformed;
