//! `vaultctl exec`.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};

use crate::audit::{Action, Event};
use crate::inject::{EnvName, Grant, Manifest, Passing, Reference, Slot, Template};
use crate::secret::Secret;
use crate::sys::{self, Environment, Program, Variables};

use super::{Checked, Code, Done, Example, Failure, Session, agent, explain};

/// Launch a program with the secrets that it is granted
///
/// Every variable whose value is a reference (`vault:NAME`, `vault:NAME#FIELD`, `vault:NAME#*`), or
/// has some in `{{…}}` inside longer text, is resolved, and those given with -e. The program takes
/// the place of vaultctl: process id, signals, standard streams and exit status are its own. If a
/// reference can not be resolved, nothing is started.
///
/// With --server, the settings say in `[server.NAME]` which program this may be, which secrets it
/// may have and which variables it gets; nothing else of the caller's passes. An AI agent can
/// launch programs with --server only. See docs/exec.md.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Give the program the variable NAME with the value that REF stands for; can be repeated
    #[arg(short = 'e', long = "env", value_name = "NAME=REF")]
    env: Vec<String>,
    /// Put the value that REF stands for into a file in memory, and its path into the variable NAME; can be repeated
    #[arg(long, value_name = "NAME=REF")]
    file: Vec<String>,
    /// Use the permission NAME of the settings: its program, its secrets, its variables
    #[arg(long, value_name = "SERVER", conflicts_with_all = ["clean", "keep"])]
    server: Option<String>,
    /// Pass none of the caller's variables but HOME, LANG, LC_*, LOGNAME, PATH, SHELL, TERM, TMPDIR, TZ, USER and references
    #[arg(long)]
    clean: bool,
    /// With --clean, pass NAME too; can be repeated
    #[arg(long, value_name = "NAME", requires = "clean")]
    keep: Vec<String>,
    /// Resolve references in the program's arguments too, where everybody on this machine can see them
    #[arg(long)]
    argv: bool,
    /// Show what the program would be given; decrypt nothing and start nothing
    #[arg(long)]
    explain: bool,
    /// The program and its arguments; with --server it can be left out
    #[arg(value_name = "CMD", required_unless_present = "server", trailing_var_arg = true)]
    command: Vec<OsString>,
}

pub(super) const EXAMPLES: &[Example] = &[
    Example {
        what: "Start an MCP server with its token",
        line: "vaultctl exec -e GITHUB_PERSONAL_ACCESS_TOKEN=vault:claude/github-token -- npx -y @modelcontextprotocol/server-github",
        checked: Checked::Parses,
    },
    Example {
        what: "Start it by its permission, as an entry in a client's file does",
        line: "vaultctl exec --server github -- npx -y @modelcontextprotocol/server-github",
        checked: Checked::Parses,
    },
    Example {
        what: "See what a program would be given",
        line: "TOKEN=vault:claude/github-token vaultctl exec --clean --explain -- env",
        checked: Checked::Runs,
    },
    Example {
        what: "Put a password into a longer text",
        line: "DATABASE_URL='postgres://ann:{{vault:claude/db}}@localhost/claude' vaultctl exec -- true",
        checked: Checked::Runs,
    },
    Example {
        what: "Hand over a key as a file",
        line: "vaultctl exec --file KEY_FILE='vault:claude/db#*' -- sh -c 'wc -c < \"$KEY_FILE\"'",
        checked: Checked::Runs,
    },
];

/// More of a permission's name is not logged when it is refused (characters).
const SERVER_LIMIT: usize = 100;

/// A program, and what it gets.
pub(super) struct Launch {
    pub(super) server: Option<String>,
    pub(super) program: Program,
    pub(super) manifest: Manifest,
}

pub(super) fn run(args: &Args, session: &Session) -> Result<Done, Failure> {
    let is_agent = agent::is_here(&session.world.variables);
    let log = |name: &str, session: &Session| {
        if !args.explain {
            refused(name, session);
        }
    };
    match &args.server {
        Some(name) if is_agent => {
            let confined = agent::confine(name, session);
            let confined = confined.inspect_err(|_| log(name, session))?;
            let launch = by_permission(name, args, &confined.caller, &confined.session);
            let launch = launch.inspect_err(|_| log(name, &confined.session))?;
            carry_out(launch, args, &confined.session)
        }
        Some(name) => {
            let launch = by_permission(name, args, &session.world.variables, session);
            let launch = launch.inspect_err(|_| log(name, session))?;
            carry_out(launch, args, session)
        }
        None if is_agent && !args.explain => {
            refused("no permission", session);
            Err(without_permission())
        }
        None => carry_out(by_the_caller(args, session)?, args, session),
    }
}

