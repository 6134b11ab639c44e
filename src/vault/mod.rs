//! The one place where names and plaintext meet.
//!
//! Every read is in the access log before the caller sees a byte; where the log can not be written,
//! the read is warned of, or refused if the settings want that. Every write holds the store's
//! lock, is written beside the old file, synced and moved into place, and becomes one step of the
//! store's history; a journal written first lets the next writer finish what a killed one began.

mod address;
mod edit;
mod entry;
mod error;
mod journal;
mod plan;
mod redo;
mod door;
mod reseal;
mod transfer;

pub use address::{Address, Part};
pub use door::{Desk, Vault};
pub use edit::Edit;
pub use entry::Entry;
pub use error::Error;
pub use reseal::{Resealed, Which};
pub use transfer::{Place, Transfer};
