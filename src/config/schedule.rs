//! `[[schedule]]`: what is done by itself, and when.

use serde::Deserialize;

use super::Span;

/// `[[schedule]]`: one job. Without any, the three that we know are done at times of ours.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// What it is called; `nightly`, `weekly` and `monthly` know what they do.
    pub job: String,
    /// When: cron's five fields, `@daily` and its like, or a calendar event of systemd's.
    pub at: Option<String>,
    /// What it does instead: the words of another command line of ours.
    pub run: Option<Vec<String>>,
    /// How long it may begin later, at random; ten minutes.
    pub jitter: Option<Span>,
}
