//! A weight matrix packed into tiles of 16 output columns.

use std::marker::PhantomData;

use super::acts::Acts;
use super::format::{BLOCK, Format, Unit, decode};
use super::kernel::{self, Kind, Scaled, Simple, Sixteens};
use super::lanes::{Lanes, Line};
use super::level::{Level, Task};

/// Output columns of one tile.
const COLUMNS: usize = 16;

/// A packed matrix with `n` outputs and `k` inputs: the same numbers as in the file, reordered so
/// that one vector holds the same inputs of 16 outputs.
#[derive(Clone, Debug)]
pub(crate) struct Matrix {
    format: Format,
    n: usize,
    k: usize,
    lines: Vec<Line>,
}

impl Matrix {
    /// Packs the rows of a GGUF tensor. `None` where the shape does not fit: `n` has to be a
    /// multiple of 16 and `k` of the format's unit.
    pub(crate) fn pack(format: Format, n: usize, k: usize, raw: &[u8]) -> Option<Self> {
        let row_bytes = k / format.unit() * format.unit_bytes();
        if !n.is_multiple_of(COLUMNS)
            || !k.is_multiple_of(format.unit())
            || k == 0
            || raw.len() != n * row_bytes
        {
            return None;
        }
        let mut lines = Vec::with_capacity(n / COLUMNS * (k / format.unit()) * format.lines());
        for tile in raw.chunks_exact(COLUMNS * row_bytes) {
            for u in 0..k / format.unit() {
                let start = lines.len();
                lines.resize(start + format.lines(), Line([0; 64]));
                for (c, row) in tile.chunks_exact(row_bytes).enumerate() {
                    let raw = &row[u * format.unit_bytes()..][..format.unit_bytes()];
                    place(format, &decode(format, raw), c, &mut lines[start..]);
                }
            }
        }
        Some(Self { format, n, k, lines })
    }

    /// Number of outputs.
    pub(crate) fn outputs(&self) -> usize {
        self.n
    }

    /// Number of inputs.
    pub(crate) fn inputs(&self) -> usize {
        self.k
    }

    /// Multiplies every row of `acts`; `out` holds as many rows of `n` numbers.
    pub(crate) fn multiply(&self, level: Level, acts: &Acts, out: &mut [f32]) {
        match self.format {
            Format::Q4_0 => self.multiply_as::<Simple<4, 8>>(level, acts, out),
            Format::Q4_1 => self.multiply_as::<Simple<4, 0>>(level, acts, out),
            Format::Q5_0 => self.multiply_as::<Simple<5, 16>>(level, acts, out),
            Format::Q5_1 => self.multiply_as::<Simple<5, 0>>(level, acts, out),
            Format::Q8_0 => self.multiply_as::<Simple<8, 128>>(level, acts, out),
            Format::Q4K => self.multiply_as::<Scaled<4>>(level, acts, out),
            Format::Q5K => self.multiply_as::<Scaled<5>>(level, acts, out),
            Format::Q6K => self.multiply_as::<Sixteens>(level, acts, out),
        }
    }

    fn multiply_as<K: Kind>(&self, level: Level, acts: &Acts, out: &mut [f32]) {
        let kind = PhantomData::<K>;
        if acts.rows() == 1 {
            level.run(Multiply::<K, true> { matrix: self, acts, out, kind });
        } else {
            level.run(Multiply::<K, false> { matrix: self, acts, out, kind });
        }
    }
}

/// The multiplication for one kind of format, with one row or with any number.
struct Multiply<'a, K, const ONE: bool> {
    matrix: &'a Matrix,
    acts: &'a Acts,
    out: &'a mut [f32],
    kind: PhantomData<K>,
}

impl<K: Kind, const ONE: bool> Task for Multiply<'_, K, ONE> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, l: L) {
        let Matrix { format, n, k, ref lines } = *self.matrix;
        let per_tile = k / format.unit() * format.lines();
        for (t, tile) in lines.chunks_exact(per_tile).enumerate() {
            kernel::tile::<L, K, ONE>(l, tile, self.acts, |row, sums| {
                self.out[row * n + t * COLUMNS..][..COLUMNS].copy_from_slice(sums);
            });
        }
    }
}

/// Writes one column's unit into the lines of its tile.
fn place(format: Format, unit: &Unit, column: usize, lines: &mut [Line]) {
    let header = format.header();
    let half = |line: &mut Line, i: usize, value: [u8; 2]| {
        line.0[32 * i + 2 * column..][..2].copy_from_slice(&value);
    };
    match format {
        Format::Q4_0 | Format::Q5_0 | Format::Q8_0 => {
            half(&mut lines[0], 0, unit.halves[0]);
            half(&mut lines[0], 1, unit.halves[2]);
        }
        Format::Q4_1 | Format::Q5_1 => {
            for b in 0..2 {
                half(&mut lines[b], 0, unit.halves[2 * b]);
                half(&mut lines[b], 1, unit.halves[2 * b + 1]);
            }
        }
        Format::Q4K | Format::Q5K | Format::Q6K => {
            half(&mut lines[0], 0, unit.halves[0]);
            half(&mut lines[0], 1, unit.halves[1]);
            for (i, &x) in unit.small.iter().enumerate() {
                lines[1 + i / 4].0[16 * (i % 4) + column] = x;
            }
        }
    }
    let quants = unit.quants[..format.unit()].as_chunks::<BLOCK>().0;
    for (block, lines) in quants.iter().zip(lines[header..].chunks_exact_mut(format.planes())) {
        place_block(format, block, column, lines);
    }
}

