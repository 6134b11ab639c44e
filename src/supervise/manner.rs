//! How each client starts a server: what it says first, which of its variables pass, and where.
//!
//! For Claude Code that was measured (2.1.332); for Codex CLI, Gemini CLI, VS Code and Zed it is what
//! their sources say (2026-11); for the others it is what the official SDKs do unless told otherwise.

use std::ffi::OsStr;

use crate::clients::Client;

use super::Opening;

/// What the official SDKs pass on, TypeScript and Python.
const SDK: &[&str] = &["HOME", "LOGNAME", "PATH", "SHELL", "TERM", "USER"];

/// What Codex passes on.
const CODEX: &[&str] =
    &["HOME", "LANG", "LC_ALL", "LOGNAME", "PATH", "SHELL", "TERM", "TMPDIR", "TZ", "USER"];

/// What Gemini CLI takes for the name of a secret, and does not pass on.
const SECRET_TO_GEMINI: [&str; 10] = [
    "TOKEN",
    "SECRET",
    "PASSWORD",
    "PASSWD",
    "KEY",
    "AUTH",
    "CREDENTIAL",
    "CREDS",
    "PRIVATE",
    "CERT",
];

/// What Claude Code tells everything that it starts.
const CLAUDE_CODE: &[(&str, &str)] = &[("CLAUDECODE", "1"), ("AI_AGENT", "claude-code")];

/// How a client starts servers.
pub(super) struct Manner {
    pub(super) opening: Opening,
    pub(super) passing: Passing,
    pub(super) starts_in: StartsIn,
    /// Variables of its own.
    pub(super) marks: &'static [(&'static str, &'static str)],
}

/// Which of the client's variables a server gets.
#[derive(Clone, Copy)]
pub(super) enum Passing {
    All,
    Only(&'static [&'static str]),
    AllButSecret,
}

/// Where a server starts that is for all folders, and whose entry does not say.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum StartsIn {
    /// Where the client was started: it is a program for the command line.
    CurrentFolder,
    Home,
}

impl Passing {
    pub(super) fn lets(self, name: &OsStr) -> bool {
        match self {
            Self::All => true,
            Self::Only(names) => names.iter().any(|known| name == OsStr::new(known)),
            Self::AllButSecret => {
                let name = name.to_string_lossy().to_ascii_uppercase();
                !SECRET_TO_GEMINI.iter().any(|word| name.contains(word))
            }
        }
    }
}

/// How this client does it.
pub(super) fn manner(client: Client) -> Manner {
    let plain = |passing, starts_in| Manner {
        opening: Opening::Initialize,
        passing,
        starts_in,
        marks: &[],
    };
    match client {
        Client::ClaudeCode => Manner {
            opening: Opening::Discover,
            passing: Passing::All,
            starts_in: StartsIn::CurrentFolder,
            marks: CLAUDE_CODE,
        },
        Client::CodexCli => plain(Passing::Only(CODEX), StartsIn::CurrentFolder),
        Client::GeminiCli => plain(Passing::AllButSecret, StartsIn::CurrentFolder),
        Client::VsCode | Client::Zed => plain(Passing::All, StartsIn::Home),
        Client::ClaudeDesktop | Client::Cursor | Client::Windsurf => {
            plain(Passing::Only(SDK), StartsIn::Home)
        }
    }
}
