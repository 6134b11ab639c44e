//! Public keys: what may be known of a key by everybody.

use std::fmt;
use std::str::FromStr;

use sequoia_openpgp::cert::{Cert, Preferences};
use sequoia_openpgp::fmt::hex;
use sequoia_openpgp::packet::key::{PublicParts, SubordinateRole, UnspecifiedRole};
use sequoia_openpgp::packet::{Key, Packet};
use sequoia_openpgp::parse::{Dearmor, PacketParserBuilder, PacketParserResult, Parse};
use sequoia_openpgp::policy::StandardPolicy;
use sequoia_openpgp::serialize::SerializeInto;
use sequoia_openpgp::types::{HashAlgorithm, SymmetricAlgorithm};

/// A long key id: 64 bits, written as 16 upper-case hexadecimal digits. Not collision-free, so it
/// finds a key and proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(String);

impl KeyId {
    const DIGITS: usize = 16;

    /// In the place of a recipient who does not want to be named (RFC 9580, section 5.1.1).
    pub(super) const ANONYMOUS: Self = Self(String::new());
}

impl From<&sequoia_openpgp::KeyID> for KeyId {
    fn from(id: &sequoia_openpgp::KeyID) -> Self {
        if id.is_wildcard() { Self::ANONYMOUS } else { Self(id.to_hex()) }
    }
}

impl FromStr for KeyId {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'A'..=b'F');
        let is_one = text.len() == Self::DIGITS && text.bytes().all(is_digit);
        is_one.then(|| Self(text.to_owned())).ok_or(())
    }
}

impl fmt::Display for KeyId {
    /// Who is not named has zeros, as `gpg -v` prints them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() { f.write_str("0000000000000000") } else { f.write_str(&self.0) }
    }
}

/// One public key, primary or subordinate.
#[derive(Clone)]
pub struct PublicKey(pub(super) Key<PublicParts, UnspecifiedRole>);

impl PublicKey {
    /// All keys in the binary output of `gpg --export`; what is not understood is left out.
    #[must_use]
    pub fn all_in(exported: &[u8]) -> Vec<Self> {
        let mut keys = Vec::new();
        let parser = PacketParserBuilder::from_bytes(exported)
            .and_then(|builder| builder.dearmor(Dearmor::Disabled).build());
        let mut parsed = parser.ok();
        while let Some(PacketParserResult::Some(parser)) = parsed {
            let next = parser.next().ok();
            parsed = next.map(|(packet, rest)| {
                keys.extend(Self::of(packet));
                rest
            });
        }
        keys
    }

    /// The key `id` of the certificate that `gpg --export` printed, when the certificate itself
    /// leaves no doubt that messages may be sealed to it as [`super::seal_openpgp`] does.
    #[must_use]
    pub fn fit_to_seal(exported: &[u8], id: &KeyId) -> Option<Self> {
        let (certificate, policy) = (Cert::from_bytes(exported).ok()?, StandardPolicy::new());
        let valid = certificate.with_policy(&policy, None).ok()?;
        valid.alive().ok()?;
        let wanted = valid.preferred_symmetric_algorithms()?.contains(&SymmetricAlgorithm::AES256);
        let known = valid.features().is_some_and(|features| features.supports_seipdv1());
        let fit = valid.keys().supported().alive().revoked(false);
        let mut fit = fit.for_transport_encryption().for_storage_encryption();
        let found = fit.find(|key| KeyId::from(&key.key().keyid()) == *id)?;
        (wanted && known).then(|| Self(found.key().clone().role_into_unspecified()))
    }

    fn of(packet: Packet) -> Option<Self> {
        match packet {
            Packet::PublicKey(key) => Some(Self(key.role_into_unspecified())),
            Packet::PublicSubkey(key) => Some(Self(key.role_into_unspecified())),
            _ => None,
        }
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> KeyId {
        KeyId::from(&self.0.keyid())
    }
}

impl fmt::Display for PublicKey {
    /// The packet as hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key: Key<PublicParts, SubordinateRole> = self.0.clone().role_into_subordinate();
        let packet = Packet::from(key).to_vec().map_err(|_| fmt::Error)?;
        f.write_str(&hex::encode(packet))
    }
}

impl FromStr for PublicKey {
    type Err = ();

    /// Reads what `Display` wrote.
    fn from_str(text: &str) -> Result<Self, ()> {
        let packet = Packet::from_bytes(&hex::decode(text).map_err(drop)?).map_err(drop)?;
        Self::of(packet).ok_or(())
    }
}

/// The name that GnuPG gives to the socket folder of a home folder (`gpgconf --list-dirs
/// socketdir`): 15 bytes of a SHA-1 hash in z-base-32. It tells folders apart and protects nothing.
#[must_use]
pub fn folder_hash(folder: &[u8]) -> Option<String> {
    const ALPHABET: &[u8; 32] = b"ybndrfg8ejkmcpqxot1uwisza345h769";
    let mut digest = [0; 20];
    let mut hash = HashAlgorithm::SHA1.context().ok()?.for_digest();
    hash.update(folder);
    hash.digest(&mut digest).ok()?;
    let letters = digest[..15].chunks_exact(5).flat_map(|five| {
        let bits = five.iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
        (0..8).rev().map(move |place| char::from(ALPHABET[(bits >> (5 * place) & 31) as usize]))
    });
    Some(letters.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `GNUPGHOME=/tmp/a-home gpgconf --list-dirs socketdir` says where /run/user is.
    #[test]
    fn a_home_folder_has_the_name_that_gnupg_gives_it() {
        assert_eq!(folder_hash(b"/tmp/a-home").as_deref(), Some("85mt1t8apkpqptgg98gqykky"));
    }

    #[test]
    fn a_key_id_is_sixteen_digits() {
        assert!("0123456789ABCDEF".parse::<KeyId>().is_ok());
        for text in ["", "0123456789abcdef", "0123456789ABCDE", "0123456789ABCDEF0"] {
            assert!(text.parse::<KeyId>().is_err(), "{text}");
        }
    }
}
