//! Claude Desktop. Its file knows servers that it starts; remote ones are kept in the account.

use super::description::{Description, MCP_SERVERS, Root, Spot};
use super::{Dialect, Format, Part};

const FILE: &str = "Claude/claude_desktop_config.json";

pub(super) const DESCRIPTION: Description = Description {
    word: "claude-desktop",
    title: "Claude Desktop",
    files: &[
        spot(Root::Config, FILE),
        spot(Root::Support, FILE),
        spot(Root::Windows, "AppData/Roaming/Claude/claude_desktop_config.json"),
        // Installed from the store (MSIX): Windows keeps what it writes to Roaming here.
        spot(
            Root::Windows,
            "AppData/Local/Packages/Claude_pzs8sxrjxfjjc/LocalCache/Roaming/Claude/claude_desktop_config.json",
        ),
    ],
    project_files: &[],
    parts: &[(Part::Command, &["command"]), (Part::Args, &["args"]), (Part::Env, &["env"])],
    prefers_address: false,
    dialect: Dialect::Nothing,
};

const fn spot(root: Root, path: &'static str) -> Spot {
    Spot { root, path, format: Format::Json, holds: MCP_SERVERS }
}
