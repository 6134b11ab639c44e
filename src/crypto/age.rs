//! age (age-encryption.org/v1): recipients, identities, sealing, opening.

use std::fmt;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::str::FromStr;

use age::stream::{StreamReader, StreamWriter};
use age::x25519;

use crate::secret::{Secret, SecretBuffer, SecretText};

use super::{Digest, Error, HashingWriter, Sealed};

/// The first line of every binary age file.
const MAGIC: &[u8] = b"age-encryption.org/";
const ARMOR: &[u8] = b"-----BEGIN AGE";

/// What marks the signer in an identity file (see [`Identity::signer_comment`]).
const SIGNER_COMMENT: &str = "# signer: ";

/// Whom to encrypt to: an X25519 public key, `age1…`.
#[derive(Clone, PartialEq, Eq)]
pub struct Recipient(x25519::Recipient);

impl FromStr for Recipient {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        text.parse().map(Self).map_err(|_| Error::BadRecipient)
    }
}

impl Recipient {
    /// The digest of a set of recipients: the same for the same set in any order.
    #[must_use]
    pub fn digest_of(recipients: &[Self]) -> Digest {
        let mut lines: Vec<String> =
            recipients.iter().map(|recipient| format!("{recipient}\n")).collect();
        lines.sort();
        Digest::of(lines.concat().as_bytes())
    }

    pub(super) fn as_library(&self) -> &dyn age::Recipient {
        &self.0
    }
}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What opens: one or several private keys. Opaque; never printed.
pub struct Identity {
    keys: Vec<Box<dyn age::Identity + Send + Sync>>,
    recipients: Vec<Recipient>,
    signer_comment: Option<String>,
}

impl Identity {
    /// Makes a new key pair: the identity, its printed form (`AGE-SECRET-KEY-1…`), its recipient.
    #[must_use]
    pub fn make() -> (SecretText, Recipient) {
        let key = x25519::Identity::generate();
        let recipient = Recipient(key.to_public());
        (key.to_string().into(), recipient)
    }

    /// Reads an identity file as `age-keygen` writes it: one key a line, `#` comments.
    ///
    /// # Errors
    /// [`Error::BadIdentity`] with the number of the line that is not understood; 0 when there is no key.
    pub fn parse(file: &Secret) -> Result<Self, Error> {
        let mut identity = Self { keys: Vec::new(), recipients: Vec::new(), signer_comment: None };
        // EXPOSE: the file's text is parsed into the library's own key type.
        let text = std::str::from_utf8(file.expose()).map_err(|_| Error::BadIdentity(0))?;
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if let Some(fingerprint) = line.strip_prefix(SIGNER_COMMENT) {
                identity.signer_comment = Some(fingerprint.trim().to_owned());
            }
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let key: x25519::Identity = line.parse().map_err(|_| Error::BadIdentity(number + 1))?;
            identity.recipients.push(Recipient(key.to_public()));
            identity.keys.push(Box::new(key));
        }
        if identity.keys.is_empty() { Err(Error::BadIdentity(0)) } else { Ok(identity) }
    }

    /// What opens one ciphertext only.
    pub(super) fn of_one_file(key: Box<dyn age::Identity + Send + Sync>) -> Self {
        Self { keys: vec![key], recipients: Vec::new(), signer_comment: None }
    }

    /// Whom to encrypt to, so that this opens it.
    #[must_use]
    pub fn recipients(&self) -> &[Recipient] {
        &self.recipients
    }

    /// The signer that the file's comment `# signer: SHA256:…` vouches for: whoever keeps the
    /// recovery identity on paper can so tell true snapshots from forged ones.
    #[must_use]
    pub fn signer_comment(&self) -> Option<&str> {
        self.signer_comment.as_deref()
    }
}

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
/// [`Error::NoRecipients`]; what the sink says of the header.
pub fn seal<W: Write>(recipients: &[Recipient], sink: W) -> Result<Sealer<W>, Error> {
    let recipients = recipients.iter().map(Recipient::as_library);
    seal_to(recipients, sink)
}

