//! Ed25519 signatures in SSHSIG form (openssh `PROTOCOL.sshsig`), so that `ssh-keygen -Y verify`
//! checks them; the only file that names `ssh-key`.

use std::fmt;
use std::io::{self, Read, Write};

use ssh_key::private::{Ed25519Keypair, KeypairData};
use ssh_key::{HashAlg, LineEnding, PrivateKey, PublicKey, SshSig};

use crate::secret::{Secret, SecretText};

use super::digest::HashingWriter;
use super::{Digest, Error};

/// `SHA256:…`, as `ssh-keygen -l` prints it: how a person knows a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// Takes what a person typed or a comment holds.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// Checks that `signature` is of the key with this fingerprint, for this purpose, over exactly
    /// `statement`; and that it is written as we write it, so that no byte of the file is free to
    /// change unnoticed. The key itself is in the signature; what makes it trusted is the
    /// fingerprint, which comes from elsewhere.
    ///
    /// # Errors
    /// [`Error::BadSignature`].
    pub fn verify(
        &self,
        namespace: &'static str,
        statement: Vec<u8>,
        signature: &[u8],
    ) -> Result<Signed, Error> {
        let bad = |reason: &str| Error::BadSignature(reason.to_owned());
        let parsed =
            SshSig::from_pem(signature).map_err(|_| bad("the signature can not be parsed"))?;
        let canonical = canonical(&parsed).map_err(|_| bad("the signature can not be parsed"))?;
        if canonical.as_bytes() != signature {
            return Err(bad("the signature is not in canonical form"));
        }
        let key = PublicKey::new(parsed.public_key().clone(), "");
        let by = Self(key.fingerprint(HashAlg::Sha256).to_string());
        if by != *self {
            return Err(Error::BadSignature(format!("signed by {by}, not by {self}")));
        }
        key.verify(namespace, &statement, &parsed)
            .map_err(|_| bad("the signature does not hold"))?;
        Ok(Signed { statement, signature: canonical })
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A private signing key. Opaque; never printed.
pub struct Signer(PrivateKey);

impl Signer {
    /// A new Ed25519 key from 32 random bytes.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32], comment: &str) -> Self {
        let pair = KeypairData::from(Ed25519Keypair::from_seed(seed));
        Self(
            PrivateKey::new(pair, comment)
                .expect("an Ed25519 pair without a passphrase is accepted"),
        )
    }

    /// Reads the OpenSSH private key format.
    ///
    /// # Errors
    /// [`Error::BadKey`] when it is another kind of key, or has a passphrase.
    pub fn parse(file: &Secret) -> Result<Self, Error> {
        let bad = |reason: String| Error::BadKey { what: "signing key", reason };
        // EXPOSE: the file's text is parsed into the library's own key type.
        let key =
            PrivateKey::from_openssh(file.expose()).map_err(|error| bad(error.to_string()))?;
        match key.key_data() {
            KeypairData::Ed25519(_) => Ok(Self(key)),
            KeypairData::Encrypted(_) => Err(bad("it has a passphrase".to_owned())),
            _ => Err(bad(format!("it is {}, not ssh-ed25519", key.algorithm()))),
        }
    }

    /// The OpenSSH private key format.
    #[must_use]
    pub fn to_text(&self) -> SecretText {
        let text = self
            .0
            .to_openssh(LineEnding::LF)
            .expect("a key that was made or parsed can be written");
        SecretText::copy_from(&text)
    }

    /// The public half.
    #[must_use]
    pub fn verifier(&self) -> Verifier {
        Verifier(self.0.public_key().clone())
    }

    /// Signs `statement` for one purpose only, the `namespace`.
    #[must_use]
    pub fn sign(&self, namespace: &'static str, statement: Vec<u8>) -> Signed {
        let signature = self.0.sign(namespace, HashAlg::Sha512, &statement);
        let signature = signature.and_then(|signature| signature.to_pem(LineEnding::LF));
        Signed { statement, signature: signature.expect("an Ed25519 key signs any bytes") }
    }
}

/// A public signing key that somebody trusts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verifier(PublicKey);

impl Verifier {
    /// Reads one line `ssh-ed25519 AAAA… comment`.
    ///
    /// # Errors
    /// [`Error::BadKey`].
    pub fn parse(line: &str) -> Result<Self, Error> {
        let key = PublicKey::from_openssh(line);
        key.map(Self)
            .map_err(|error| Error::BadKey { what: "public key", reason: error.to_string() })
    }

    /// The line `ssh-ed25519 AAAA…`, without a comment.
    #[must_use]
    pub fn to_line(&self) -> String {
        let bare = PublicKey::new(self.0.key_data().clone(), "");
        bare.to_openssh()
            .expect("a key that was made or parsed can be written")
            .trim_end()
            .to_owned()
    }

