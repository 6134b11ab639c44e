//! Where the things are that a snapshot takes.

use std::path::PathBuf;

use crate::config::Paths;
use crate::snapshot::Places;
use crate::sys::{Variables, absolute};

/// Where things are on this machine.
pub(super) fn places(paths: &Paths, variables: &Variables, repository: Option<PathBuf>) -> Places {
    let moved = variables.path("CLAUDE_CONFIG_DIR").map(absolute);
    let claude = moved.clone().unwrap_or_else(|| paths.home.join(".claude"));
    let gnupg = variables.path("GNUPGHOME").map(absolute);
    let keys = paths
        .identities()
        .into_iter()
        .chain(paths.identity.clone())
        .chain(repository)
        .chain([paths.signing_key()]);
    Places {
        home: paths.home.clone(),
        claude_main: moved.as_ref().unwrap_or(&paths.home).join(".claude.json"),
        claude,
        store: paths.store.clone(),
        settings: paths.settings.clone(),
        gnupg: gnupg.unwrap_or_else(|| paths.home.join(".gnupg")),
        never: keys.collect(),
    }
}
