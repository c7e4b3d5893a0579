//! The inner loop: one tile of 16 columns against a few rows of activations.
//!
//! Each row is summed on its own and always in the same order, so a result never depends on how
//! many rows were computed together.

use super::acts::{ActBlock, Acts};
use super::format::{BLOCK, Format};
use super::lanes::{Column16, Lanes, Line, Rows};

/// Multiplies all rows with one tile and hands each row's 16 results to `store`.
#[inline(always)]
pub(crate) fn tile<L: Lanes, K: Kind, const ONE: bool>(
    l: L,
    lines: &[Line],
    acts: &Acts,
    mut store: impl FnMut(usize, &Column16),
) {
    let rows = acts.rows();
    if ONE {
        rows_at::<L, K, 1>(l, lines, acts, 0, &mut store);
        return;
    }
    let mut row = 0;
    while row < rows {
        row += match (L::ROWS, rows - row) {
            (Rows::Eight, 8..) => rows_at::<L, K, 8>(l, lines, acts, row, &mut store),
            (_, 4..) => rows_at::<L, K, 4>(l, lines, acts, row, &mut store),
            (_, 2..) => rows_at::<L, K, 2>(l, lines, acts, row, &mut store),
            _ => rows_at::<L, K, 1>(l, lines, acts, row, &mut store),
        };
    }
}

/// `R` rows, the first at `row`; returns how many.
#[inline(always)]
fn rows_at<L: Lanes, K: Kind, const R: usize>(
    l: L,
    lines: &[Line],
    acts: &Acts,
    row: usize,
    store: &mut impl FnMut(usize, &Column16),
) -> usize {
    let group = std::array::from_fn(|i| acts.row(row + i));
    let mut results = [[0.0; 16]; R];
    for part in 0..L::PARTS {
        let sums = K::sums::<L, R>(l, part, lines, group);
        for (sum, out) in sums.into_iter().zip(&mut results) {
            l.store(sum, part, out);
        }
    }
    for (i, result) in results.iter().enumerate() {
        store(row + i, result);
    }
    R
}

/// How the weights of some formats are summed. Each is compiled on its own: in one function
/// with all others, the compiler runs out of registers.
pub(crate) trait Kind {
    /// The sums of `R` rows for one part of a tile.
    fn sums<L: Lanes, const R: usize>(l: L, part: usize, lines: &[Line], acts: [&[ActBlock]; R])
    -> [L::F; R];
}

/// A scale for each block; a fixed offset, or where that is 0 a minimum.
pub(crate) struct Simple<const BITS: usize, const OFFSET: u8>;

/// Scales and minima that have a scale of their own for each 256.
pub(crate) struct Scaled<const BITS: usize>;

/// Q6K.
pub(crate) struct Sixteens;

impl<const BITS: usize, const OFFSET: u8> Kind for Simple<BITS, OFFSET> {
    #[inline(always)]
    fn sums<L: Lanes, const R: usize>(
        l: L,
        part: usize,
        lines: &[Line],
        acts: [&[ActBlock]; R],
    ) -> [L::F; R] {
        let offset = if OFFSET > 0 { Some(f32::from(OFFSET)) } else { None };
        simple::<L, R, BITS>(l, part, lines, acts, offset)
    }
}

impl<const BITS: usize> Kind for Scaled<BITS> {
    #[inline(always)]
    fn sums<L: Lanes, const R: usize>(
        l: L,
        part: usize,
        lines: &[Line],
        acts: [&[ActBlock]; R],
    ) -> [L::F; R] {
        scaled::<L, R, BITS>(l, part, lines, acts)
    }
}

impl Kind for Sixteens {
    #[inline(always)]
    fn sums<L: Lanes, const R: usize>(
        l: L,
        part: usize,
        lines: &[Line],
        acts: [&[ActBlock]; R],
    ) -> [L::F; R] {
        sixteens(l, part, lines, acts)
    }
}

