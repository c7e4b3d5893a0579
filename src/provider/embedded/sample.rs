//! Choosing the next token.

use super::math::exp;
use crate::stats::Random;

/// How tokens are chosen.
#[derive(Clone, Debug)]
pub(super) struct Sampler {
    temperature: f32,
    top_p: f32,
    random: Random,
}

impl Sampler {
    /// Temperature 0 takes the most likely token; above that tokens are drawn, the same ones for the
    /// same seed.
    pub(super) fn new(temperature: f32, top_p: Option<f32>, seed: u64) -> Self {
        let top_p = top_p.filter(|p| *p > 0.0).unwrap_or(1.0);
        Self { temperature, top_p, random: Random::new(seed) }
    }

    /// The next token.
    pub(super) fn pick(&mut self, logits: &[f32]) -> u32 {
        let best = largest(logits);
        // Also covers a temperature that is not a number.
        if self.temperature.is_nan() || self.temperature <= 0.0 {
            return best.0;
        }
        let mut chances: Vec<(u32, f32)> = (0..)
            .zip(logits)
            .map(|(id, x)| (id, exp((x - best.1) / self.temperature)))
            .filter(|(_, chance)| *chance > 0.0)
            .collect();
        chances.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let total: f32 = chances.iter().map(|(_, chance)| chance).sum();
        let mut kept = 0.0;
        let count = chances
            .iter()
            .position(|(_, chance)| {
                kept += chance;
                kept >= self.top_p * total
            })
            .map_or(chances.len(), |i| i + 1);
        let mut left = self.random.single_fraction() * chances[..count].iter().map(|c| c.1).sum::<f32>();
        for &(id, chance) in &chances[..count] {
            left -= chance;
            if left < 0.0 {
                return id;
            }
        }
        chances[..count].last().map_or(best.0, |c| c.0)
    }
}

/// The largest number and where it stands; of equal ones the first.
fn largest(values: &[f32]) -> (u32, f32) {
    let mut best = (0, f32::NEG_INFINITY);
    for (id, &x) in (0..).zip(values) {
        if x > best.1 {
            best = (id, x);
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn greedy_takes_the_first_of_equals() {
        let mut sampler = Sampler::new(0.0, None, 1);
        assert_eq!(sampler.pick(&[1.0, 3.0, 3.0, 2.0]), 1);
        assert_eq!(Sampler::new(f32::NAN, None, 1).pick(&[1.0, 3.0]), 1);
    }

    #[test]
    fn the_same_seed_draws_the_same() {
        let logits: Vec<f32> = (0..50).map(|i| (i as f32 * 0.7).sin()).collect();
        let draw = |seed| {
            let mut sampler = Sampler::new(1.0, Some(0.9), seed);
            (0..40).map(|_| sampler.pick(&logits)).collect::<Vec<_>>()
        };
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
    }

    #[test]
    fn draws_follow_the_chances() {
        let logits = [0.0, 1.0, f32::NEG_INFINITY];
        let mut sampler = Sampler::new(1.0, None, 3);
        let ones = (0..4000).filter(|_| sampler.pick(&logits) == 1).count() as f32 / 4000.0;
        assert!((ones - 0.731).abs() < 0.03, "{ones}");
    }

    #[test]
    fn a_small_top_p_is_greedy() {
        let mut sampler = Sampler::new(2.0, Some(0.01), 3);
        assert!((0..50).all(|_| sampler.pick(&[0.1, 0.2, 0.3]) == 2));
    }
}
