//! Chance that a number can repeat: the same on every machine, with every version of every crate.

/// SplitMix64 (Steele, Lea, Flood: "Fast Splittable Pseudorandom Number Generators").
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `sides`.
    pub(crate) fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let sides = u64::try_from(sides).expect("a small number");
        usize::try_from((mixed ^ (mixed >> 31)) % sides).expect("it is below `sides`")
    }

    /// True so many times in a hundred.
    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.roll(100) < percent
    }

    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.roll(from.len())]
    }

    /// An item, the likelier the greater its weight.
    pub(crate) fn weigh<T: Copy>(&mut self, from: &[(usize, T)]) -> T {
        let mut left = self.roll(from.iter().map(|(weight, _)| weight).sum());
        let chosen = from.iter().find(|(weight, _)| {
            let chosen = left < *weight;
            left = left.saturating_sub(*weight);
            chosen
        });
        chosen.expect("the weights add up").1
    }
}