    /// How a person knows it.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint(self.0.fingerprint(HashAlg::Sha256).to_string())
    }

    /// As [`Fingerprint::verify`], for this key.
    ///
    /// # Errors
    /// [`Error::BadSignature`].
    pub fn verify(
        &self,
        namespace: &'static str,
        statement: Vec<u8>,
        signature: &[u8],
    ) -> Result<Signed, Error> {
        self.fingerprint().verify(namespace, statement, signature)
    }
}

/// The one way in which we write a signature: some fields (version, reserved) are not covered by
/// the signature itself, so they are set anew.
fn canonical(parsed: &SshSig) -> Result<String, ssh_key::Error> {
    let (key, signature) = (parsed.public_key().clone(), parsed.signature().clone());
    SshSig::new(key, parsed.namespace(), parsed.hash_alg(), signature)?.to_pem(LineEnding::LF)
}

/// A statement and a signature over it that holds: made by signing or by verifying, only here.
#[derive(Debug)]
pub struct Signed {
    statement: Vec<u8>,
    signature: String,
}

impl Signed {
    /// What is signed.
    #[must_use]
    pub fn statement(&self) -> &[u8] {
        &self.statement
    }

    /// The armored SSHSIG.
    #[must_use]
    pub fn signature(&self) -> &[u8] {
        self.signature.as_bytes()
    }

    /// `bytes`, if the statement contains their SHA-256: they are then as good as signed.
    #[must_use]
    pub fn attest<'a>(&self, bytes: &'a [u8]) -> Option<Attested<'a>> {
        self.states(Digest::of(bytes)).then_some(Attested(bytes))
    }

    /// The same for what is too large for memory: copies all of `source` into `sink`, which is empty.
    ///
    /// # Errors
    /// What either of them says.
    pub fn attest_copy<W: Write>(
        &self,
        source: &mut dyn Read,
        sink: W,
    ) -> io::Result<Option<AttestedCopy<W>>> {
        let mut sink = HashingWriter::new(sink);
        io::copy(source, &mut sink)?;
        let (body, digest, size) = sink.finish();
        Ok(self.states(digest).then_some(AttestedCopy { body, digest, size }))
    }

    fn states(&self, digest: Digest) -> bool {
        let hash = digest.to_string();
        self.statement.windows(hash.len()).any(|window| window == hash.as_bytes())
    }
}

/// Clear-text bytes whose hash is signed.
pub struct Attested<'a>(&'a [u8]);

impl Attested<'_> {
    /// The bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.0
    }
}

/// A copy of bytes whose hash is signed; it was hashed on its way here.
#[derive(Debug)]
pub struct AttestedCopy<T> {
    body: T,
    digest: Digest,
    size: u64,
}

impl<T> AttestedCopy<T> {
    /// SHA-256 of the bytes.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// How many bytes there are.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Where they are.
    pub fn body(&self) -> &T {
        &self.body
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signer(seed: u8) -> Signer {
        Signer::from_seed(&[seed; 32], "test")
    }

    #[test]
    fn holds_for_the_same_key_purpose_and_bytes_only() {
        let signed = signer(1).sign("purpose", b"statement".to_vec());
        let check = |key: u8, purpose, statement: &[u8]| {
            signer(key).verifier().verify(purpose, statement.to_vec(), signed.signature()).is_ok()
        };
        assert!(check(1, "purpose", b"statement"));
        assert!(!check(2, "purpose", b"statement"));
        assert!(!check(1, "another", b"statement"));
        assert!(!check(1, "purpose", b"Statement"));
    }

    #[test]
    fn no_bit_of_a_signature_file_is_free() {
        let signed = signer(1).sign("purpose", b"statement".to_vec());
        for position in 0..signed.signature().len() {
            for bit in 0..8 {
                let mut file = signed.signature().to_vec();
                file[position] ^= 1 << bit;
                let verified = signer(1).verifier().verify("purpose", b"statement".to_vec(), &file);
                assert!(verified.is_err(), "bit {bit} of byte {position}");
            }
        }
    }

    #[test]
    fn a_key_file_is_read_back() {
        let text = signer(3).to_text();
        // EXPOSE: the test's own key.
        let read = Signer::parse(&Secret::copy_from(text.expose().as_bytes())).expect("parses");
        assert_eq!(read.verifier(), signer(3).verifier());
        let line = read.verifier().to_line();
        assert_eq!(
            Verifier::parse(&line).expect("parses").fingerprint(),
            read.verifier().fingerprint()
        );
    }

    #[test]
    fn attests_only_what_the_statement_names() {
        let statement = format!("file {}\n", Digest::of(b"content"));
        let signed = signer(1).sign("purpose", statement.into_bytes());
        assert!(signed.attest(b"content").is_some());
        assert!(signed.attest(b"other").is_none());
        let copy = |mut bytes: &[u8]| signed.attest_copy(&mut bytes, Vec::new()).expect("copies");
        let copied = copy(b"content").expect("is named");
        assert_eq!((copied.body().as_slice(), copied.size()), (&b"content"[..], 7));
        assert!(copy(b"other").is_none());
    }
}
