//! OpenPGP messages (RFC 9580, section 10.3): recognised here, opened by gpg-agent's owner.
//!
//! The only file that names Sequoia. It parses, strictly and without any key, what `gpg` wrote or
//! what lies in a store: a whole message, or not.

use sequoia_openpgp::packet::Tag;
use sequoia_openpgp::parse::{Dearmor, PacketParserBuilder, PacketParserResult, Parse};

use super::{Digest, Error, Sealed};

const ARMOR: &[u8] = b"-----BEGIN PGP";

/// Recognises a whole encrypted message, with integrity protection and nothing behind it:
/// session-key packets, then one encrypted packet (tag 18, or GnuPG's tag 20), then the end.
///
/// # Errors
/// [`Error::Armored`]; [`Error::NotCiphertext`]; [`Error::Damaged`] when it is cut short, has
/// something behind it, or lacks integrity protection (tag 9).
pub fn recognise_openpgp(bytes: Vec<u8>) -> Result<Sealed<Vec<u8>>, Error> {
    if bytes.starts_with(ARMOR) {
        return Err(Error::Armored);
    }
    check(&bytes)?;
    let (digest, size) = (Digest::of(&bytes), bytes.len() as u64);
    Ok(Sealed::new(bytes, digest, size))
}

/// PENDING
pub fn openpgp_key_ids(_bytes: &[u8]) -> Result<Vec<String>, Error> {
    Ok(Vec::new())
}

fn check(bytes: &[u8]) -> Result<(), Error> {
    let parser = PacketParserBuilder::from_bytes(bytes)
        .and_then(|builder| builder.dearmor(Dearmor::Disabled).build());
    let mut parsed = parser.map_err(|_| Error::NotCiphertext("OpenPGP"))?;
    let damaged = |reason: &str| Err(Error::Damaged(reason.to_owned()));
    let mut sealed = false;
    while let PacketParserResult::Some(parser) = parsed {
        match parser.packet.tag() {
            _ if sealed => return damaged("something follows the message"),
            Tag::PKESK | Tag::SKESK => {}
            Tag::SEIP | Tag::AED => sealed = true,
            Tag::SED => return damaged("it has no integrity protection"),
            _ => return Err(Error::NotCiphertext("OpenPGP")),
        }
        parsed = parser.next().map_err(|error| Error::Damaged(error.to_string()))?.1;
    }
    if sealed { Ok(()) } else { damaged("the encrypted part is missing") }
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
    fn takes_a_whole_one_as_it_is() {
        assert_eq!(recognise_openpgp(message()).expect("is one").into_body(), message());
    }

    #[test]
    fn refuses_all_that_is_not_exactly_one() {
        let whole = message();
        let refused = |bytes: &[u8]| recognise_openpgp(bytes.to_vec()).expect_err("is none");
        for length in 0..whole.len() {
            refused(&whole[..length]);
        }
        refused(&[&whole[..], &whole].concat());
        refused(&[&whole[..], b"\n"].concat());
        assert!(matches!(refused(b"-----BEGIN PGP MESSAGE-----"), Error::Armored));
        assert!(matches!(refused(b"hello"), Error::NotCiphertext(_)));
    }
}
