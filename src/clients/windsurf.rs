//! Windsurf, and its plug-in for JetBrains.

use super::description::{Description, MCP_SERVERS, Root, Spot};
use super::{Dialect, Format, Part};

const EDITOR: &str = ".codeium/windsurf/mcp_config.json";
const PLUG_IN: &str = ".codeium/mcp_config.json";

pub(super) const DESCRIPTION: Description = Description {
    word: "windsurf",
    title: "Windsurf",
    files: &[
        spot(Root::Home, EDITOR),
        spot(Root::Home, PLUG_IN),
        spot(Root::Windows, EDITOR),
        spot(Root::Windows, PLUG_IN),
    ],
    project_files: &[],
    parts: &[
        (Part::Command, &["command"]),
        (Part::Args, &["args"]),
        (Part::Env, &["env"]),
        (Part::Url, &["serverUrl"]),
        (Part::Url, &["url"]),
        (Part::Headers, &["headers"]),
    ],
    prefers_address: false,
    dialect: Dialect::Braces,
};

const fn spot(root: Root, path: &'static str) -> Spot {
    Spot { root, path, format: Format::Jsonc, holds: MCP_SERVERS }
}
