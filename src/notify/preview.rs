//! What a channel would be sent. Where its secret goes stands `…`; it is not even read.

use crate::config::{Kind, Notify, Shape};

use super::{Error, Notice, mail, pagerduty, ping, webhook};

/// What stands for an address or a key.
const HIDDEN: &str = "…";

/// What the channel would be sent, as text of several lines.
///
/// # Errors
/// [`Error::BadMailbox`]
pub fn preview(channel: &Notify, notice: &Notice) -> Result<String, Error> {
    Ok(match channel.kind().expect("the settings were checked") {
        Kind::Command(words) => format!("run {}\n{}", words.join(" "), notice.json()),
        Kind::Webhook(_, Shape::Json) => format!("POST {HIDDEN}\n{}", notice.json()),
        Kind::Webhook(_, Shape::Slack) => format!("POST {HIDDEN}\n{}", webhook::slack(notice)),
        Kind::PagerDuty(_, events) => {
            format!("POST {events}\n{}", pagerduty::event(HIDDEN, notice))
        }
        Kind::Mail(mail) => {
            let letter = mail::letter(mail, notice)?.formatted();
            let text = String::from_utf8_lossy(&letter).replace("\r\n", "\n");
            format!("mail over {}\n{}", mail.server, text.trim_end())
        }
        Kind::Ping(_) => {
            let step = ping::step(channel, notice).map(|step| format!("/{step}"));
            format!("POST {HIDDEN}{}\n{}", step.unwrap_or_default(), notice.text())
        }
    })
}
