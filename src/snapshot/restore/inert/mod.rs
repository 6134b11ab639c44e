//! What a restore does not bring back as it was, because it would run programs unasked: the
//! configuration and hooks of git repositories, and parts of our own settings. Nothing executable
//! comes from what is restored, however well it is signed.

mod git_config;
mod settings;

use crate::snapshot::archive::TreePath;

/// Where git keeps what was said about branches, files and objects, under names that may be any.
const GIT_DATA: [&[u8]; 4] = [b"refs", b"logs", b"objects", b"info"];

/// What becomes of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Treatment {
    /// It comes back as it was.
    AsItWas,
    /// It does not come back.
    LeftOut,
    /// It comes back if it is a folder, with nothing in it.
    Emptied,
    /// It comes back with something else in it.
    Rewritten(Kind),
}

/// What kind of file is rewritten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    GitConfig,
    Settings,
}

impl Kind {
    /// What the file says afterwards.
    pub(super) fn rewrite(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::GitConfig => git_config::rebuilt(bytes),
            Self::Settings => settings::without_commands(bytes),
        }
    }

    /// What was done, for people.
    pub(super) fn told(self) -> &'static str {
        match self {
            Self::GitConfig => "only remotes and branches were taken over",
            Self::Settings => "what starts programs or names whom to trust is commented out",
        }
    }
}

/// What becomes of what is called so.
pub(super) fn treatment(path: &TreePath) -> Treatment {
    let components: Vec<&[u8]> = path.as_bytes().split(|byte| *byte == b'/').collect();
    if let Some(place) = components.iter().position(|name| name.eq_ignore_ascii_case(b".git")) {
        return treatment_in_git(&components[place + 1..]);
    }
    match components.as_slice() {
        [.., b"vaultctl", b"config.toml"] => Treatment::Rewritten(Kind::Settings),
        _ => Treatment::AsItWas,
    }
}

/// Submodules and further work trees have folders of their own in a repository's.
fn treatment_in_git(below: &[&[u8]]) -> Treatment {
    let is = |name: &[u8], other: &[u8]| name.eq_ignore_ascii_case(other);
    let own = match below.first() {
        Some(first) if is(first, b"modules") || is(first, b"worktrees") => {
            let is_data = |name: &&[u8]| GIT_DATA.iter().any(|data| is(name, data));
            if below.iter().any(is_data) {
                return Treatment::AsItWas;
            }
            let last = below.len().saturating_sub(1);
            let hooks = below.iter().position(|name| is(name, b"hooks"));
            &below[hooks.unwrap_or(last)..]
        }
        _ => below,
    };
    match own {
        [hooks] if is(hooks, b"hooks") => Treatment::Emptied,
        // Samples, which git puts into each repository, it never runs.
        [hooks, sample] if is(hooks, b"hooks") && sample.ends_with(b".sample") => {
            Treatment::AsItWas
        }
        [hooks, ..] if is(hooks, b"hooks") => Treatment::LeftOut,
        [config] if is(config, b"config") => Treatment::Rewritten(Kind::GitConfig),
        [config] if is(config, b"config.worktree") => Treatment::LeftOut,
        _ => Treatment::AsItWas,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_runs_programs_is_known_by_its_place() {
        let (config, settings) =
            (Treatment::Rewritten(Kind::GitConfig), Treatment::Rewritten(Kind::Settings));
        for (name, expected) in [
            ("HOME/.password-store/.git/config", config),
            ("HOME/.password-store/.Git/CONFIG", config),
            ("ROOT/srv/x/.git/config", config),
            ("HOME/s/.git/modules/a/b/config", config),
            ("HOME/s/.git/config.worktree", Treatment::LeftOut),
            ("HOME/s/.git/worktrees/a/config.worktree", Treatment::LeftOut),
            ("HOME/s/.git/hooks", Treatment::Emptied),
            ("HOME/s/.git/hooks/pre-commit", Treatment::LeftOut),
            ("HOME/s/.git/hooks/pre-commit.sample", Treatment::AsItWas),
            ("HOME/s/.git/hooks/x.sample/pre-commit", Treatment::LeftOut),
            ("HOME/s/.git/modules/a/hooks/pre-commit", Treatment::LeftOut),
            ("HOME/s/.git/refs/heads/config", Treatment::AsItWas),
            ("HOME/s/.git/refs/heads/hooks/x", Treatment::AsItWas),
            ("HOME/s/.git/modules/a/refs/heads/config", Treatment::AsItWas),
            ("HOME/s/.git/HEAD", Treatment::AsItWas),
            ("HOME/s/config", Treatment::AsItWas),
            ("HOME/.config/vaultctl/config.toml", settings),
            ("HOME/.config/other/config.toml", Treatment::AsItWas),
        ] {
            let path = TreePath::parse(name.as_bytes()).expect("is one");
            assert_eq!(treatment(&path), expected, "{name}");
        }
    }
}
