//! The recovery sheet: what a person needs on paper when the machine is gone.
//!
//! Where the snapshots are, who signed them, what opens them, and the lines to type, with vaultctl and
//! without. A recovery trusts this paper and not the repository: so the signer and the hash of
//! `restore.sh` are on it. Text and page are made from the same parts and can not say different things.

mod page;
mod parts;
mod steps;
mod text;

use std::path::PathBuf;

use jiff::Timestamp;

use crate::crypto::{Digest, Recipient, Verifier};
use crate::secret::SecretText;
use crate::storage::{Bucket, Credentials};

pub use steps::{IDENTITY, Purpose, REPOSITORY, Step, TARGET, stock_steps};

/// All that stands on the sheet.
pub struct Kit {
    /// Whose sheet it is: a host's name.
    pub machine: String,
    /// The program that makes it, with its version.
    pub tool: String,
    /// When it was made.
    pub made: Timestamp,
    /// Where the snapshots are: the same repository in each.
    pub sources: Vec<Source>,
    /// Who signs them.
    pub signer: Verifier,
    /// SHA-256 of the repository's `restore.sh`, as signed.
    pub script: Digest,
    /// Whom they are encrypted to.
    pub recipients: Vec<Recipient>,
    /// The recovery identity's line, if it is to be on the sheet; else there is room to write.
    pub identity: Option<SecretText>,
}

/// A place with snapshots, as a person at another machine names it.
pub enum Source {
    /// A folder, on a disk that may be mounted elsewhere by then.
    Folder(PathBuf),
    /// A bucket.
    Bucket {
        /// Where it is.
        bucket: Box<Bucket>,
        /// An access key that may read it, if it is to be on the sheet; else there is room to write.
        key: Option<Credentials>,
    },
}

impl Source {
    /// The place in one word, as `--from` takes it.
    #[must_use]
    pub fn url(&self) -> String {
        match self {
            Self::Folder(folder) => folder.display().to_string(),
            Self::Bucket { bucket, .. } => bucket.url(),
        }
    }
}
