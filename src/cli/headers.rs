//! `vaultctl headers`.

use std::collections::BTreeMap;
use std::io;

use crate::audit::{Action, Event};
use crate::inject::{self, Grant, Manifest, Slot};
use crate::secret::{Secret, SecretBuffer};

use super::exec::{record_event, refused, resolve};
use super::{Checked, Done, Example, Failure, Session, agent};

/// Print the headers of requests to a server, as Claude Code's `headersHelper` wants them
///
/// They are those of `[server.NAME]` in the settings, with what `{{…}}` stands for, as one JSON object.
/// They are given only for the server that the permission is for: the address that Claude Code names in
/// CLAUDE_CODE_MCP_SERVER_URL must have the scheme, host and port of its `url`.
#[derive(clap::Args)]
pub(super) struct Args {
    /// The permission in the settings
    #[arg(value_name = "SERVER")]
    server: String,
}

pub(super) const EXAMPLES: &[Example] = &[Example {
    what: "Be the `headersHelper` of an entry in Claude Code",
    line: "vaultctl headers linear",
    checked: Checked::Parses,
}];

pub(super) fn run(args: &Args, session: &Session) -> Result<Done, Failure> {
    let variables = &session.world.variables;
    let asked = variables.text(agent::SERVER_URL);
    // Claude Code takes some variables away from its helpers: this one stays.
    if !agent::is_here(variables) && variables.raw(agent::SERVER_URL).is_none() {
        return answer(&args.server, None, session);
    }
    let refuse = |_: &Failure| refused(&args.server, session);
    let nobody = || Failure::from(inject::Error::NoServerNamed(args.server.clone()));
    let asked = asked.ok_or_else(nobody).inspect_err(refuse)?;
    let confined = agent::confine(&args.server, session).inspect_err(refuse)?;
    answer(&args.server, Some(asked), &confined.session)
}

fn answer(server: &str, asked: Option<&str>, session: &Session) -> Result<Done, Failure> {
    let grant = Grant::find(&session.config.settings, server);
    let manifest = grant.and_then(|grant| grant.headers(asked));
    let manifest = manifest.inspect_err(|_| refused(server, session))?;
    let values = resolve(&manifest, session).inspect_err(|_| {
        record_event(&event(Event::failed, server, &manifest), session).ok();
    })?;
    record_event(&event(Event::ok, server, &manifest), session)?;
    session.ui.reveal(&object(&values)?)?;
    Ok(Done::Fully)
}

fn event(verdict: fn(Action, &str) -> Event, server: &str, manifest: &Manifest) -> Event {
    let names: Vec<String> = manifest.granted().map(|(slot, _)| slot.to_string()).collect();
    verdict(Action::Exec, &format!("{server}: {}", names.join(" ")))
}

/// One JSON object, made inside a secret.
fn object(values: &BTreeMap<Slot, Secret>) -> Result<Secret, io::Error> {
    let mut text = SecretBuffer::new();
    for (number, (slot, value)) in values.iter().enumerate() {
        let Slot::Header(name) = slot else { continue };
        text.push(if number == 0 { b"{" } else { b"," });
        serde_json::to_writer(&mut text, name)?;
        text.push(b":");
        // EXPOSE: written into another secret, which is what was asked for. It is known to be text.
        let value = String::from_utf8_lossy(value.expose());
        serde_json::to_writer(&mut text, &value)?;
    }
    text.push(b"}\n");
    Ok(text.into_secret())
}
