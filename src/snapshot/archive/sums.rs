//! The member `SUMS`: what `cksum` prints for each file (POSIX.1-2024, `cksum`), so that a shell
//! script can check what it has extracted. Against errors, not against people: those are stopped
//! by signatures and age.

use std::collections::HashMap;
use std::io::{self, Read};

use super::member::TreePath;

/// The generator polynomial of ISO/IEC 8802-3.
const POLYNOMIAL: u32 = 0x04c1_1db7;

const TABLE: [u32; 256] = table();

#[expect(clippy::cast_possible_truncation, reason = "the index is below 256")]
const fn table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut index = 0;
    while index < 256 {
        let mut remainder = (index as u32) << 24;
        let mut bit = 0;
        while bit < 8 {
            let carry = remainder >> 31 == 1;
            remainder <<= 1;
            if carry {
                remainder ^= POLYNOMIAL;
            }
            bit += 1;
        }
        table[index] = remainder;
        index += 1;
    }
    table
}

/// A checksum in the making.
#[derive(Clone, Copy, Default)]
struct Crc(u32);

impl Crc {
    fn update(&mut self, bytes: &[u8]) {
        for byte in bytes {
            let index = (self.0 >> 24) as u8 ^ byte;
            self.0 = self.0 << 8 ^ TABLE[usize::from(index)];
        }
    }

    /// The length follows the bytes, least significant byte first, without leading zeros.
    fn finish(mut self, mut length: u64) -> u32 {
        while length > 0 {
            self.update(&[(length & 0xff) as u8]);
            length >>= 8;
        }
        !self.0
    }
}

/// What `cksum` prints of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sum {
    crc: u32,
    size: u64,
}

impl Sum {
    /// How many bytes were summed.
    pub(super) fn size(self) -> u64 {
        self.size
    }
}

/// Counts and sums what is read through it.
pub(super) struct SumReader<R> {
    inner: R,
    crc: Crc,
    size: u64,
}

impl<R: Read> SumReader<R> {
    pub(super) fn new(inner: R) -> Self {
        Self { inner, crc: Crc::default(), size: 0 }
    }

    /// The sum of what was read.
    pub(super) fn finish(self) -> Sum {
        Sum { crc: self.crc.finish(self.size), size: self.size }
    }
}

impl<R: Read> Read for SumReader<R> {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(target)?;
        self.crc.update(&target[..count]);
        self.size += count as u64;
        Ok(count)
    }
}

/// The lines so far.
#[derive(Default)]
pub(super) struct Sums {
    text: Vec<u8>,
    of: HashMap<TreePath, Sum>,
}

impl Sums {
    /// A file.
    pub(super) fn add(&mut self, path: &TreePath, sum: Sum) {
        self.text.extend(format!("{} {} ", sum.crc, sum.size).bytes());
        self.text.extend(path.member());
        self.text.push(b'\n');
        self.of.insert(path.clone(), sum);
    }

    /// Another name of a file that was added.
    pub(super) fn add_link(&mut self, path: &TreePath, first: &TreePath) {
        if let Some(sum) = self.of.get(first).copied() {
            self.add(path, sum);
        }
    }

    /// The member's content.
    pub(super) fn text(&self) -> &[u8] {
        &self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(bytes: &[u8]) -> (u32, u64) {
        let mut reader = SumReader::new(bytes);
        io::copy(&mut reader, &mut io::sink()).expect("reads");
        let sum = reader.finish();
        (sum.crc, sum.size)
    }

    #[test]
    fn sums_as_cksum_does() {
        // Printed by `cksum` of GNU coreutils 9.1.
        assert_eq!(line(b""), (4_294_967_295, 0));
        assert_eq!(line(b"x"), (12_738_659, 1));
        assert_eq!(line(b"123456789"), (930_766_865, 9));
    }
}
