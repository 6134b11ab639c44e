//! Messages whole, spoilt and made up.

use std::io::Write;
use std::time::UNIX_EPOCH;

use proptest::collection::vec;
use proptest::prelude::*;
use sequoia_openpgp::crypto::mpi::Ciphertext;
use sequoia_openpgp::packet::Key;
use sequoia_openpgp::packet::key::{Key4, PublicParts, UnspecifiedRole};
use sequoia_openpgp::packet::pkesk::PKESK3;
use sequoia_openpgp::serialize::SerializeInto;
use sequoia_openpgp::serialize::stream::{Encryptor, LiteralWriter, Message};
use sequoia_openpgp::types::{DataFormat, PublicKeyAlgorithm, SymmetricAlgorithm};

use super::*;
use crate::secret::Secret;

/// Tag 1 (version 3, key id 0x0102030405060708, X25519 with an empty body), then tag 18.
fn message() -> Vec<u8> {
    let mut bytes = vec![0xc1, 12, 3, 1, 2, 3, 4, 5, 6, 7, 8, 1, 0, 0];
    bytes.extend([0xd2, 41, 1]);
    bytes.extend([0xaa; 40]);
    bytes
}

#[test]
fn takes_a_whole_one_as_it_is() {
    assert_eq!(recognise_openpgp(message()).expect("is one").into_body(), message());
}

#[test]
fn says_to_whom_without_a_key() {
    let envelope = Envelope::parse(&[&message()[..14], &message()].concat()).expect("is one");
    let recipients: Vec<String> = envelope.recipients().iter().map(KeyId::to_string).collect();
    assert_eq!(recipients, ["0102030405060708"]);
    assert!(envelope.is_plain());
    let mut to_nobody_named = message();
    to_nobody_named[3..11].fill(0);
    assert!(!Envelope::parse(&to_nobody_named).expect("is one").is_plain());
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

/// The session key of all messages here: AES-256 and its number (RFC 9580, section 9.3).
const SESSION: [u8; 32] = [7; 32];
const AES_256: u8 = 9;

/// An RSA key whose secret half nobody needs: the agent's answer is made up.
fn key() -> PublicKey {
    let key: Key4<PublicParts, UnspecifiedRole> =
        Key4::import_public_rsa(&[1, 0, 1], &[0xc3; 256], UNIX_EPOCH).expect("it is a key");
    PublicKey(Key::V4(key))
}

/// What an agent answers that has decrypted `SESSION`.
fn answer() -> Vec<u8> {
    let sum = SESSION.iter().map(|byte| u16::from(*byte)).sum::<u16>().to_be_bytes();
    let block = [&[2, 1, 1, 1, 0, AES_256][..], &SESSION, &sum].concat();
    [format!("(5:value{}:", block.len()).as_bytes(), &block, b")\0"].concat()
}

/// A message to [`key`] of one literal packet.
fn sealed(plaintext: &[u8], format: DataFormat) -> Vec<u8> {
    let wrapped = Ciphertext::RSA { c: vec![0x55; 256].into() };
    let wrapped = PKESK3::new(Some(key().0.keyid()), PublicKeyAlgorithm::RSAEncryptSign, wrapped);
    let wrapped = Packet::from(PKESK::from(wrapped.expect("it is one")));
    let mut message = wrapped.to_vec().expect("it is written");
    let algorithm = SymmetricAlgorithm::AES256;
    let sink = Message::new(&mut message);
    let encryptor = Encryptor::with_session_key(sink, algorithm, SESSION.to_vec().into());
    let encryptor = encryptor.and_then(Encryptor::build).expect("it begins");
    let mut literal = LiteralWriter::new(encryptor).format(format).build().expect("it begins");
    literal.write_all(plaintext).expect("it is written");
    literal.finalize().expect("it ends");
    message
}

/// Opens a message with what an agent has answered.
fn opened(message: &[u8], answer: &[u8]) -> Option<Secret> {
    let envelope = Envelope::parse(message).ok()?;
    let wrapped = envelope.wrapped_for(&key().id())?;
    wrapped.question()?;
    let session = wrapped.answer(&key(), &Secret::copy_from(answer))?;
    open_openpgp(message, &session)
}

fn is(plaintext: Option<Secret>, expected: &[u8]) -> bool {
    plaintext.is_some_and(|plaintext| plaintext.is_same_as(&Secret::copy_from(expected)))
}

#[test]
fn text_whose_line_ends_may_change_is_left_to_gpg() {
    assert!(is(opened(&sealed(b"a\r\n", DataFormat::Binary), &answer()), b"a\r\n"));
    assert!(opened(&sealed(b"a\r\n", DataFormat::Unicode), &answer()).is_none());
}

proptest! {
    #[test]
    fn what_was_sealed_comes_back(plaintext in vec(any::<u8>(), 0..20_000)) {
        prop_assert!(is(opened(&sealed(&plaintext, DataFormat::Binary), &answer()), &plaintext));
    }

    /// Only the wrapped key may change without a difference: here nobody unwraps it.
    #[test]
    fn a_changed_message_gives_nothing_else(at in 0_usize..420, change in 1_u8.., cut in 0_usize..3) {
        let plaintext = [b'x'; 64];
        let mut message = sealed(&plaintext, DataFormat::Binary);
        let at = at % message.len();
        message[at] ^= change;
        message.truncate(message.len() - cut);
        let opened = opened(&message, &answer());
        prop_assert!(opened.is_none() || (is(opened, &plaintext) && at < 280 && cut == 0));
    }

    #[test]
    fn any_answer_of_an_agent_is_borne(bytes in vec(any::<u8>(), 0..60), at in 0_usize..60, byte in any::<u8>()) {
        let message = sealed(b"x", DataFormat::Binary);
        prop_assert!(opened(&message, &bytes).is_none());
        let framed = [format!("(5:value{}:", bytes.len()).as_bytes(), &bytes, b")"].concat();
        prop_assert!(opened(&message, &framed).is_none());
        let mut changed = answer();
        let at = at % changed.len();
        changed[at] = byte;
        drop(opened(&message, &changed));
    }

    #[test]
    fn any_wrapped_key_is_borne(wrapped in vec(any::<u8>(), 0..255), point in vec(any::<u8>(), 0..70), padding in 0_u8..9) {
        let curve: Key4<PublicParts, UnspecifiedRole> =
            Key4::import_public_cv25519(&[9; 32], None, None, UNIX_EPOCH).expect("it is a key");
        let curve = PublicKey(Key::V4(curve));
        let esk = Ciphertext::ECDH { e: vec![0x40; 33].into(), key: wrapped.into() };
        let session = PKESK3::new(Some(curve.0.keyid()), PublicKeyAlgorithm::ECDH, esk);
        let session = PKESK::from(session.expect("it is one"));
        let point = [&point[..], &[padding]].concat();
        let value = [format!("(5:value{}:", point.len()).as_bytes(), &point, b")"].concat();
        let wrapped = WrappedKey::new(&session);
        prop_assert!(wrapped.question().is_none() || wrapped.answer(&curve, &Secret::copy_from(&value)).is_none());
    }

    #[test]
    fn any_bytes_are_keys_or_none(bytes in vec(any::<u8>(), 0..200)) {
        drop(PublicKey::all_in(&bytes));
        drop(PublicKey::fit_to_seal(&bytes, &KeyId::ANONYMOUS));
    }
}
