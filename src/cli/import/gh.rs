//! `vaultctl import gh`.

use crate::cli::{Checked, Done, Example, Failure, Session};
use crate::import::{Error, Gh};

use super::How;
use super::source::{Source, quoted};

/// Import the tokens of the GitHub CLI
///
/// Asks `gh auth token`, which knows the system's keyring; what it does not tell comes from its
/// `hosts.yml`. Each account becomes an entry with its user and URL.
#[derive(clap::Args)]
pub(in crate::cli) struct Args {
    /// The accounts of this host
    #[arg(long, value_name = "HOST", default_value = "github.com")]
    host: String,
    #[command(flatten)]
    how: How,
}

pub(in crate::cli) const EXAMPLES: &[Example] = &[
    Example {
        what: "Import your token as github.com/USER",
        line: "vaultctl import gh --yes",
        checked: Checked::Runs,
    },
    Example {
        what: "Look at what a GitHub Enterprise host would give",
        line: "vaultctl import gh --host ghe.example.com --dry-run",
        checked: Checked::Parses,
    },
];

pub(super) fn run(args: &Args, session: &Session) -> Result<Done, Failure> {
    let gh = Gh { variables: &session.world.variables, home: &session.config.paths.home };
    let found = gh.read(&args.host).map_err(|error| match error {
        Error::Malformed { .. } => {
            Failure::from(error).about(&format!("`{}`", gh.hosts_file().display()))
        }
        error => error.into(),
    })?;
    let source = Source { name: "gh", folder: &args.host, file: None };
    let imported = source.import(found, &args.how, session)?;
    if let Some(name) = imported.names.first() {
        session.ui.note(&format!(
            "use it: GITHUB_TOKEN={} vaultctl exec -- COMMAND",
            quoted(&format!("vault:{name}"))
        ));
        session.ui.note("`gh` keeps its own copy; `gh auth logout` takes it away");
    }
    Ok(imported.done)
}
