//! A notice in words, and as JSON.

use serde_json::{Map, Value, json};

use super::{Notice, Outcome};

impl Outcome {
    /// One word, for programs.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Succeeded => "succeeded",
            Self::WithOmissions => "with_omissions",
            Self::Failed => "failed",
            Self::Overdue => "overdue",
        }
    }

    fn said(self) -> &'static str {
        match self {
            Self::Started => "has started",
            Self::Succeeded => "succeeded",
            Self::WithOmissions => "finished with omissions",
            Self::Failed => "failed",
            Self::Overdue => "is overdue",
        }
    }
}

impl Notice {
    /// What has happened: `nightly on laptop failed (exit status 13)`.
    #[must_use]
    pub fn headline(&self) -> String {
        let Self { job, host, outcome, .. } = self;
        let status = match self.status {
            Some(status) if status != 0 => format!(" (exit status {status})"),
            _ => String::new(),
        };
        format!("{job} on {host} {}{status}", outcome.said())
    }

    /// The headline and why, in one line.
    #[must_use]
    pub fn line(&self) -> String {
        let reason = self.reason.iter().map(|reason| format!(": {reason}"));
        [self.headline()].into_iter().chain(reason).collect()
    }

    /// The headline, and below it what else there is to say, a line each.
    #[must_use]
    pub fn text(&self) -> String {
        let reason = self.reason.iter().map(|reason| format!("reason: {reason}"));
        let at = [format!("at: {}", self.at)];
        let took = self.took.iter().map(|took| format!("took: {} s", took.as_secs()));
        let numbers = self.numbers.iter().map(|(name, number)| format!("{name}: {number}"));
        let lines =
            [self.headline()].into_iter().chain(reason).chain(at).chain(took).chain(numbers);
        lines.collect::<Vec<_>>().join("\n")
    }

    /// Everything, for a program; docs/notify.md describes it.
    #[must_use]
    pub fn json(&self) -> Value {
        let numbers = self.numbers.iter().map(|(name, number)| (name.clone(), json!(number)));
        json!({
            "job": self.job,
            "host": self.host,
            "outcome": self.outcome.word(),
            "status": self.status,
            "at": self.at.to_string(),
            "seconds": self.took.map(|took| took.as_secs()),
            "reason": self.reason,
            "numbers": Value::Object(numbers.collect::<Map<_, _>>()),
            "text": self.line(),
        })
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::time::Duration;

    use super::*;

    /// What all tests of this room tell.
    pub(in crate::notify) fn failed() -> Notice {
        Notice {
            job: "nightly".to_owned(),
            host: "laptop".to_owned(),
            outcome: Outcome::Failed,
            status: Some(13),
            at: "2026-11-28T02:00:05Z".parse().expect("is a time"),
            took: Some(Duration::from_millis(65_400)),
            reason: Some("`packs/00/<a>`: is gone & lost".to_owned()),
            numbers: [("snapshots".to_owned(), 12), ("objects".to_owned(), 340)].into(),
        }
    }

    #[test]
    fn it_is_said_in_words() {
        let text = "nightly on laptop failed (exit status 13)\nreason: `packs/00/<a>`: is gone & lost\n\
                    at: 2026-11-28T02:00:05Z\ntook: 65 s\nobjects: 340\nsnapshots: 12";
        assert_eq!(failed().text(), text);
        let started = Notice { outcome: Outcome::Started, status: None, ..failed() };
        assert_eq!(started.headline(), "nightly on laptop has started");
        let done = Notice { outcome: Outcome::Succeeded, status: Some(0), ..failed() };
        assert_eq!(done.headline(), "nightly on laptop succeeded");
    }

    #[test]
    fn it_is_said_to_programs() {
        let json = r#"{"job":"nightly","host":"laptop","outcome":"failed","status":13,"at":"2026-11-28T02:00:05Z","seconds":65,"reason":"`packs/00/<a>`: is gone & lost","numbers":{"objects":340,"snapshots":12},"text":"nightly on laptop failed (exit status 13): `packs/00/<a>`: is gone & lost"}"#;
        assert_eq!(failed().json().to_string(), json);
    }

    #[test]
    fn its_words_are_those_of_its_written_form() {
        for outcome in [
            Outcome::Started,
            Outcome::Succeeded,
            Outcome::WithOmissions,
            Outcome::Failed,
            Outcome::Overdue,
        ] {
            let written = serde_json::to_value(outcome).expect("it can be written");
            assert_eq!(written, outcome.word());
        }
    }
}
