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

pub use member::{Content, Member, TreePath};
pub use reader::{Contents, Visit, read_archive};
pub use writer::{Writer, Written};

#[cfg(test)]
mod tests;
