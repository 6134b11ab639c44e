//! Moving secrets out of clients' files into the store, and putting the files back.
//!
//! [`Findings::plan`] looks at everything and changes nothing: which secret becomes which entry
//! ([`NewEntry`]), what each server is granted ([`Grant`]), what changes in which file
//! ([`FileChange`]), and what is left in the clear and why ([`Left`]). [`Adoption::carry_out`] does
//! it in an order in which nothing is lost wherever it ends: entries, then for each file a sealed
//! copy of it, its permissions, and last the file, at once. Whatever was not reached is found again by
//! the next run.
//!
//! Sealed copies are entries of a second vault, below the state folder and without a history, since
//! they belong to this machine. [`Undo`] puts a file back byte for byte if it is still as it was left;
//! if not, it puts back the values that are, server by server, and names the others.

mod backups;
mod carry_out;
mod copies;
mod draft;
mod error;
mod grants;
mod growth;
mod naming;
mod obstacle;
mod plan;
mod pool;
mod rewrite;
mod shown;
mod three_way;
mod undo;
mod wrapper;

pub use carry_out::Carried;
pub use copies::Copies;
pub use error::Error;
pub use grants::{Grant, is_ambient};
pub use obstacle::Obstacle;
pub use plan::{Adoption, FileChange, Findings, Left, Sought};
pub use pool::NewEntry;
pub use shown::{Hunk, Line};
pub use undo::{Undo, Undone};
pub use wrapper::Wrapper;
