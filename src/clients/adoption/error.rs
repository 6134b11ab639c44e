//! What can go wrong with an adoption.

use std::path::PathBuf;

use crate::store::Name;
use crate::{clients, config, vault};

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// With an entry.
    #[error(transparent)]
    Vault(#[from] vault::Error),
    /// With a client's file.
    #[error(transparent)]
    File(#[from] clients::Error),
    /// With the settings.
    #[error(transparent)]
    Settings(#[from] config::Error),
    /// What is encrypted to the store's recipients can not be opened on this machine.
    #[error("what is stored here can not be opened again here: {0}")]
    Sealed(vault::Error),
    /// A sealed copy that this version does not understand.
    #[error("the sealed copy `{0}` is not what this version writes")]
    Unreadable(Name),
    /// A path that is no text.
    #[error("the path `{}` is no text", .0.display())]
    NoText(PathBuf),
}
