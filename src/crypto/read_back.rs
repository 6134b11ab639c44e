//! Reading back what was just written, without a decryption key.
//!
//! A writer encrypts to public keys and can not open the result. While it writes it does know the
//! one key that the ciphertext has (age's "file key"); that is kept in memory until the ciphertext
//! has been opened again and compared. No further recipient is added to the file.

use std::collections::HashSet;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use age::secrecy::{ExposeSecret, SecretBox};
use age_core::format::{FileKey, Stanza};

use super::age::{Sealer, seal_to};
use super::{Error, Identity, Recipient};

/// As [`super::seal`], and hands back what opens just this one ciphertext, so that the writer can read
/// back what it wrote without holding a decryption key.
///
/// # Errors
/// As [`super::seal`].
pub fn seal_for_read_back<W: Write>(
    recipients: &[Recipient],
    sink: W,
) -> Result<(Sealer<W>, Identity), Error> {
    let kept = KeptKey::default();
    let mut watching = Vec::new();
    for recipient in recipients {
        watching.push(Watching { to: recipient.as_library()?, kept: kept.clone() });
    }
    let sealer = seal_to(watching.iter().map(|watching| watching as &dyn age::Recipient), sink)?;
    Ok((sealer, Identity::of_one_file(Box::new(kept))))
}

/// The file key of one ciphertext, kept in memory between writing and reading back.
#[derive(Clone, Default)]
struct KeptKey(Arc<Mutex<Option<SecretBox<[u8; 16]>>>>);

impl age::Identity for KeptKey {
    fn unwrap_stanza(&self, _stanza: &Stanza) -> Option<Result<FileKey, age::DecryptError>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // EXPOSE: the key goes straight back into the library's own type.
        kept.as_ref().map(|key| Ok(FileKey::new(Box::new(*key.expose_secret()))))
    }
}

/// A recipient that looks on as the file key is wrapped for it.
struct Watching<'a> {
    to: &'a dyn age::Recipient,
    kept: KeptKey,
}

impl age::Recipient for Watching<'_> {
    fn wrap_file_key(
        &self,
        file_key: &FileKey,
    ) -> Result<(Vec<Stanza>, HashSet<String>), age::EncryptError> {
        let mut kept = self.kept.0.lock().unwrap_or_else(PoisonError::into_inner);
        // EXPOSE: copied into a box that wipes itself.
        *kept = Some(SecretBox::new(Box::new(*file_key.expose_secret())));
        drop(kept);
        self.to.wrap_file_key(file_key)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::super::{Digest, open};
    use super::*;

    #[test]
    fn the_writer_reads_back_without_an_identity() {
        let (mut sealer, key) =
            seal_for_read_back(&[Identity::make().1, Identity::make().1], Vec::new())
                .expect("begins");
        sealer.write_all(b"plaintext").expect("writes");
        let sealed = sealer.finish().expect("ends");
        assert_eq!(sealed.digest(), Digest::of(sealed.body()));
        let mut text = String::new();
        open(&sealed.body()[..], &key).expect("opens").read_to_string(&mut text).expect("reads");
        assert_eq!(text, "plaintext");
    }
}
