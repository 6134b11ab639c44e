//! From where secrets lie today to entries: one file per source, and one way through for all.
//!
//! A source is read into [`Found`]: drafts of entries, and in words what can not be taken over. The
//! drafts get names ([`Found::items`]), are compared with what the store has ([`Plan`]), and what
//! a person agrees to is written as one step of the store's history. A value that a line can not
//! hold exactly (a private key, a value with blanks around it) gets an entry of its own, byte for
//! byte. Nothing of a source is changed or removed.
//!
//! **Memory.** Files are read into wiped buffers. Text of JSON, CSV, YAML and dotenv files becomes
//! `SecretText` as it is parsed, titles, labels and dates excepted: they are taken for no secrets. Archives are
//! unpacked into one wiped buffer, which is also the decoder's window. One thing is not wiped:
//! `serde_json` undoes the escapes of a JSON text that has any in a scratch buffer of its own.
//!
//! **Limits.** An export is read up to a fixed size, packed and unpacked, whatever its headers claim;
//! what is malformed is an error that names a place and never a content.

mod archive;
mod bitwarden;
mod csv;
mod dotenv;
mod draft;
mod error;
mod found;
mod gh;
mod node;
mod onepassword;
mod plan;
#[cfg(test)]
mod told;
mod unique;
mod yaml;

pub use bitwarden::read as read_bitwarden;
pub use dotenv::read as read_dotenv;
pub use error::Error;
pub use found::{Found, Item};
pub use gh::{Gh, read_hosts};
pub use onepassword::read as read_onepassword;
pub use plan::{Plan, State, Step};

use std::path::Path;

use crate::secret::Secret;
use crate::sys;

/// The largest file that is imported (bytes). A 1PUX file holds its attachments.
const FILE_LIMIT: usize = 256 * 1024 * 1024;

/// A file that somebody exported.
///
/// # Errors
/// [`Error::Missing`]; [`Error::File`], also when it is too large or a folder.
pub fn read_file(path: &Path) -> Result<Secret, Error> {
    sys::read_secret(path, FILE_LIMIT)?.ok_or_else(|| Error::Missing(path.to_owned()))
}
