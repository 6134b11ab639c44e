//! The configuration files of MCP clients: where they are, what they say, and exact changes of them.
//!
//! One file here is one client: a table of where its files are on Linux, on macOS and in a Windows
//! that this Linux is a guest of (WSL), and of what it calls the parts of an entry. [`find()`] reads
//! all of them; one that is broken is named and stops no other. Every value may be a secret and is
//! held as one. A change names values by their place, and every other byte stays; it is written by
//! [`Held`], which takes Claude Code's lock where there is one and refuses when the file is no longer
//! the one that was read.
//!
//! Not looked at: files that only an administrator writes (`managed-mcp.json`), plug-ins, inline
//! servers in agent files, and what is given on a command line.

pub mod adoption;
mod client;
mod description;
mod dialect;
mod document;
mod entry;
mod error;
mod file;
mod find;
mod known_servers;
mod literals;
mod origin;
mod read;
mod settings;
mod started;
mod surroundings;

mod claude_code;
mod claude_desktop;
mod codex_cli;
mod cursor;
mod gemini_cli;
mod vs_code;
mod windsurf;
mod zed;

#[cfg(test)]
mod tests;

pub use client::Client;
pub use dialect::Placeholder;
pub use document::{Document, Edit, EditError, Format, Malformed, Place, Step, Value};
pub use entry::{Field, Launch, Part, Scope, ServerEntry};
pub use error::Error;
pub use file::{ClientFile, Held};
pub use find::{Broken, Found, find, find_of_user};
pub use literals::{Literal, Seat, Way, literals};
pub use origin::Origin;
pub use settings::{CommandRule, Variable};
pub use started::Started;
pub use surroundings::{Surroundings, System};

use dialect::Dialect;
