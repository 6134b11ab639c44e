//! Where the things are that a snapshot takes.

use std::path::PathBuf;

use crate::cli::{Failure, Session};
use crate::config::StoredAs;
use crate::snapshot::{Own, Places, Profile};
use crate::sys::absolute;

use super::credentials;

/// What is taken: the profiles that were asked for, else those of the settings, else both of ours.
pub(in crate::cli) fn profiles(
    asked: &[String],
    session: &Session,
) -> Result<Vec<Profile>, Failure> {
    let configured = session.config.settings.snapshot.profiles.as_deref();
    let ours = ["config".to_owned(), "history".to_owned()];
    let names = if asked.is_empty() { configured.unwrap_or(&ours) } else { asked };
    if names.is_empty() {
        return Err(
            Failure::usage("no profile is taken").hint("`snapshot.profiles` in the settings")
        );
    }
    names.iter().map(|name| profile(name, session)).collect()
}

/// Those of a snapshot's profiles that are known here; another takes nothing.
pub(in crate::cli) fn known_profiles(
    names: &[String],
    session: &Session,
) -> Result<Vec<Profile>, Failure> {
    let own = &session.config.settings.snapshot.profile;
    let is_known = |name: &&String| {
        matches!(name.as_str(), "config" | "history" | "credentials") || own.contains_key(*name)
    };
    names.iter().filter(is_known).map(|name| profile(name, session)).collect()
}

fn profile(name: &str, session: &Session) -> Result<Profile, Failure> {
    let (own, paths) = (&session.config.settings.snapshot.profile, &session.config.paths);
    match (name, own.get(name)) {
        ("config", _) => Ok(Profile::Config),
        ("history", _) => Ok(Profile::History),
        ("credentials", _) => Ok(Profile::Credentials),
        (_, Some(described)) => {
            let own = Own {
                name: name.to_owned(),
                paths: described.paths.iter().map(|path| paths.expand(path)).collect(),
                exclude: described.exclude.clone(),
                in_parts: described.store == StoredAs::Parts,
            };
            own.check().map_err(|wrong| Failure::usage(format!("profile `{name}`: {wrong}")))?;
            Ok(Profile::Own(own))
        }
        (_, None) => Err(Failure::usage(format!("no profile `{name}`")).hint(
            "`config`, `history`, `credentials`, or one of [snapshot.profile.NAME] in the settings",
        )),
    }
}

/// Where things are on this machine.
pub(in crate::cli) fn places(session: &Session, repositories: Vec<PathBuf>) -> Places {
    let (paths, variables) = (&session.config.paths, &session.world.variables);
    let moved = variables.path("CLAUDE_CONFIG_DIR").map(absolute);
    let claude = moved.clone().unwrap_or_else(|| paths.home.join(".claude"));
    let gnupg = variables.path("GNUPGHOME").map(absolute);
    let keys = paths
        .identities()
        .into_iter()
        .chain(paths.identity.clone())
        .chain(repositories)
        .chain([paths.signing_key()])
        .chain(credentials::files(&session.config));
    Places {
        home: paths.home.clone(),
        claude_main: moved.as_ref().unwrap_or(&paths.home).join(".claude.json"),
        claude,
        store: paths.store.clone(),
        settings: paths.settings.clone(),
        gnupg: gnupg.unwrap_or_else(|| paths.home.join(".gnupg")),
        never: keys.collect(),
        quarantine: paths.state_folder().join("quarantine"),
    }
}
