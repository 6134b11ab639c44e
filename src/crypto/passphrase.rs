//! An identity file behind a passphrase, as `age -p` makes it (scrypt, age-encryption.org/v1).

use std::io::Write;

use age::secrecy::SecretString;
use age::{armor::ArmoredReader, scrypt};

use crate::secret::{Secret, SecretBuffer, SecretText};

use super::age::{damaged_content, decrypt_error};
use super::{Digest, Error, Sealed};

/// log2 of the most work that a foreign file may ask of us: 2^22 takes about a minute and 4 GiB.
const MOST_WORK: u8 = 22;

/// Encrypts with a passphrase; the library picks work worth about a second.
///
/// # Errors
/// Only what an allocation may say.
pub fn seal_with_passphrase(
    passphrase: &SecretText,
    plaintext: &Secret,
) -> Result<Sealed<Vec<u8>>, Error> {
    let mut stream =
        age::Encryptor::with_user_passphrase(library_text(passphrase)).wrap_output(Vec::new())?;
    // EXPOSE: this is where the plaintext turns into ciphertext.
    stream.write_all(plaintext.expose())?;
    let body = stream.finish()?;
    let (digest, size) = (Digest::of(&body), body.len() as u64);
    Ok(Sealed::new(body, digest, size))
}

/// Decrypts what [`seal_with_passphrase`] or `age -p` (armored or not) has made.
///
/// # Errors
/// [`Error::WrongPassphrase`]; [`Error::Damaged`]; [`Error::NotCiphertext`] when it is for keys, not a passphrase.
pub fn open_with_passphrase(ciphertext: &[u8], passphrase: &SecretText) -> Result<Secret, Error> {
    let decryptor =
        age::Decryptor::new_buffered(ArmoredReader::new(ciphertext)).map_err(decrypt_error)?;
    if !decryptor.is_scrypt() {
        return Err(Error::NotCiphertext("passphrase-protected"));
    }
    let mut key = scrypt::Identity::new(library_text(passphrase));
    key.set_max_work_factor(MOST_WORK);
    let opened = decryptor.decrypt(std::iter::once(&key as &dyn age::Identity));
    let mut stream = opened.map_err(|error| match error {
        // What a wrong passphrase looks like: the key that it makes opens nothing.
        age::DecryptError::DecryptionFailed => Error::WrongPassphrase,
        other => decrypt_error(other),
    })?;
    let mut plaintext = SecretBuffer::new();
    plaintext.fill_from(&mut stream, ciphertext.len()).map_err(|error| damaged_content(&error))?;
    Ok(plaintext.into_secret())
}

pub(super) fn library_text(passphrase: &SecretText) -> SecretString {
    // EXPOSE: copied into the library's own secret type.
    SecretString::from(Box::<str>::from(passphrase.expose()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_passphrase_is_told_from_damage() {
        let passphrase = SecretText::copy_from("right");
        let sealed = seal_with_passphrase(&passphrase, &Secret::copy_from(b"key"))
            .expect("seals")
            .into_body();
        let opened = open_with_passphrase(&sealed, &passphrase).expect("opens");
        assert!(opened.is_same_as(&Secret::copy_from(b"key")));
        let wrong = open_with_passphrase(&sealed, &SecretText::copy_from("wrong"));
        assert!(matches!(wrong, Err(Error::WrongPassphrase)));
        let cut = open_with_passphrase(&sealed[..sealed.len() - 1], &passphrase);
        assert!(matches!(cut, Err(Error::Damaged(_))));
    }
}
