//! The inside of a snapshot object and of a pack: a tar, compressed with zstd. See `docs/format.md`.
//!
//! The only folder that names `tar` and `zstd`. What is written can be read by GNU tar, bsdtar and
//! busybox; what is read is refused unless it is of the same form ([`read_archive`], [`read_pack`]).

mod decode;
mod encode;
mod member;
mod pack;
mod reader;
mod recipe;
mod shape;
mod sums;
mod writer;

pub(crate) use encode::{end_of_tar, header_of, padding_of};
pub use member::TreePath;
pub(crate) use member::{Content, Member, QUARANTINE};
pub(crate) use pack::{PackWriter, VisitPart, read_pack};
pub use reader::Told;
pub(crate) use reader::{Contents, Visit, read_archive};
pub(crate) use recipe::{Part, Recipe};
pub(crate) use sums::{RunningSum, Sum};
pub(crate) use writer::Writer;

/// The compression level: three times as fast as the next that is worth it.
const LEVEL: i32 = 3;

#[cfg(test)]
pub(crate) mod hostile;
#[cfg(test)]
mod tests;
