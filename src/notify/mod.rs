//! Telling somebody what became of a job: a program, a webhook, PagerDuty, mail, a dead man's switch.
//!
//! Channels come from the user's own settings and nowhere else. One that fails fails alone: the others
//! are told, and the job goes on as it was; that it could not be told comes back as [`Undelivered`].
//! Each has an end of its patience, and all are told at once, so that several that are dead cost no
//! more time than one.
//!
//! A notice has no secret in it. Addresses and keys of channels are secrets, are read when they are
//! needed, and are in no error.

mod channel;
mod command;
mod error;
mod mail;
mod message;
mod notice;
mod pagerduty;
mod ping;
mod preview;
mod webhook;

use std::path::Path;

use crate::config::{Kind, Notify, On};
use crate::http::Http;
use crate::secret::Secret;
use crate::sys::{Variables, harmless, in_parallel};

use channel::Channel;
pub use error::Error;
pub use notice::{Notice, Outcome, Undelivered};
pub use preview::preview;

/// Channels that are told at the same time.
const WORKERS: usize = 8;

/// What channels need of the outside.
pub struct Means<'m> {
    /// Who sends requests.
    pub http: &'m dyn Http,
    /// The variables of this run; a command gets a few of them.
    pub variables: &'m Variables,
    /// Where commands start.
    pub home: &'m Path,
}

/// Reads the secret of a channel from where the settings say that it is: a file, or `vault:ENTRY`.
/// Its error is one line, and names the file or entry.
pub type Open<'o> = &'o dyn Fn(&str) -> Result<Secret, String>;

/// Whether the channel wants to be told.
#[must_use]
pub fn wants(channel: &Notify, notice: &Notice) -> bool {
    let on = match notice.outcome {
        Outcome::Started => On::Start,
        Outcome::Succeeded => On::Success,
        Outcome::WithOmissions => On::Omissions,
        Outcome::Failed => On::Failure,
        Outcome::Overdue => On::Overdue,
    };
    let is_ping = matches!(channel.kind(), Some(Kind::Ping(_)));
    let has_run = is_ping && on == On::Omissions && channel.on().contains(&On::Success);
    let is_its_job = channel.jobs.as_ref().is_none_or(|jobs| jobs.contains(&notice.job));
    is_its_job && (has_run || channel.on().contains(&on))
}

/// Tells every one of `channels`, which have their place in the settings beside them, counted from 1.
/// Returns those that could not be told.
#[must_use]
pub fn tell(
    notice: &Notice,
    channels: &[(usize, &Notify)],
    open: Open<'_>,
    means: &Means<'_>,
) -> Vec<Undelivered> {
    // Secrets are opened one after the other: somebody may have to be asked for a passphrase.
    let ready: Vec<_> = channels
        .iter()
        .map(|(number, settings)| (settings.title(*number), Channel::of(settings, open)))
        .collect();
    let told = in_parallel(&ready, WORKERS, |(title, channel)| {
        let told = channel.as_ref().map_or_else(
            |error| Err(error.to_string()),
            |channel| channel.tell(notice, means).map_err(|error| error.to_string()),
        );
        told.err().map(|reason| Undelivered { channel: title.clone(), reason: harmless(&reason) })
    });
    told.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::message::tests::failed;
    use super::*;
    use crate::http::Scripted;

    fn wanted(channel: &Notify) -> Vec<&'static str> {
        let outcomes = [
            Outcome::Started,
            Outcome::Succeeded,
            Outcome::WithOmissions,
            Outcome::Failed,
            Outcome::Overdue,
        ];
        let heard = |outcome: &Outcome| wants(channel, &Notice { outcome: *outcome, ..failed() });
        outcomes.into_iter().filter(heard).map(Outcome::word).collect()
    }

    #[test]
    fn what_is_usual_depends_on_the_kind() {
        let place = || Some("file".to_owned());
        let hook = Notify { webhook: place(), ..Notify::default() };
        assert_eq!(wanted(&hook), ["with_omissions", "failed", "overdue"]);
        let ping = Notify { ping: place(), ..Notify::default() };
        assert_eq!(wanted(&ping), ["started", "succeeded", "with_omissions", "failed"]);
        let duty = Notify { pagerduty: place(), ..Notify::default() };
        assert_eq!(wanted(&duty), ["succeeded", "with_omissions", "failed", "overdue"]);
        let life = Notify { ping: place(), on: Some(vec![On::Success]), ..Notify::default() };
        assert_eq!(wanted(&life), ["succeeded", "with_omissions"]);
    }

    #[test]
    fn a_job_that_is_not_named_is_not_told() {
        let jobs = |jobs: &[&str]| Some(jobs.iter().map(ToString::to_string).collect());
        let of = |jobs| Notify { command: vec!["a".to_owned()], jobs, ..Notify::default() };
        assert!(wants(&of(jobs(&["weekly", "nightly"])), &failed()));
        assert!(!wants(&of(jobs(&["weekly"])), &failed()));
        assert!(!wants(&of(jobs(&[])), &failed()));
    }

    #[test]
    fn one_that_fails_fails_alone() {
        let hook = |place: &str| Notify { webhook: Some(place.to_owned()), ..Notify::default() };
        let (good, locked) = (hook("good"), hook("locked"));
        let http = Scripted::new([200]);
        let open = |place: &str| match place {
            "good" => Ok(Secret::copy_from(b"https://a.example/b\n")),
            _ => Err("it is locked\u{1b}[2J".to_owned()),
        };
        let variables = Variables::default();
        let means = Means { http: &http, variables: &variables, home: Path::new("/") };
        let lost = tell(&failed(), &[(1, &locked), (2, &good)], &open, &means);
        let expected = Undelivered {
            channel: "webhook 1".to_owned(),
            reason: "it is locked\\u{1b}[2J".to_owned(),
        };
        assert_eq!(lost, [expected]);
        assert_eq!(http.heard().len(), 1);
    }
}
