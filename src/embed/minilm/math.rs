//! What a layer does between its products, the same bits on every processor: sums run in 16 lanes in a fixed
//! order, and `exp` and `erf` are our own.

#![expect(clippy::inline_always, reason = "code that is not inlined into a level's entry is not vectorised")]

use pulp::{Simd, WithSimd};

use crate::provider::embedded::math::{exp, sum_lanes};

/// Lanes of a sum.
const LANES: usize = 16;

/// The error function, within 5e-7: a rational function of `x` on -4 to 4, beyond which it is ±1.
#[inline(always)]
#[expect(clippy::excessive_precision, reason = "the constants are fitted in that form")]
fn erf(x: f32) -> f32 {
    // The fit that Eigen and XLA use for single precision.
    let x = if x < -4.0 { -4.0 } else { x };
    let x = if x > 4.0 { 4.0 } else { x };
    let s = x * x;
    let mut p = -2.726_142_258_013_06e-10;
    p = p * s + 2.770_681_424_959_02e-8;
    p = p * s - 2.101_024_020_825_08e-6;
    p = p * s - 5.692_506_394_623_46e-5;
    p = p * s - 7.349_906_303_268_55e-4;
    p = p * s - 2.954_599_808_540_25e-3;
    p = p * s - 1.609_603_332_624_15e-2;
    let mut q = -1.456_607_184_649_96e-5;
    q = q * s - 2.133_740_552_789_05e-4;
    q = q * s - 1.682_826_974_382_03e-3;
    q = q * s - 7.373_329_167_204_68e-3;
    q = q * s - 1.426_473_905_141_89e-2;
    x * p / q
}

/// Gaussian error linear units, in place.
#[derive(Debug)]
pub(super) struct Gelu<'a>(pub(super) &'a mut [f32]);

impl WithSimd for Gelu<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        for x in self.0 {
            *x = 0.5 * *x * (1.0 + erf(*x * std::f32::consts::FRAC_1_SQRT_2));
        }
    }
}

/// Layer normalisation of each row of `rows`, to which `added` is added first.
#[derive(Debug)]
pub(super) struct AddNorm<'a> {
    /// Rows of the width of `weight`; input and output.
    pub(super) rows: &'a mut [f32],
    /// As long as `rows`.
    pub(super) added: &'a [f32],
    /// The learned scale.
    pub(super) weight: &'a [f32],
    /// The learned shift.
    pub(super) bias: &'a [f32],
}

/// Added to the variance (BERT).
const EPSILON: f32 = 1e-12;

impl WithSimd for AddNorm<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let width = self.weight.len();
        for (row, added) in self.rows.chunks_exact_mut(width).zip(self.added.chunks_exact(width)) {
            for (x, y) in row.iter_mut().zip(added) {
                *x += y;
            }
            let mean = sum(row, |x| x) / width as f32;
            let variance = sum(row, |x| (x - mean) * (x - mean)) / width as f32;
            let scale = 1.0 / (variance + EPSILON).sqrt();
            for ((x, w), b) in row.iter_mut().zip(self.weight).zip(self.bias) {
                *x = (*x - mean) * scale * w + b;
            }
        }
    }
}

/// The first `length` numbers of each row, scaled, replaced by their softmax.
#[derive(Debug)]
pub(super) struct Softmax<'a> {
    /// Input and output.
    pub(super) rows: &'a mut [f32],
    /// From one row to the next.
    pub(super) stride: usize,
    /// Numbers of a row that count.
    pub(super) length: usize,
    /// The factor.
    pub(super) scale: f32,
}

impl WithSimd for Softmax<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        for row in self.rows.chunks_exact_mut(self.stride) {
            let row = &mut row[..self.length];
            let largest = largest(row);
            for x in row.iter_mut() {
                *x = exp((*x - largest) * self.scale);
            }
            let total = sum(row, |x| x);
            for x in row.iter_mut() {
                *x /= total;
            }
        }
    }
}

#[inline(always)]
fn largest(row: &[f32]) -> f32 {
    let mut lanes = [f32::NEG_INFINITY; LANES];
    let (parts, rest) = row.as_chunks::<LANES>();
    for part in parts {
        for i in 0..LANES {
            lanes[i] = if part[i] > lanes[i] { part[i] } else { lanes[i] };
        }
    }
    rest.iter().chain(&lanes).fold(f32::NEG_INFINITY, |a, &b| if b > a { b } else { a })
}

/// The sum of what `f` makes of each number.
#[inline(always)]
fn sum(row: &[f32], f: impl Fn(f32) -> f32) -> f32 {
    let mut lanes = [0.0; LANES];
    let (parts, rest) = row.as_chunks::<LANES>();
    for part in parts {
        for i in 0..LANES {
            lanes[i] += f(part[i]);
        }
    }
    for (lane, x) in lanes.iter_mut().zip(rest) {
        *lane += f(*x);
    }
    sum_lanes(lanes)
}

#[cfg(test)]
mod tests {
    use super::super::product::all_levels;
    use super::*;

    fn noise(n: usize) -> Vec<f32> {
        (0..n).map(|i| ((i * 7919) % 1013) as f32 / 101.3 - 5.0).collect()
    }

    #[test]
    fn erf_is_close_to_the_exact_one() {
        for i in -6000..6000 {
            let x = i as f32 * 0.001;
            assert!((f64::from(erf(x)) - libm::erf(f64::from(x))).abs() < 5e-7, "{x}");
        }
        assert_eq!(erf(0.0).to_bits(), 0.0_f32.to_bits());
        assert!((erf(f32::INFINITY) - 1.0).abs() < 1e-6 && (erf(f32::NEG_INFINITY) + 1.0).abs() < 1e-6);
    }

    #[test]
    fn softmax_and_norm_do_what_they_are_named_for() {
        for arch in all_levels() {
            let mut rows = noise(3 * 40);
            arch.dispatch(Softmax { rows: &mut rows, stride: 40, length: 35, scale: 0.5 });
            for (row, before) in rows.chunks(40).zip(noise(120).chunks(40)) {
                assert!((row[..35].iter().sum::<f32>() - 1.0).abs() < 1e-6);
                assert_eq!(row[35..], before[35..]);
                let ratio = f64::from((before[1] - before[0]) * 0.5).exp();
                assert!((f64::from(row[1] / row[0]) / ratio - 1.0).abs() < 1e-5);
            }
            let mut rows = noise(96);
            let added = vec![0.25; 96];
            arch.dispatch(AddNorm { rows: &mut rows, added: &added, weight: &[1.0; 48], bias: &[2.0; 48] });
            for row in rows.chunks(48) {
                let mean = row.iter().sum::<f32>() / 48.0;
                let variance = row.iter().map(|x| (x - mean).powi(2)).sum::<f32>() / 48.0;
                assert!((mean - 2.0).abs() < 1e-5 && (variance - 1.0).abs() < 1e-4);
            }
        }
    }

    #[test]
    fn every_level_gives_the_same_bits() {
        let all = |arch: pulp::Arch| {
            let (mut rows, added) = (noise(7 * 48), noise(7 * 48 + 1));
            arch.dispatch(Gelu(&mut rows));
            let (weight, bias) = (&added[..48], &added[48..96]);
            arch.dispatch(AddNorm { rows: &mut rows, added: &added[1..], weight, bias });
            arch.dispatch(Softmax { rows: &mut rows, stride: 48, length: 43, scale: 0.3 });
            rows.iter().map(|x| x.to_bits()).collect::<Vec<_>>()
        };
        let levels = all_levels();
        assert!(levels.iter().all(|arch| all(*arch) == all(levels[0])));
    }
}
