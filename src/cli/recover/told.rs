//! What is said about a recovery.

use std::time::Duration;

use serde_json::{Value, json};

use crate::cli::snapshot::restore::danger;
use crate::cli::{Done, Failure, Session};
use crate::crypto::Fingerprint;
use crate::doctor::ago;
use crate::recovery::{Checked, Findings, Kit, Phases};
use crate::snapshot::{Backdated, Danger, Found, PassedOver, Verified};

use super::bare::Back;
use super::heritage::Estate;

/// Of more things of one kind, only the number is told.
const MOST_WARNINGS: usize = 10;

/// A recovery that has come to its end.
pub(super) struct Ended {
    pub(super) back: Back,
    pub(super) phases: Phases,
    pub(super) estate: Estate,
    /// The new sheet, if there is a new repository.
    pub(super) kit: Option<Kit>,
    /// How what came back looks.
    pub(super) findings: Findings,
    pub(super) stolen: bool,
}

/// Says what was passed over, and what lies about its age.
pub(super) fn found(found: &Found, without_clock: bool, session: &Session) {
    if without_clock {
        session.ui.warn("the dates of a folder prove nothing: what claims to be from before that time is taken at its word");
    }
    let backdated = found.backdated.iter().rev().map(|Backdated { id, stored }| {
        format!("{id} claims to be older than it can be: it was stored {stored:.0}")
    });
    warn_of(backdated, session);
    let passed_over = found.passed_over.iter();
    let passed_over =
        passed_over.map(|PassedOver { id, why }| format!("passed over {id}: it is {why}"));
    warn_of(passed_over, session);
}

/// Warns of the first few, and says how many more there are.
fn warn_of(warnings: impl ExactSizeIterator<Item = String>, session: &Session) {
    let more = warnings.len().saturating_sub(MOST_WARNINGS);
    warnings.take(MOST_WARNINGS).for_each(|warning| session.ui.warn(&warning));
    if more > 0 {
        session.ui.aside(&format!("and {more} more like the last one"));
    }
}

pub(super) fn chosen(verified: &Verified, signer: &Fingerprint, session: &Session) {
    let id = verified.commit().id;
    let taken = ago(id.time, session.world.clock.now());
    session
        .ui
        .note(&format!("the newest healthy snapshot is {id}, taken {taken}, signed by {signer}"));
}

pub(super) fn dry_run(
    verified: &Verified,
    dangers: &[Danger],
    session: &Session,
) -> Result<(), Failure> {
    let id = verified.commit().id;
    if session.ui.json {
        let dangers: Vec<Value> = dangers.iter().map(danger).collect();
        return session.ui.json(&json!({ "snapshot": id.to_string(), "dangers": dangers }));
    }
    session.ui.note("nothing was changed");
    session.ui.line(&id.to_string())
}

/// Says how it went; the new sheet is what goes to standard output.
pub(super) fn end(ended: &Ended, session: &Session) -> Result<Done, Failure> {
    tell_estate(ended, session);
    problems(ended).for_each(|problem| session.ui.warn(problem));
    tell_findings(&ended.findings, session);
    if session.ui.json {
        session.ui.json(&value(ended))?;
    } else {
        tell_time(&ended.phases, session);
        if let Some(kit) = &ended.kit {
            session.ui.note(&format!(
                "another key signs from now on: where your recovery identity is kept, write `# signer: {}` beside it, instead of what stands there",
                kit.signer.fingerprint()
            ));
            session.ui.note("this is your new sheet: print it, with `vaultctl recovery-kit --html FILE` as a page, and destroy the old one");
            session.ui.reveal(&kit.text())?;
        }
        tell_what_next(ended, session);
    }
    let is_whole = ended.kit.is_some() && problems(ended).next().is_none();
    Ok(if is_whole { Done::Fully } else { Done::WithOmissions })
}

/// What is left for a person to do.
fn tell_what_next(ended: &Ended, session: &Session) {
    let settings = session.config.paths.settings.display();
    session.ui.note(&format!("next: look at the lines `# restored:` in {settings}, and take the marks away where they are yours; `vaultctl mcp check` starts each server"));
    if ended.kit.is_some() {
        session.ui.note("then `vaultctl snapshot create` takes this machine's first snapshot, and `vaultctl schedule install` those of every night");
    }
}

fn tell_estate(ended: &Ended, session: &Session) {
    for folder in &ended.estate.inherited {
        let at = folder.folder.display();
        let (place, option) = match folder.folder.as_os_str().is_empty() {
            true => ("the store".to_owned(), String::new()),
            false => (format!("`{at}`"), format!(" -p {at}")),
        };
        folder.gone.iter().for_each(|key| {
            session.ui.note(&format!("{place} is encrypted to {key} no more"));
        });
        folder.others.iter().for_each(|key| {
            session.ui.note(&format!("{place} can still be opened by {key}; if that was the lost machine: `vaultctl recipients rm{option} {key}`"));
        });
    }
    let readable = &ended.estate.readable;
    if ended.stolen {
        session.ui.warn("whoever has the old machine may have read these entries: change the secrets themselves");
        readable.iter().for_each(|name| session.ui.aside(name.as_str()));
        session.ui.warn("and take away the access keys that it had: for buckets, for git remotes");
    } else if !readable.is_empty() {
        session.ui.note(&format!(
            "if somebody else has the old machine, change the secrets themselves (entries: {}; `vaultctl ls` lists them)",
            readable.len()
        ));
    }
}

/// What is not as it should be, the snapshot had so; or it is for somebody else.
fn problems(ended: &Ended) -> impl Iterator<Item = &str> {
    let found = ended.findings.problems.iter().map(|problem| problem.told.as_str());
    ended.estate.left().chain(found)
}

fn tell_findings(findings: &Findings, session: &Session) {
    for (omission, about) in &findings.omissions {
        session.ui.note(&format!("not tried: {about}: {omission}"));
    }
    let Checked { client_files, servers, entries, decrypted, .. } = findings.checked;
    session.ui.note(&format!(
        "looked at: client files {client_files}, servers {servers}, entries {entries}, of which decrypted {decrypted}"
    ));
}

fn tell_time(phases: &Phases, session: &Session) {
    let each: Vec<String> =
        phases.iter().map(|(stage, took)| format!("{} {}", stage.word(), seconds(took))).collect();
    session.ui.note(&format!(
        "everything was back after {}: {}",
        seconds(phases.total()),
        each.join(", ")
    ));
}

/// For `--json`.
fn value(ended: &Ended) -> Value {
    let phases: Vec<Value> = ended
        .phases
        .iter()
        .map(|(stage, took)| json!({ "phase": stage.word(), "seconds": took.as_secs_f64() }))
        .collect();
    let names: Vec<&str> = ended.estate.readable.iter().map(|name| name.as_str()).collect();
    let place =
        ended.kit.as_ref().map(|kit| kit.sources.iter().map(|at| at.url()).collect::<Vec<_>>());
    let signer = ended.kit.as_ref().map(|kit| kit.signer.fingerprint().to_string());
    let problems: Vec<&str> = problems(ended).collect();
    json!({
        "snapshot": ended.back.journal.snapshot, "problems": problems, "kept": ended.back.kept, "repository": place,
        "signer": signer, "rotate": names, "rto_seconds": ended.phases.total().as_secs_f64(),
        "phases": phases,
    })
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}
