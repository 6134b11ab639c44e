//! age (age-encryption.org/v1): sealing, opening, and what its errors mean.

use std::io::{self, BufRead, BufReader, Read, Write};

use age::stream::{StreamReader, StreamWriter};

use crate::secret::{Secret, SecretBuffer};

use super::plugin::Resolved;
use super::{Error, HashingWriter, Identity, Plugins, Recipient, Sealed};

/// The first line of every binary age file.
const MAGIC: &[u8] = b"age-encryption.org/";
const ARMOR: &[u8] = b"-----BEGIN AGE";

/// Encrypts what is written into it.
pub struct Sealer<W: Write> {
    stream: StreamWriter<HashingWriter<W>>,
}

impl<W: Write> Sealer<W> {
    /// Writes the last chunk; without this the ciphertext is truncated and will not open.
    ///
    /// # Errors
    /// What the sink says.
    pub fn finish(self) -> Result<Sealed<W>, Error> {
        let (body, digest, size) = self.stream.finish()?.finish();
        Ok(Sealed::new(body, digest, size))
    }
}

impl<W: Write> Write for Sealer<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

/// Encrypts to `recipients` what will be written, into `sink`.
///
/// # Errors
/// [`Error::NoRecipients`]; [`Error::PluginHere`]; what the sink says of the header.
pub fn seal<W: Write>(recipients: &[Recipient], sink: W) -> Result<Sealer<W>, Error> {
    let recipients: Vec<_> =
        recipients.iter().map(Recipient::as_library).collect::<Result<_, _>>()?;
    seal_to(recipients.into_iter(), sink)
}

/// As [`seal`], to anything that the library takes for a recipient.
pub(super) fn seal_to<'a, W: Write>(
    recipients: impl Iterator<Item = &'a dyn age::Recipient>,
    sink: W,
) -> Result<Sealer<W>, Error> {
    let encryptor = age::Encryptor::with_recipients(recipients).map_err(encrypt_error)?;
    Ok(Sealer { stream: encryptor.wrap_output(HashingWriter::new(sink))? })
}

/// Encrypts all of `plaintext`; runs the plugins that the recipients need and that may be run.
///
/// # Errors
/// [`Error::NoRecipients`]; [`Error::PluginNotListed`]; what a plugin says.
pub fn seal_whole(
    recipients: &[Recipient],
    plaintext: &Secret,
    plugins: &Plugins,
) -> Result<Sealed<Vec<u8>>, Error> {
    let resolved = plugins.resolve(recipients)?;
    let mut sealer = seal_to(resolved.iter().map(Resolved::as_library), Vec::new())?;
    // EXPOSE: this is where the plaintext turns into ciphertext.
    sealer.write_all(plaintext.expose())?;
    sealer.finish()
}

/// Decrypts `source` as it is read. A chunk (64 KiB) is handed out only after it has been
/// authenticated, but the end is known to be the end only when the reader says so.
///
/// # Errors
/// [`Error::NoMatchingKey`], [`Error::Damaged`], [`Error::Armored`], [`Error::NotCiphertext`].
pub fn open<R: Read>(source: R, identity: &Identity) -> Result<StreamReader<BufReader<R>>, Error> {
    let mut source = BufReader::new(source);
    expect_binary(source.fill_buf()?)?;
    let decryptor = age::Decryptor::new_buffered(source).map_err(decrypt_error)?;
    decryptor.decrypt(std::iter::once(identity as &dyn age::Identity)).map_err(decrypt_error)
}

/// Decrypts all of `ciphertext`, or nothing.
///
/// # Errors
/// As [`open`].
pub fn open_whole(ciphertext: &[u8], identity: &Identity) -> Result<Secret, Error> {
    let mut plaintext = SecretBuffer::new();
    let mut stream = open(ciphertext, identity)?;
    plaintext.fill_from(&mut stream, ciphertext.len()).map_err(|error| damaged_content(&error))?;
    Ok(plaintext.into_secret())
}

