//! An AI agent is not a person.
//!
//! Where one is the caller, nothing is shown to it but the entries that `[agent] allow` names, it
//! gives nobody access, and what it launches gets secrets by a permission only. That stops
//! accidents, and entries of client files that somebody else has written; not a program of the same
//! user that means to (`docs/threat-model.md`). `tests/it/agent.rs` goes over all verbs.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::sync::Arc;

use globset::Glob;

use crate::config::{Agent, Config, Overrides, Standing};
use crate::crypto::Cipher;
use crate::inject::Grant;
use crate::store::{Name, Store};
use crate::sys::{self, Account, NoTerminal, SYSTEM_PATH, Variables, World};

use super::{Code, Failure, Session};

/// The variables that agents set for what they start.
const MARKS: [&str; 2] = ["CLAUDECODE", "AI_AGENT"];

/// Which server Claude Code wants headers for; it sets this for its helpers.
pub(super) const SERVER_URL: &str = "CLAUDE_CODE_MCP_SERVER_URL";

/// The variables that say where settings, store, keys and state are.
pub(super) const PLACES: [&str; 8] = [
    "VAULTCTL_CONFIG",
    "VAULTCTL_STORE",
    "PASSWORD_STORE_DIR",
    "VAULTCTL_IDENTITY",
    "XDG_CONFIG_HOME",
    "XDG_STATE_HOME",
    "PASSAGE_DIR",
    "PASSAGE_IDENTITIES_FILE",
];

/// What of git shows names and moves ciphertext.
const HARMLESS_GIT: [&str; 9] =
    ["fetch", "init", "log", "ls-files", "push", "remote", "rev-parse", "shortlog", "status"];
const HARMLESS_OPTIONS: [&str; 8] =
    ["--all", "--graph", "--name-only", "--name-status", "--oneline", "--porcelain", "-n", "-v"];

/// Whether an agent is the caller. It is enough that the variable is there: an entry in a client's
/// file can give it another value, even none, and can not take it away.
pub(super) fn is_here(variables: &Variables) -> bool {
    MARKS.iter().any(|name| variables.raw(name).is_some())
}

/// The marks that are there, for what is started in an agent's name.
pub(super) fn marks(variables: &Variables) -> Vec<(&'static str, OsString)> {
    MARKS.iter().filter_map(|name| Some((*name, variables.raw(name)?.to_owned()))).collect()
}

/// Refuses what shows secrets, or gives somebody access, to an agent.
pub(super) fn refuse(what: &str, session: &Session) -> Result<(), Failure> {
    if !is_here(&session.world.variables) {
        return Ok(());
    }
    Err(Failure::new(Code::NeedsPerson, format!("{what} needs a person, and an AI agent asks")).hint(
        "a person does it in a terminal of their own; programs get secrets by `vaultctl exec --server NAME`",
    ))
}

/// Refuses to show an entry to an agent, unless the user's own settings allow that one.
pub(super) fn refuse_entry(name: &Name, session: &Session) -> Result<(), Failure> {
    if !is_here(&session.world.variables) || is_allowed(name, session) {
        return Ok(());
    }
    refuse(&format!("showing `{name}`"), session)
}

fn is_allowed(name: &Name, session: &Session) -> bool {
    let fits = |agent: &Agent| agent.allow.iter().any(|pattern| is_match(pattern, name));
    let own = Config::own(&session.world.variables, sys::account().as_ref());
    match own {
        Ok((own, standing)) if own.paths.are_those_of(&session.config.paths) => {
            fits(&own.settings.agent) && (standing == Standing::Account || is_age(name, session))
        }
        _ => fits(&Agent::default()),
    }
}

fn is_match(pattern: &str, name: &Name) -> bool {
    Glob::new(pattern).is_ok_and(|glob| glob.compile_matcher().is_match(name.as_str()))
}

fn is_age(name: &Name, session: &Session) -> bool {
    let store = Store::open(&session.config.paths.store);
    store.is_ok_and(|store| matches!(store.cipher_of(name), Ok(Some(Cipher::Age))))
}

