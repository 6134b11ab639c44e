//! What is not as it should be with something that was, or was not, stored.

use std::fmt;

use crate::snapshot::archive::TreePath;

use super::baseline::Loss;
use super::health::Format;

/// Something, and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What.
    pub path: TreePath,
    /// What is wrong.
    pub trouble: Trouble,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// A socket, a FIFO or a device: not stored, and nobody misses it.
    Special,
    /// Its owner has marked it as something that can be made again: not stored.
    Cache,
    /// It is a private key, a credential or another snapshot: never stored.
    Private,
    /// It was named, and nothing is there.
    Missing,
    /// It could not be read: not stored, or not to its end.
    Unreadable(String),
    /// It was changed each time while it was read; what is stored may be half old and half new.
    Torn,
    /// Most of what was in it when it was last in order is gone. What is left is stored.
    Collapsed(Loss),
    /// It does not parse. It is stored as it is.
    Unparsed(Format),
}

impl Trouble {
    /// Whether the snapshot lacks something because of it, or something that an earlier one had.
    #[must_use]
    pub fn is_omission(&self) -> bool {
        !matches!(self, Self::Special | Self::Cache | Self::Private)
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Special => f.write_str("a socket, a FIFO or a device is not stored"),
            Self::Cache => f.write_str("a folder with CACHEDIR.TAG is not stored"),
            Self::Private => f.write_str("keys, credentials and snapshots are not stored"),
            Self::Missing => f.write_str("nothing is there"),
            Self::Unreadable(reason) => f.write_str(reason),
            Self::Collapsed(loss) => loss.fmt(f),
            Self::Torn => f.write_str("it changed while it was read"),
            Self::Unparsed(format) => write!(f, "it is not valid {format}"),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.shown(), self.trouble)
    }
}
