//! Telling the channels of the settings what became of a job.

use crate::config::Notify;
use crate::http::Ureq;
use crate::notify::{self, Means, Notice, Undelivered};
use crate::secret::Secret;
use crate::store::Name;
use crate::sys;

use super::{Code, Failure, Session, agent};

/// A file with the secret of a channel that is larger than this is none (bytes).
const FILE_LIMIT: usize = 64 * 1024;

/// What an entry of the store is called by.
const ENTRY: &str = "vault:";

/// Tells every channel that wants to know, and warns of each that could not be told. Never fails.
pub(super) fn tell(notice: &Notice, session: &Session) -> Vec<Undelivered> {
    let wanting: Vec<_> =
        channels(session).filter(|(_, channel)| notify::wants(channel, notice)).collect();
    tell_these(&wanting, notice, session)
}

/// The same, but for channels whose secret is an entry of the store: what is told before the work must
/// not wait for somebody to unlock a key.
pub(super) fn announce(notice: &Notice, session: &Session) -> Vec<Undelivered> {
    let needs_nobody = |channel: &Notify| channel.secret() == channel.secret_file();
    let wanting = channels(session)
        .filter(|(_, channel)| needs_nobody(channel) && notify::wants(channel, notice));
    tell_these(&wanting.collect::<Vec<_>>(), notice, session)
}

/// All that the settings have, with their place there, counted from 1.
pub(super) fn channels(session: &Session) -> impl Iterator<Item = (usize, &Notify)> {
    (1..).zip(&session.config.settings.notify)
}

/// Tells these, whether they want to know or not. Not for an AI agent: settings of its own could have
/// an entry of the store sent anywhere, as the password or the address of a channel.
pub(super) fn tell_these(
    channels: &[(usize, &Notify)],
    notice: &Notice,
    session: &Session,
) -> Vec<Undelivered> {
    let undelivered = match agent::refuse("telling channels", session) {
        Ok(()) => told(channels, notice, session),
        Err(failure) => refused(channels, &failure),
    };
    for Undelivered { channel, reason } in &undelivered {
        session.ui.warn(&format!("{channel} was not told: {reason}"));
    }
    undelivered
}

fn refused(channels: &[(usize, &Notify)], failure: &Failure) -> Vec<Undelivered> {
    let reason = failure.message();
    let titles = channels.iter().map(|(number, channel)| channel.title(*number));
    titles.map(|channel| Undelivered { channel, reason: reason.to_owned() }).collect()
}

fn told(channels: &[(usize, &Notify)], notice: &Notice, session: &Session) -> Vec<Undelivered> {
    let means = Means {
        http: &Ureq::default(),
        variables: &session.world.variables,
        home: &session.config.paths.home,
    };
    let open = |place: &str| secret(place, session).map_err(|failure| said(&failure));
    notify::tell(notice, channels, &open, &means)
}

/// What is in that file, or the first line of that entry.
pub(super) fn secret(place: &str, session: &Session) -> Result<Secret, Failure> {
    let Some(entry) = place.strip_prefix(ENTRY) else {
        let path = session.config.paths.expand(place);
        let missing = || Failure::new(Code::NotFound, format!("there is no `{}`", path.display()));
        return sys::read_private(&path, FILE_LIMIT)?.ok_or_else(missing);
    };
    session.with_vault(|vault| {
        let name: Name = entry.parse().map_err(crate::vault::Error::from)?;
        let empty = || Failure::failed(format!("entry `{name}` is empty"));
        vault.read(&name)?.first_line().ok_or_else(empty)
    })
}

/// At night nobody can unlock the store, and the next line of a log may be all that is seen of it.
fn said(failure: &Failure) -> String {
    let advice = match failure.code() {
        Code::NeedsPerson | Code::CannotDecrypt => "; a file can be read with nobody there",
        _ => "",
    };
    format!("{}{advice}", failure.message())
}
