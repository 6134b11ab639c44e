//! OpenPGP messages (RFC 9580, section 10.3): recognised, opened and sealed, without a secret key.
//!
//! The only folder that names Sequoia. An [`Envelope`] is a whole message as one sees it from
//! outside, or an error. To open one, the secret operation is asked of whoever has the secret key
//! (gpg-agent): [`WrappedKey::question`] goes there, and what comes back becomes a [`SessionKey`]
//! with [`WrappedKey::answer`]. Whatever is not the plain case (packets of GnuPG's own, passphrases,
//! compression, signatures inside) is `None` and not an error: `gpg` decides about those.

mod key;
mod opening;
mod sealing;

use std::collections::BTreeSet;

use sequoia_openpgp::packet::{PKESK, Packet, SEIP, Tag};
use sequoia_openpgp::parse::{Dearmor, PacketParserBuilder, PacketParserResult, Parse};

use super::{Digest, Error, Sealed};

pub use key::{KeyId, PublicKey, folder_hash};
pub use opening::{SessionKey, WrappedKey, open_openpgp};
pub use sealing::seal_openpgp;

const ARMOR: &[u8] = b"-----BEGIN PGP";

/// Recognises a whole encrypted message, as [`Envelope::parse`] does.
///
/// # Errors
/// As [`Envelope::parse`].
pub fn recognise_openpgp(bytes: Vec<u8>) -> Result<Sealed<Vec<u8>>, Error> {
    Envelope::parse(&bytes)?;
    let (digest, size) = (Digest::of(&bytes), bytes.len() as u64);
    Ok(Sealed::new(bytes, digest, size))
}

/// The long ids of the keys that a message is encrypted to, as it says itself: sorted, each once,
/// with zeros for those who do not want to be named (what `gpg --list-only -v` prints).
///
/// # Errors
/// As [`Envelope::parse`].
pub fn openpgp_key_ids(bytes: &[u8]) -> Result<Vec<String>, Error> {
    Ok(Envelope::parse(bytes)?.recipients().iter().map(KeyId::to_string).collect())
}

/// What a message shows without a key.
#[derive(Default)]
pub struct Envelope {
    sessions: Vec<PKESK>,
    recipients: BTreeSet<KeyId>,
    is_plain: bool,
}

impl Envelope {
    /// Takes a whole encrypted message, with integrity protection and nothing behind it:
    /// session-key packets, then one encrypted packet (tag 18, or GnuPG's tag 20), then the end.
    ///
    /// # Errors
    /// [`Error::Armored`]; [`Error::NotCiphertext`]; [`Error::Damaged`] when it is cut short, has
    /// something behind it, or lacks integrity protection (tag 9).
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        if bytes.starts_with(ARMOR) {
            return Err(Error::Armored);
        }
        let parser = PacketParserBuilder::from_bytes(bytes)
            .and_then(|builder| builder.dearmor(Dearmor::Disabled).build());
        let mut parsed = parser.map_err(|_| Error::NotCiphertext("OpenPGP"))?;
        let mut envelope = Self { is_plain: true, ..Self::default() };
        let mut sealed = false;
        while let PacketParserResult::Some(parser) = parsed {
            if sealed {
                return damaged("something follows the message");
            }
            sealed = envelope.take(&parser.packet)?;
            parsed = parser.next().map_err(|error| Error::Damaged(error.to_string()))?.1;
        }
        if sealed { Ok(envelope) } else { damaged("the encrypted part is missing") }
    }

    /// Whether it was the encrypted part.
    fn take(&mut self, packet: &Packet) -> Result<bool, Error> {
        match packet {
            Packet::PKESK(session) => self.take_session(session),
            Packet::SEIP(SEIP::V1(_)) => return Ok(true),
            _ => self.is_plain = false,
        }
        match packet.tag() {
            Tag::PKESK | Tag::SKESK => Ok(false),
            Tag::SEIP | Tag::AED => Ok(true),
            Tag::SED => damaged("it has no integrity protection"),
            _ => Err(Error::NotCiphertext("OpenPGP")),
        }
    }

    fn take_session(&mut self, session: &PKESK) {
        let PKESK::V3(known) = session else {
            self.is_plain = false;
            return;
        };
        self.recipients.insert(known.recipient().map_or(KeyId::ANONYMOUS, KeyId::from));
        self.sessions.push(session.clone());
    }

    /// The keys that it is encrypted to, as it says itself: sorted, each once.
    #[must_use]
    pub fn recipients(&self) -> &BTreeSet<KeyId> {
        &self.recipients
    }

    /// Whether it is the plain case: public keys only, all of them named, and the integrity
    /// protection that every program knows (RFC 9580, section 5.13.1).
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.is_plain && !self.recipients.contains(&KeyId::ANONYMOUS)
    }

    /// The session key, wrapped for `key`.
    #[must_use]
    pub fn wrapped_for(&self, key: &KeyId) -> Option<WrappedKey<'_>> {
        let recipient = |session: &PKESK| match session {
            PKESK::V3(known) => known.recipient().map(KeyId::from),
            _ => None,
        };
        let is_for = |session: &&PKESK| recipient(session).as_ref() == Some(key);
        let mut sessions = self.sessions.iter().filter(is_for);
        let session = sessions.next()?;
        sessions.next().is_none().then(|| WrappedKey::new(session))
    }
}

fn damaged<T>(reason: &str) -> Result<T, Error> {
    Err(Error::Damaged(reason.to_owned()))
}

#[cfg(test)]
mod tests;
