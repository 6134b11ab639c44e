//! From a wrapped session key to the plaintext.

use sequoia_openpgp as openpgp;
use sequoia_openpgp::crypto::mem::Protected;
use sequoia_openpgp::crypto::mpi::{self, Ciphertext};
use sequoia_openpgp::crypto::{self, Decryptor};
use sequoia_openpgp::packet::key::{PublicParts, UnspecifiedRole};
use sequoia_openpgp::packet::{Key, PKESK, Packet};
use sequoia_openpgp::parse::{Dearmor, PacketParser, PacketParserBuilder};
use sequoia_openpgp::parse::{PacketParserResult, Parse};
use sequoia_openpgp::types::{Curve, DataFormat, SymmetricAlgorithm};

use crate::secret::{Secret, SecretBuffer};

use super::PublicKey;

/// A plaintext larger than this is a mistake (bytes).
const PLAINTEXT_LIMIT: usize = 256 * 1024 * 1024;

/// The shortest that a session key with its algorithm and checksum can be (bytes).
const SHORTEST: usize = 1 + 16 + 2;

/// A session key, encrypted to one public key.
pub struct WrappedKey<'a>(&'a PKESK);

impl<'a> WrappedKey<'a> {
    pub(super) fn new(session: &'a PKESK) -> Self {
        Self(session)
    }

    /// What `PKDECRYPT` of gpg-agent is asked: a canonical S-expression. `None`: an algorithm that
    /// this path does not know.
    #[must_use]
    pub fn question(&self) -> Option<Vec<u8>> {
        match self.0.esk() {
            Ciphertext::RSA { c } => {
                Some([b"(7:enc-val(3:rsa(1:a", &*atom(c.value()), b")))"].concat())
            }
            Ciphertext::ECDH { e, key } if is_wrapped(key) => {
                let length = u8::try_from(key.len()).ok()?;
                let wrapped = atom(&[&[length], &**key].concat());
                let point = atom(e.value());
                Some([b"(7:enc-val(4:ecdh(1:s", &*wrapped, b")(1:e", &point, b")))"].concat())
            }
            _ => None,
        }
    }

    /// The session key out of what gpg-agent answered for `key`: `(5:value…)`. `None` when it is
    /// none; why is not told, since that would help somebody who guesses (RFC 9580, section 13.3).
    #[must_use]
    pub fn answer(&self, key: &PublicKey, value: &Secret) -> Option<SessionKey> {
        // EXPOSE: the answer is parsed, and copied into the library's protected memory.
        let mut secret_half = SecretHalf { public: &key.0, value: value_of(value.expose())? };
        let (algorithm, key) = self.0.decrypt(&mut secret_half, None)?;
        Some(SessionKey { algorithm: algorithm?, key })
    }
}

/// What opens one message. Opaque; never printed.
pub struct SessionKey {
    algorithm: SymmetricAlgorithm,
    key: crypto::SessionKey,
}

/// Whether it can be the output of AES key wrapping (RFC 3394, section 2.2.1) of a session key.
fn is_wrapped(key: &[u8]) -> bool {
    key.len().is_multiple_of(8) && key.len() > SHORTEST && key.len() < 256
}

/// A byte string of a canonical S-expression.
fn atom(bytes: &[u8]) -> Vec<u8> {
    [format!("{}:", bytes.len()).as_bytes(), bytes].concat()
}

/// The bytes in `(5:valueN:…)`, with or without the zero byte that gpg-agent puts behind.
fn value_of(expression: &[u8]) -> Option<Protected> {
    let expression = expression.strip_suffix(b"\0").unwrap_or(expression);
    let inner = expression.strip_prefix(b"(5:value")?.strip_suffix(b")")?;
    let colon = inner.iter().position(|byte| *byte == b':')?;
    let (length, value) = (&inner[..colon], &inner[colon + 1..]);
    let length: usize = std::str::from_utf8(length).ok()?.parse().ok()?;
    (length == value.len()).then(|| value.into())
}

/// Stands in for the secret key, whose work was done elsewhere.
struct SecretHalf<'a> {
    public: &'a Key<PublicParts, UnspecifiedRole>,
    value: Protected,
}

