//! Conversations with MCP servers.
//!
//! A [`Handshake`] starts a server as a client would, greets it in the era of the protocol that the
//! client would begin with, lists its tools and ends it by the book. Since 2026-07-28 there are two
//! eras that do not mix: servers lock a connection to the era of its first message, so the first
//! message is the client's, and nothing is sent on a connection to find out which era it has.
//!
//! What is said and when is a pure state machine (`conversation.rs`); processes, pipes and time are
//! `handshake.rs`. A [`Deputy`] makes handshakes of the entries in clients' files: with the program,
//! variables and folder that the client in question would choose, and only where the client would
//! start anything. What a server sends is not believed: it is parsed with limits, and text of its is
//! kept short. Not here: a proxy. The server of a client is started by `inject`, and then alone.

mod approval;
mod conversation;
mod deputy;
mod error;
mod filling;
mod handshake;
mod manner;
mod message;
mod obstacle;
mod weakness;

pub use conversation::{Greeting, Opening, Software};
pub use deputy::Deputy;
pub use error::Trouble;
pub use handshake::{Handshake, Report};
pub use obstacle::Obstacle;
pub use weakness::Weakness;

#[cfg(test)]
mod tests;
