//! From references to the exact environment that a server gets.
//!
//! A [`Manifest`] says what gets which value (a variable, a file, an argument, a header) and what
//! else passes; it can be shown without decrypting anything. Resolving it opens each entry once.
//! A [`Grant`] is the permission of one server: it makes a manifest that holds nothing else, and
//! says which program, or which address, gets it. Our own environment is never changed, and nothing
//! is written to disk.

mod allowed;
mod error;
mod grant;
mod manifest;
mod origin;
mod reference;
mod template;
#[cfg(test)]
mod tests;

pub use allowed::Allowed;
pub use error::Error;
pub use grant::Grant;
pub use manifest::{Manifest, Passing, Slot};
pub use reference::{EnvName, Reference};
pub use template::Template;