/// Logs what was refused before anything was looked up. What the caller asked for may be anything:
/// only the permission is named. Where the variables lead elsewhere, so does no log.
pub(super) fn refused(server: &str, session: &Session) {
    let server: String = server.chars().take(SERVER_LIMIT).collect();
    let event = Event::failed(Action::Exec, &format!("{server}: refused"));
    record_in(&agent::own_state(session), &event, session).ok();
}

fn without_permission() -> Failure {
    Failure::new(Code::NeedsPerson, "an AI agent launches programs by a permission only")
        .hint("`exec --server NAME`, with `[server.NAME]` in the settings; docs/exec.md shows one")
}

/// What the caller asks for, who is a person.
fn by_the_caller(args: &Args, session: &Session) -> Result<Launch, Failure> {
    let passing = if args.clean { Passing::Only(args.keep.clone()) } else { Passing::All };
    let mut manifest = Manifest::new(&session.world.variables, &passing);
    for (slot, template) in asked_for(args)? {
        manifest.grant(slot, template);
    }
    let mut words = args.command.iter().cloned();
    let name = words.next().unwrap_or_default();
    let program = Program { name, arguments: words.collect(), folder: None };
    add_arguments(&mut manifest, &program, args);
    Ok(Launch { server: None, program, manifest })
}

/// What the permission says, and no more of what the caller asks for than it lets pass.
fn by_permission(
    name: &str,
    args: &Args,
    caller: &Variables,
    session: &Session,
) -> Result<Launch, Failure> {
    let grant = Grant::find(&session.config.settings, name)?;
    let mut program = grant.program(&args.command)?;
    let mut manifest = grant.manifest(caller)?;
    for (slot, template) in asked_for(args)? {
        grant.add(&mut manifest, slot, template)?;
    }
    let home = manifest.passed().find(|(name, _)| *name == "HOME");
    let home = home.map_or(session.config.paths.home.clone(), |(_, home)| PathBuf::from(home));
    program.folder = Some(grant.folder(&home));
    add_arguments(&mut manifest, &program, args);
    Ok(Launch { server: Some(grant.name().to_owned()), program, manifest })
}

/// What `-e` and `--file` say.
fn asked_for(args: &Args) -> Result<Vec<(Slot, Template)>, Failure> {
    let variables = args.env.iter().enumerate().map(|(place, text)| {
        let (name, template) = parse_grant(text).ok_or_else(|| not_a_grant("-e", place + 1))?;
        Ok((Slot::Variable(name.as_str().into()), template))
    });
    let files = args.file.iter().enumerate().map(|(place, text)| {
        let (name, template) = parse_grant(text).ok_or_else(|| not_a_grant("--file", place + 1))?;
        Ok((Slot::File(name.as_str().into()), template))
    });
    variables.chain(files).collect()
}

pub(super) fn parse_grant(grant: &str) -> Option<(EnvName, Template)> {
    let (name, value) = grant.split_once('=')?;
    Some((name.parse().ok()?, Template::parse(OsStr::new(value))?))
}

/// What stands there may be a secret that was typed by mistake, so nothing of it is repeated.
pub(super) fn not_a_grant(option: &str, place: usize) -> Failure {
    Failure::usage(format!("{option} number {place} is not NAME=REF, where REF is a reference"))
        .hint("-e GITHUB_TOKEN=vault:claude/github-token; a secret in an argument can be seen by everybody")
}

fn add_arguments(manifest: &mut Manifest, program: &Program, args: &Args) {
    for (place, argument) in program.arguments.iter().enumerate().filter(|_| args.argv) {
        if let Some(template) = Template::parse(argument) {
            manifest.grant(Slot::Argument(place + 1), template);
        }
    }
}

