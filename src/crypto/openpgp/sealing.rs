//! Sealing to public keys that somebody else has found fit.

use std::io::Write;

use sequoia_openpgp as openpgp;
use sequoia_openpgp::serialize::stream::{Encryptor, LiteralWriter, Message, Recipient};
use sequoia_openpgp::types::{Features, SymmetricAlgorithm};

use crate::secret::Secret;

use super::super::{Digest, Error, Sealed};
use super::PublicKey;

/// Encrypts as `gpg --compress-algo none` does for keys that prefer AES-256: a message that every
/// program since RFC 4880 opens.
///
/// # Errors
/// [`Error::NoRecipients`]; [`Error::BadKey`] when a key can not be encrypted to.
pub fn seal_openpgp(keys: &[PublicKey], plaintext: &Secret) -> Result<Sealed<Vec<u8>>, Error> {
    if keys.is_empty() {
        return Err(Error::NoRecipients);
    }
    let mut bytes = Vec::new();
    let bad = |reason: openpgp::anyhow::Error| Error::BadKey {
        what: "OpenPGP key",
        reason: reason.to_string(),
    };
    write(keys, plaintext, &mut bytes).map_err(bad)?;
    let (digest, size) = (Digest::of(&bytes), bytes.len() as u64);
    Ok(Sealed::new(bytes, digest, size))
}

fn write(keys: &[PublicKey], plaintext: &Secret, sink: &mut Vec<u8>) -> openpgp::Result<()> {
    let integrity = Features::empty().set_seipdv1();
    let recipients = keys.iter().map(|PublicKey(key)| {
        Recipient::new(integrity.clone(), openpgp::KeyHandle::from(key.keyid()), key)
    });
    let message = Encryptor::for_recipients(Message::new(sink), recipients);
    let message = message.symmetric_algo(SymmetricAlgorithm::AES256).build()?;
    let mut literal = LiteralWriter::new(message).build()?;
    // EXPOSE: into the library's encrypting writer.
    literal.write_all(plaintext.expose())?;
    literal.finalize()
}