impl Decryptor for SecretHalf<'_> {
    fn public(&self) -> &Key<PublicParts, UnspecifiedRole> {
        self.public
    }

    fn decrypt(
        &mut self,
        ciphertext: &Ciphertext,
        length: Option<usize>,
    ) -> openpgp::Result<crypto::SessionKey> {
        let plain = match (self.public.mpis(), ciphertext) {
            (mpi::PublicKey::RSA { .. }, Ciphertext::RSA { .. }) => {
                without_padding(&self.value).map(crypto::SessionKey::from)
            }
            (mpi::PublicKey::ECDH { curve, .. }, Ciphertext::ECDH { .. }) => {
                let shared = shared_secret(curve, &self.value).ok_or_else(refused)?;
                crypto::ecdh::decrypt_unwrap(self.public, &shared, ciphertext, length).ok()
            }
            _ => None,
        };
        plain.filter(|plain| plain.len() >= SHORTEST).ok_or_else(refused)
    }
}

fn refused() -> openpgp::anyhow::Error {
    openpgp::Error::InvalidOperation("not a session key".to_owned()).into()
}

/// What is behind `02 … 00` (RFC 8017, section 7.2.2; the zero in front may be gone).
fn without_padding(block: &[u8]) -> Option<&[u8]> {
    let padded = block.strip_prefix(&[0]).unwrap_or(block).strip_prefix(&[2])?;
    let end = padded.iter().position(|byte| *byte == 0)?;
    Some(&padded[end + 1..])
}

/// The shared secret is one coordinate of the point that the agent returns (RFC 9580, section 11.4).
fn shared_secret(curve: &Curve, point: &[u8]) -> Option<Protected> {
    let coordinate = match curve {
        Curve::Cv25519 => point.strip_prefix(&[0x40]).unwrap_or(point),
        Curve::NistP256 | Curve::NistP384 | Curve::NistP521 => {
            let both = point.strip_prefix(&[0x04])?;
            &both[..both.len() / 2]
        }
        _ => return None,
    };
    let size = curve.bits().ok()?.div_ceil(8);
    (coordinate.len() == size).then(|| coordinate.into())
}

/// Opens a message with its session key. Nothing is given out before the whole message has proven
/// to be unaltered. `None` when it has not, or when there is anything in it but one binary text.
#[must_use]
pub fn open_openpgp(ciphertext: &[u8], session: &SessionKey) -> Option<Secret> {
    let parser = PacketParserBuilder::from_bytes(ciphertext).ok()?;
    let mut parsed = parser.dearmor(Dearmor::Disabled).build().ok()?;
    let mut opening = Opening::default();
    while let PacketParserResult::Some(mut parser) = parsed {
        opening.take(&mut parser, session)?;
        parsed = parser.recurse().ok()?.1;
    }
    opening.plaintext.filter(|_| opening.is_intact)
}

#[derive(Default)]
struct Opening {
    plaintext: Option<Secret>,
    is_intact: bool,
}

impl Opening {
    #[expect(
        deprecated,
        reason = "the library hides this packet to keep callers from trusting it unchecked"
    )]
    fn take(&mut self, parser: &mut PacketParser<'_>, session: &SessionKey) -> Option<()> {
        match &parser.packet {
            _ if self.is_intact => None,
            Packet::PKESK(_) => Some(()),
            Packet::SEIP(_) => parser.decrypt(session.algorithm, &session.key).ok(),
            Packet::Literal(text) if text.format() == DataFormat::Binary => self.read(parser),
            Packet::MDC(code) => {
                self.is_intact = code.valid();
                self.is_intact.then_some(())
            }
            _ => None,
        }
    }

    fn read(&mut self, parser: &mut PacketParser<'_>) -> Option<()> {
        let is_inside = parser.recursion_depth() == 1 && self.plaintext.is_none();
        let mut buffer = SecretBuffer::new();
        is_inside.then(|| buffer.fill_from(parser, PLAINTEXT_LIMIT).ok()).flatten()?;
        self.plaintext = Some(buffer.into_secret());
        Some(())
    }
}
