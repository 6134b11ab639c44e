//! What of a snapshot is wanted.

use std::fmt;
use std::str::FromStr;

use crate::snapshot::archive::TreePath;
use crate::snapshot::create::profile::{is_client, is_client_configuration};

/// Below Claude's folder: where each session has files that begin with its id, and how many
/// folders lie in between (a project's folder, for transcripts).
const SESSIONS: [(&[u8], usize); 6] = [
    (b"projects", 1),
    (b"file-history", 0),
    (b"todos", 0),
    (b"tasks", 0),
    (b"session-env", 0),
    (b"debug", 0),
];

/// Everything, or some of it.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    wanted: Vec<Wanted>,
}

/// Something that is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// What is there, with all that is below it.
    Path(TreePath),
    /// The files in which MCP clients are told what to start.
    Mcp,
    /// All that clients are configured by.
    Clients,
    /// A transcript, with what its sub-agents and tools have left.
    Session(SessionId),
}

/// What a session is called: letters, digits and hyphens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionId(String);

impl FromStr for SessionId {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        let valid = !text.is_empty() && text.bytes().all(fits);
        if valid { Ok(Self(text.to_owned())) } else { Err(()) }
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => f.write_str(&path.shown()),
            Self::Mcp => f.write_str("mcp"),
            Self::Clients => f.write_str("the clients' configuration"),
            Self::Session(SessionId(id)) => write!(f, "session:{id}"),
        }
    }
}

impl Selection {
    /// All of it.
    #[must_use]
    pub const fn everything() -> Self {
        Self { wanted: Vec::new() }
    }

    /// Only these.
    #[must_use]
    pub fn only(wanted: Vec<Wanted>) -> Self {
        Self { wanted }
    }

    /// What was asked for; nothing, if that is everything.
    #[must_use]
    pub fn wanted(&self) -> &[Wanted] {
        &self.wanted
    }

    /// The highest thing above (or at) `path` that was asked for as a whole.
    pub(super) fn whole(&self, path: &TreePath) -> Option<TreePath> {
        let wholes = self.wanted.iter().filter_map(|wanted| wanted.whole(path));
        wholes.min_by_key(|whole| whole.as_bytes().len())
    }

    /// Whether this belongs to it.
    #[must_use]
    pub fn has(&self, path: &TreePath) -> bool {
        self.wanted.is_empty() || self.wanted.iter().any(|wanted| wanted.has(path))
    }
}

impl Wanted {
    pub(super) fn has(&self, path: &TreePath) -> bool {
        match self {
            Self::Path(wanted) => path.is_or_is_below(wanted),
            Self::Mcp => is_client(path),
            Self::Clients => is_client_configuration(path),
            Self::Session(id) => id.end_in(path).is_some(),
        }
    }

    /// The highest thing above (or at) `path` that belongs to it as a whole.
    pub(super) fn whole(&self, path: &TreePath) -> Option<TreePath> {
        match self {
            Self::Path(wanted) => path.is_or_is_below(wanted).then(|| wanted.clone()),
            Self::Mcp | Self::Clients => self.has(path).then(|| path.clone()),
            Self::Session(id) => TreePath::parse(&path.as_bytes()[..id.end_in(path)?]).ok(),
        }
    }
}

impl SessionId {
    /// Where in `path` the name ends that is this session's.
    fn end_in(&self, path: &TreePath) -> Option<usize> {
        let components: Vec<&[u8]> = path.as_bytes().split(|byte| *byte == b'/').collect();
        let named = |(kind, between): &(&[u8], usize)| {
            let place = components.iter().position(|component| component == kind)?;
            let place = place + between + 1;
            self.begins(components.get(place)?).then_some(place)
        };
        let place = SESSIONS.iter().find_map(named)?;
        let length: usize = components[..=place].iter().map(|component| component.len()).sum();
        Some(length + place)
    }

    /// `ID`, `ID.jsonl`, `ID-agent-….json`.
    fn begins(&self, name: &[u8]) -> bool {
        let rest = name.strip_prefix(self.0.as_bytes());
        rest.is_some_and(|rest| matches!(rest.first(), None | Some(b'.' | b'-')))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> TreePath {
        TreePath::parse(text.as_bytes()).expect("is one")
    }

    #[test]
    fn what_belongs_to_what() {
        let session = || Wanted::Session("8f-1".parse().expect("is one"));
        for (wanted, name, whole) in [
            (Wanted::Path(path("HOME/.claude")), "HOME/.claude/x/y", Some("HOME/.claude")),
            (Wanted::Path(path("HOME/.claude")), "HOME/.claude", Some("HOME/.claude")),
            (Wanted::Path(path("HOME/.claude")), "HOME/.claude.json", None),
            (Wanted::Mcp, "HOME/.claude.json", Some("HOME/.claude.json")),
            (Wanted::Mcp, "HOME/.cursor/mcp.json", Some("HOME/.cursor/mcp.json")),
            (Wanted::Mcp, "HOME/.claude/settings.json", None),
            (Wanted::Clients, "HOME/.claude.json", Some("HOME/.claude.json")),
            (
                Wanted::Clients,
                "HOME/.claude/settings.local.json",
                Some("HOME/.claude/settings.local.json"),
            ),
            (Wanted::Clients, "HOME/.claude/agents/a/b.md", Some("HOME/.claude/agents/a/b.md")),
            (
                Wanted::Clients,
                "HOME/.claude/projects/-x/memory/a.md",
                Some("HOME/.claude/projects/-x/memory/a.md"),
            ),
            (Wanted::Clients, "HOME/.claude/projects/-x/8f-1.jsonl", None),
            (Wanted::Clients, "HOME/.claude/history.jsonl", None),
            (Wanted::Clients, "HOME/.password-store/a.age", None),
            (Wanted::Clients, "HOME/.config/vaultctl/config.toml", None),
            (
                session(),
                "HOME/.claude/projects/-x/8f-1.jsonl",
                Some("HOME/.claude/projects/-x/8f-1.jsonl"),
            ),
            (
                session(),
                "HOME/.claude/projects/-x/8f-1/subagents/a",
                Some("HOME/.claude/projects/-x/8f-1"),
            ),
            (session(), "HOME/.claude/projects/-x/8f-12.jsonl", None),
            (session(), "HOME/.claude/projects/8f-1/other.jsonl", None),
            (
                session(),
                "HOME/.claude/file-history/8f-1/a@v1",
                Some("HOME/.claude/file-history/8f-1"),
            ),
            (
                session(),
                "HOME/.claude/todos/8f-1-agent-2.json",
                Some("HOME/.claude/todos/8f-1-agent-2.json"),
            ),
        ] {
            let (name, whole) = (path(name), whole.map(path));
            assert_eq!(wanted.whole(&name), whole, "{wanted} of {name}");
            assert_eq!(wanted.has(&name), whole.is_some(), "{wanted} of {name}");
        }
    }

    #[test]
    fn an_id_is_no_path() {
        for bad in ["", "../x", "a/b", "a b", "*"] {
            assert_eq!(bad.parse::<SessionId>(), Err(()), "{bad:?}");
        }
    }
}
