//! The inside of a snapshot object: a tar, compressed with zstd. See `docs/format.md`.
//!
//! The only folder that names `tar` and `zstd`. What is written can be read by GNU tar, bsdtar and
//! busybox; what is read is refused unless it is of the same form ([`read_archive`]).

mod decode;
mod encode;
mod member;
mod reader;
mod shape;
mod sums;
mod writer;

pub use member::TreePath;
pub(crate) use member::{Content, Member};
pub(crate) use reader::{Visit, read_archive};
pub(crate) use writer::Writer;

#[cfg(test)]
pub(crate) mod hostile;
#[cfg(test)]
mod tests;
