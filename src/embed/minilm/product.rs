//! Products of matrices of 32-bit floats.
//!
//! A tile of the result stays in registers while one number of each of its rows meets two vectors of the right
//! matrix. Every number of the result is one chain of fused multiply-adds over the depth, in order, so it is the
//! same whatever the vector instructions, the tile and the company it is computed in.

#![expect(clippy::inline_always, reason = "code that is not inlined into a level's entry is not vectorised")]

use pulp::{Arch, Simd, WithSimd};

/// Vectors side by side in a tile.
const VECTORS: usize = 2;

/// Numbers of a panel that are worked on together: 24 KB.
const BLOCK: usize = 6144;

/// The left matrix: rows that lie some numbers apart.
#[derive(Clone, Copy, Debug)]
pub(super) struct Left<'a> {
    /// From the first number of the first row on.
    pub(super) values: &'a [f32],
    /// From one row to the next.
    pub(super) stride: usize,
    /// How many rows; at least one.
    pub(super) rows: usize,
    /// The length of a row.
    pub(super) depth: usize,
}

/// The right matrix, in panels that are as wide as a tile.
#[derive(Clone, Copy, Debug)]
pub(super) struct Panels<'a> {
    /// From the first number of the first panel on.
    pub(super) values: &'a [f32],
    /// From one row of a panel to the next.
    pub(super) stride: usize,
    /// From one panel to the next.
    pub(super) step: usize,
    /// How many panels.
    pub(super) count: usize,
}

/// `out = left × right + bias`.
#[derive(Debug)]
pub(super) struct Product<'a> {
    /// The left matrix.
    pub(super) left: Left<'a>,
    /// The right matrix.
    pub(super) right: Panels<'a>,
    /// A number for each column of the result.
    pub(super) bias: Option<&'a [f32]>,
    /// The result.
    pub(super) out: &'a mut [f32],
    /// From one row of the result to the next.
    pub(super) out_stride: usize,
}

/// The width of a tile on this processor.
pub(super) fn tile_width(arch: Arch) -> usize {
    struct Width;
    impl WithSimd for Width {
        type Output = usize;
        fn with_simd<S: Simd>(self, _: S) -> usize {
            VECTORS * S::F32_LANES
        }
    }
    arch.dispatch(Width)
}

impl WithSimd for Product<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        if S::REGISTER_COUNT >= 32 { tiles::<S, 12>(simd, self) } else { tiles::<S, 6>(simd, self) }
    }
}

/// All tiles, `R` rows high. The rows that the last one lacks are computed twice and stored once.
///
/// The depth is cut so that a block of a panel stays in the fastest cache while all rows meet it; a sum goes on
/// where the block before left it.
#[inline(always)]
fn tiles<S: Simd, const R: usize>(simd: S, product: Product<'_>) {
    let Product { left, right, bias, out, out_stride } = product;
    let width = VECTORS * S::F32_LANES;
    let block = BLOCK / width;
    for panel in 0..right.count {
        let start = bias.map_or([simd.splat_f32s(0.0); VECTORS], |bias| pair::<S>(&bias[panel * width..]));
        for from in (0..left.depth).step_by(block) {
            let depth = block.min(left.depth - from);
            let values = &right.values[panel * right.step + from * right.stride..];
            for first in (0..left.rows).step_by(R) {
                let rows: [&[f32]; R] = std::array::from_fn(|r| {
                    let row = (first + r).min(left.rows - 1);
                    &left.values[row * left.stride + from..][..depth]
                });
                let places: [usize; R] =
                    std::array::from_fn(|r| (first + r).min(left.rows - 1) * out_stride + panel * width);
                let mut sums = if from == 0 { [start; R] } else { places.map(|at| pair::<S>(&out[at..])) };
                for k in 0..depth {
                    let [a, b] = pair::<S>(&values[k * right.stride..]);
                    for r in 0..R {
                        let x = simd.splat_f32s(rows[r][k]);
                        sums[r] = [simd.mul_add_f32s(x, a, sums[r][0]), simd.mul_add_f32s(x, b, sums[r][1])];
                    }
                }
                for (at, sum) in places.into_iter().zip(sums) {
                    let (vectors, _) = S::as_mut_simd_f32s(&mut out[at..][..width]);
                    vectors.copy_from_slice(&sum);
                }
            }
        }
    }
}

/// The first two vectors of a slice.
#[inline(always)]
fn pair<S: Simd>(values: &[f32]) -> [S::f32s; VECTORS] {
    let (vectors, _) = S::as_simd_f32s(&values[..VECTORS * S::F32_LANES]);
    [vectors[0], vectors[1]]
}