/// Formats with a scale (and a minimum, or a fixed offset) for each block.
#[inline(always)]
fn simple<L: Lanes, const R: usize, const BITS: usize>(
    l: L,
    part: usize,
    lines: &[Line],
    acts: [&[ActBlock]; R],
    offset: Option<f32>,
) -> [L::F; R] {
    let header = if offset.is_some() { 1 } else { 2 };
    let mut sums = [l.splat_float(0.0); R];
    for (u, unit) in lines.chunks_exact(header + 2 * BITS).enumerate() {
        for b in 0..2 {
            let (scale, min) = if let Some(offset) = offset {
                let scale = l.halves(piece(&unit[0], b), part);
                (scale, l.mul(scale, l.splat_float(offset)))
            } else {
                // The minimum is added, not subtracted, in these formats.
                let min = l.halves(piece(&unit[b], 1), part);
                (l.halves(piece(&unit[b], 0), part), l.mul(min, l.splat_float(-1.0)))
            };
            let block = &unit[header + b * BITS..][..BITS];
            let weights = Weights::<L>::open::<BITS>(l, part, block);
            for r in 0..R {
                let act = &acts[r][2 * u + b];
                let dot = l.to_float(weights.dot::<BITS>(l, act));
                sums[r] = add_scaled(l, sums[r], dot, scale, act.scale, min, act.sum);
            }
        }
    }
    sums
}

/// Formats whose scales and minima have a scale of their own for each 256.
#[inline(always)]
fn scaled<L: Lanes, const R: usize, const BITS: usize>(
    l: L,
    part: usize,
    lines: &[Line],
    acts: [&[ActBlock]; R],
) -> [L::F; R] {
    let mut sums = [l.splat_float(0.0); R];
    for (u, unit) in lines.chunks_exact(5 + 8 * BITS).enumerate() {
        let (d, dmin) = (l.halves(piece(&unit[0], 0), part), l.halves(piece(&unit[0], 1), part));
        for b in 0..8 {
            let scale = l.mul(d, l.bytes(piece(&unit[1 + b / 4], b % 4), part));
            let min = l.mul(dmin, l.bytes(piece(&unit[3 + b / 4], b % 4), part));
            let weights = Weights::<L>::open::<BITS>(l, part, &unit[5 + b * BITS..][..BITS]);
            for r in 0..R {
                let act = &acts[r][8 * u + b];
                let dot = l.to_float(weights.dot::<BITS>(l, act));
                sums[r] = add_scaled(l, sums[r], dot, scale, act.scale, min, act.sum);
            }
        }
    }
    sums
}

/// Q6K: a scale for each 16.
#[inline(always)]
fn sixteens<L: Lanes, const R: usize>(
    l: L,
    part: usize,
    lines: &[Line],
    acts: [&[ActBlock]; R],
) -> [L::F; R] {
    let mut sums = [l.splat_float(0.0); R];
    for (u, unit) in lines.chunks_exact(Format::Q6K.lines()).enumerate() {
        let d = l.halves(piece(&unit[0], 0), part);
        for b in 0..8 {
            let small = &unit[1 + b / 2];
            let scales = [0, 1].map(|h| l.mul(d, l.signed_bytes(piece(small, 2 * (b % 2) + h), part)));
            let mins = scales.map(|scale| l.mul(scale, l.splat_float(32.0)));
            let weights = Weights::<L>::open::<6>(l, part, &unit[5 + b * 6..][..6]);
            for r in 0..R {
                let act = &acts[r][8 * u + b];
                for h in 0..2 {
                    let dot = l.to_float(weights.dot_half(l, act, h));
                    sums[r] = add_scaled(l, sums[r], dot, scales[h], act.scale, mins[h], act.sums[h]);
                }
            }
        }
    }
    sums
}

/// `sum + dot * (scale * act_scale) - min * act_sum`.
#[inline(always)]
fn add_scaled<L: Lanes>(
    l: L,
    sum: L::F,
    dot: L::F,
    scale: L::F,
    act_scale: f32,
    min: L::F,
    act_sum: f32,
) -> L::F {
    let sum = l.add(sum, l.mul(dot, l.mul(scale, l.splat_float(act_scale))));
    l.sub(sum, l.mul(min, l.splat_float(act_sum)))
}

