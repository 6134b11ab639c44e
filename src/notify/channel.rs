//! A channel that is ready: its secret is at hand.

use crate::config::{Kind, Mail, Notify, Shape};
use crate::http::{Address, Plain};
use crate::secret::SecretText;

use super::{Error, Means, Notice, Open, command, mail, pagerduty, ping, webhook};

/// One channel of the settings.
#[derive(Debug)]
pub(super) enum Channel<'n> {
    Command(&'n [String]),
    Webhook(Address, Shape),
    PagerDuty(Address, SecretText),
    Mail(&'n Mail, Option<SecretText>),
    Ping(Address, &'n Notify),
}

impl<'n> Channel<'n> {
    /// Reads what it keeps in a file or in the store.
    pub(super) fn of(settings: &'n Notify, open: Open<'_>) -> Result<Self, Error> {
        let plain = if settings.plain_http { Plain::Anywhere } else { Plain::Here };
        let address = |place: &str| -> Result<Address, Error> {
            Ok(Address::parse(&line(place, "address", open)?, plain)?)
        };
        Ok(match settings.kind().expect("the settings were checked") {
            Kind::Command(words) => Self::Command(words),
            Kind::Webhook(place, shape) => Self::Webhook(address(place)?, shape),
            Kind::PagerDuty(place, events) => {
                let events = Address::parse(&SecretText::copy_from(events), plain)?;
                Self::PagerDuty(events, line(place, "routing key", open)?)
            }
            Kind::Mail(mail) => {
                let password = mail.password.as_deref();
                Self::Mail(mail, password.map(|place| line(place, "password", open)).transpose()?)
            }
            Kind::Ping(place) => Self::Ping(address(place)?, settings),
        })
    }

    pub(super) fn tell(&self, notice: &Notice, means: &Means<'_>) -> Result<(), Error> {
        match self {
            Self::Command(words) => command::tell(words, notice, means),
            Self::Webhook(address, shape) => webhook::tell(address, *shape, notice, means.http),
            Self::PagerDuty(address, key) => pagerduty::tell(address, key, notice, means.http),
            Self::Mail(mail, password) => mail::tell(mail, password.as_ref(), notice),
            Self::Ping(address, settings) => ping::tell(address, settings, notice, means.http),
        }
    }
}

/// The one line that a file has, or the first one of an entry.
fn line(place: &str, what: &'static str, open: Open<'_>) -> Result<SecretText, Error> {
    let content = open(place).map_err(Error::Secret)?.to_text().ok_or(Error::NotALine(what))?;
    let text = content.expose().trim(); // EXPOSE: its line end is taken off.
    match text.is_empty() || text.contains(char::is_control) {
        true => Err(Error::NotALine(what)),
        false => Ok(SecretText::copy_from(text)),
    }
}
