//! A letter over SMTP.
//!
//! The server must prove who it is as any server must (`http`), unless the settings say that the way
//! to it is not encrypted; then no password goes there.

use std::error::Error as _;
use std::io::{self, ErrorKind};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, SystemTime};

use lettre::Transport;
use lettre::message::header::ContentType;
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls as Encryption, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::{self, SmtpTransport};

use crate::config::{Mail, Tls};
use crate::secret::SecretText;

use super::{Error, Notice};

/// How long a letter may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long the server may be silent.
const SILENCE: Duration = Duration::from_secs(10);

/// Hands the letter to the server.
pub(super) fn tell(
    mail: &Mail,
    password: Option<&SecretText>,
    notice: &Notice,
) -> Result<(), Error> {
    let letter = letter(mail, notice)?;
    let server = server(mail, password, &notice.host).map_err(|error| told(&error))?;
    within(PATIENCE, move || server.send(&letter).map(drop).map_err(|error| told(&error)))
}

/// What is sent.
pub(super) fn letter(mail: &Mail, notice: &Notice) -> Result<Message, Error> {
    let mailbox =
        |text: &String| text.parse::<Mailbox>().map_err(|_| Error::BadMailbox(text.clone()));
    let mut letter = Message::builder()
        .from(mailbox(&mail.from)?)
        .subject(format!("[vaultctl] {}", notice.headline()))
        .date(SystemTime::from(notice.at))
        .header(ContentType::TEXT_PLAIN);
    for to in mail.to.as_slice() {
        letter = letter.to(mailbox(to)?);
    }
    letter
        .body(format!("{}\n", notice.text()))
        .map_err(|error| Error::Mail(format!("got none: {error}")))
}

fn server(
    mail: &Mail,
    password: Option<&SecretText>,
    host: &str,
) -> Result<SmtpTransport, smtp::Error> {
    let parameters = || TlsParameters::new(mail.server.clone());
    let (encryption, usual) = match mail.tls {
        Tls::Implicit => (Encryption::Wrapper(parameters()?), 465),
        Tls::Starttls => (Encryption::Required(parameters()?), 587),
        Tls::None => (Encryption::None, 25),
    };
    let mut server = SmtpTransport::builder_dangerous(&mail.server)
        .port(mail.port.unwrap_or(usual))
        .tls(encryption)
        .hello_name(ClientId::Domain(host.to_owned()))
        .timeout(Some(SILENCE));
    if let (Some(user), Some(password)) = (&mail.user, password) {
        // EXPOSE: the mail server gets it; the library's copy is not wiped.
        let password = password.expose().to_owned();
        server = server.credentials(Credentials::new(user.clone(), password));
    }
    Ok(server.build())
}

/// Does it on a thread of its own, which is left alone when the time is over: the library counts
/// only how long a server is silent, and one that says a word now and then would hold us for ever.
fn within(
    patience: Duration,
    work: impl FnOnce() -> Result<(), Error> + Send + 'static,
) -> Result<(), Error> {
    let (sender, receiver) = channel();
    // Nobody may be listening any more.
    thread::spawn(move || sender.send(work()).ok());
    match receiver.recv_timeout(patience) {
        Ok(done) => done,
        Err(RecvTimeoutError::Timeout) => Err(Error::TooSlow(patience.as_secs())),
        Err(RecvTimeoutError::Disconnected) => Err(Error::Mail("was lost".to_owned())),
    }
}

/// What the server says is somebody else's text, and may repeat what it was sent: only its number is
/// taken over.
fn told(error: &smtp::Error) -> Error {
    let said = match (error.status(), kind(error)) {
        (Some(code), _) => format!("answered {code}"),
        // What a socket says whose time is over (read(2), EAGAIN).
        (_, Some(ErrorKind::TimedOut | ErrorKind::WouldBlock)) => {
            format!("was silent for {} seconds", SILENCE.as_secs())
        }
        // What the library for TLS says, through the one for files.
        (_, Some(ErrorKind::InvalidData)) => "could not prove who it is".to_owned(),
        (_, Some(kind)) => format!("can not be reached ({kind})"),
        _ if error.is_client() => "does not offer what the settings ask for".to_owned(),
        _ if error.is_response() || error.is_tls() => "is not understood".to_owned(),
        _ => "can not be reached".to_owned(),
    };
    Error::Mail(said)
}

/// What the system says below all that the library says.
fn kind(error: &smtp::Error) -> Option<ErrorKind> {
    let mut below = error.source();
    while let Some(error) = below {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            return Some(error.kind());
        }
        below = error.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::OneOrMany;
    use crate::notify::message::tests::failed;

    fn mail(to: &str) -> Mail {
        Mail {
            to: OneOrMany::Many(vec![to.to_owned(), "b@example.net".to_owned()]),
            from: "vaultctl <v@example.net>".to_owned(),
            server: "localhost".to_owned(),
            port: None,
            tls: Tls::None,
            user: None,
            password: None,
        }
    }

    #[test]
    fn a_letter_says_all() {
        let letter = letter(&mail("Ann <a@example.net>"), &failed()).expect("it can be written");
        let text = String::from_utf8(letter.formatted()).expect("it is text");
        for line in [
            "From: vaultctl <v@example.net>",
            "To: Ann <a@example.net>, b@example.net",
            "Subject: [vaultctl] nightly on laptop failed (exit status 13)",
            "Date: Sat, 28 Nov 2026 02:00:05 +0000",
            "objects: 340",
        ] {
            assert!(text.lines().any(|said| said == line), "{line}\n{text}");
        }
    }

    #[test]
    fn an_address_that_is_none_is_named() {
        let error = letter(&mail("nobody"), &failed()).expect_err("nobody can be written to");
        assert_eq!(error.to_string(), "`nobody` is not a mail address");
    }

    #[test]
    fn patience_has_an_end() {
        let slow = within(Duration::from_millis(50), || {
            thread::sleep(Duration::from_secs(5));
            Ok(())
        });
        assert!(matches!(slow, Err(Error::TooSlow(_))));
        assert!(within(Duration::from_secs(5), || Ok(())).is_ok());
    }
}
