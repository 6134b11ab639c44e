//! Randomness of the operating system, and no other.

use rand::{TryRngCore, rngs::OsRng};
use zeroize::Zeroizing;

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

fn fill(target: &mut [u8]) {
    OsRng
        .try_fill_bytes(target)
        .expect("the kernel's generator answers once the machine has started");
}
