//! `vaultctl mcp check`.

use serde_json::{Value, json};

use crate::cli::{Checked, Code, Done, Example, Failure, Session, agent};
use crate::clients::{Broken, Client, ClientFile, Found, ServerEntry, find};
use crate::config::Span;
use crate::store::Store;
use crate::supervise::{Deputy, Obstacle, Report, Trouble, Weakness};
use crate::sys::{Effort, Interrupts, harmless, in_parallel};

use super::surroundings;

/// How many servers are started at once: as many as Claude Code starts.
const WORKERS: usize = 3;

/// Start each MCP server as its client would, and see whether it answers
///
/// Each server is started with the command, variables and folder that its client would choose,
/// greeted in the protocol version that the client would begin with, asked for its tools, and ended:
/// first by closing its input. One line says what came of it. `weak` says what should not stay so: a
/// package without a version, a secret in the file, a reference that nothing resolves.
///
/// What a project brings (`.mcp.json`) is started only if Claude Code was told to, or with --project.
/// Remote servers are not asked. Findings make the exit status 1.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Check the servers of this name only
    #[arg(value_name = "SERVER")]
    server: Option<String>,
    /// Check the servers of this client only, as `claude-code`
    #[arg(long, value_name = "CLIENT")]
    client: Option<Client>,
    /// Start what projects bring, approved or not
    #[arg(long)]
    project: bool,
    /// How long a server has to answer
    #[arg(long, value_name = "SPAN", default_value = "30s")]
    timeout: Span,
}

pub(in crate::cli) const EXAMPLES: &[Example] = &[
    // The servers of the examples' home are not there; the story `mcp_check` has some that are.
    Example {
        what: "See which servers work",
        line: "vaultctl mcp check",
        checked: Checked::Parses,
    },
    Example {
        what: "Give one server of one client more time",
        line: "vaultctl mcp check github --client cursor --timeout 2m",
        checked: Checked::Parses,
    },
];

/// One server, and what came of it.
struct Verdict<'e> {
    entry: &'e ServerEntry,
    standing: Result<Report, Obstacle>,
    weaknesses: Vec<Weakness>,
}

pub(super) fn run(args: &Args, session: &Session) -> Result<Done, Failure> {
    let surroundings = surroundings(session);
    let found = find(&surroundings);
    let entries = chosen(&found, args)?;
    let store = Store::open(&session.config.paths.store).ok();
    let deputy = Deputy {
        surroundings: &surroundings,
        found: &found,
        patience: args.timeout.duration(),
        store: store.as_ref(),
        trusts_projects: args.project,
        marks: &agent::marks(&session.world.variables),
    };
    let interrupts = Interrupts::hold();
    if session.ui.on_terminal {
        session.ui.note(&format!("starting {} servers, {WORKERS} at a time", entries.len()));
    }
    let borrowed: Vec<&ServerEntry> = entries.iter().collect();
    let verdicts = in_parallel(&borrowed, WORKERS, |&entry| Verdict {
        entry,
        standing: deputy.handshake(entry).map(|handshake| handshake.shake(&interrupts)),
        weaknesses: Weakness::all(entry),
    });
    if interrupts.happened() {
        return Err(Failure::new(Code::Interrupted, "interrupted; what was started has ended"));
    }
    tell(&verdicts, &found.broken, session)?;
    let bad = verdicts.iter().filter(|verdict| verdict.has_findings()).count();
    if bad + found.broken.len() == 0 {
        return Ok(Done::Fully);
    }
    let of = format!("{bad} of {} servers are not as they should be", verdicts.len());
    Err(Failure::failed(match found.broken.len() {
        0 => of,
        broken => format!("{of}, and {broken} files can not be read"),
    }))
}

fn chosen(found: &Found, args: &Args) -> Result<Vec<ServerEntry>, Failure> {
    let mut entries: Vec<ServerEntry> = found.files.iter().flat_map(ClientFile::servers).collect();
    entries.retain(|entry| {
        args.server.as_ref().is_none_or(|name| *name == entry.name)
            && args.client.is_none_or(|client| client == entry.client)
    });
    match (&args.server, entries.is_empty()) {
        (Some(name), true) => {
            let message = format!("no client has a server `{name}`");
            Err(Failure::new(Code::NotFound, message).hint("`vaultctl mcp list` shows them"))
        }
        _ => Ok(entries),
    }
}

