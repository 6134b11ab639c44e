//! From the paper to a machine that works.
//!
//! A recovery does several things one after the other: it restores in place, makes an identity and a
//! signer, encrypts the store's entries to these, and begins a repository of its own. Each of them can
//! be done again, and a journal says which need not: whoever is killed in between repeats the command.

mod heirs;
mod journal;
mod phases;
mod servers;

pub use heirs::{Heirs, Inherited};
pub use journal::Journal;
pub use phases::{Phases, Stage};
pub use servers::{Servers, servers};
