//! What can stand between a program and what it should be given.

use crate::vault;

use super::{Reference, Slot};

/// Why a program can not be given what it should get.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A reference that can not be resolved.
    #[error("{slot}: {source}")]
    Unresolved {
        /// What it is for.
        slot: Slot,
        /// Why.
        source: Box<vault::Error>,
    },
    /// A reference to a token; nothing gives tokens out yet. What follows `oauth:` is not repeated:
    /// other programs have tokens that begin so.
    #[error("{0}: live tokens (`oauth:`) can not be given out yet")]
    NoTokens(Slot),
    /// None of them can be.
    #[error(transparent)]
    Vault(vault::Error),
    /// A value that can not be what it is for.
    #[error("{slot}: `{value}` {reason}")]
    Unfit {
        /// What it is for.
        slot: Slot,
        /// The references.
        value: String,
        /// Why.
        reason: &'static str,
    },
    /// The settings have no such permission.
    #[error("no permission is called `{0}`")]
    NotGranted(String),
    /// The permission is for another kind of server.
    #[error("the permission `{server}` has no `{key}`")]
    NotFor {
        /// Which permission.
        server: String,
        /// What it would need.
        key: &'static str,
    },
    /// A program that the permission is not for.
    #[error("the permission `{0}` is not for this program and these arguments")]
    OtherProgram(String),
    /// A reference that the permission does not allow.
    #[error("{slot}: `{reference}` is not allowed by its permission")]
    NotAllowed {
        /// What it is for.
        slot: Slot,
        /// Which one.
        reference: Reference,
    },
    /// A variable of the caller's that would change more than which secret goes where.
    #[error("{slot}: the permission `{server}` does not say so")]
    NotSaid {
        /// Which one.
        slot: Slot,
        /// Which permission.
        server: String,
    },
    /// A server at another address than the permission is for.
    #[error("the permission `{server}` is for {url}, and this is another server")]
    OtherServer {
        /// Which permission.
        server: String,
        /// The address in it.
        url: String,
    },
    /// Nobody has said for which server the headers are.
    #[error("an agent did not say for which server it wants the headers of `{0}`")]
    NoServerNamed(String),
}