/// As [`seal`], to anything that the library takes for a recipient.
pub(super) fn seal_to<'a, W: Write>(
    recipients: impl Iterator<Item = &'a dyn age::Recipient>,
    sink: W,
) -> Result<Sealer<W>, Error> {
    let encryptor = age::Encryptor::with_recipients(recipients).map_err(encrypt_error)?;
    Ok(Sealer { stream: encryptor.wrap_output(HashingWriter::new(sink))? })
}

/// Encrypts all of `plaintext`.
///
/// # Errors
/// [`Error::NoRecipients`].
pub fn seal_whole(recipients: &[Recipient], plaintext: &Secret) -> Result<Sealed<Vec<u8>>, Error> {
    let mut sealer = seal(recipients, Vec::new())?;
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
    let keys = identity.keys.iter().map(|key| &**key as &dyn age::Identity);
    decryptor.decrypt(keys).map_err(decrypt_error)
}

/// Decrypts all of `ciphertext`, or nothing.
///
/// # Errors
/// As [`open`].
pub fn open_whole(ciphertext: &[u8], identity: &Identity) -> Result<Secret, Error> {
    let mut plaintext = SecretBuffer::new();
    let mut stream = open(ciphertext, identity)?;
    plaintext
        .fill_from(&mut stream, ciphertext.len())
        .map_err(|error| Error::Damaged(error.to_string()))?;
    Ok(plaintext.into_secret())
}

fn expect_binary(start: &[u8]) -> Result<(), Error> {
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
        other => Error::Io(io::Error::other(other.to_string())),
    }
}

pub(super) fn decrypt_error(error: age::DecryptError) -> Error {
    match error {
        age::DecryptError::NoMatchingKeys => Error::NoMatchingKey,
        age::DecryptError::KeyDecryptionFailed => Error::WrongPassphrase,
        age::DecryptError::Io(error) if error.kind() != io::ErrorKind::UnexpectedEof => {
            Error::Io(error)
        }
        age::DecryptError::UnknownFormat => Error::Damaged("unknown version".to_owned()),
        age::DecryptError::InvalidHeader => Error::Damaged("invalid header".to_owned()),
        age::DecryptError::InvalidMac => Error::Damaged("altered header".to_owned()),
        age::DecryptError::DecryptionFailed => Error::Damaged("altered content".to_owned()),
        other => Error::Damaged(other.to_string().replace('\n', " ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair() -> (Identity, Recipient) {
        let (text, recipient) = Identity::make();
        // EXPOSE: the test's own key.
        let identity =
            Identity::parse(&Secret::copy_from(text.expose().as_bytes())).expect("just made");
        (identity, recipient)
    }

    #[test]
    fn opens_what_it_sealed_and_no_truncation_or_addition_of_it() {
        let (identity, recipient) = pair();
        let sealed =
            seal_whole(&[recipient], &Secret::copy_from(b"plaintext")).expect("seals").into_body();
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
        let sealed = seal_whole(&[recipient], &Secret::copy_from(b"x")).expect("seals").into_body();
        assert!(matches!(open_whole(&sealed, &pair().0), Err(Error::NoMatchingKey)));
    }

    #[test]
    fn an_identity_file_may_have_comments_and_name_its_signer() {
        let (text, recipient) = Identity::make();
        // EXPOSE: the test's own key.
        let file = format!("# created: today\n# signer: SHA256:abc\n\n{}\n", text.expose());
        let identity = Identity::parse(&Secret::copy_from(file.as_bytes())).expect("parses");
        assert_eq!(identity.recipients(), [recipient]);
        assert_eq!(identity.signer_comment(), Some("SHA256:abc"));
        assert!(matches!(
            Identity::parse(&Secret::copy_from(b"# nothing\n")),
            Err(Error::BadIdentity(0))
        ));
        assert!(matches!(
            Identity::parse(&Secret::copy_from(b"\nage1abc\n")),
            Err(Error::BadIdentity(2))
        ));
    }
}
