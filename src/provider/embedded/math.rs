//! The small float functions of a transformer.
//!
//! Written so that the result is the same bits on every processor: sums run in a fixed order in 16
//! lanes, nothing is fused, and `exp` is our own.

#![expect(clippy::inline_always, reason = "code that is not inlined into a level's entry is not vectorised")]

use super::quant::{Lanes, Task};

/// Lanes of a sum.
const LANES: usize = 16;

/// Adds the lanes of a sum pairwise.
#[inline(always)]
pub(crate) fn sum_lanes(mut lanes: [f32; LANES]) -> f32 {
    let mut width = LANES / 2;
    while width > 0 {
        for i in 0..width {
            lanes[i] += lanes[i + width];
        }
        width /= 2;
    }
    lanes[0]
}

/// `e^x`, within about two units in the last place; 0 below the range of normal floats.
#[inline(always)]
#[expect(clippy::excessive_precision, reason = "the constants are split and fitted in that form")]
pub(crate) fn exp(x: f32) -> f32 {
    // Cephes `expf`: x = n ln 2 + r, a polynomial in r, then the exponent is put back.
    const ROUND: f32 = 12_582_912.0;
    let clamped = if x < -87.0 { -87.0 } else { x };
    let clamped = if clamped > 88.0 { 88.0 } else { clamped };
    let n = (clamped * std::f32::consts::LOG2_E + ROUND) - ROUND;
    let r = clamped - n * 0.693_359_375 + n * 2.121_944_4e-4;
    let mut p = 1.987_569_15e-4;
    p = p * r + 1.398_199_95e-3;
    p = p * r + 8.333_451_9e-3;
    p = p * r + 4.166_579_6e-2;
    p = p * r + 1.666_666_5e-1;
    p = p * r + 5.000_000_1e-1;
    let value = p * r * r + r + 1.0;
    let power = f32::from_bits((((n as i32) + 127) << 23).cast_unsigned());
    if x < -87.0 { 0.0 } else { value * power }
}

/// Root-mean-square norm of each row of `input`, scaled by `weight`, into `out`.
#[derive(Debug)]
pub(super) struct RmsNorm<'a> {
    /// Rows of the width of `weight`.
    pub(super) input: &'a [f32],
    /// The learned scale.
    pub(super) weight: &'a [f32],
    /// Added to the mean square.
    pub(super) epsilon: f32,
    /// As long as `input`.
    pub(super) out: &'a mut [f32],
}

impl Task for RmsNorm<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, _: L) {
        let width = self.weight.len();
        for (x, out) in self.input.chunks_exact(width).zip(self.out.chunks_exact_mut(width)) {
            let mut lanes = [0.0; LANES];
            for part in x.as_chunks::<LANES>().0 {
                for i in 0..LANES {
                    lanes[i] += part[i] * part[i];
                }
            }
            let scale = 1.0 / (sum_lanes(lanes) / width as f32 + self.epsilon).sqrt();
            for ((o, &v), &w) in out.iter_mut().zip(x).zip(self.weight) {
                *o = v * scale * w;
            }
        }
    }
}

/// `gate = silu(gate) * up`, element by element.
#[derive(Debug)]
pub(super) struct SwiGlu<'a> {
    /// Input and output.
    pub(super) gate: &'a mut [f32],
    /// The other factor.
    pub(super) up: &'a [f32],
}

impl Task for SwiGlu<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, _: L) {
        for (g, &u) in self.gate.iter_mut().zip(self.up) {
            *g = *g / (1.0 + exp(-*g)) * u;
        }
    }
}

/// `to += from`, element by element.
pub(super) fn add_to(to: &mut [f32], from: &[f32]) {
    for (t, f) in to.iter_mut().zip(from) {
        *t += f;
    }
}

/// Adds `bias` to every row.
pub(super) fn add_bias(rows: &mut [f32], bias: &[f32]) {
    for row in rows.chunks_exact_mut(bias.len()) {
        add_to(row, bias);
    }
}

#[cfg(test)]
mod tests {
    use super::super::quant::Level;
    use super::*;

    #[test]
    fn exp_is_close_to_the_exact_one() {
        for i in -8600..8700 {
            let x = i as f32 * 0.01;
            let (got, exact) = (f64::from(exp(x)), f64::from(x).exp());
            assert!((got / exact - 1.0).abs() < 3e-7, "{x}: {got} {exact}");
        }
        assert_eq!(exp(0.0).to_bits(), 1.0_f32.to_bits());
        assert_eq!(exp(f32::NEG_INFINITY).to_bits(), 0);
        assert_eq!(exp(-100.0).to_bits(), 0);
    }

    #[test]
    fn norm_gives_a_mean_square_of_one() {
        let input: Vec<f32> = (0..64).map(|i| i as f32).collect();
        let mut out = vec![0.0; 64];
        for level in Level::all() {
            level.run(RmsNorm { input: &input, weight: &[1.0; 32], epsilon: 0.0, out: &mut out });
            for row in out.chunks(32) {
                let mean = row.iter().map(|x| x * x).sum::<f32>() / 32.0;
                assert!((mean - 1.0).abs() < 1e-5);
            }
        }
    }

    #[test]
    fn swiglu_matches_its_definition() {
        let mut gate = [-3.0_f32, 0.0, 2.0];
        Level::detect().run(SwiGlu { gate: &mut gate, up: &[1.0, 5.0, 0.5] });
        for (got, want) in gate.iter().zip([-0.142_277_6, 0.0, 0.880_797_1]) {
            assert!((got - want).abs() < 1e-6, "{got} {want}");
        }
    }
}
