//! The pass-compatible tree: names, recipients files, ciphertext entries. No plaintext, no git.
//!
//! An entry `a/b` is the file `a/b.age` or `a/b.gpg` below the root; which of the two is written is
//! decided by the nearest ancestor folder with an `.age-recipients` or a `.gpg-id`. Everything
//! happens below one folder descriptor, so that neither a name nor a symbolic link leads out.

mod entry;
mod error;
mod history;
mod name;
mod recipients;
mod tree;

pub use entry::EntryFile;
pub use error::Error;
pub use history::{History, HistoryError, NoHistory, Version};
pub use name::{Name, NameError};
pub use recipients::{Reading, RecipientsFile};
pub use tree::{Listing, Store};