/// Refuses to put something where agents may see it, or where a permission hands it out.
pub(super) fn refuse_under(name: &Name, session: &Session) -> Result<(), Failure> {
    let settings = &session.config.settings;
    let by_default = Agent::default().allow;
    let mut patterns = settings.agent.allow.iter().chain(&by_default);
    let is_seen = patterns.any(|pattern| is_match(pattern, name));
    let mut granted = settings.server.values().flat_map(|server| &server.allow);
    let is_granted = granted.any(|text| {
        let text = text.strip_prefix("vault:").unwrap_or(text);
        text == name.as_str() || text.split_once('#').is_some_and(|(text, _)| text == name.as_str())
    });
    if is_here(&session.world.variables) && (is_seen || is_granted) {
        return refuse(&format!("putting something at `{name}`, which is handed out,"), session);
    }
    Ok(())
}

/// Refuses what git could do to show more than names: patches of decrypted entries, say.
pub(super) fn refuse_git<W: AsRef<OsStr>>(words: &[W], session: &Session) -> Result<(), Failure> {
    let harmless = words.split_first().is_some_and(|(verb, options)| {
        HARMLESS_GIT.iter().any(|known| verb.as_ref() == *known)
            && options.iter().all(|option| is_harmless_option(option.as_ref()))
    });
    if harmless { Ok(()) } else { refuse("git that may show what is in entries", session) }
}

fn is_harmless_option(option: &OsStr) -> bool {
    let Some(option) = option.to_str() else {
        return false;
    };
    let is_count =
        option.strip_prefix('-').is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()));
    !option.starts_with('-') || is_count || HARMLESS_OPTIONS.contains(&option)
}

/// What works with a permission when an agent is the caller.
pub(super) struct Confined {
    /// Settings, store and keys of the user's own, whatever the variables say; nobody to ask.
    pub(super) session: Session,
    /// What the permission may take from the caller.
    pub(super) caller: Variables,
}

/// Works out [`Confined`] for the permission called `server`. Variables and options that lead
/// elsewhere than the user's own settings do are refused by name.
pub(super) fn confine(server: &str, session: &Session) -> Result<Confined, Failure> {
    let (variables, account) = (&session.world.variables, sys::account());
    let (config, standing) = Config::own(variables, account.as_ref())?;
    if !config.paths.are_those_of(&session.config.paths) {
        return Err(leads_elsewhere(&config, variables));
    }
    let caller = trusted(variables, account.as_ref());
    let grant = Grant::find(&config.settings, server)?;
    // What our own helpers (`gpg`, plugins) get, and where they are looked for.
    let said = ["PATH", "GNUPGHOME"].into_iter().filter_map(|name| Some((name, grant.says(name)?)));
    let said = said.map(|(name, value)| (OsString::from(name), OsString::from(value)));
    let ours = ["HOME", "USER", "LOGNAME", "PATH"].into_iter();
    let ours = ours.filter_map(|name| Some((name, caller.raw(name)?.to_owned())));
    let ours: Variables = ours.collect();
    let world = World {
        variables: ours.with(said),
        clock: Arc::clone(&session.world.clock),
        prompt: Arc::new(NoTerminal),
        ..session.world
    };
    let session = Session::elsewhere(world, config, standing, session.ui);
    Ok(Confined { session, caller })
}

/// The state folder of the user's own, whatever the variables of an agent's call say.
pub(super) fn own_state(session: &Session) -> PathBuf {
    let variables = &session.world.variables;
    let own = is_here(variables).then(|| Config::own(variables, sys::account().as_ref()).ok());
    let paths = own.flatten().map_or_else(|| session.config.paths.clone(), |(own, _)| own.paths);
    paths.state_folder().to_owned()
}

