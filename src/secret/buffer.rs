//! A growing buffer that wipes what it outgrows.

use std::io::{self, Read, Write};

use zeroize::Zeroizing;

use super::Secret;

/// The first allocation: most entries are smaller, so that they are never moved.
const FIRST_CAPACITY: usize = 4 * 1024;

/// How much is read from a source at a time.
const READ_STEP: usize = 16 * 1024;

/// Collects secret bytes; becomes a [`Secret`] without another copy.
#[derive(Default)]
pub struct SecretBuffer {
    bytes: Zeroizing<Vec<u8>>,
}

impl SecretBuffer {
    /// An empty buffer.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends `more`. Growing copies into a larger allocation and wipes the old one.
    pub fn push(&mut self, more: &[u8]) {
        let needed = self.bytes.len() + more.len();
        if needed > self.bytes.capacity() {
            let capacity = needed.max(FIRST_CAPACITY).next_power_of_two();
            let mut larger = Zeroizing::new(Vec::with_capacity(capacity));
            larger.extend_from_slice(&self.bytes);
            // The old allocation is wiped here, as the `Zeroizing` that held it goes.
            self.bytes = larger;
        }
        self.bytes.extend_from_slice(more);
    }

    /// Takes the last character away (all bytes of it, in UTF-8), as the rubout key does.
    pub fn pop(&mut self) {
        while let Some(byte) = self.bytes.pop() {
            if byte & 0b1100_0000 != 0b1000_0000 {
                return;
            }
        }
    }

    /// Reads `source` to its end.
    ///
    /// # Errors
    /// What the source says; `InvalidData` when it holds more than `limit` bytes.
    pub fn fill_from(&mut self, source: &mut dyn Read, limit: usize) -> io::Result<()> {
        let mut step = Zeroizing::new([0; READ_STEP]);
        loop {
            let count = match source.read(&mut step[..]) {
                Ok(0) => return Ok(()),
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            if self.bytes.len() + count > limit {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidData,
                    format!("more than {limit} bytes"),
                ));
            }
            self.push(&step[..count]);
        }
    }

    /// Ends the collecting.
    #[must_use]
    pub fn into_secret(self) -> Secret {
        Secret::from_zeroizing(self.bytes)
    }
}

impl Write for SecretBuffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.push(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grows_without_losing_bytes() {
        let mut buffer = SecretBuffer::new();
        let expected: Vec<u8> = (0..100_000_u32).map(|n| (n % 251) as u8).collect();
        for piece in expected.chunks(777) {
            buffer.push(piece);
        }
        // EXPOSE: the test compares what went in with what comes out.
        assert_eq!(buffer.into_secret().expose(), expected);
    }

    #[test]
    fn refuses_more_than_the_limit() {
        let mut buffer = SecretBuffer::new();
        assert!(buffer.fill_from(&mut &[0_u8; 11][..], 11).is_ok());
        assert!(buffer.fill_from(&mut &[0_u8; 1][..], 11).is_err());
    }
}
