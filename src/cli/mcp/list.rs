//! `vaultctl mcp list`.

use serde_json::{Value, json};

use crate::cli::{Checked, Done, Example, Failure, Session};
use crate::clients::{
    Broken, ClientFile, Error, Found, Launch, Origin, Part, Scope, ServerEntry, Started, Variable,
    find,
};
use crate::sys::harmless;

use super::surroundings;

/// List the MCP servers of every client, and where their secrets come from
///
/// Looks into the files of Claude Desktop, Claude Code, Cursor, VS Code, Windsurf, Zed, Gemini CLI
/// and Codex CLI: the user's, those of the current folder, and those of the projects that Claude
/// Code knows. Values are never shown; `in the file` means that a value stands there in the clear.
/// A file that can not be read is named, and the exit status is 3.
#[derive(clap::Args)]
pub(super) struct Args {}

pub(in crate::cli) const EXAMPLES: &[Example] = &[
    Example {
        what: "See which servers there are",
        line: "vaultctl mcp list",
        checked: Checked::Runs,
    },
    Example {
        what: "Name the variables whose values stand in a file",
        line: "vaultctl mcp list --json | jq -r '.servers[].values[] | select(.literal).name'",
        checked: Checked::Parses,
    },
];

pub(super) fn run(_: &Args, session: &Session) -> Result<Done, Failure> {
    let found = find(&surroundings(session));
    if session.ui.json {
        session.ui.json(&value(&found))?;
    } else {
        found.files.iter().try_for_each(|file| show(file, session))?;
    }
    for broken in &found.broken {
        session.ui.warn(&format!("left out: {}", broken.error));
    }
    Ok(if found.broken.is_empty() { Done::Fully } else { Done::WithOmissions })
}

/// A file, its servers, their values.
fn show(file: &ClientFile, session: &Session) -> Result<(), Failure> {
    let (servers, variables) = (file.servers(), file.variables());
    if servers.is_empty() && variables.is_empty() {
        return Ok(());
    }
    let line = |text: &str| session.ui.line(&harmless(text));
    line(&format!("{} ({})", file.path.display(), file.client.title()))?;
    for entry in &servers {
        line(&format!("  {}", headline(entry)))?;
        entry.origins().iter().try_for_each(|origin| line(&format!("    {}", source(origin))))?;
    }
    let origins: Vec<Origin> = variables.iter().map(Variable::origin).collect();
    if !origins.is_empty() {
        line("  for everything that it starts:")?;
    }
    origins.iter().try_for_each(|origin| line(&format!("    {}", source(origin))))
}

fn headline(entry: &ServerEntry) -> String {
    let place = match &entry.scope {
        Scope::Local(project) => format!(" (in {})", project.display()),
        Scope::User | Scope::Project(_) => String::new(),
    };
    let started = match entry.started() {
        Started::Program { name, package } => {
            [Some(name), package].into_iter().flatten().collect::<Vec<_>>().join(" ")
        }
        Started::Origin(origin) => origin,
        Started::Nothing => "nothing that is known here".to_owned(),
    };
    let off = if entry.is_off { ", switched off" } else { "" };
    let helper = if has_helper(entry) { ", headers by a helper" } else { "" };
    format!("{}{place}: {started}{helper}{off}", entry.name)
}

fn has_helper(entry: &ServerEntry) -> bool {
    matches!(entry.launch, Launch::Remote { helper: Some(_), .. })
}

/// A value's name and where it comes from.
fn source(origin: &Origin) -> String {
    let name = match origin.part {
        Part::Args => format!("argument {}", origin.name),
        _ => origin.name.clone(),
    };
    let placeholders = origin.placeholders.iter().map(|name| format!("the client's ${{{name}}}"));
    let literal = origin.is_literal.then(|| "in the file".to_owned());
    let sources: Vec<String> =
        origin.references.iter().cloned().chain(placeholders).chain(literal).collect();
    let sources = if sources.is_empty() { "empty".to_owned() } else { sources.join(", ") };
    format!("{name}: {sources}")
}

fn value(found: &Found) -> Value {
    let servers: Vec<Value> =
        found.files.iter().flat_map(ClientFile::servers).map(|entry| server(&entry)).collect();
    let variables: Vec<Value> =
        found.files.iter().flat_map(ClientFile::variables).map(|one| variable(&one)).collect();
    let broken: Vec<Value> = found.broken.iter().map(broken).collect();
    json!({ "servers": servers, "variables": variables, "broken": broken })
}

fn server(entry: &ServerEntry) -> Value {
    let launch = match entry.started() {
        Started::Program { name, package } => {
            json!({ "kind": "stdio", "program": name, "package": package })
        }
        Started::Origin(origin) => {
            json!({ "kind": "remote", "origin": origin, "helper": has_helper(entry) })
        }
        Started::Nothing => json!({ "kind": "other" }),
    };
    json!({
        "client": entry.client.word(),
        "scope": entry.scope.word(),
        "project": entry.scope.project(),
        "file": entry.file,
        "name": entry.name,
        "off": entry.is_off,
        "launch": launch,
        "values": entry.origins().iter().map(named).collect::<Vec<_>>(),
    })
}

fn variable(variable: &Variable) -> Value {
    let mut value = named(&variable.origin());
    value["client"] = variable.client.word().into();
    value["scope"] = variable.scope.word().into();
    value["file"] = variable.file.display().to_string().into();
    value
}

fn named(origin: &Origin) -> Value {
    let part = match origin.part {
        Part::Headers => "headers",
        Part::Args => "args",
        Part::Url => "url",
        _ => "env",
    };
    json!({
        "in": part,
        "name": origin.name,
        "references": origin.references,
        "placeholders": origin.placeholders,
        "literal": origin.is_literal,
    })
}

fn broken(broken: &Broken) -> Value {
    let line =
        if let Error::Malformed { fault, .. } = &broken.error { Some(fault.line) } else { None };
    json!({
        "client": broken.client.word(),
        "file": broken.path.display().to_string(),
        "line": line,
        "reason": broken.error.to_string(),
    })
}
