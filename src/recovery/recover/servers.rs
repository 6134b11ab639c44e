//! The everyday accident: a client, or an update of it, has lost its MCP servers. They are put back,
//! and nothing else in the file is touched.

use crate::snapshot::{Error, JsonPointer, MergeError, Part, Restoration, Site, TreePath};

/// Where clients keep their servers: a file below the home, and the part of it. Files in other
/// languages than JSON, or with comments, come back whole or not at all.
const SERVERS: [(&str, &str); 15] = [
    (".claude.json", "/mcpServers"),
    (".mcp.json", "/mcpServers"),
    (".config/Claude/claude_desktop_config.json", "/mcpServers"),
    ("Library/Application Support/Claude/claude_desktop_config.json", "/mcpServers"),
    (".cursor/mcp.json", "/mcpServers"),
    (".copilot/mcp-config.json", "/mcpServers"),
    (".config/Code/User/mcp.json", "/servers"),
    ("Library/Application Support/Code/User/mcp.json", "/servers"),
    (".codeium/windsurf/mcp_config.json", "/mcpServers"),
    (".codeium/mcp_config.json", "/mcpServers"),
    (".config/zed/settings.json", "/context_servers"),
    (".gemini/settings.json", "/mcpServers"),
    (".lmstudio/mcp.json", "/mcpServers"),
    (".kiro/settings/mcp.json", "/mcpServers"),
    (".config/amp/settings.json", "/amp.mcpServers"),
];

/// A file, and what can be done for its servers.
pub enum Servers<'a> {
    /// They can be put into the file that is there.
    Part(TreePath, Part<'a>),
    /// There is no file that could hold them: it comes back whole.
    Whole(TreePath),
    /// They stay as they are.
    Left(TreePath, MergeError),
}

/// What could be done for the servers of each client's file that the snapshot has. Those that are there
/// as they were are left out.
///
/// # Errors
/// See [`Error`].
pub fn servers<'a>(
    restoration: &Restoration<'_>,
    site: &'a Site<'a>,
) -> Result<Vec<Servers<'a>>, Error> {
    let stored: Vec<TreePath> = restoration.things()?.into_iter().map(|thing| thing.path).collect();
    let mut found = Vec::new();
    for (name, pointer) in SERVERS {
        let path = TreePath::parse(format!("HOME/{name}").as_bytes()).expect("the table is valid");
        let pointer = JsonPointer::parse(pointer).expect("the table is valid");
        if stored.contains(&path) {
            found.extend(Servers::of(restoration, site, path, &pointer)?);
        }
    }
    Ok(found)
}

impl<'a> Servers<'a> {
    /// In which file.
    #[must_use]
    pub fn path(&self) -> &TreePath {
        match self {
            Self::Part(path, _) | Self::Whole(path) | Self::Left(path, _) => path,
        }
    }

    fn of(
        restoration: &Restoration<'_>,
        site: &'a Site<'a>,
        path: TreePath,
        pointer: &JsonPointer,
    ) -> Result<Option<Self>, Error> {
        match Part::of(restoration, site, &path, pointer) {
            Ok(part) if part.is_there_already() => Ok(None),
            Ok(part) => Ok(Some(Self::Part(path, part))),
            Err(Error::NoFile(_)) => Ok(Some(Self::Whole(path))),
            Err(Error::NotMerged(_, reason)) => Ok(match reason {
                MergeError::LiveIsNoJson | MergeError::NoPlace => Some(Self::Whole(path)),
                MergeError::NoSuchPart => None,
                reason => Some(Self::Left(path, reason)),
            }),
            Err(error) => Err(error),
        }
    }
}