fn carry_out(launch: Launch, args: &Args, session: &Session) -> Result<Done, Failure> {
    if args.explain {
        return explain::explain(&launch, session);
    }
    if launch.manifest.granted().any(|(slot, _)| matches!(slot, Slot::Argument(_))) {
        session.ui.warn("the secrets in the arguments can be seen by everybody on this machine");
    }
    let values = resolve(&launch.manifest, session).inspect_err(|_| {
        record(Event::failed, &launch, session).ok();
    })?;
    record(Event::ok, &launch, session)?;
    let (program, environment) = prepared(&launch, values);
    let error = sys::replace_self(&program, &environment);
    record(Event::failed, &launch, session)?;
    Err(not_started(&program, &error))
}

fn not_started(program: &Program, error: &io::Error) -> Failure {
    let folder = program.folder.as_ref().filter(|folder| !folder.is_dir());
    if let Some(folder) = folder {
        let message = format!("cannot start a program in `{}`", folder.display());
        return Failure::new(Code::NotExecutable, message).hint("is it a folder?");
    }
    let message = format!("cannot start `{}`: {error}", program.name.to_string_lossy());
    match error.kind() {
        io::ErrorKind::NotFound => Failure::new(Code::NoProgram, message)
            .hint("the PATH that the program gets says where it is looked for"),
        io::ErrorKind::Unsupported => {
            Failure::failed(message).hint("files in memory (`--file`) are Linux's")
        }
        _ => Failure::new(Code::NotExecutable, message).hint("is it a program, and executable?"),
    }
}

/// Without a reference there is nothing to open, not even a store.
pub(super) fn resolve(
    manifest: &Manifest,
    session: &Session,
) -> Result<BTreeMap<Slot, Secret>, Failure> {
    match manifest.granted().next() {
        Some(_) => session.with_vault(|vault| Ok(manifest.resolve(vault)?)),
        None => Ok(BTreeMap::new()),
    }
}

/// Everything in its place.
fn prepared(launch: &Launch, values: BTreeMap<Slot, Secret>) -> (Program, Environment) {
    let mut environment = Environment::default();
    for (name, value) in launch.manifest.passed() {
        environment.set(name, value);
    }
    let mut arguments = launch.program.arguments.clone();
    for (slot, value) in values {
        match slot {
            Slot::Variable(name) => environment.set_secret(name, value),
            Slot::File(name) => environment.set_file(name, value),
            Slot::Argument(number) => arguments[number - 1] = sys::into_argument(&value),
            Slot::Header(_) => {}
        }
    }
    let (name, folder) = (launch.program.name.clone(), launch.program.folder.clone());
    (Program { name, arguments, folder }, environment)
}

/// Which event a launch becomes: done or tried.
type Verdict = fn(Action, &str) -> Event;

fn record(verdict: Verdict, launch: &Launch, session: &Session) -> Result<(), Failure> {
    let server = launch.server.iter().map(|server| format!("{server}: "));
    let program = launch.program.name.to_string_lossy().into_owned();
    let grants = launch.manifest.granted().map(|(slot, template)| told(slot, template));
    let subject: String = server.chain([program]).chain(grants).collect();
    record_event(&verdict(Action::Exec, &subject), session)
}

/// Only the references: what is round them may be anything.
fn told(slot: &Slot, template: &Template) -> String {
    let references: Vec<String> = template.references().map(Reference::to_string).collect();
    let name = match slot {
        Slot::Variable(name) | Slot::File(name) => name.to_string_lossy().into_owned(),
        Slot::Argument(number) => format!("argument-{number}"),
        Slot::Header(name) => name.clone(),
    };
    format!(" {name}={}", references.join("+"))
}

pub(super) fn record_event(event: &Event, session: &Session) -> Result<(), Failure> {
    record_in(session.config.paths.state_folder(), event, session)
}

fn record_in(state: &Path, event: &Event, session: &Session) -> Result<(), Failure> {
    sys::create_folder(state).ok();
    match session.log_in(state).append(
        session.world.clock.now(),
        std::slice::from_ref(event),
        false,
    ) {
        Err(error) if session.config.settings.audit.required => Err(error.into()),
        Err(error) => {
            session.ui.warn(&format!("this was not logged: {error}"));
            Ok(())
        }
        Ok(_) => Ok(()),
    }
}
