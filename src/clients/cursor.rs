//! Cursor.

use super::description::{Description, MCP_SERVERS, Root, Spot};
use super::{Dialect, Format, Part};

const FILE: &str = ".cursor/mcp.json";

pub(super) const DESCRIPTION: Description = Description {
    word: "cursor",
    title: "Cursor",
    files: &[spot(Root::Home), spot(Root::Windows)],
    project_files: &[spot(Root::Project)],
    parts: &[
        (Part::Command, &["command"]),
        (Part::Args, &["args"]),
        (Part::Env, &["env"]),
        (Part::EnvFile, &["envFile"]),
        (Part::Url, &["url"]),
        (Part::Headers, &["headers"]),
    ],
    prefers_address: false,
    dialect: Dialect::Braces,
};

const fn spot(root: Root) -> Spot {
    Spot { root, path: FILE, format: Format::Jsonc, holds: MCP_SERVERS }
}
