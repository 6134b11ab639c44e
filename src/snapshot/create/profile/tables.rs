//! What the profiles name: the tables are the profiles.

use crate::snapshot::create::health::Format;

/// Below `~/.claude`: files, folders and how a file must parse. `*` stands for any text without `/`.
pub(super) const CLAUDE: &[(&str, Option<Format>)] = &[
    ("settings*.json", Some(Format::Json)),
    ("keybindings.json", Some(Format::Json)),
    ("plugins/*.json", Some(Format::Json)),
    ("CLAUDE.md", None),
    ("agents", None),
    ("commands", None),
    ("skills", None),
    ("hooks", None),
    ("rules", None),
    ("output-styles", None),
    ("workflows", None),
    ("themes", None),
    ("agent-memory", None),
    ("projects/*/memory", None),
];

/// Below the home: what other MCP clients are configured by. Some of them allow comments in JSON,
/// so only those that do not are parsed.
pub(super) const CLIENTS: &[(&str, Option<Format>)] = &[
    (".config/Claude/claude_desktop_config.json", Some(Format::Json)),
    ("Library/Application Support/Claude/claude_desktop_config.json", Some(Format::Json)),
    (".mcp.json", Some(Format::Json)),
    (".cursor/mcp.json", Some(Format::Json)),
    (".copilot/mcp-config.json", None),
    (".config/Code/User/mcp.json", None),
    ("Library/Application Support/Code/User/mcp.json", None),
    (".codeium/windsurf/mcp_config.json", None),
    (".codeium/mcp_config.json", None),
    (".config/zed/settings.json", None),
    (".gemini/settings.json", None),
    (".codex/config.toml", Some(Format::Toml)),
    (".config/goose/config.yaml", None),
    (".continue/config.yaml", None),
    (".lmstudio/mcp.json", None),
    (".config/opencode/opencode.json", None),
    (".kiro/settings/mcp.json", None),
    (".config/amp/settings.json", None),
];

/// In Claude's folder: who is logged in there.
pub(super) const CLAUDE_CREDENTIALS: &str = ".credentials.json";

/// Below the home: tokens that belong to one machine, because they are renewed again and again, and
/// a second holder looks like a thief.
pub(super) const CREDENTIALS: &[&str] = &[
    ".mcp-auth",
    ".mcp-inspector/storage/oauth.json",
    ".gemini/mcp-oauth-tokens.json",
    ".codex/auth.json",
];

/// Below GnuPG's folder, when entries of the store are encrypted by it: without these, they come
/// back and nobody can open them.
pub(super) const GNUPG: &[(&str, Option<Format>)] = &[
    ("private-keys-v1.d", None),
    ("openpgp-revocs.d", None),
    ("pubring.kbx", None),
    ("pubring.gpg", None),
    ("trustdb.gpg", None),
    ("*.conf", None),
];

/// Below `~/.claude`: what is neither precious nor history. Claude makes it again, or it is of no
/// use to another session; several of these hold secrets.
pub(super) const LEFT_OUT: &[&str] = &[
    "backups",
    "cache",
    "debug",
    "feedback-bundles",
    "ide",
    "image-cache",
    "logs",
    "paste-cache",
    "plugins/cache",
    "plugins/marketplaces",
    "policy-limits.json",
    "remote-settings.json",
    "session-env",
    "sessions",
    "shell-snapshots",
    "stats-cache.json",
    "statsig",
    "telemetry",
    "todos",
    "uploads",
    "usage-data",
    "*.lock",
];
