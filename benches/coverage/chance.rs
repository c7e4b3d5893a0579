//! Chances of counts, and what is drawn.

use regauge::diff::Level;
use regauge::stats::{Interval, Random};

pub(crate) fn holds(interval: Interval, truth: f64) -> bool {
    interval.low <= truth + 1e-12 && truth - 1e-12 <= interval.high
}

/// P(X = k) for all k of Bin(n, p), by the recurrence from the mode outwards.
pub(crate) fn binomial(n: u64, p: f64) -> Vec<f64> {
    let mode = (((n + 1) as f64 * p) as u64).min(n);
    let mut weights = vec![0.0; n as usize + 1];
    weights[mode as usize] = 1.0;
    for k in mode..n {
        weights[k as usize + 1] = weights[k as usize] * (n - k) as f64 / (k + 1) as f64 * p / (1.0 - p);
    }
    for k in (1..=mode).rev() {
        weights[k as usize - 1] = weights[k as usize] * k as f64 / (n - k + 1) as f64 * (1.0 - p) / p;
    }
    let all: f64 = weights.iter().sum();
    weights.iter().map(|w| w / all).collect()
}

/// Successes among `n`.
pub(crate) fn hits(random: &mut Random, n: u64, p: f64) -> u64 {
    (0..n).filter(|_| random.fraction() < p).count() as u64
}

/// The pass rate of so many trials.
pub(crate) fn repeated(random: &mut Random, trials: u32, rate: f64) -> Level {
    Level::of((0..trials).map(|_| f64::from(u8::from(random.fraction() < rate)))).unwrap()
}

/// What Bin(n, p) is drawn from where it is drawn often.
pub(crate) struct Counts(Vec<f64>);

impl Counts {
    pub(crate) fn new(n: u64, p: f64) -> Self {
        let add = |sum: &mut f64, chance: f64| {
            *sum += chance;
            Some(*sum)
        };
        Self(binomial(n, p).into_iter().scan(0.0, add).collect())
    }

    pub(crate) fn draw(&self, random: &mut Random) -> u64 {
        let at = random.fraction();
        self.0.partition_point(|sum| *sum < at).min(self.0.len() - 1) as u64
    }
}

/// A draw from Gamma(shape, 1): Marsaglia and Tsang 2000, ACM Transactions on Mathematical Software 26, 363–372.
fn gamma(random: &mut Random, shape: f64) -> f64 {
    if shape < 1.0 {
        let u = random.fraction().max(f64::MIN_POSITIVE);
        return gamma(random, shape + 1.0) * u.powf(1.0 / shape);
    }
    let middle = shape - 1.0 / 3.0;
    let spread = 1.0 / (9.0 * middle).sqrt();
    loop {
        let drawn = normal(random);
        let cubed = (1.0 + spread * drawn).powi(3);
        let chance = random.fraction().max(f64::MIN_POSITIVE);
        if cubed > 0.0 && chance.ln() < 0.5 * drawn * drawn + middle - middle * cubed + middle * cubed.ln() {
            return middle * cubed;
        }
    }
}

/// A draw from the standard normal distribution (Box and Muller).
pub(crate) fn normal(random: &mut Random) -> f64 {
    let radius = (-2.0 * random.fraction().max(f64::MIN_POSITIVE).ln()).sqrt();
    radius * (std::f64::consts::TAU * random.fraction()).cos()
}

/// A cluster's own rate, where rates have this mean and trials of one cluster this correlation.
pub(crate) fn rate_of_cluster(random: &mut Random, mean: f64, correlation: f64) -> f64 {
    if correlation <= 0.0 {
        return mean;
    }
    if correlation >= 1.0 {
        return f64::from(u8::from(random.fraction() < mean));
    }
    let strength = (1.0 - correlation) / correlation;
    let (a, b) = (gamma(random, mean * strength), gamma(random, (1.0 - mean) * strength));
    if a + b > 0.0 { a / (a + b) } else { mean }
}