/// Spreads the 32 quants of a block: four neighbours stay together, as one word of their column.
fn place_block(format: Format, block: &[u8; BLOCK], column: usize, lines: &mut [Line]) {
    const LOW: u32 = 0x0f0f_0f0f;
    let mut or = |line: usize, bits: u32| {
        let word = &mut lines[line].0.as_chunks_mut::<4>().0[column];
        *word = (u32::from_le_bytes(*word) | bits).to_le_bytes();
    };
    for (g, quants) in block.as_chunks::<4>().0.iter().enumerate() {
        let quants = u32::from_le_bytes(*quants);
        if format.planes() == 8 {
            or(g, quants);
            continue;
        }
        or(g / 2, (quants & LOW) << (4 * (g % 2)));
        match format.planes() {
            5 => or(4, (quants >> 4 & LOW) << g),
            6 => or(4 + g / 4, (quants >> 4 & LOW) << (2 * (g % 4))),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use candle_core::quantized::{GgmlDType, QTensor};
    use candle_core::{Device, Tensor};

    use super::*;

    const ALL: [GgmlDType; 8] = [
        GgmlDType::Q4_0,
        GgmlDType::Q4_1,
        GgmlDType::Q5_0,
        GgmlDType::Q5_1,
        GgmlDType::Q8_0,
        GgmlDType::Q4K,
        GgmlDType::Q5K,
        GgmlDType::Q6K,
    ];

    fn example(dtype: GgmlDType, n: usize, k: usize) -> (Matrix, Vec<f32>) {
        let values: Vec<f32> = (0..n * k).map(|i| ((i * 7919 % 1009) as f32 * 0.011 - 5.0).sin()).collect();
        let source = Tensor::from_vec(values, (n, k), &Device::Cpu).unwrap();
        let tensor = QTensor::quantize(&source, dtype).unwrap();
        let exact = tensor.dequantize(&Device::Cpu).unwrap().flatten_all().unwrap();
        let format = Format::of(dtype).unwrap();
        let matrix = Matrix::pack(format, n, k, &tensor.data().unwrap()).unwrap();
        (matrix, exact.to_vec1().unwrap())
    }

    fn product(matrix: &Matrix, level: Level, values: &[f32]) -> Vec<f32> {
        let mut acts = Acts::default();
        acts.set(values, matrix.inputs());
        let mut out = vec![0.0; acts.rows() * matrix.outputs()];
        matrix.multiply(level, &acts, &mut out);
        out
    }

    #[test]
    fn products_are_close_to_exact_ones() {
        let (n, k) = (32, 512);
        let input: Vec<f32> = (0..3 * k).map(|i| ((i * 31 % 97) as f32 * 0.1).cos()).collect();
        for dtype in ALL {
            let (matrix, weights) = example(dtype, n, k);
            let got = product(&matrix, Level::detect(), &input);
            for (row, x) in input.chunks_exact(k).enumerate() {
                for (col, w) in weights.chunks_exact(k).enumerate() {
                    let exact: f32 = x.iter().zip(w).map(|(a, b)| a * b).sum();
                    let got = got[row * n + col];
                    assert!((exact - got).abs() < 0.6, "{dtype:?} {row} {col}: {exact} {got}");
                }
            }
        }
    }

    #[test]
    fn every_level_and_every_batch_gives_the_same_bits() {
        let (n, k) = (48, 256);
        let input: Vec<f32> = (0..19 * k).map(|i| ((i * 31 % 997) as f32 * 0.1).sin()).collect();
        for dtype in ALL {
            let (matrix, _) = example(dtype, n, k);
            let expected = product(&matrix, Level::Portable, &input);
            for level in Level::all() {
                assert_eq!(product(&matrix, level, &input), expected, "{dtype:?} {level:?}");
                let one_by_one: Vec<f32> =
                    input.chunks_exact(k).flat_map(|row| product(&matrix, level, row)).collect();
                assert_eq!(one_by_one, expected, "{dtype:?} {level:?}");
            }
        }
    }

    #[test]
    fn extreme_values_do_not_overflow() {
        let k = 256;
        for dtype in ALL {
            let source = Tensor::from_vec(
                (0..16 * k).map(|i| if i % 2 == 0 { 1.0_f32 } else { 1.01 }).collect(),
                (16, k),
                &Device::Cpu,
            );
            let tensor = QTensor::quantize(&source.unwrap(), dtype).unwrap();
            let format = Format::of(dtype).unwrap();
            let matrix = Matrix::pack(format, 16, k, &tensor.data().unwrap()).unwrap();
            for value in [1.0_f32, -1.0] {
                for level in Level::all() {
                    let got = product(&matrix, level, &vec![value; k]);
                    let exact = value * 257.28;
                    assert!((got[0] - exact).abs() < 8.0, "{dtype:?} {level:?} {}", got[0]);
                }
            }
        }
    }

    #[test]
    fn shapes_that_do_not_fit_are_refused() {
        assert!(Matrix::pack(Format::Q8_0, 16, 32, &[0; 16 * 34]).is_none());
        assert!(Matrix::pack(Format::Q8_0, 8, 64, &[0; 8 * 68]).is_none());
        assert!(Matrix::pack(Format::Q8_0, 16, 64, &[0; 5]).is_none());
    }
}
