//! Visual Studio Code, with and without profiles, and what it keeps for remote windows.

use super::description::{Description, Holds, Root, Spot};
use super::{Dialect, Format, Part};

const SERVERS: &[Holds] = &[Holds::Servers(&["servers"])];

/// Until 1.102, servers were in the settings.
const IN_SETTINGS: &[Holds] = &[Holds::Servers(&["mcp", "servers"])];

pub(super) const DESCRIPTION: Description = Description {
    word: "vscode",
    title: "VS Code",
    files: &[
        spot(Root::Config, "Code/User/mcp.json", SERVERS),
        spot(Root::Config, "Code/User/profiles/*/mcp.json", SERVERS),
        spot(Root::Config, "Code/User/settings.json", IN_SETTINGS),
        spot(Root::Support, "Code/User/mcp.json", SERVERS),
        spot(Root::Support, "Code/User/profiles/*/mcp.json", SERVERS),
        spot(Root::Support, "Code/User/settings.json", IN_SETTINGS),
        spot(Root::Home, ".vscode-server/data/User/mcp.json", SERVERS),
        spot(Root::Windows, "AppData/Roaming/Code/User/mcp.json", SERVERS),
        spot(Root::Windows, "AppData/Roaming/Code/User/profiles/*/mcp.json", SERVERS),
        spot(Root::Windows, "AppData/Roaming/Code/User/settings.json", IN_SETTINGS),
    ],
    project_files: &[
        spot(Root::Project, ".vscode/mcp.json", SERVERS),
        spot(Root::Project, ".vscode/settings.json", IN_SETTINGS),
        spot(
            Root::Project,
            ".devcontainer/devcontainer.json",
            &[Holds::Servers(&["customizations", "vscode", "mcp", "servers"])],
        ),
    ],
    parts: &[
        (Part::Command, &["command"]),
        (Part::Args, &["args"]),
        (Part::Env, &["env"]),
        (Part::EnvFile, &["envFile"]),
        (Part::Dir, &["cwd"]),
        (Part::Url, &["url"]),
        (Part::Headers, &["headers"]),
    ],
    prefers_address: false,
    dialect: Dialect::Braces,
};

const fn spot(root: Root, path: &'static str, holds: &'static [Holds]) -> Spot {
    Spot { root, path, format: Format::Jsonc, holds }
}
