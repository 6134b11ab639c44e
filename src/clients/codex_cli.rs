//! Codex CLI, which is configured in TOML and replaces nothing in texts.

use super::description::{Description, Holds, Root, Spot};
use super::{Dialect, Format, Part};

pub(super) const DESCRIPTION: Description = Description {
    word: "codex",
    title: "Codex CLI",
    files: &[
        spot(Root::Named("CODEX_HOME", ".codex"), "config.toml"),
        spot(Root::Windows, ".codex/config.toml"),
    ],
    project_files: &[spot(Root::Project, ".codex/config.toml")],
    parts: &[
        (Part::Command, &["command"]),
        (Part::Args, &["args"]),
        (Part::Env, &["env"]),
        (Part::Passed, &["env_vars"]),
        (Part::Dir, &["cwd"]),
        (Part::Url, &["url"]),
        (Part::Headers, &["http_headers"]),
        (Part::HeaderVariables, &["env_http_headers"]),
        (Part::BearerVariable, &["bearer_token_env_var"]),
    ],
    prefers_address: false,
    dialect: Dialect::Nothing,
};

const fn spot(root: Root, path: &'static str) -> Spot {
    Spot { root, path, format: Format::Toml, holds: &[Holds::Servers(&["mcp_servers"])] }
}
