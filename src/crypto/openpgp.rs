//! OpenPGP messages (RFC 9580, section 10.3): recognised here, opened by gpg-agent's owner.
//!
//! The only file that names Sequoia. It parses, strictly and without any key, what `gpg` wrote or
//! what lies in a store: whole message or not, and for whom.

use std::fmt;

use sequoia_openpgp::packet::{Packet, Tag};
use sequoia_openpgp::parse::{Dearmor, PacketParserBuilder, PacketParserResult, Parse};

use super::{Digest, Error, Sealed};

const ARMOR: &[u8] = b"-----BEGIN PGP";

/// Whom a message is for: a key id or a fingerprint, upper-case hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyHandle(String);

impl fmt::Display for KeyHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A whole encrypted message, with integrity protection, and nothing behind it.
pub struct Message {
    recipients: Vec<KeyHandle>,
    sealed: Sealed<Vec<u8>>,
}

impl Message {
    /// Recognises a message: session-key packets, then one encrypted packet (tag 18, or GnuPG's
    /// tag 20), then the end.
    ///
    /// # Errors
    /// [`Error::Armored`]; [`Error::NotCiphertext`]; [`Error::Damaged`] when it is cut short, has
    /// something behind it, or lacks integrity protection (tag 9).
    pub fn recognise(bytes: Vec<u8>) -> Result<Self, Error> {
        if bytes.starts_with(ARMOR) {
            return Err(Error::Armored);
        }
        let recipients = recipients_of(&bytes)?;
        let (digest, size) = (Digest::of(&bytes), bytes.len() as u64);
        Ok(Self {
            recipients,
            sealed: Sealed::new(bytes, digest, size),
        })
    }

    /// The encryption keys it names; anonymous recipients are left out.
    #[must_use]
    pub fn recipients(&self) -> &[KeyHandle] {
        &self.recipients
    }

    /// The ciphertext.
    #[must_use]
    pub fn into_sealed(self) -> Sealed<Vec<u8>> {
        self.sealed
    }
}

fn recipients_of(bytes: &[u8]) -> Result<Vec<KeyHandle>, Error> {
    let parser = PacketParserBuilder::from_bytes(bytes)
        .and_then(|builder| builder.dearmor(Dearmor::Disabled).build());
    let mut parsed = parser.map_err(|_| Error::NotCiphertext("OpenPGP"))?;
    let mut recipients = Vec::new();
    let mut sealed = false;
    while let PacketParserResult::Some(parser) = parsed {
        if sealed {
            return Err(Error::Damaged("something follows the message".to_owned()));
        }
        match (parser.packet.tag(), &parser.packet) {
            (Tag::PKESK, Packet::PKESK(packet)) => {
                recipients.extend(packet.recipient().map(|handle| KeyHandle(handle.to_hex())));
            }
            (Tag::SKESK, _) => {}
            (Tag::SEIP | Tag::AED, _) => sealed = true,
            (Tag::SED, _) => {
                return Err(Error::Damaged("it has no integrity protection".to_owned()));
            }
            _ => return Err(Error::NotCiphertext("OpenPGP")),
        }
        parsed = parser
            .next()
            .map_err(|error| Error::Damaged(error.to_string()))?
            .1;
    }
    if sealed {
        Ok(recipients)
    } else {
        Err(Error::Damaged("the encrypted part is missing".to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tag 1 (version 3, key id 0x0102030405060708, X25519 with an empty body), then tag 18.
    fn message() -> Vec<u8> {
        let mut bytes = vec![0xc1, 12, 3, 1, 2, 3, 4, 5, 6, 7, 8, 1, 0, 0];
        bytes.extend([0xd2, 21, 1]);
        bytes.extend([0xaa; 20]);
        bytes
    }

    #[test]
    fn tells_for_whom() {
        let message = Message::recognise(message()).expect("is one");
        assert_eq!(
            message.recipients(),
            [KeyHandle("0102030405060708".to_owned())]
        );
    }

    #[test]
    fn refuses_all_that_is_not_exactly_one() {
        let whole = message();
        for length in 0..whole.len() {
            assert!(
                Message::recognise(whole[..length].to_vec()).is_err(),
                "cut to {length}"
            );
        }
        assert!(Message::recognise([whole.clone(), whole.clone()].concat()).is_err());
        assert!(Message::recognise([&whole[..], b"\n"].concat()).is_err());
        assert!(matches!(
            Message::recognise(b"-----BEGIN PGP MESSAGE-----".to_vec()),
            Err(Error::Armored)
        ));
        assert!(matches!(
            Message::recognise(b"hello".to_vec()),
            Err(Error::NotCiphertext(_))
        ));
    }
}
