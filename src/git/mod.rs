//! The store's history in git: a commit for every change, made in this process (libgit2), and
//! signed by the user's own `git` where `pass.signcommits` asks for it.
//!
//! Blobs are written as they are, without filters or line-ending conversion, since a
//! `.gitattributes` that came from elsewhere could corrupt ciphertext otherwise. Nothing of the
//! repository is run (no hooks, no filters), no location variable (`GIT_DIR` and its companions) is
//! looked at, and nothing here touches the network.

mod author;
mod create;
mod durable;
mod error;
mod fsck;
mod history;
mod index;
mod leftovers;
mod past;
mod repository;
mod signed;

pub use author::{Author, LOCATIONS};
pub use create::create;
pub use error::Error;
pub use fsck::{FsckError, fsck};
pub use history::GitHistory;

/// What git calls its folder in a working tree.
const GIT_FOLDER: &str = ".git";