/// The weights of a linear layer, packed in panels.
#[derive(Debug)]
pub(super) struct Linear {
    depth: usize,
    width: usize,
    panels: Vec<f32>,
    bias: Vec<f32>,
}

impl Linear {
    /// Packs weights that hold a row of `depth` numbers for each output, of which there is one for each number of
    /// `bias`; their count has to be a multiple of `width`, as [`tile_width`] gives it.
    pub(super) fn pack(weights: &[f32], bias: Vec<f32>, depth: usize, width: usize) -> Self {
        let mut panels = vec![0.0; weights.len()];
        let rows = weights.chunks_exact(depth * width).zip(panels.chunks_exact_mut(depth * width));
        for (rows, panel) in rows {
            transpose(rows, depth, depth, panel, width);
        }
        Self { depth, width, panels, bias }
    }

    /// The outputs for rows of `depth` numbers.
    pub(super) fn apply(&self, arch: Arch, input: &[f32], out: &mut [f32]) {
        let (depth, width) = (self.depth, self.width);
        let left = Left { values: input, stride: depth, rows: input.len() / depth, depth };
        let right = Panels {
            values: &self.panels,
            stride: width,
            step: depth * width,
            count: self.bias.len() / width,
        };
        let (bias, out_stride) = (Some(self.bias.as_slice()), self.bias.len());
        arch.dispatch(Product { left, right, bias, out, out_stride });
    }
}

/// Writes rows of `depth` numbers, `stride` apart, as columns of a panel; columns beyond the last row are left alone.
pub(super) fn transpose(rows: &[f32], stride: usize, depth: usize, panel: &mut [f32], width: usize) {
    for (column, row) in rows.chunks(stride).take(width).enumerate() {
        for (x, line) in row[..depth].iter().zip(panel.chunks_exact_mut(width)) {
            line[column] = *x;
        }
    }
}

/// Every level that this processor can run.
#[cfg(test)]
pub(super) fn all_levels() -> Vec<Arch> {
    #[cfg_attr(
        not(target_arch = "x86_64"),
        expect(unused_mut, reason = "for processors with several levels")
    )]
    let mut all = vec![Arch::Scalar, Arch::new()];
    #[cfg(target_arch = "x86_64")]
    all.extend(pulp::x86::V3::try_new().map(Arch::V3));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(n: usize, seed: usize) -> Vec<f32> {
        (0..n).map(|i| ((i * 7919 + seed * 104_729) % 1013) as f32 / 506.5 - 1.0).collect()
    }

    #[test]
    fn a_product_is_that_of_the_textbook_on_every_level() {
        let (depth, outputs) = (37, 64);
        let (weights, bias) = (noise(depth * outputs, 1), noise(outputs, 2));
        for rows in [1, 5, 12, 13, 30] {
            let input = noise(depth * rows, 3);
            let chain = |row: usize, column: usize| {
                let terms = input[row * depth..].iter().zip(&weights[column * depth..]).take(depth);
                terms.fold(bias[column], |sum, (x, w)| x.mul_add(*w, sum))
            };
            for arch in all_levels() {
                let linear = Linear::pack(&weights, bias.clone(), depth, tile_width(arch));
                let mut out = vec![0.0; rows * outputs];
                linear.apply(arch, &input, &mut out);
                for (at, value) in out.iter().enumerate() {
                    assert_eq!(value.to_bits(), chain(at / outputs, at % outputs).to_bits(), "{arch:?} {at}");
                }
            }
        }
    }

    #[test]
    fn matrices_may_lie_inside_larger_ones() {
        for arch in all_levels() {
            let width = tile_width(arch);
            let (left, right) = (noise(3 * 50, 4), noise(8 * 100, 5));
            let mut out = vec![7.0; 3 * 70];
            let left_part = Left { values: &left[10..], stride: 50, rows: 3, depth: 8 };
            let panels = Panels { values: &right[20..], stride: 100, step: width, count: 1 };
            arch.dispatch(Product {
                left: left_part,
                right: panels,
                bias: None,
                out: &mut out[5..],
                out_stride: 70,
            });
            let want = (0..8).fold(0.0_f32, |sum, k| left[50 + 10 + k].mul_add(right[20 + 100 * k + 1], sum));
            assert_eq!(out[70 + 5 + 1].to_bits(), want.to_bits());
            assert_eq!((out[4].to_bits(), out[5 + width].to_bits()), (7.0_f32.to_bits(), 7.0_f32.to_bits()));
        }
    }
}