fn tell(verdicts: &[Verdict<'_>], broken: &[Broken], session: &Session) -> Result<(), Failure> {
    let is_agent = agent::is_here(&session.world.variables);
    if session.ui.json {
        let servers: Vec<Value> = verdicts.iter().map(|verdict| verdict.value(is_agent)).collect();
        let broken: Vec<String> = broken.iter().map(|one| one.error.to_string()).collect();
        return session.ui.json(&json!({ "servers": servers, "broken": broken }));
    }
    for verdict in verdicts {
        verdict.tell(is_agent, session)?;
    }
    broken.iter().try_for_each(|one| line("fault", &one.error.to_string(), session))
}

fn line(word: &str, text: &str, session: &Session) -> Result<(), Failure> {
    // What servers and files say could break a line, or a terminal.
    session.ui.line(&format!("{word:<7} {}", harmless(text)))
}

impl Verdict<'_> {
    fn has_findings(&self) -> bool {
        self.word() == "fault" || !self.weaknesses.is_empty()
    }

    fn word(&self) -> &'static str {
        match &self.standing {
            Ok(report) if report.outcome.is_ok() => "ok",
            Err(obstacle) if !obstacle.is_fault() => "skipped",
            _ => "fault",
        }
    }

    fn name(&self) -> String {
        let entry = self.entry;
        let project =
            entry.scope.project().map(|path| format!(" in {}", path.display())).unwrap_or_default();
        format!("{} ({}, {}{project})", entry.name, entry.client.title(), entry.scope.word())
    }

    fn tell(&self, is_agent: bool, session: &Session) -> Result<(), Failure> {
        let name = self.name();
        line(self.word(), &format!("{name}: {}", self.text(is_agent)), session)?;
        for said in self.said(is_agent) {
            session.ui.aside(&format!("{}: {said}", self.entry.name));
        }
        let mut weaknesses = self.weaknesses.iter();
        weaknesses.try_for_each(|weakness| line("weak", &format!("{name}: {weakness}"), session))
    }

    fn text(&self, is_agent: bool) -> String {
        let report = match &self.standing {
            Ok(report) => report,
            Err(obstacle) => return obstacle.to_string(),
        };
        match &report.outcome {
            Ok(greeting) => {
                let (tools, seconds) = (greeting.tools.len(), report.took.as_secs_f32());
                let strays = match report.strays {
                    0 => String::new(),
                    strays => format!(", {strays} lines that are no messages"),
                };
                let protocol = &greeting.protocol;
                let effort = in_words(report.effort);
                format!("{tools} tools, protocol {protocol}, {seconds:.2} s{strays}{effort}")
            }
            Err(trouble) => in_agents_words(trouble, is_agent),
        }
    }

    /// What a server says may hold the secret that it was given.
    fn said(&self, is_agent: bool) -> &[String] {
        match &self.standing {
            Ok(report) if report.outcome.is_err() && !is_agent => &report.said,
            _ => &[],
        }
    }

    fn value(&self, is_agent: bool) -> Value {
        let entry = self.entry;
        let mut value = json!({
            "name": entry.name,
            "client": entry.client.word(),
            "scope": entry.scope.word(),
            "project": entry.scope.project(),
            "file": entry.file,
            "state": self.word(),
            "text": self.text(is_agent),
            "weak": self.weaknesses.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "said": self.said(is_agent),
        });
        if let Ok(Report { outcome: Ok(greeting), took, .. }) = &self.standing {
            value["protocol"] = greeting.protocol.clone().into();
            value["seconds"] = took.as_secs_f64().into();
            // Names are a server's own words too.
            let tools = (!is_agent).then(|| greeting.tools.clone());
            value["tools"] = tools.into();
            let server = greeting.server.as_ref().filter(|_| !is_agent);
            value["server"] = server
                .map(|server| json!({ "name": server.name, "version": server.version }))
                .into();
        }
        value
    }
}

/// A server's own words are not for an agent.
fn in_agents_words(trouble: &Trouble, is_agent: bool) -> String {
    match trouble {
        Trouble::Version(_) if is_agent => "wants a protocol version that is not known".to_owned(),
        Trouble::Refused { asked, code, .. } if is_agent => {
            format!("answers `{asked}` with error {code}")
        }
        trouble => trouble.to_string(),
    }
}

fn in_words(effort: Effort) -> &'static str {
    match effort {
        Effort::None => "",
        Effort::Told => ", ended when it was told to",
        Effort::Killed => ", had to be killed",
    }
}
