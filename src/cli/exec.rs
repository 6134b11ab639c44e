//! `vaultctl exec`.

use std::ffi::{OsStr, OsString};
use std::io;

use crate::audit::{Action, Event};
use crate::inject::{EnvName, Manifest, Passing, Reference};
use crate::sys::{self, Environment, Program, harmless};

use super::{Checked, Code, Done, Example, Failure, Session};

/// Launch a program with the secrets that it is granted
///
/// Every variable whose value is a reference (`vault:NAME`, `vault:NAME#FIELD`, `vault:NAME#*`) is
/// resolved, and those given with -e. The program takes the place of vaultctl: process id, signals,
/// standard streams and exit status are its own. If a reference can not be resolved, nothing is
/// started.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Give the program the variable NAME with the value that REF stands for; can be repeated
    #[arg(short = 'e', long = "env", value_name = "NAME=REF")]
    env: Vec<String>,
    /// Pass none of the caller's variables but HOME, LANG, LC_*, LOGNAME, PATH, SHELL, TERM, TMPDIR, TZ, USER and references
    #[arg(long)]
    clean: bool,
    /// With --clean, pass NAME too; can be repeated
    #[arg(long, value_name = "NAME", requires = "clean")]
    keep: Vec<String>,
    /// Show what the program would be given; decrypt nothing and start nothing
    #[arg(long)]
    explain: bool,
    /// The program and its arguments
    #[arg(value_name = "CMD", required = true, trailing_var_arg = true)]
    command: Vec<OsString>,
}

pub(super) const EXAMPLES: &[Example] = &[
    Example {
        what: "Start an MCP server with its token",
        line: "vaultctl exec -e GITHUB_PERSONAL_ACCESS_TOKEN=vault:claude/github-token -- npx -y @modelcontextprotocol/server-github",
        checked: Checked::Parses,
    },
    Example {
        what: "See what a program would be given",
        line: "TOKEN=vault:claude/github-token vaultctl exec --clean --explain -- env",
        checked: Checked::Runs,
    },
];

pub(super) fn run(args: &Args, session: &Session) -> Result<Done, Failure> {
    let manifest = manifest(args, session)?;
    if args.explain {
        return explain(&manifest, args, session);
    }
    let program = program(args);
    let environment = resolve(&manifest, session).inspect_err(|_| {
        record(Event::failed, &manifest, &program, session).ok();
    })?;
    record(Event::ok, &manifest, &program, session)?;
    let error = sys::replace_self(&program, &environment);
    record(Event::failed, &manifest, &program, session)?;
    let message = format!("cannot start `{}`: {error}", program.name.to_string_lossy());
    if error.kind() == io::ErrorKind::NotFound {
        Err(Failure::new(Code::NoProgram, message)
            .hint("the PATH that the program gets says where it is looked for"))
    } else {
        Err(Failure::new(Code::NotExecutable, message).hint("is it a program, and executable?"))
    }
}

/// Without a reference there is nothing to open, not even a store.
fn resolve(manifest: &Manifest, session: &Session) -> Result<Environment, Failure> {
    match manifest.granted().next() {
        Some(_) => session.with_vault(|vault| Ok(manifest.resolve(vault)?)),
        None => Ok(manifest.plain()),
    }
}

fn manifest(args: &Args, session: &Session) -> Result<Manifest, Failure> {
    let passing = if args.clean { Passing::Only(args.keep.clone()) } else { Passing::All };
    let mut manifest = Manifest::new(&session.world.variables, &passing);
    for (place, grant) in args.env.iter().enumerate() {
        let (name, reference) = parse_grant(grant).ok_or_else(|| not_a_grant(place + 1))?;
        manifest.grant(&name, reference);
    }
    Ok(manifest)
}

fn parse_grant(grant: &str) -> Option<(EnvName, Reference)> {
    let (name, value) = grant.split_once('=')?;
    Some((name.parse().ok()?, Reference::parse(OsStr::new(value))?))
}

/// What stands there may be a secret that was typed by mistake, so nothing of it is repeated.
fn not_a_grant(place: usize) -> Failure {
    Failure::usage(format!("-e number {place} is not NAME=REF, where REF is a reference"))
        .hint("-e GITHUB_TOKEN=vault:claude/github-token; a secret in an argument can be seen by everybody")
}

fn program(args: &Args) -> Program {
    let mut words = args.command.iter().cloned();
    Program { name: words.next().unwrap_or_default(), arguments: words.collect() }
}

/// Which event a launch becomes: done or tried.
type Verdict = fn(Action, &str) -> Event;

fn record(
    verdict: Verdict,
    manifest: &Manifest,
    program: &Program,
    session: &Session,
) -> Result<(), Failure> {
    let grants: Vec<String> =
        manifest.granted().map(|(name, reference)| format!(" {name}={reference}")).collect();
    let subject = format!("{}{}", program.name.to_string_lossy(), grants.concat());
    let event = verdict(Action::Exec, &subject);
    sys::create_folder(session.config.paths.state_folder()).ok();
    match session.log().append(session.world.clock.now(), &[event], false) {
        Err(error) if session.config.settings.audit.required => Err(error.into()),
        Err(error) => {
            session.ui.warn(&format!("this launch was not logged: {error}"));
            Ok(())
        }
        Ok(_) => Ok(()),
    }
}

fn explain(manifest: &Manifest, args: &Args, session: &Session) -> Result<Done, Failure> {
    let command: Vec<String> =
        args.command.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    let granted: Vec<(String, String)> =
        manifest.granted().map(|(name, to)| (name, to.to_string())).collect();
    let passed: Vec<String> = manifest.passed().collect();
    if session.ui.json {
        let granted: serde_json::Map<_, _> =
            granted.into_iter().map(|(name, to)| (name, to.into())).collect();
        session.ui.json(
            &serde_json::json!({ "command": command, "granted": granted, "passed": passed }),
        )?;
        return Ok(Done::Fully);
    }
    session.ui.line(&format!("program: {}", harmless(&command.join(" "))))?;
    for (name, reference) in granted {
        session.ui.line(&format!("granted: {} = {}", harmless(&name), harmless(&reference)))?;
    }
    session.ui.line(&format!("passed: {}", harmless(&passed.join(" "))))?;
    Ok(Done::Fully)
}
