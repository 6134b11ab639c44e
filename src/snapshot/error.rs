//! What can go wrong with snapshots.

use std::io;

use crate::snapshot::{Fault, Malformed};
use crate::sys::{FileError, LockError};
use crate::{crypto, storage};

/// Names objects, members and places; never contents.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The storage.
    #[error(transparent)]
    Storage(#[from] storage::Error),
    /// Our own files.
    #[error(transparent)]
    File(#[from] FileError),
    /// Another run is at work on this repository.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// Keys and ciphertexts.
    #[error(transparent)]
    Crypto(#[from] crypto::Error),
    /// Nothing is there, or something else.
    #[error("no snapshot repository in `{0}`")]
    NoRepository(String),
    /// Another one than this machine knows there.
    #[error("`{0}` holds another snapshot repository than this machine knows there")]
    Replaced(String),
    /// A repository is made only once.
    #[error("`{0}` holds a snapshot repository already")]
    AlreadyRepository(String),
    /// What should be the same repository is not.
    #[error("`{0}` holds another repository")]
    OtherRepository(String),
    /// Rightly signed, and in a version that is not ours.
    #[error("`{0}` was written by a newer vaultctl")]
    Newer(String),
    /// The repository can not be used without knowing what this is.
    #[error("the repository needs `{0}`, which this vaultctl does not know")]
    UnknownFeature(String),
    /// An object is not what was signed.
    #[error("`{object}`: {reason}")]
    Damaged {
        /// Which one.
        object: String,
        /// What is wrong.
        reason: String,
    },
    /// The newest snapshot is older than one that this machine knows.
    #[error("the newest snapshot here is number {newest}, and there was a number {known}")]
    RolledBack {
        /// What is here.
        newest: u64,
        /// What was.
        known: u64,
    },
    /// No such snapshot.
    #[error("no snapshot `{0}`")]
    NotFound(String),
    /// No snapshot at all.
    #[error("no snapshot in `{0}` yet")]
    Empty(String),
    /// None of those that are there may be relied on.
    #[error("no snapshot in `{0}` is healthy")]
    NoneHealthy(String),
    /// Whoever has stolen the machine may have made any of those that are there.
    #[error("no snapshot in `{0}` is healthy and certain to be from before {1}")]
    NothingBefore(String, jiff::Timestamp),
    /// Several places should hold the same.
    #[error("`{0}` holds another repository than `{1}`")]
    Another(String, String),
    /// Something that was asked for is not in the snapshot.
    #[error("the snapshot has nothing of `{0}`")]
    NothingOf(String),
    /// A restore in place was stopped, and must be finished first.
    #[error("a restore in place was interrupted; what it has not exchanged yet is in `{0}`")]
    Unfinished(String),
    /// What is on another disk, or a disk itself, can not be exchanged.
    #[error("`{0}` is on another disk than the home")]
    OtherDisk(String),
    /// A part can only be put into a file that is there.
    #[error("there is no file `{0}`")]
    NoFile(String),
    /// A part of a file can not be put into another.
    #[error("`{0}`: {1}")]
    NotMerged(String, #[source] crate::snapshot::MergeError),
    /// Somebody writes there.
    #[error("another program is writing `{0}`")]
    Busy(String),
    /// A policy that would keep no snapshot was meant otherwise.
    #[error("the policy keeps nothing")]
    KeepsNothing,
    /// Pruning would leave nothing that is known to be good.
    #[error("no snapshot in `{0}` is healthy, so none is removed")]
    NoHealthy(String),
    /// More would be removed than anybody expects.
    #[error("{0}; that is more than is removed unasked")]
    TooMuch(String),
    /// Numbers, predecessors or signatures do not hold, so nobody knows what is needed.
    #[error("the history does not hold: `{}`: {}{}", first.object, first.reason, and_more(*count))]
    BadHistory {
        /// What was found first.
        first: Fault,
        /// How many there are.
        count: usize,
    },
    /// Objects so young may belong to a snapshot that is just being taken.
    #[error("only the machine that takes the snapshots can remove objects younger than a day")]
    ShortGrace,
    /// Only the repository's own signer can leave a report in it.
    #[error("`{0}` does not sign this repository")]
    NotSigner(String),
    /// Not the name of a snapshot.
    #[error(transparent)]
    BadName(#[from] Malformed),
    /// An archive holds what it may not.
    #[error("member `{member}`: {reason}")]
    Member {
        /// Which one.
        member: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The archive can not be read, or not be written.
    #[error("the archive: {0}")]
    Stream(#[from] io::Error),
}

impl Error {
    /// An object that is not what was signed.
    pub(super) fn damaged(object: impl ToString, reason: impl ToString) -> Self {
        Self::Damaged { object: object.to_string(), reason: reason.to_string() }
    }

    /// A member that may not be.
    pub(super) fn member(member: impl ToString, reason: impl ToString) -> Self {
        Self::Member { member: member.to_string(), reason: reason.to_string() }
    }
}

fn and_more(count: usize) -> String {
    if count > 1 { format!("; and {} more", count - 1) } else { String::new() }
}