fn leads_elsewhere(own: &Config, variables: &Variables) -> Failure {
    let home = variables.path("HOME").unwrap_or_default();
    let leads = |name: &&&str| {
        let Some(value) = variables.path(name) else { return false };
        let both: Variables = [("HOME", home.clone()), (**name, value)].into_iter().collect();
        let config = Config::load(&both, &Overrides::default());
        !config.is_ok_and(|config| config.paths.are_those_of(&own.paths))
    };
    let culprit = PLACES.iter().find(leads);
    let culprit = culprit.map_or("`--config` or `--store`".to_owned(), |name| format!("`{name}`"));
    let message =
        format!("under an AI agent, {culprit} can not lead to other settings, store or keys");
    let settings = own.paths.settings.display();
    Failure::new(Code::NeedsPerson, message)
        .hint(format!("`[store] path` and `[keys] identity` in {settings} do, for everybody"))
}

/// The caller's variables, without what decides which programs run or where they look: that comes
/// from the account, from the permission, or from nowhere.
fn trusted(variables: &Variables, account: Option<&Account>) -> Variables {
    let dropped = |name: &str| {
        ["PATH", "SHELL", "TMPDIR", "USER", "LOGNAME"].contains(&name)
            || name.starts_with("XDG_")
            || name.to_ascii_lowercase().ends_with("_proxy")
    };
    let is_language =
        |name: &str| ["LANG", "TERM", "TZ"].contains(&name) || name.starts_with("LC_");
    let kept = variables.iter().filter(|(name, value)| {
        let (name, value) = (name.to_string_lossy(), value.to_string_lossy());
        !dropped(&name) && (!is_language(&name) || is_no_path(&value))
    });
    let kept: Variables = kept.collect();
    let own = account.into_iter().flat_map(|account| {
        let name = OsString::from(&account.name);
        [("USER", name.clone()), ("LOGNAME", name), ("SHELL", account.shell.clone().into())]
    });
    let own = own.chain([("PATH", SYSTEM_PATH.into())]);
    kept.with(own.map(|(name, value)| (name.into(), value)))
}

/// Whether the value of a language, terminal or time zone is a name, and no way to a file.
fn is_no_path(value: &str) -> bool {
    !value.starts_with(['/', ':', '.']) && !value.contains("..")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_counts_whatever_its_value_is() {
        let variables = |name: &str, value: &str| [(name, value)].into_iter().collect();
        for (name, value) in [("CLAUDECODE", "1"), ("CLAUDECODE", ""), ("AI_AGENT", "x")] {
            assert!(is_here(&variables(name, value)), "{name}={value}");
        }
        assert!(!is_here(&variables("CLAUDE_CONFIG_DIR", "1")));
    }

    #[test]
    fn patterns_reach_into_folders() {
        let fits = |pattern: &str, name: &str| is_match(pattern, &name.parse().expect("is a name"));
        assert!(fits("docker-credential-helpers/*", "docker-credential-helpers/aHR0cHM=/ann"));
        assert!(fits("ci/t?ken", "ci/token") && fits("*", "a/b"));
        for other in ["docker-credential-helpers", "x/docker-credential-helpers/a", "ci/tokens"] {
            assert!(!fits("docker-credential-helpers/*", other) && !fits("ci/t?ken", other));
        }
    }

    #[test]
    fn what_decides_about_programs_is_not_the_callers() {
        let caller = [
            ("HOME", "/h"),
            ("PATH", "/evil"),
            ("SHELL", "/evil"),
            ("TMPDIR", "/evil"),
            ("XDG_CONFIG_HOME", "/evil"),
            ("https_proxy", "evil"),
            ("TZ", ":/evil"),
            ("LC_ALL", "../evil"),
            ("LANG", "C.UTF-8"),
            ("TERM", "xterm"),
            ("TOKEN", "vault:a"),
        ];
        let trusted = trusted(&caller.into_iter().collect(), None);
        let left: Vec<_> = trusted.iter().map(|(name, _)| name.to_string_lossy()).collect();
        assert_eq!(left, ["HOME", "LANG", "PATH", "TERM", "TOKEN"]);
        assert_eq!(trusted.text("PATH"), Some(SYSTEM_PATH));
    }
}
