//! What a client's file says of one server.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::secret::SecretText;

use super::{Client, Place};

/// For whom an entry is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// The user, in every folder.
    User,
    /// The user, in this project only; kept in the user's own file.
    Local(PathBuf),
    /// Everybody who works in this project; kept in the project.
    Project(PathBuf),
}

impl Scope {
    /// As it is shown and given in `--json`.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Local(_) => "local",
            Self::Project(_) => "project",
        }
    }

    /// The project's folder, as the client names it.
    #[must_use]
    pub fn project(&self) -> Option<&Path> {
        match self {
            Self::User => None,
            Self::Local(project) | Self::Project(project) => Some(project),
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// A text in a file: what it is, and where it stands. It may be a secret.
#[derive(Debug)]
pub struct Field {
    /// From the root of the document; an [`Edit`](super::Edit) changes what is there.
    pub place: Place,
    /// The text as the client understands it; a number or a flag as it is written.
    pub text: SecretText,
}

/// How a client gets to a server.
#[derive(Debug)]
pub enum Launch {
    /// It starts a program and talks over its standard streams.
    Stdio {
        /// The program.
        command: Field,
        /// Its arguments.
        args: Vec<Field>,
        /// Variables that it gets, by name.
        env: Vec<(String, Field)>,
        /// The folder that it starts in.
        dir: Option<Field>,
    },
    /// It sends requests to an address.
    Remote {
        /// The address.
        url: Field,
        /// Headers that go with each request, by name.
        headers: Vec<(String, Field)>,
        /// A command that prints headers as JSON (Claude Code's `headersHelper`).
        helper: Option<Field>,
    },
    /// Nothing of what is known here; left alone.
    Other,
}

/// A part of an entry, whatever a client calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The program; a text.
    Command,
    /// Its arguments; a list.
    Args,
    /// Its variables; a map.
    Env,
    /// A file with more of them; a text.
    EnvFile,
    /// Names of the client's own variables that it passes on (Codex's `env_vars`); a list.
    Passed,
    /// Where it starts; a text.
    Dir,
    /// The address; a text.
    Url,
    /// Headers; a map.
    Headers,
    /// Headers whose values are names of the client's own variables (Codex); a map.
    HeaderVariables,
    /// The name of the client's own variable with a bearer token (Codex); a text.
    BearerVariable,
    /// A command that prints headers; a text. Not every client knows one.
    Helper,
}

/// One server of one client.
#[derive(Debug)]
pub struct ServerEntry {
    /// Whose file it is in.
    pub client: Client,
    /// For whom it is.
    pub scope: Scope,
    /// The file, as its client names it (it may be a symbolic link).
    pub file: PathBuf,
    /// The server's name in this client.
    pub name: String,
    /// Where the entry stands in the file.
    pub place: Place,
    /// How its client gets to it.
    pub launch: Launch,
    /// Whether the file says that it is switched off.
    pub is_off: bool,
    /// A file that its client reads more variables from (Cursor, VS Code).
    pub env_file: Option<Field>,
    /// The client's own variables that are passed on by name (Codex).
    pub passed: Vec<Field>,
    /// Headers that take their values from the client's own variables: header, variable (Codex).
    pub header_variables: Vec<(String, Field)>,
    pub(super) parts: Vec<(Part, Place)>,
}

impl ServerEntry {
    /// Where a part of it stands, or is to be put when it is not there yet; `None` when its client
    /// knows no such part.
    #[must_use]
    pub fn place_of(&self, part: Part) -> Option<&Place> {
        self.parts.iter().find(|(known, _)| *known == part).map(|(_, place)| place)
    }
}
