//! `vaultctl mcp undo`.

use serde_json::json;

use crate::cli::{Checked, Done, Example, Failure, Session, agent};
use crate::clients::Client;
use crate::clients::adoption::{Copies, Undo, Undone};

use super::difference;

/// Put clients' files back as they were before `mcp adopt`
///
/// A file that nobody has changed since is put back byte for byte. In one that was changed, only
/// what was adopted is put back, server by server; where that was changed too, it is left and
/// named. The secrets are in the files again then, in the clear. The permissions that were made
/// go; entries stay in the store.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Only files of CLIENT
    #[arg(long, value_name = "CLIENT")]
    client: Option<Client>,
    /// Put them back without asking; needed where nobody can be asked
    #[arg(short, long)]
    yes: bool,
}

pub(in crate::cli) const EXAMPLES: &[Example] = &[Example {
    what: "Put the files of one client back",
    line: "vaultctl mcp undo --client cursor --yes",
    checked: Checked::Runs,
}];

pub(super) fn run(args: &Args, session: &Session) -> Result<Done, Failure> {
    agent::refuse("putting secrets back into files", session)?;
    super::refuse_as_root(session)?;
    let _alone = super::alone(session)?;
    super::with_copies(session, |copies| {
        let mut undo = Undo::plan(copies, args.client)?;
        if undo.steps().next().is_none() {
            if let Some((_, error)) = undo.unreadable.pop() {
                return Err(error.into());
            }
            session.ui.note("nothing is adopted");
            return Ok(Done::Fully);
        }
        show(&undo, session)?;
        super::confirm(args.yes, "Put the secrets back into these files, in the clear?", session)?;
        carry_out(&undo, copies, session)
    })
}

fn show(undo: &Undo, session: &Session) -> Result<(), Failure> {
    for (_, error) in &undo.unreadable {
        session.ui.warn(&format!("a sealed copy is left out: {error}"));
    }
    if session.ui.json {
        return session.ui.json(&undo.steps().map(value).collect::<Vec<_>>());
    }
    for step in undo.steps().filter(|step| !step.hunks.is_empty()) {
        difference::file(&step.path, &step.hunks, session)?;
    }
    Ok(())
}

fn carry_out(undo: &Undo, copies: &Copies<'_>, session: &Session) -> Result<Done, Failure> {
    let mut done = match undo.unreadable.is_empty() {
        true => Done::Fully,
        false => Done::WithOmissions,
    };
    for step in undo.carry_out(copies, &session.config.paths.settings)? {
        let path = step.path.display();
        if let Some(failure) = &step.failure {
            session.ui.warn(&format!("not put back: {failure}"));
        } else if step.is_partial && !step.hunks.is_empty() {
            session.ui.note(&format!("put back, as far as it was adopted: {path}"));
        } else if !step.is_partial {
            session.ui.note(&format!("put back: {path}"));
        }
        for server in &step.kept {
            session
                .ui
                .warn(&format!("`{server}` in `{path}` was changed since, and stays as it is"));
        }
        if step.failure.is_some() || !step.kept.is_empty() {
            done = Done::WithOmissions;
        }
    }
    session.ui.note("the entries stay in the store");
    Ok(done)
}

fn value(step: &Undone) -> serde_json::Value {
    json!({
        "client": step.client.word(),
        "file": step.path,
        "partial": step.is_partial,
        "kept": step.kept,
        "failure": step.failure,
        "changes": step.hunks.iter().map(difference::value).collect::<Vec<_>>(),
    })
}
