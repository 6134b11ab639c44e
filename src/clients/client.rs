//! The clients that are known, by name.

use std::fmt;
use std::str::FromStr;

use super::description::Description;
use super::{claude_code, claude_desktop, codex_cli, cursor, gemini_cli, vs_code, windsurf, zed};

/// A program that starts MCP servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Client {
    /// Anthropic's desktop app.
    ClaudeDesktop,
    /// Anthropic's command line.
    ClaudeCode,
    /// The editor by Anysphere.
    Cursor,
    /// Visual Studio Code, with GitHub Copilot.
    VsCode,
    /// The editor by Codeium, now Cognition.
    Windsurf,
    /// The editor by Zed Industries.
    Zed,
    /// Google's command line.
    GeminiCli,
    /// OpenAI's command line.
    CodexCli,
}

impl Client {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 8] = [
        Self::ClaudeDesktop,
        Self::ClaudeCode,
        Self::Cursor,
        Self::VsCode,
        Self::Windsurf,
        Self::Zed,
        Self::GeminiCli,
        Self::CodexCli,
    ];

    /// As it is given to `--client` and in `--json`.
    #[must_use]
    pub fn word(self) -> &'static str {
        self.description().word
    }

    /// As its makers write it.
    #[must_use]
    pub fn title(self) -> &'static str {
        self.description().title
    }

    pub(super) fn description(self) -> &'static Description {
        match self {
            Self::ClaudeDesktop => &claude_desktop::DESCRIPTION,
            Self::ClaudeCode => &claude_code::DESCRIPTION,
            Self::Cursor => &cursor::DESCRIPTION,
            Self::VsCode => &vs_code::DESCRIPTION,
            Self::Windsurf => &windsurf::DESCRIPTION,
            Self::Zed => &zed::DESCRIPTION,
            Self::GeminiCli => &gemini_cli::DESCRIPTION,
            Self::CodexCli => &codex_cli::DESCRIPTION,
        }
    }
}

impl fmt::Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for Client {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = Self::ALL.into_iter().find(|client| client.word() == text);
        known.ok_or_else(|| {
            let words = Self::ALL.map(Self::word).join(", ");
            format!("`{text}` is no client that is known here; there are {words}")
        })
    }
}
