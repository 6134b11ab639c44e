//! Numbers that only look random. A generator of our own, since those of `rand` may give other
//! numbers in its next release, and then no two measurements would be of the same home.

/// `SplitMix64` (Steele, Lea, Flood 2014).
pub(crate) struct Random(u64);

/// FNV-1a's numbers.
const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0100_0000_01b3;

const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

impl Random {
    /// A stream of its own for each purpose: what one thing takes does not change the others.
    pub(crate) fn new(seed: u64, purpose: &str) -> Self {
        let mix = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(PRIME);
        let mut random = Self(purpose.bytes().fold(OFFSET, mix) ^ seed.wrapping_mul(PRIME));
        random.next();
        random
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From 0 to below the limit, each as often.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        let wide = u128::from(self.next()) * u128::from(limit);
        u64::try_from(wide >> 64).expect("it is below the limit")
    }

    /// The same, for an index.
    pub(crate) fn index(&mut self, limit: usize) -> usize {
        usize::try_from(self.below(limit as u64)).expect("it is below the limit")
    }

    pub(crate) fn one_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    pub(crate) fn pick<'i, T>(&mut self, items: &'i [T]) -> &'i T {
        &items[self.index(items.len())]
    }

    /// A number with a heavy tail, from 2^low to 2^high: half of the bytes are in a few of them, as
    /// with the files of real homes. The smaller of two dice says how many digits it has.
    pub(crate) fn heavy_tailed(&mut self, low: u64, high: u64) -> u64 {
        let digits = low + self.below(high - low).min(self.below(high - low));
        (1 << digits) + self.below(1 << digits)
    }

    /// A rank below 2^octaves, the first ones most often: each octave as often as each other, which
    /// is Zipf's law.
    pub(crate) fn rank(&mut self, octaves: u64) -> usize {
        let octave = self.below(octaves);
        (1 << octave) - 1 + self.index(1 << octave)
    }

    /// What cannot be compressed but for its alphabet.
    pub(crate) fn base64(&mut self, length: usize) -> String {
        (0..length).map(|_| char::from(LETTERS[self.index(64)])).collect()
    }

    /// What cannot be compressed at all.
    pub(crate) fn bytes(&mut self, length: usize) -> Vec<u8> {
        (0..length.div_ceil(8)).flat_map(|_| self.next().to_le_bytes()).take(length).collect()
    }

    /// A name such as Claude's interface gives.
    pub(crate) fn tagged(&mut self, tag: &str) -> String {
        let tail: String = (0..22).map(|_| char::from(LETTERS[self.index(62)])).collect();
        format!("{tag}_01{tail}")
    }

    pub(crate) fn hex(&mut self, digits: usize) -> String {
        format!("{:016x}", self.next()).chars().take(digits).collect()
    }

    pub(crate) fn uuid(&mut self) -> String {
        let (high, low) = (self.next(), self.next());
        let (first, second) = (high >> 32, (high >> 16) & 0xffff);
        let (third, fourth) = (high & 0xfff, 0x8000 | (low >> 50));
        format!(
            "{first:08x}-{second:04x}-4{third:03x}-{fourth:04x}-{:012x}",
            low & 0xffff_ffff_ffff
        )
    }
}
