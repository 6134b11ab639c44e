//! What a drill has to say.

use std::time::Duration;

use serde_json::{Value, json};

use crate::recovery::{Drilled, Findings, Goal, Problem, Reason, Report, Work};

use super::super::{Code, Failure, Session};

/// What was found: data on standard output, everything wrong but the first problem as warnings. The
/// first is how the drill fails.
pub(super) fn tell(
    findings: &Findings,
    report: Option<&Report>,
    title: &str,
    session: &Session,
) -> Result<(), Failure> {
    if session.ui.json {
        return session.ui.json(&value(findings, report));
    }
    for problem in findings.problems.iter().skip(1) {
        session.ui.warn(&format!("{title}: {}", problem.told));
    }
    for (omission, about) in &findings.omissions {
        session.ui.note(&format!("{title}: {about}: {omission}"));
    }
    match report.map(|report| &report.work) {
        Some(Work::Drill(drilled)) => {
            lines(drilled, title).iter().try_for_each(|l| session.ui.line(l))
        }
        _ => Ok(()),
    }
}

fn lines(drilled: &Drilled, title: &str) -> Vec<String> {
    let Drilled { snapshot, phases, rpo, rto, checked, .. } = drilled;
    let mut lines = Vec::new();
    if let Some(snapshot) = snapshot.filter(|_| checked.things > 0) {
        lines.push(format!(
            "{snapshot} came back from {title}, and was compared: {} things, {} bytes; client files: {}, servers: {}; entries: {}, decrypted: {}",
            checked.things, checked.bytes, checked.client_files, checked.servers, checked.entries, checked.decrypted
        ));
    }
    let took = |ms: u64| if ms == 0 { "0 ms".to_owned() } else { span(Duration::from_millis(ms)) };
    let phases = phases.iter().map(|spent| format!("{} {}", spent.phase, took(spent.ms)));
    lines.push(phases.collect::<Vec<_>>().join(", "));
    lines.extend(goal("newest snapshot", "old", rpo, Duration::from_secs));
    lines.extend(goal("everything back after", "", rto, Duration::from_millis));
    lines
}

fn goal(what: &str, after: &str, goal: &Goal, unit: fn(u64) -> Duration) -> Option<String> {
    let measured = span(unit(goal.measured?));
    let told = format!("{what} {measured} {after}");
    Some(format!("{}; allowed: {}", told.trim_end(), span(unit(goal.objective))))
}

/// For `--json`: the report as it was left, and what it does not name.
fn value(findings: &Findings, report: Option<&Report>) -> Value {
    let report: Option<Value> =
        report.and_then(|report| serde_json::from_str(&report.render()).ok());
    let problems: Vec<Value> = findings
        .problems
        .iter()
        .map(|Problem { reason, told }| json!({ "reason": reason, "told": told }))
        .collect();
    let omissions: Vec<Value> = findings
        .omissions
        .iter()
        .map(|(omission, about)| json!({ "omission": omission, "about": about }))
        .collect();
    json!({ "report": report, "problems": problems, "omissions": omissions })
}

/// The first problem, as the end of the drill: one line.
pub(super) fn failure(problem: &Problem, title: &str) -> Failure {
    let told = problem.told.replace('\n', " ");
    Failure::new(Code::NotVerified, format!("{title}: {told}")).hint(hint(problem.reason))
}

fn hint(reason: Reason) -> &'static str {
    match reason {
        Reason::NoRepository | Reason::NoSnapshot | Reason::RolledBack => {
            "somebody may have removed it; another destination may have it: `vaultctl snapshot heal`"
        }
        Reason::Damaged | Reason::StockTools | Reason::Different => {
            "`vaultctl snapshot verify` names everything that is damaged, `vaultctl snapshot heal` mends it from another destination"
        }
        Reason::OtherSigner => {
            "print the paper anew with `vaultctl recovery-kit`, or look who has written there"
        }
        Reason::WrongKey => {
            "is it the paper of this machine? `recipients.txt` beside the settings has the public keys"
        }
        Reason::Degraded | Reason::ClientFiles | Reason::Servers => {
            "an older snapshot may have it: `vaultctl snapshot list`; where it is meant, `vaultctl snapshot accept` says so"
        }
        Reason::Entries | Reason::Decryption | Reason::History => {
            "look at it in the store itself; an older snapshot may have it whole"
        }
        Reason::Recipients => {
            "`vaultctl reencrypt` encrypts the store to the recipients of its folders"
        }
        Reason::Rights => "look at it before anybody restores this snapshot",
        Reason::Rpo => "is the nightly snapshot taken? `vaultctl snapshot list` shows when",
        Reason::Rto => {
            "a nearer destination is faster; `snapshot.objectives` in the settings says what is allowed"
        }
    }
}

/// As a report has them.
pub(super) fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// A length of time in at most two units.
pub(super) fn span(time: Duration) -> String {
    let (seconds, ms) = (time.as_secs(), time.subsec_millis());
    match seconds {
        0 if ms > 0 => format!("{ms} ms"),
        0 => "0 s".to_owned(),
        1..60 => format!("{seconds}.{} s", ms / 100),
        60..3600 => format!("{}m {}s", seconds / 60, seconds % 60),
        3600..172_800 => format!("{}h {}m", seconds / 3600, seconds % 3600 / 60),
        _ => format!("{}d {}h", seconds / 86_400, seconds % 86_400 / 3600),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_short() {
        for (ms, text) in [
            (0, "0 s"),
            (999, "999 ms"),
            (12_345, "12.3 s"),
            (61_000, "1m 1s"),
            (93_600_000, "26h 0m"),
            (3 * 86_400_000 + 3_600_000, "3d 1h"),
        ] {
            assert_eq!(span(Duration::from_millis(ms)), text);
        }
    }
}
