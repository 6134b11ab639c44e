//! `[[notify]]`: who is told what became of a job.

use serde::Deserialize;

use super::OneOrMany;

/// Where PagerDuty takes events (Events API v2).
const PAGERDUTY: &str = "https://events.pagerduty.com/v2/enqueue";

/// `[[notify]]`: one channel. No value in it is a secret: those are in files or in the store.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Notify {
    /// What messages call it.
    pub name: Option<String>,
    /// Of what it is told; what is usual depends on its kind.
    pub on: Option<Vec<On>>,
    /// Of which jobs; without it of all.
    pub jobs: Option<Vec<String>>,
    /// A program and its arguments.
    pub command: Vec<String>,
    /// Where a webhook's address is: a file, or `vault:ENTRY`.
    #[serde(alias = "webhook_file")]
    pub webhook: Option<String>,
    /// What a webhook understands.
    pub shape: Option<Shape>,
    /// Where PagerDuty's routing key is: a file, or `vault:ENTRY`.
    #[serde(alias = "pagerduty_file")]
    pub pagerduty: Option<String>,
    /// Another place for its events: Europe's.
    pub pagerduty_url: Option<String>,
    /// A letter.
    pub mail: Option<Mail>,
    /// Where the address of a dead man's switch is: a file, or `vault:ENTRY`.
    #[serde(alias = "ping_file")]
    pub ping: Option<String>,
    /// Whether an address may be `http://` and lead to another machine.
    pub plain_http: bool,
}

/// Of what a channel is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum On {
    /// A job has begun.
    Start,
    /// All was done.
    Success,
    /// It finished, with omissions.
    Omissions,
    /// It failed.
    Failure,
    /// It should have been done by now.
    Overdue,
}

/// What a webhook understands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Shape {
    /// All that there is to tell, as docs/notify.md says.
    #[default]
    Json,
    /// A text, as Slack's incoming webhooks have it; Mattermost and others too.
    Slack,
}

/// `mail = { … }`: over which server, to whom.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mail {
    /// To whom.
    pub to: OneOrMany,
    /// From whom.
    pub from: String,
    /// The server that takes it, by name.
    pub server: String,
    /// Its port; what is usual depends on `tls`.
    pub port: Option<u16>,
    /// How the way to it is encrypted.
    #[serde(default)]
    pub tls: Tls,
    /// Who we are for it.
    pub user: Option<String>,
    /// Where the password is: a file, or `vault:ENTRY`.
    #[serde(alias = "password_file")]
    pub password: Option<String>,
}

/// How the way to a mail server is encrypted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tls {
    /// From the first byte (RFC 8314; port 465).
    #[default]
    Implicit,
    /// From the command STARTTLS on, which the server must know (port 587).
    Starttls,
    /// Not at all (port 25).
    None,
}

/// What kind of channel it is.
#[derive(Clone, Copy, Debug)]
pub enum Kind<'n> {
    /// A program and its arguments.
    Command(&'n [String]),
    /// Where the address is, and what is understood there.
    Webhook(&'n str, Shape),
    /// Where the routing key is, and the address.
    PagerDuty(&'n str, &'n str),
    /// Over which server, to whom.
    Mail(&'n Mail),
    /// Where the address is.
    Ping(&'n str),
}

impl Kind<'_> {
    /// What it is called in the settings.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Command(_) => "command",
            Self::Webhook(..) => "webhook",
            Self::PagerDuty(..) => "pagerduty",
            Self::Mail(_) => "mail",
            Self::Ping(_) => "ping",
        }
    }

    /// Of what it is told where the settings do not say: a switch wants every sign of life, and an
    /// incident has an end; people want to know what is wrong.
    fn usual(self) -> &'static [On] {
        match self {
            Self::Ping(_) => &[On::Start, On::Success, On::Omissions, On::Failure],
            Self::PagerDuty(..) => &[On::Success, On::Omissions, On::Failure, On::Overdue],
            _ => &[On::Omissions, On::Failure, On::Overdue],
        }
    }
}

