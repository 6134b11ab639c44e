//! Changes of files as they are shown: what goes, what comes, nothing round it.

use std::path::Path;

use serde_json::{Value, json};

use crate::cli::{Failure, Session};
use crate::clients::adoption::{Grant, Hunk, Line, is_ambient};
use crate::sys::harmless;

/// The changes of one file.
pub(super) fn file(path: &Path, hunks: &[Hunk], session: &Session) -> Result<(), Failure> {
    headline(path, session)?;
    for hunk in hunks {
        session.ui.line(&format!("@@ {} @@", harmless(&hunk.place)))?;
        hunk.lines.iter().try_for_each(|line| session.ui.line(&harmless(&told(line))))?;
    }
    Ok(())
}

/// The permissions that come into the settings.
pub(super) fn grants(grants: &[Grant], settings: &Path, session: &Session) -> Result<(), Failure> {
    if !grants.is_empty() {
        headline(settings, session)?;
    }
    grants.iter().try_for_each(|new| grant(new, session))
}

fn grant(grant: &Grant, session: &Session) -> Result<(), Failure> {
    session.ui.line(&format!("+[server.{}]", harmless(&grant.name)))?;
    let server = &grant.server;
    let lists = [("allow", &server.allow), ("command", &server.command), ("keep", &server.keep)];
    for (key, list) in lists.into_iter().filter(|(_, list)| !list.is_empty()) {
        session.ui.line(&harmless(&format!("+{key} = {}", json!(list))))?;
    }
    let texts = [("dir", &server.dir), ("url", &server.url)];
    for (key, text) in texts.into_iter().filter_map(|(key, text)| Some((key, text.as_ref()?))) {
        session.ui.line(&harmless(&format!("+{key} = {}", json!(text))))?;
    }
    let maps = [("headers", &server.headers), ("env", &server.env)];
    for (key, name, text) in maps
        .into_iter()
        .flat_map(|(key, map)| map.iter().map(move |(name, text)| (key, name, text)))
    {
        if is_ambient(name) {
            continue;
        }
        session.ui.line(&harmless(&format!("+{key}.{name} = {}", json!(text))))?;
    }
    let ambient: Vec<&str> =
        server.env.keys().map(String::as_str).filter(|name| is_ambient(name)).collect();
    match ambient.as_slice() {
        [] => Ok(()),
        names => session.ui.line(&format!("+env: {} as here", names.join(", "))),
    }
}

/// The same for `--json`.
pub(super) fn value(hunk: &Hunk) -> Value {
    let line = |line: &Line| match line {
        Line::Gone(part, text) => json!({ "gone": part, "text": text }),
        Line::New(part, text) => json!({ "new": part, "text": text }),
    };
    json!({ "place": hunk.place, "lines": hunk.lines.iter().map(line).collect::<Vec<_>>() })
}

fn headline(path: &Path, session: &Session) -> Result<(), Failure> {
    let path = harmless(&path.display().to_string());
    session.ui.line(&format!("--- {path}\n+++ {path}"))
}

fn told(line: &Line) -> String {
    match line {
        Line::Gone(part, text) => format!("-{part}: {text}"),
        Line::New(part, text) => format!("+{part}: {text}"),
    }
}
