//! Zed: servers are a part of its settings.

use super::description::{Description, Holds, Root, Spot};
use super::{Dialect, Format, Part};

pub(super) const DESCRIPTION: Description = Description {
    word: "zed",
    title: "Zed",
    files: &[
        spot(Root::Config, "zed/settings.json"),
        // On macOS, too, it is here.
        spot(Root::Home, ".config/zed/settings.json"),
        spot(Root::Windows, "AppData/Roaming/Zed/settings.json"),
    ],
    project_files: &[spot(Root::Project, ".zed/settings.json")],
    parts: &[
        // Until 0.200 or so, a command was a map of its own.
        (Part::Command, &["command", "path"]),
        (Part::Command, &["command"]),
        (Part::Args, &["command", "args"]),
        (Part::Args, &["args"]),
        (Part::Env, &["command", "env"]),
        (Part::Env, &["env"]),
        (Part::Url, &["url"]),
        (Part::Headers, &["headers"]),
    ],
    prefers_address: false,
    dialect: Dialect::Nothing,
};

const fn spot(root: Root, path: &'static str) -> Spot {
    Spot { root, path, format: Format::Jsonc, holds: &[Holds::Servers(&["context_servers"])] }
}
