//! A dead man's switch, as Healthchecks.io has it: an address that wants to hear from each run, and
//! raises the alarm when it does not.
//!
//! `ADDRESS/start` begins a run, `ADDRESS/STATUS` ends it with an exit status (0 is success), and
//! `ADDRESS/fail` says failure without one. Success is `ADDRESS` alone, which other services have
//! too. The text of the notice is the body.

use crate::config::{Notify, On};
use crate::http::{Address, Http, Request};
use crate::secret::Secret;

use super::{Error, Notice, Outcome, webhook};

/// Sends the sign of life, or of its opposite.
pub(super) fn tell(
    address: &Address,
    channel: &Notify,
    notice: &Notice,
    http: &dyn Http,
) -> Result<(), Error> {
    let below = step(channel, notice).map(|step| address.below(&step));
    let body = Secret::copy_from(notice.text().as_bytes());
    webhook::taken(
        http,
        &Request::post(below.as_ref().unwrap_or(address), "text/plain; charset=utf-8", body),
    )
}

/// What stands below the address. A run with omissions has run: where nobody wants to hear of
/// omissions, it is a success, or the alarm would be raised for nothing.
pub(super) fn step(channel: &Notify, notice: &Notice) -> Option<String> {
    match (notice.outcome, notice.status) {
        (Outcome::Started, _) => Some("start".to_owned()),
        (Outcome::Succeeded, _) => None,
        (Outcome::WithOmissions, _) if !channel.on().contains(&On::Omissions) => None,
        (_, Some(status)) if status != 0 => Some(status.to_string()),
        _ => Some("fail".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notify::message::tests::failed;

    fn below(outcome: Outcome, status: Option<u8>, on: Option<Vec<On>>) -> Option<String> {
        let channel = Notify { ping: Some("file".to_owned()), on, ..Notify::default() };
        step(&channel, &Notice { outcome, status, ..failed() })
    }

    #[test]
    fn each_outcome_has_its_step() {
        let usual = |outcome, status| below(outcome, status, None);
        assert_eq!(usual(Outcome::Started, None).as_deref(), Some("start"));
        assert_eq!(usual(Outcome::Succeeded, Some(0)), None);
        assert_eq!(usual(Outcome::WithOmissions, Some(3)).as_deref(), Some("3"));
        assert_eq!(usual(Outcome::Failed, Some(14)).as_deref(), Some("14"));
        assert_eq!(usual(Outcome::Failed, None).as_deref(), Some("fail"));
        assert_eq!(usual(Outcome::Overdue, Some(0)).as_deref(), Some("fail"));
    }

    #[test]
    fn omissions_that_nobody_wants_to_hear_of_are_a_success() {
        assert_eq!(below(Outcome::WithOmissions, Some(3), Some(vec![On::Success])), None);
    }
}
