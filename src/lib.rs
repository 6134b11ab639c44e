//! vaultctl: API keys for MCP servers, handed to exactly the right process, and snapshots that
//! restore without it.
//!
//! The rooms below stand in one order: each uses only rooms above it, and of those only the ones
//! that its row in `docs/architecture.md` names. A test compares that document with the code.

// The ground: values that must not be seen, and the operating system.
pub mod secret;
pub mod sys;

// The tools.
pub mod clipboard;
pub mod qr;
pub mod otp;
pub mod config;
pub mod crypto;
pub mod http;
pub mod audit;
pub mod storage;
pub mod store;
pub mod keys;
pub mod git;

// The door to plaintext.
pub mod vault;

// The trades.
pub mod inject;
pub mod import;
pub mod clients;
pub mod supervise;
pub mod snapshot;
pub mod notify;
pub mod recovery;
pub mod schedule;
pub mod doctor;

// The mouth.
pub mod cli;