/// The `i`-th piece of `N` bytes of a line.
#[inline(always)]
fn piece<const N: usize>(line: &Line, i: usize) -> &[u8; N] {
    &line.0.as_chunks::<N>().0[i]
}

/// One block of 16 columns as bytes: group `g` holds the quants `4g..4g+4` of every column.
struct Weights<L: Lanes> {
    groups: [L::I; BLOCK / 4],
    /// Only 8-bit weights use this: their high nibbles.
    high: [L::I; BLOCK / 4],
}

impl<L: Lanes> Weights<L> {
    #[inline(always)]
    fn open<const BITS: usize>(l: L, part: usize, lines: &[Line]) -> Self {
        if BITS == 8 {
            let bytes: [L::I; 8] = std::array::from_fn(|g| l.load(&lines[g], part));
            return Self { groups: bytes.map(|v| l.low_nibbles(v)), high: bytes.map(|v| l.high_nibbles(v)) };
        }
        let mut groups = [l.splat(0); 8];
        for p in 0..4 {
            let v = l.load(&lines[p], part);
            groups[2 * p] = l.low_nibbles(v);
            groups[2 * p + 1] = l.high_nibbles(v);
        }
        if BITS == 5 {
            let v = l.load(&lines[4], part);
            let bits = [
                l.pick::<4, 0>(v, 16),
                l.pick::<3, 0>(v, 16),
                l.pick::<2, 0>(v, 16),
                l.pick::<1, 0>(v, 16),
                l.pick::<0, 0>(v, 16),
                l.pick::<0, 1>(v, 16),
                l.pick::<0, 2>(v, 16),
                l.pick::<0, 3>(v, 16),
            ];
            groups = std::array::from_fn(|g| l.or(groups[g], bits[g]));
        }
        if BITS == 6 {
            for h in 0..2 {
                let v = l.load(&lines[4 + h], part);
                let bits = [
                    l.pick::<4, 0>(v, 48),
                    l.pick::<2, 0>(v, 48),
                    l.pick::<0, 0>(v, 48),
                    l.pick::<0, 2>(v, 48),
                ];
                for g in 0..4 {
                    groups[4 * h + g] = l.or(groups[4 * h + g], bits[g]);
                }
            }
        }
        Self { groups, high: groups }
    }

    /// The 16 dot products with one block of activations.
    #[inline(always)]
    fn dot<const BITS: usize>(&self, l: L, act: &ActBlock) -> L::I {
        if BITS == 5 {
            // 4 × 2 × 31 × 127 still fits 16 bits, 8 × 2 × 31 × 127 does not.
            let first = l.widen(dot16(l, act, &self.groups, 0, 4));
            return l.add32(first, l.widen(dot16(l, act, &self.groups, 4, 8)));
        }
        let low = l.widen(dot16(l, act, &self.groups, 0, 8));
        if BITS == 8 {
            return l.add32(low, l.times16(l.widen(dot16(l, act, &self.high, 0, 8))));
        }
        low
    }

    /// The dot products of one half of a block: 6 bits leave room for two additions in 16 bits.
    #[inline(always)]
    fn dot_half(&self, l: L, act: &ActBlock, half: usize) -> L::I {
        let g = 4 * half;
        let first = l.widen(dot16(l, act, &self.groups, g, g + 2));
        l.add32(first, l.widen(dot16(l, act, &self.groups, g + 2, g + 4)))
    }
}

/// The sums of the groups `from..to`, in 16 bits.
#[inline(always)]
fn dot16<L: Lanes>(l: L, act: &ActBlock, groups: &[L::I; 8], from: usize, to: usize) -> L::I {
    let mut sum = l.dot2(groups[from], l.splat(act.quants[from]));
    for g in from + 1..to {
        sum = l.add16(sum, l.dot2(groups[g], l.splat(act.quants[g])));
    }
    sum
}