/// What the library's reader says of content that does not hold, in words of ours.
pub(super) fn damaged_content(error: &io::Error) -> Error {
    Error::Damaged(match error.kind() {
        io::ErrorKind::UnexpectedEof => "truncated".to_owned(),
        io::ErrorKind::InvalidData => "altered, truncated or with something behind it".to_owned(),
        _ => error.to_string(),
    })
}

pub(super) fn expect_binary(start: &[u8]) -> Result<(), Error> {
    if start.starts_with(MAGIC) {
        Ok(())
    } else if start.starts_with(ARMOR) {
        Err(Error::Armored)
    } else {
        Err(Error::NotCiphertext("age"))
    }
}

fn encrypt_error(error: age::EncryptError) -> Error {
    match error {
        age::EncryptError::MissingRecipients => Error::NoRecipients,
        age::EncryptError::IncompatibleRecipients { l_labels, r_labels } => {
            let mut labels: Vec<String> = l_labels.union(&r_labels).cloned().collect();
            labels.sort();
            Error::MixedRecipients(labels.join("`, `"))
        }
        age::EncryptError::Plugin(complaints) => Error::NotSealedByPlugin(joined(&complaints)),
        other => Error::Io(io::Error::other(one_line(&other))),
    }
}

pub(super) fn decrypt_error(error: age::DecryptError) -> Error {
    match error {
        age::DecryptError::NoMatchingKeys => Error::NoMatchingKey,
        age::DecryptError::KeyDecryptionFailed => Error::WrongPassphrase,
        age::DecryptError::Io(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            Error::Damaged("truncated".to_owned())
        }
        age::DecryptError::Io(error) => error.downcast::<Error>().unwrap_or_else(Error::Io),
        age::DecryptError::UnknownFormat => {
            Error::Damaged("unknown version, or no header of this one".to_owned())
        }
        age::DecryptError::InvalidHeader => Error::Damaged("invalid header".to_owned()),
        age::DecryptError::InvalidMac => Error::Damaged("altered header".to_owned()),
        age::DecryptError::DecryptionFailed => Error::Damaged("altered content".to_owned()),
        age::DecryptError::Plugin(complaints) => Error::NotOpenedByPlugin(joined(&complaints)),
        other => Error::Damaged(one_line(&other)),
    }
}

/// An error of ours on its way through the library; [`decrypt_error`] takes it out again.
pub(super) fn in_library(error: Error) -> age::DecryptError {
    age::DecryptError::Io(io::Error::other(error))
}

fn joined(complaints: &[impl ToString]) -> String {
    complaints.iter().map(one_line).collect::<Vec<_>>().join("; ")
}

fn one_line(text: &impl ToString) -> String {
    text.to_string().replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use super::super::IdentityFile;
    use super::*;

    fn pair() -> (Identity, Recipient) {
        let (text, recipient) = Identity::make();
        // EXPOSE: the test's own key.
        let file = Secret::copy_from(text.expose().as_bytes());
        let parsed = IdentityFile::parse(&file, &Plugins::none());
        (parsed.and_then(IdentityFile::into_open).expect("just made"), recipient)
    }

    #[test]
    fn opens_what_it_sealed_and_no_truncation_or_addition_of_it() {
        let (identity, recipient) = pair();
        let sealed = seal_whole(&[recipient], &Secret::copy_from(b"plaintext"), &Plugins::none())
            .expect("seals")
            .into_body();
        // EXPOSE: compared with what went in.
        assert_eq!(open_whole(&sealed, &identity).expect("opens").expose(), b"plaintext");
        for length in 0..sealed.len() {
            assert!(open_whole(&sealed[..length], &identity).is_err(), "cut to {length}");
        }
        assert!(open_whole(&[&sealed[..], b"x"].concat(), &identity).is_err());
    }

    #[test]
    fn another_identity_does_not_open_it() {
        let (_, recipient) = pair();
        let sealed = seal_whole(&[recipient], &Secret::copy_from(b"x"), &Plugins::none())
            .expect("seals")
            .into_body();
        assert!(matches!(open_whole(&sealed, &pair().0), Err(Error::NoMatchingKey)));
    }
}
