//! A small generator of random numbers whose sequence is part of the product: the same on every machine, for ever.

/// `SplitMix64` from a seed.
///
/// Steele, Lea and Flood 2014, Fast splittable pseudorandom number generators, OOPSLA.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// Begins at a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `n`; 0 for 0. The bias of the remainder is below 2⁻³² for the small `n` of here.
    pub fn below(&mut self, n: usize) -> usize {
        (self.bits() % (n as u64).max(1)) as usize
    }

    /// One of several; `None` of none.
    pub fn one<'l, T>(&mut self, list: &'l [T]) -> Option<&'l T> {
        let at = self.below(list.len());
        list.get(at)
    }

    /// From 0 up to, but not including, 1.
    pub fn fraction(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// From 0 up to, but not including, 1, in single precision.
    pub fn single_fraction(&mut self) -> f32 {
        (self.bits() >> 40) as f32 / (1_u32 << 24) as f32
    }

    /// Puts a list in random order (Fisher and Yates).
    #[cfg(test)]
    pub fn shuffle<T>(&mut self, list: &mut [T]) {
        for last in (1..list.len()).rev() {
            list.swap(last, self.below(last + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sequence_is_the_published_one() {
        // Reference values of SplitMix64 with the seed 1234567.
        let mut random = Random::new(1_234_567);
        let first: Vec<u64> = (0..3).map(|_| random.bits()).collect();
        assert_eq!(first, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
        assert_eq!((random.below(0), random.below(1), random.one::<u8>(&[])), (0, 0, None));
    }

    #[test]
    fn a_shuffle_keeps_all_and_reaches_every_order() {
        let mut seen = std::collections::BTreeMap::new();
        let mut random = Random::new(1);
        for _ in 0..6000 {
            let mut list = [1, 2, 3];
            random.shuffle(&mut list);
            *seen.entry(list).or_insert(0) += 1;
        }
        assert_eq!(seen.len(), 6);
        assert!(seen.values().all(|n| (850..1150).contains(n)), "{seen:?}");
        random.shuffle::<u8>(&mut []);
    }

    #[test]
    fn fractions_are_below_one() {
        let mut random = Random::new(9);
        let all: Vec<f64> = (0..1000).map(|_| random.fraction()).collect();
        assert!(all.iter().all(|x| (0.0..1.0).contains(x)));
        assert!((all.iter().sum::<f64>() / 1000.0 - 0.5).abs() < 0.05);
    }
}
