//! Gemini CLI. `url` is an address for server-sent events, `httpUrl` one for streamable HTTP.

use super::description::{Description, MCP_SERVERS, Root, Spot};
use super::{Dialect, Format, Part};

pub(super) const DESCRIPTION: Description = Description {
    word: "gemini-cli",
    title: "Gemini CLI",
    files: &[spot(Root::Home), spot(Root::Windows)],
    project_files: &[spot(Root::Project)],
    parts: &[
        (Part::Command, &["command"]),
        (Part::Args, &["args"]),
        (Part::Env, &["env"]),
        (Part::Dir, &["cwd"]),
        (Part::Url, &["httpUrl"]),
        (Part::Url, &["url"]),
        (Part::Headers, &["headers"]),
    ],
    prefers_address: true,
    dialect: Dialect::Dollars,
};

const fn spot(root: Root) -> Spot {
    Spot { root, path: ".gemini/settings.json", format: Format::Jsonc, holds: MCP_SERVERS }
}
