//! PagerDuty's events (Events API v2): a failure opens an incident, the next success closes it.

use serde_json::{Value, json};

use crate::http::{Address, Http};
use crate::secret::SecretText;

use super::{Error, Notice, Outcome, webhook};

/// A longer summary is refused there (characters).
const SUMMARY_LIMIT: usize = 1024;

pub(super) fn tell(
    address: &Address,
    key: &SecretText,
    notice: &Notice,
    http: &dyn Http,
) -> Result<(), Error> {
    // EXPOSE: PagerDuty knows by it whose event it is.
    webhook::post(address, &event(key.expose(), notice), http)
}

/// One key for each job of each machine, so that what belongs together is one incident.
pub(super) fn event(key: &str, notice: &Notice) -> Value {
    let action = if notice.outcome == Outcome::Succeeded { "resolve" } else { "trigger" };
    json!({
        "routing_key": key,
        "event_action": action,
        "dedup_key": format!("vaultctl/{}/{}", notice.host, notice.job),
        "payload": payload(notice),
    })
}

fn payload(notice: &Notice) -> Value {
    let severity = match notice.outcome {
        Outcome::Failed | Outcome::Overdue => "error",
        Outcome::WithOmissions => "warning",
        Outcome::Started | Outcome::Succeeded => "info",
    };
    let reason = notice.reason.iter().map(|reason| format!(": {reason}"));
    let summary: String = [notice.headline()].into_iter().chain(reason).collect();
    json!({
        "summary": summary.chars().take(SUMMARY_LIMIT).collect::<String>(),
        "source": notice.host,
        "severity": severity,
        "timestamp": notice.at.to_string(),
        "component": "vaultctl",
        "group": notice.job,
        "custom_details": notice.json(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Scripted;
    use crate::notify::message::tests::failed;

    /// As <https://developer.pagerduty.com/docs/send-alert-event> shows it.
    #[test]
    fn an_event_has_the_fields_that_are_asked_for() {
        let event = event("key", &failed());
        assert_eq!(event["dedup_key"], "vaultctl/laptop/nightly");
        assert_eq!(event["event_action"], "trigger");
        assert_eq!(
            event["payload"]["summary"],
            "nightly on laptop failed (exit status 13): `packs/00/<a>`: is gone & lost"
        );
        assert_eq!(event["payload"]["timestamp"], "2026-11-28T02:00:05Z");
        assert_eq!(event["payload"]["severity"], "error");
        assert_eq!(event["payload"]["custom_details"]["numbers"]["objects"], 340);
    }

    #[test]
    fn a_summary_is_no_longer_than_they_take() {
        let long = Notice { reason: Some("é".repeat(5000)), ..failed() };
        let event = event("key", &long);
        let summary = event["payload"]["summary"].as_str().expect("it is text");
        assert_eq!(summary.chars().count(), SUMMARY_LIMIT);
    }

    #[test]
    fn any_answer_but_success_is_an_error() {
        let http = Scripted::new([202, 429]);
        let key = SecretText::copy_from("key");
        let address = SecretText::copy_from("https://events.example.net/v2/enqueue");
        let address = Address::parse(&address, crate::http::Plain::Here).expect("is one");
        assert!(tell(&address, &key, &failed(), &http).is_ok());
        assert!(matches!(tell(&address, &key, &failed(), &http), Err(Error::Answered(429))));
        assert!(matches!(tell(&address, &key, &failed(), &http), Err(Error::Http(_))));
        let (asked, sent) = http.heard().remove(0);
        assert_eq!(asked, "https://events.example.net/v2/enqueue");
        assert!(sent.contains("\"routing_key\":\"key\""), "{sent}");
    }
}
