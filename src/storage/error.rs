//! What can go wrong with a storage.

use std::io;

use crate::sys::FileError;

use super::ObjectName;

/// Why something could not be stored or had.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such object.
    #[error("`{0}` is missing")]
    NotFound(ObjectName),
    /// The name is in use, and objects are written once.
    #[error("`{0}` is there already")]
    Taken(ObjectName),
    /// Larger than such an object can be.
    #[error("`{0}` is larger than it can be")]
    TooLarge(ObjectName),
    /// More than one request can bring.
    #[error("{size} bytes are more than `{place}` takes as one object")]
    Oversized {
        /// Which storage.
        place: String,
        /// How much there is.
        size: u64,
    },
    /// The storage is not there, or does not answer.
    #[error("`{0}` can not be reached")]
    Unreachable(String),
    /// A server does not answer, or says that it can not now; later it may.
    #[error("`{place}` can not be reached: {reason}")]
    NoAnswer {
        /// Which one.
        place: String,
        /// What it says, or what the network says.
        reason: String,
    },
    /// The credentials are good, and not for this.
    #[error("the credentials for `{place}` may not {right}")]
    Denied {
        /// Where.
        place: String,
        /// What they may not, and what the right is called.
        right: &'static str,
    },
    /// The server knows no such credentials.
    #[error("`{place}` does not accept the credentials: {reason}")]
    BadCredentials {
        /// Where.
        place: String,
        /// What it says.
        reason: String,
    },
    /// Requests bear the time, and a server refuses old ones.
    #[error("this machine's clock and that of `{0}` are too far apart")]
    ClockSkew(String),
    /// There is no such bucket.
    #[error("there is no bucket for `{0}`")]
    NoBucket(String),
    /// The bucket is elsewhere.
    #[error("`{place}` is in another region: {reason}")]
    OtherRegion {
        /// Which one.
        place: String,
        /// What the server says.
        reason: String,
    },
    /// A server refuses, and will do so again.
    #[error("`{place}` refuses: {reason}")]
    Refused {
        /// Which one.
        place: String,
        /// What it says.
        reason: String,
    },
    /// A storage said that it has something, and has it not.
    #[error("`{place}` has not kept `{name}`, although it said so")]
    NotKept {
        /// Where.
        place: String,
        /// What.
        name: ObjectName,
    },
    /// It is full.
    #[error("no space is left in `{0}`")]
    NoSpace(String),
    /// An object could not be read to its end.
    #[error("cannot read `{name}`: {source}")]
    Broken {
        /// Which one.
        name: ObjectName,
        /// Why.
        source: io::Error,
    },
    /// The file system refuses.
    #[error(transparent)]
    File(#[from] FileError),
}

impl Error {
    /// An object could not be read to its end: the storage's own reason, where it has one.
    pub(crate) fn broken(name: &ObjectName, source: io::Error) -> Self {
        source
            .downcast::<Self>()
            .unwrap_or_else(|source| Self::Broken { name: name.clone(), source })
    }

    /// Whether the same may succeed a little later.
    pub(super) fn may_pass(&self) -> bool {
        matches!(self, Self::NoAnswer { .. })
    }
}
