//! Randomness of the operating system, and no other.

use rand::{Rng, TryRngCore, rngs::OsRng};
use zeroize::Zeroizing;

use crate::secret::{Secret, SecretBuffer};

/// 32 bytes fit for a key; wiped when they go.
#[must_use]
pub fn random_seed() -> Zeroizing<[u8; 32]> {
    let mut seed = Zeroizing::new([0; 32]);
    fill(&mut seed[..]);
    seed
}

/// `bytes` random bytes as lower-case hexadecimal digits; for names, not for keys.
#[must_use]
pub fn random_hex(bytes: usize) -> String {
    let mut raw = vec![0; bytes];
    fill(&mut raw);
    raw.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `length` characters drawn from `alphabet`, each as likely as any other.
#[must_use]
pub fn random_text(alphabet: &[u8], length: usize) -> Secret {
    let mut generator = OsRng.unwrap_err();
    let mut text = SecretBuffer::new();
    for _ in 0..length {
        text.push(&[alphabet[generator.random_range(0..alphabet.len())]]);
    }
    text.into_secret()
}

/// A number below `limit`, each as likely as any other; 0 when there is none.
#[must_use]
pub fn random_below(limit: u64) -> u64 {
    if limit == 0 { 0 } else { OsRng.unwrap_err().random_range(0..limit) }
}

fn fill(target: &mut [u8]) {
    OsRng
        .try_fill_bytes(target)
        .expect("the kernel's generator answers once the machine has started");
}
