//! Claude Code: one file for the user and the user's projects, one in each project, and settings.
//!
//! Measured with 2.1.329: comments are refused in all of them; a byte order mark is not; of equal
//! names the last counts; `~/.claude/.config.json` takes the place of `~/.claude.json` if it is there.

use super::description::{Description, Holds, MCP_SERVERS, Root, Spot};
use super::{Dialect, Format, Part};

const MAIN: &[Holds] = &[Holds::Servers(&["mcpServers"]), Holds::ServersOfProjects];
const SETTINGS: &[Holds] = &[Holds::Settings];

/// The variable that moves all of it.
const FOLDER: &str = "CLAUDE_CONFIG_DIR";

pub(super) const DESCRIPTION: Description = Description {
    word: "claude-code",
    title: "Claude Code",
    files: &[
        spot(Root::Named(FOLDER, ".claude"), ".config.json", MAIN),
        spot(Root::Named(FOLDER, ""), ".claude.json", MAIN),
        spot(Root::Named(FOLDER, ".claude"), "settings.json", SETTINGS),
        spot(Root::Windows, ".claude.json", MAIN),
        spot(Root::Windows, ".claude/settings.json", SETTINGS),
    ],
    project_files: &[
        spot(Root::Project, ".mcp.json", MCP_SERVERS),
        spot(Root::Project, ".claude/settings.json", SETTINGS),
        spot(Root::Project, ".claude/settings.local.json", SETTINGS),
    ],
    parts: &[
        (Part::Command, &["command"]),
        (Part::Args, &["args"]),
        (Part::Env, &["env"]),
        (Part::Url, &["url"]),
        (Part::Headers, &["headers"]),
        (Part::Helper, &["headersHelper"]),
    ],
    prefers_address: false,
    dialect: Dialect::Braces,
};

const fn spot(root: Root, path: &'static str, holds: &'static [Holds]) -> Spot {
    Spot { root, path, format: Format::Json, holds }
}
