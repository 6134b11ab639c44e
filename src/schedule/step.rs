//! A step in a process of its own: this very program, asked for nothing and answered in JSON.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::sys::{Environment, Exit, Heard, Interrupts, Partner, Program, Variables, harmless};

use super::{Ended, Error, Step};

/// A longer line is none of ours (bytes).
const LINE_LIMIT: usize = 4 * 1024 * 1024;

/// How long one look for the next line takes.
const LOOK: Duration = Duration::from_secs(3600);

/// How long a step that was told to end has for it; then it is killed.
const PATIENCE: Duration = Duration::from_secs(10);

/// Options that all steps get: nobody is there to be asked, and only what matters is said.
const QUIETLY: [&str; 3] = ["--no-input", "--quiet", "--json"];

/// The exit status of a step that a signal has ended, or that has one of its own.
const FAILED: u8 = 1;

/// Where steps are run.
#[derive(Clone)]
pub struct Child {
    /// This program.
    pub program: PathBuf,
    /// All variables that it gets.
    pub variables: Variables,
}

impl Child {
    /// Runs a step and waits for its end. One that is interrupted is ended.
    ///
    /// # Errors
    /// When it can not be started.
    pub fn perform(&self, step: &Step, interrupts: &Interrupts) -> Result<Ended, Error> {
        let arguments = QUIETLY.into_iter().chain(step.words.iter().map(String::as_str));
        let program = Program {
            name: self.program.clone().into(),
            arguments: arguments.map(Into::into).collect(),
            folder: None,
        };
        let mut environment = Environment::default();
        self.variables.iter().for_each(|(name, value)| environment.set(name, value));
        let partner = Partner::start(&program, &environment, LINE_LIMIT).map_err(Error::Step)?;
        let ended = listen(partner, interrupts).map_err(Error::Step)?;
        Ok(if is_foreign(step) { without_words(ended) } else { ended })
    }
}

/// Verbs in which nobody speaks but this program.
const OWN: [&str; 7] = ["snapshot", "drill", "status", "metrics", "audit", "recovery-kit", "ls"];

/// Whether somebody else's program may speak in it: what `exec` starts, git's hooks, a server that is
/// checked. Its words may hold what it was given: they are in no record and no message.
fn is_foreign(step: &Step) -> bool {
    step.words.first().is_none_or(|verb| !OWN.contains(&verb.as_str()))
}

fn without_words(ended: Ended) -> Ended {
    let reason = ended.reason.map(|_| exit_status(ended.status));
    Ended { reason, said: Vec::new(), numbers: BTreeMap::new(), ..ended }
}

fn exit_status(status: u8) -> String {
    format!("exit status {status}")
}

fn listen(mut partner: Partner, interrupts: &Interrupts) -> std::io::Result<Ended> {
    partner.hang_up();
    let mut numbers = BTreeMap::new();
    loop {
        match partner.listen(Instant::now() + LOOK, interrupts)? {
            Heard::Line(line) => count(&line, &mut numbers),
            Heard::Nothing => {}
            Heard::TooLong | Heard::Closed | Heard::Interrupted => break,
        }
    }
    let (_, exit) = partner.end(PATIENCE)?;
    let words = partner.last_words();
    let (status, signal) = match exit {
        Exit::Code(code) => (u8::try_from(code).unwrap_or(FAILED), None),
        Exit::Signal(signal) => (FAILED, Some(format!("ended by signal {signal}"))),
    };
    let reason = signal.or_else(|| reason(&words)).unwrap_or_else(|| exit_status(status));
    let reason = (status != 0).then_some(reason);
    Ok(Ended {
        status,
        reason,
        numbers,
        said: words.iter().filter_map(|line| said(line)).collect(),
    })
}

/// Takes the numbers of an answer: those that stand in it, and how long its lists are. What was
/// counted first counts.
fn count(line: &[u8], numbers: &mut BTreeMap<String, u64>) {
    let Ok(Value::Object(answer)) = serde_json::from_slice(line) else {
        return;
    };
    for (name, value) in answer {
        let number = match value {
            Value::Array(list) => u64::try_from(list.len()).ok(),
            value => value.as_u64(),
        };
        if let Some(number) = number {
            numbers.entry(harmless(&name)).or_insert(number);
        }
    }
}

/// The last error that a step told.
fn reason(words: &[String]) -> Option<String> {
    let error = words.iter().rev().find_map(|line| {
        let event = serde_json::from_str::<Value>(line).ok();
        let message = event.as_ref().and_then(|event| event.pointer("/error/message"));
        let message = message.and_then(Value::as_str).map(str::to_owned);
        message.or_else(|| line.strip_prefix("error: ").map(str::to_owned))
    });
    error.map(|line| harmless(&line))
}

/// What is not the error: warnings, and what belongs to them.
fn said(line: &str) -> Option<String> {
    let event = serde_json::from_str::<Value>(line).ok()?;
    let is_told = ["warning", "detail"].contains(&event.get("event")?.as_str()?);
    event.get("message")?.as_str().filter(|_| is_told).map(harmless)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedule::job::Terms;

    fn lines(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn the_reason_is_the_error_in_one_line() {
        let event =
            r#"{"error":{"code":13,"message":"`a\u001b`: is not what was signed","hint":"x"}}"#;
        let words = lines(&[r#"{"event":"warning","message":"torn"}"#, event]);
        assert_eq!(reason(&words).as_deref(), Some("`a\\u{1b}`: is not what was signed"));
        assert_eq!(words.iter().filter_map(|line| said(line)).collect::<Vec<_>>(), ["torn"]);
        assert_eq!(reason(&lines(&["error: no", "Usage: x"])).as_deref(), Some("no"));
        assert_eq!(reason(&lines(&["Killed"])), None);
    }

    #[test]
    fn the_words_of_other_programs_go_nowhere() {
        let step = |words: &[&str]| Step { words: lines(words), terms: Terms::Always };
        for line in ["--config x exec -- sh", "git push", "pass show a", "mcp check", "rm snapshot"]
        {
            assert!(is_foreign(&step(&line.split(' ').collect::<Vec<_>>())), "{line}");
        }
        assert!(!is_foreign(&step(&["snapshot", "create"])));
        assert!(!is_foreign(&step(&["ls", "--", "exec"])));
        let ended = Ended {
            status: 7,
            reason: Some("hunter2".to_owned()),
            said: lines(&["hunter2"]),
            ..Ended::default()
        };
        let left = without_words(ended);
        assert_eq!((left.reason.as_deref(), left.said.len()), (Some("exit status 7"), 0));
    }

    #[test]
    fn numbers_are_those_of_the_first_answer_that_has_them() {
        let mut numbers = BTreeMap::new();
        count(br#"{"snapshot":"x","entries":3,"bytes":10,"unchanged":true}"#, &mut numbers);
        count(br#"{"bytes":99,"removed":["a","b"],"faults":[]}"#, &mut numbers);
        count(b"no json", &mut numbers);
        let expected = [("entries", 3), ("bytes", 10), ("removed", 2), ("faults", 0)];
        assert_eq!(numbers, expected.map(|(name, number)| (name.to_owned(), number)).into());
    }
}
