//! `vaultctl schedule`.

pub(super) mod install;
pub(super) mod list;
mod readiness;
pub(super) mod remove;
pub(super) mod run;

use std::ffi::OsString;
use std::path::PathBuf;

use crate::config::{Config, Overrides};
use crate::schedule::{Records, Setting};
use crate::sys::{self, SYSTEM_PATH, Variables};

use super::{Done, Failure, Session, agent};

/// Have snapshots taken, checked and pruned by themselves
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(clap::Subcommand)]
enum Verb {
    Install(install::Args),
    List(list::Args),
    Remove(remove::Args),
    Run(run::Args),
}

pub(super) fn run(args: &Args, session: &Session) -> Result<Done, Failure> {
    match &args.verb {
        Verb::Install(args) => install::run(args, session),
        Verb::List(args) => list::run(args, session),
        Verb::Remove(args) => remove::run(args, session),
        Verb::Run(args) => run::run(args, session),
    }
}

/// Where jobs leave what they did.
fn records(session: &Session) -> Records {
    Records::of(session.config.paths.state_folder())
}

/// The variables beside those of places that a job needs to find what it finds now. None of them
/// holds a secret; those that do (`AWS_SECRET_ACCESS_KEY`) are left out, and that is told.
const PASSED: [&str; 8] = [
    "GNUPGHOME",
    "PASSAGE_RECIPIENTS_FILE",
    "AWS_PROFILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
];

/// What a scheduler is told.
fn setting(session: &Session) -> Result<Setting<'_>, Failure> {
    Ok(Setting {
        program: program(&session.world.variables)?,
        home: &session.config.paths.home,
        variables: &session.world.variables,
        environment: environment(session),
    })
}

/// The name by which we are found on the PATH stays when a package manager brings a new version;
/// the file behind it may not.
fn program(variables: &Variables) -> Result<PathBuf, Failure> {
    let own = sys::own_program()?;
    let named = variables.program("vaultctl");
    let is_own = |path: &PathBuf| sys::without_links(path) == sys::without_links(&own);
    Ok(named.filter(is_own).unwrap_or(own))
}

/// The variables of a job: where things are, if not in the usual places, and the system's programs.
fn environment(session: &Session) -> Vec<(String, OsString)> {
    let variables = &session.world.variables;
    let mut environment = vec![("PATH".to_owned(), OsString::from(SYSTEM_PATH))];
    let home = &session.config.paths.home;
    if sys::account().is_none_or(|account| account.home != *home) {
        environment.push(("HOME".to_owned(), home.clone().into()));
    }
    let options = chosen_places(session);
    let is_chosen = |name: &str| options.iter().any(|(chosen, _)| *chosen == name);
    for name in agent::PLACES.iter().chain(&PASSED).filter(|name| !is_chosen(name)) {
        if let Some(value) = variables.raw(name) {
            environment.push(((*name).to_owned(), value.to_owned()));
        }
    }
    environment.extend(options.into_iter().map(|(name, value)| (name.to_owned(), value)));
    environment
}

/// What `--config` and `--store` have chosen, as variables.
fn chosen_places(session: &Session) -> Vec<(&'static str, OsString)> {
    let paths = &session.config.paths;
    let without = Config::load(&session.world.variables, &Overrides::default()).ok();
    let mut chosen = Vec::new();
    if without.as_ref().is_none_or(|without| without.paths.settings != paths.settings) {
        let settings = sys::absolute(paths.settings.clone());
        chosen.push(("VAULTCTL_CONFIG", settings.into_os_string()));
    }
    if without.is_none_or(|without| without.paths.store != paths.store) {
        chosen.push(("VAULTCTL_STORE", paths.store.clone().into_os_string()));
    }
    chosen
}