impl Notify {
    /// What kind it is; `None` unless it is exactly one.
    #[must_use]
    pub fn kind(&self) -> Option<Kind<'_>> {
        let command = (!self.command.is_empty()).then_some(Kind::Command(&self.command));
        let shape = self.shape.unwrap_or_default();
        let webhook = self.webhook.as_deref().map(|place| Kind::Webhook(place, shape));
        let events = self.pagerduty_url.as_deref().unwrap_or(PAGERDUTY);
        let pagerduty = self.pagerduty.as_deref().map(|place| Kind::PagerDuty(place, events));
        let mail = self.mail.as_ref().map(Kind::Mail);
        let ping = self.ping.as_deref().map(Kind::Ping);
        let mut kinds = [command, webhook, pagerduty, mail, ping].into_iter().flatten();
        kinds.next().filter(|_| kinds.next().is_none())
    }

    /// Of what it is told.
    #[must_use]
    pub fn on(&self) -> &[On] {
        match &self.on {
            Some(on) => on,
            None => self.kind().map(Kind::usual).unwrap_or_default(),
        }
    }

    /// What messages call it: its name, else its kind and place in the settings, counted from 1.
    #[must_use]
    pub fn title(&self, number: usize) -> String {
        let kind = self.kind().map_or("notify", Kind::word);
        self.name.clone().unwrap_or_else(|| format!("{kind} {number}"))
    }

    /// Where it keeps what is secret.
    #[must_use]
    pub fn secret(&self) -> Option<&str> {
        match self.kind()? {
            Kind::Command(_) => None,
            Kind::Webhook(place, _) | Kind::PagerDuty(place, _) | Kind::Ping(place) => Some(place),
            Kind::Mail(mail) => mail.password.as_deref(),
        }
    }

    /// The file that holds its secret, if one does: no snapshot takes it.
    #[must_use]
    pub fn secret_file(&self) -> Option<&str> {
        self.secret().filter(|place| !place.starts_with("vault:"))
    }

    /// What no single value shows; says what is wrong.
    pub(super) fn check(&self) -> Result<(), &'static str> {
        let Some(kind) = self.kind() else {
            return Err(
                "exactly one of `command`, `webhook`, `pagerduty`, `mail` and `ping` is needed",
            );
        };
        if self.secret().is_some_and(is_address) {
            return Err("an address is a secret: put it into a file, and name that file here");
        }
        if self.on.as_ref().is_some_and(Vec::is_empty) {
            return Err("`on` is empty: it would never be told anything");
        }
        match kind {
            Kind::Webhook(..) => {}
            _ if self.shape.is_some() => return Err("only a `webhook` has a `shape`"),
            _ => {}
        }
        match kind {
            Kind::PagerDuty(..) if self.on().contains(&On::Start) => {
                Err("`pagerduty` has nothing to open or close when a job starts")
            }
            Kind::PagerDuty(..) => Ok(()),
            _ if self.pagerduty_url.is_some() => Err("`pagerduty_url` needs `pagerduty`"),
            Kind::Mail(mail) => mail.check(),
            _ => Ok(()),
        }
    }
}

impl Mail {
    fn check(&self) -> Result<(), &'static str> {
        if self.to.as_slice().is_empty() {
            return Err("`mail` needs somebody in `to`");
        }
        if self.user.is_some() != self.password.is_some() {
            return Err("`user` and `password_file` of `mail` go together");
        }
        if self.tls == Tls::None && self.user.is_some() && !self.is_here() {
            return Err("`tls = \"none\"` would show the password to everybody on the way");
        }
        Ok(())
    }

    fn is_here(&self) -> bool {
        ["localhost", "127.0.0.1", "::1"].contains(&self.server.as_str())
    }
}

fn is_address(text: &str) -> bool {
    text.contains("://")
}

#[cfg(test)]
mod tests {
    use crate::config::Settings;

    fn reason(table: &str) -> String {
        let text = format!("[[notify]]\ncommand = ['true']\n[[notify]]\n{table}\n");
        match Settings::parse(text.as_bytes()) {
            Ok(_) => String::new(),
            Err(reason) => reason,
        }
    }

    #[test]
    fn a_channel_is_exactly_one_thing() {
        for bad in ["", "name = 'a'", "command = []", "ping = 'a'\nwebhook = 'b'"] {
            assert!(reason(bad).starts_with("notify 2: exactly one of"), "{bad}: {}", reason(bad));
        }
        for good in [
            "command = ['a']",
            "webhook = 'vault:a'\nshape = 'slack'",
            "webhook_file = '~/a'",
            "pagerduty_file = 'a'\npagerduty_url = 'https://events.eu.pagerduty.com/v2/enqueue'",
            "ping_file = 'a'\nplain_http = true",
            "mail = { to = ['a@b'], from = 'c@d', server = 'e' }",
            "mail = { to = 'a@b', from = 'c@d', server = 'localhost', tls = 'none', user = 'u', password_file = 'p' }",
        ] {
            assert_eq!(reason(good), "", "{good}");
        }
    }

    #[test]
    fn an_address_is_not_repeated() {
        for bad in ["webhook", "webhook_file", "ping", "ping_file", "pagerduty"] {
            let reason = reason(&format!("{bad} = 'https://a.example/canary'"));
            assert_eq!(
                reason,
                "notify 2: an address is a secret: put it into a file, and name that file here"
            );
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        for (bad, expected) in [
            ("command = ['a']\non = []", "`on` is empty"),
            ("command = ['a']\nshape = 'slack'", "only a `webhook`"),
            ("pagerduty = 'a'\non = ['start']", "`pagerduty` has nothing to open"),
            ("command = ['a']\npagerduty_url = 'b'", "`pagerduty_url` needs"),
            ("mail = { to = [], from = 'c@d', server = 'e' }", "`mail` needs somebody"),
            (
                "mail = { to = 'a', from = 'b', server = 'c', user = 'u' }",
                "`user` and `password_file`",
            ),
            (
                "mail = { to = 'a', from = 'b', server = 'c', user = 'u', password = 'p', tls = 'none' }",
                "`tls = \"none\"` would show",
            ),
        ] {
            assert!(reason(bad).starts_with(&format!("notify 2: {expected}")), "{}", reason(bad));
        }
        assert!(reason("command = ['a']\non = ['failed']").contains("unknown variant `failed`"));
    }

    #[test]
    fn the_document_shows_channels_that_are_understood() {
        let document = include_str!("../../docs/notify.md");
        let examples = document.split("```toml\n").skip(1);
        let examples: Vec<_> = examples.filter_map(|rest| rest.split("```").next()).collect();
        assert_eq!(examples.len(), 6);
        for example in examples {
            let settings = Settings::parse(example.as_bytes()).expect("is valid");
            assert!(!settings.notify.is_empty(), "{example}");
        }
    }
}
