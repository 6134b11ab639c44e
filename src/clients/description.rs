//! How a client is described: a table for each, in a file of its own.

use super::{Dialect, Format, Part};

/// A client: where its files are, and what they look like.
pub(super) struct Description {
    /// As it is given to `--client`.
    pub(super) word: &'static str,
    /// As its makers write it.
    pub(super) title: &'static str,
    /// Files of the user.
    pub(super) files: &'static [Spot],
    /// Files in a project's folder.
    pub(super) project_files: &'static [Spot],
    /// Where the parts of an entry are, from the entry on. Where there are several places for one
    /// part, the first that is there counts, and the first of them is where a new one goes.
    pub(super) parts: &'static [(Part, &'static [&'static str])],
    /// Whether an entry with an address and a command is reached by its address.
    pub(super) prefers_address: bool,
    /// What it replaces in texts by itself.
    pub(super) dialect: Dialect,
}

/// Where a file may be, and what is in it.
#[derive(Debug)]
pub(super) struct Spot {
    pub(super) root: Root,
    /// From there on; a part that is `*` stands for any one folder.
    pub(super) path: &'static str,
    pub(super) format: Format,
    pub(super) holds: &'static [Holds],
}

/// Where a path begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Root {
    /// The home.
    Home,
    /// `$XDG_CONFIG_HOME` or `~/.config`, except on macOS.
    Config,
    /// `~/Library/Application Support`, on macOS.
    Support,
    /// The home of each user of the Windows that this is a guest of.
    Windows,
    /// The folder that a variable names, or this one below the home.
    Named(&'static str, &'static str),
    /// A project's folder.
    Project,
}

/// What is in a file.
#[derive(Clone, Copy, Debug)]
pub(super) enum Holds {
    /// Servers, by name.
    Servers(&'static [&'static str]),
    /// Projects by folder, and in each of them servers by name (`~/.claude.json`).
    ServersOfProjects,
    /// Variables for all that the client starts, and rules about servers (`settings.json` of Claude Code).
    Settings,
}

/// What nearly all have in common.
pub(super) const MCP_SERVERS: &[Holds] = &[Holds::Servers(&["mcpServers"])];
