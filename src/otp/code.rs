//! From a key and a counter to digits.

use hmac::{Hmac, Mac};
use sha1::Sha1;
use sha2::{Sha256, Sha512};

use crate::secret::{Secret, SecretBuffer};

use super::Key;

/// Which hash function a code is made with (RFC 6238, section 1.2).
#[derive(Clone, Copy)]
pub(super) enum Hash {
    Sha1,
    Sha256,
    Sha512,
}

impl Key {
    /// The code for a counter (RFC 4226, section 5.3).
    pub(super) fn code(&self, counter: u64) -> Secret {
        let number = truncated(&self.authenticator(counter)) % 10_u32.pow(self.digits);
        let mut code = SecretBuffer::new();
        for place in (0..self.digits).rev() {
            let digit = number / 10_u32.pow(place) % 10;
            code.push(digit.to_string().as_bytes());
        }
        code.into_secret()
    }

    fn authenticator(&self, counter: u64) -> Vec<u8> {
        match self.hash {
            Hash::Sha1 => self.sign::<Hmac<Sha1>>(counter),
            Hash::Sha256 => self.sign::<Hmac<Sha256>>(counter),
            Hash::Sha512 => self.sign::<Hmac<Sha512>>(counter),
        }
    }

    fn sign<M: Mac + hmac::digest::KeyInit>(&self, counter: u64) -> Vec<u8> {
        // EXPOSE: the key of the code that was asked for.
        let mac = <M as Mac>::new_from_slice(self.bytes.expose());
        let mac = mac.expect("HMAC takes a key of any length");
        mac.chain_update(counter.to_be_bytes()).finalize().into_bytes().to_vec()
    }
}

/// 31 bits, from where the last byte says (RFC 4226, section 5.3).
fn truncated(authenticator: &[u8]) -> u32 {
    let offset = authenticator.last().map_or(0, |byte| usize::from(byte & 0xf));
    let four = authenticator.iter().skip(offset).take(4);
    four.fold(0, |number, byte| number << 8 | u32::from(*byte)) & 0x7fff_ffff
}
