//! Activations, rounded to 8 bits for the integer dot products.

use super::format::BLOCK;

/// 32 activations of one row: `value ≈ scale * quant`.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C, align(16))]
pub(crate) struct ActBlock {
    /// The quants, four signed bytes in each word, first in the lowest byte.
    pub(crate) quants: [i32; BLOCK / 4],
    /// What a quant of one is worth.
    pub(crate) scale: f32,
    /// The sum of the first and second 16 quants, times `scale`.
    pub(crate) sums: [f32; 2],
    /// `scale` times the sum of all quants.
    pub(crate) sum: f32,
}

/// Some rows of activations, ready to be multiplied with a matrix.
#[derive(Clone, Debug, Default)]
pub(crate) struct Acts {
    rows: usize,
    per_row: usize,
    blocks: Vec<ActBlock>,
}

impl Acts {
    /// Replaces the content with `values`, read as rows of `k` numbers. `k` is a multiple of 32.
    pub(crate) fn set(&mut self, values: &[f32], k: usize) {
        self.per_row = k / BLOCK;
        self.rows = values.len() / k;
        self.blocks.clear();
        self.blocks.extend(values.as_chunks::<BLOCK>().0.iter().map(quantise));
    }

    /// How many rows there are.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// The blocks of one row.
    #[inline(always)]
    pub(crate) fn row(&self, row: usize) -> &[ActBlock] {
        &self.blocks[row * self.per_row..][..self.per_row]
    }
}

/// Adding and taking away this rounds a small float to the nearest whole number, ties to even.
const ROUND: f32 = 12_582_912.0;

#[inline(always)]
fn quantise(values: &[f32; BLOCK]) -> ActBlock {
    let mut lanes = [0.0_f32; 8];
    for part in values.as_chunks::<8>().0 {
        for (lane, x) in lanes.iter_mut().zip(part) {
            let x = x.abs();
            *lane = if x > *lane { x } else { *lane };
        }
    }
    let largest = lanes.iter().fold(0.0_f32, |a, &b| if b > a { b } else { a });
    let scale = largest / 127.0;
    let inverse = if largest > 0.0 { 127.0 / largest } else { 0.0 };
    let quants: [i32; BLOCK] = values.map(|x| ((x * inverse + ROUND) - ROUND) as i32);
    let packed = std::array::from_fn(|i| {
        i32::from_le_bytes(std::array::from_fn(|j| (quants[4 * i + j] as i8).cast_unsigned()))
    });
    let first: i32 = quants[..16].iter().sum();
    let second: i32 = quants[16..].iter().sum();
    ActBlock {
        quants: packed,
        scale,
        sums: [scale * first as f32, scale * second as f32],
        sum: scale * (first + second) as f32,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_to_the_nearest_of_255_steps() {
        let values: [f32; 64] = std::array::from_fn(|i| i as f32 - 32.0);
        let mut acts = Acts::default();
        acts.set(&values, 64);
        assert_eq!(acts.rows(), 1);
        let blocks = acts.row(0);
        assert_eq!(blocks.len(), 2);
        assert_eq!(blocks[0].quants[0].to_le_bytes()[0].cast_signed(), -127);
        assert_eq!(blocks[1].quants[7].to_le_bytes()[3].cast_signed(), 127);
        assert!((blocks[1].sum - (0..32).sum::<i32>() as f32).abs() < 2.0);
    }

    #[test]
    fn zeros_stay_zero() {
        let mut acts = Acts::default();
        acts.set(&[0.0; 32], 32);
        assert_eq!(acts.row(0)[0].quants, [0; 8]);
        assert_eq!(acts.row(0)[0].scale.to_bits(), 0);
    }
}
