//! Names of the parts of bulky files: BLAKE3, keyed with a secret of the repository, cut to 160 bits.
//!
//! Keyed, because the names lie in packs whose sizes an onlooker sees, and because whoever knows a
//! text should not be able to tell from a stray list of names that it is stored.

use std::fmt;
use std::io::{self, Read};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::secret::{Secret, SecretText};

use super::digest::hexadecimal;

/// The length of a name in bytes.
const LENGTH: usize = 20;

/// The name of a part: 20 bytes, written as 40 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct BlobId([u8; LENGTH]);

impl fmt::Display for BlobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for BlobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl FromStr for BlobId {
    type Err = ();

    /// Accepts exactly what `Display` writes.
    fn from_str(text: &str) -> Result<Self, ()> {
        hexadecimal(text).map(Self).ok_or(())
    }
}

/// The secret that names depend on: 32 bytes, made once for a repository.
pub struct DedupKey(Secret);

impl DedupKey {
    /// The key with these bytes.
    #[must_use]
    pub fn new(bytes: &[u8; 32]) -> Self {
        Self(Secret::copy_from(bytes))
    }

    /// Reads 64 hexadecimal digits, as [`DedupKey::to_text`] writes them.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        hexadecimal(text).map(|bytes| Self::new(&bytes))
    }

    /// As 64 hexadecimal digits.
    #[must_use]
    pub fn to_text(&self) -> SecretText {
        // EXPOSE: spelled in digits, into another secret.
        let digits = self.0.expose().iter().flat_map(|byte| [byte >> 4, byte & 15]);
        let digits = digits.map(|digit| char::from_digit(digit.into(), 16).expect("below 16"));
        SecretText::copy_from(&digits.collect::<String>())
    }

    /// The name of `bytes`.
    #[must_use]
    pub fn id_of(&self, bytes: &[u8]) -> BlobId {
        let mut hasher = self.hasher();
        hasher.update(bytes);
        cut(&hasher)
    }

    /// The name of all that `source` gives, and how many bytes that was.
    ///
    /// # Errors
    /// What the source says.
    pub fn id_of_stream(&self, source: &mut dyn Read) -> io::Result<(BlobId, u64)> {
        let mut hasher = self.hasher();
        hasher.update_reader(source)?;
        Ok((cut(&hasher), hasher.count()))
    }

    fn hasher(&self) -> blake3::Hasher {
        // EXPOSE: a keyed hash needs its key.
        let key = self.0.expose().try_into().expect("it was made of 32 bytes");
        blake3::Hasher::new_keyed(key)
    }
}

fn cut(hasher: &blake3::Hasher) -> BlobId {
    let mut id = [0; LENGTH];
    hasher.finalize_xof().fill(&mut id);
    BlobId(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_depends_on_the_key_and_is_read_back() {
        let (one, other) = (DedupKey::new(&[1; 32]), DedupKey::new(&[2; 32]));
        let id = one.id_of(b"text");
        assert_ne!(id, other.id_of(b"text"));
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(id.to_string().to_uppercase().parse::<BlobId>(), Err(()));
        assert_eq!(one.id_of_stream(&mut &b"text"[..]).expect("reads"), (id, 4));
        // EXPOSE: the test's own key.
        let again = DedupKey::parse(one.to_text().expose()).expect("is one");
        assert_eq!(again.id_of(b"text"), id);
    }

    #[test]
    fn is_keyed_blake3() {
        // The first of the test vectors that the BLAKE3 team publishes.
        let key = DedupKey::new(b"whats the Elvish word for friend");
        assert_eq!(key.id_of(b"").to_string(), "92b2b75604ed3c761f9d6f62392c8a9227ad0ea3");
    }
}
