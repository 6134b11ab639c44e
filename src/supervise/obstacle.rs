//! Why a server is not started.

use std::path::PathBuf;

/// What stands in the way. Worded to follow the server's name.
#[derive(Debug, thiserror::Error)]
pub enum Obstacle {
    /// It is not started by its client, but asked.
    #[error("a remote server; nothing was sent to it")]
    Remote,
    /// The entry says nothing that is known here.
    #[error("its entry names neither a program nor an address")]
    Unknown,
    /// The entry is switched off.
    #[error("switched off")]
    Off,
    /// It came with a project, and nobody has approved it.
    #[error("comes with the project and waits for approval")]
    Pending,
    /// Its client runs outside of this Linux.
    #[error("its client runs on Windows")]
    Windows,
    /// More variables are in a file that is not read here.
    #[error("its client reads its variables from a file")]
    EnvFile,
    /// A value is asked for when the server is started.
    #[error("its client asks a person for `{0}`")]
    Asks(String),
    /// A placeholder that only its client knows.
    #[error("only its client knows what `${{{0}:…}}` stands for")]
    Placeholder(String),
    /// A variable without a name, or with one that none can have.
    #[error("a variable of its has a name that no variable can have")]
    BadVariable,
    /// An entry of the store that it is to get a part of.
    #[error("`{place}` is `{reference}`, and there is no such entry")]
    NoEntry {
        /// The variable or argument.
        place: String,
        /// What stands there.
        reference: String,
    },
    /// The folder that it would start in.
    #[error("would start in `{}`, which is no folder", .0.display())]
    NoFolder(PathBuf),
    /// The file that would be started.
    #[error("there is no program at `{0}`")]
    NoFile(String),
    /// The program that would be looked for.
    #[error("the program `{0}` is not on the PATH that its client passes")]
    NoProgram(String),
}

impl Obstacle {
    /// Whether its client would fail over it too.
    #[must_use]
    pub fn is_fault(&self) -> bool {
        matches!(
            self,
            Self::BadVariable
                | Self::NoEntry { .. }
                | Self::NoFolder(_)
                | Self::NoFile(_)
                | Self::NoProgram(_)
        )
    }
}
