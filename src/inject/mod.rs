//! From references to the exact environment that a server gets.
//!
//! A [`Manifest`] says which variable gets which entry and what else passes; it can be shown without
//! decrypting anything. Resolving it opens each entry once and makes an `Environment` value. Our own
//! environment is never changed, and nothing is written to disk.

mod manifest;
mod reference;

pub use manifest::{Error, Manifest, Passing};
pub use reference::{EnvName, Reference};
