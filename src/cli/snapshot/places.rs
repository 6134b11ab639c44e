//! Where the things are that a snapshot takes.

use std::path::PathBuf;

use crate::config::Paths;
use crate::snapshot::Places;
use crate::sys::Variables;

/// Where things are on this machine.
pub(super) fn places(paths: &Paths, variables: &Variables) -> Places {
    let moved = variables.text("CLAUDE_CONFIG_DIR").map(PathBuf::from);
    let claude = moved.clone().unwrap_or_else(|| paths.home.join(".claude"));
    let gnupg = variables.text("GNUPGHOME").map(PathBuf::from);
    let keys = paths
        .identities()
        .into_iter()
        .chain(paths.identity.clone())
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
