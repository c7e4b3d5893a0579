//! The inner loop: one tile of 16 columns against a few rows of activations.
//!
//! Each row is summed on its own and always in the same order, so a result never depends on how
//! many rows were computed together.

use super::acts::{ActBlock, Acts};
use super::format::{BLOCK, Format};
use super::lanes::{Column16, Lanes, Line};

/// Rows computed together against weights held in registers.
const ROWS: usize = 8;

/// Multiplies all rows with one tile and hands each row's 16 results to `store`.
#[inline(always)]
pub(crate) fn tile<L: Lanes>(
    l: L,
    format: Format,
    lines: &[Line],
    acts: &Acts,
    mut store: impl FnMut(usize, Column16),
) {
    let rows = acts.rows();
    let mut row = 0;
    while row + ROWS <= rows {
        let group = std::array::from_fn(|i| acts.row(row + i));
        for (i, sums) in by_format::<L, ROWS>(l, format, lines, group).into_iter().enumerate() {
            store(row + i, l.store_float(sums));
        }
        row += ROWS;
    }
    while row < rows {
        let [sums] = by_format::<L, 1>(l, format, lines, [acts.row(row)]);
        store(row, l.store_float(sums));
        row += 1;
    }
}

#[inline(always)]
fn by_format<L: Lanes, const R: usize>(
    l: L,
    format: Format,
    lines: &[Line],
    acts: [&[ActBlock]; R],
) -> [L::F; R] {
    match format {
        Format::Q4_0 => simple::<L, R, 4>(l, lines, acts, Some(8.0)),
        Format::Q4_1 => simple::<L, R, 4>(l, lines, acts, None),
        Format::Q5_0 => simple::<L, R, 5>(l, lines, acts, Some(16.0)),
        Format::Q5_1 => simple::<L, R, 5>(l, lines, acts, None),
        Format::Q8_0 => simple::<L, R, 8>(l, lines, acts, Some(128.0)),
        Format::Q4K => scaled::<L, R, 4>(l, lines, acts),
        Format::Q5K => scaled::<L, R, 5>(l, lines, acts),
        Format::Q6K => sixteens(l, lines, acts),
    }
}

/// Formats with a scale (and a minimum, or a fixed offset) for each block.
#[inline(always)]
fn simple<L: Lanes, const R: usize, const BITS: usize>(
    l: L,
    lines: &[Line],
    acts: [&[ActBlock]; R],
    offset: Option<f32>,
) -> [L::F; R] {
    let header = if offset.is_some() { 1 } else { 2 };
    let mut sums = [l.splat_float(0.0); R];
    for (u, unit) in lines.chunks_exact(header + 2 * BITS).enumerate() {
        for b in 0..2 {
            let (scale, min) = match offset {
                Some(offset) => {
                    let scale = l.halves(part(&unit[0], b));
                    (scale, l.mul(scale, l.splat_float(offset)))
                }
                // The minimum is added, not subtracted, in these formats.
                None => {
                    let min = l.halves(part(&unit[b], 1));
                    (l.halves(part(&unit[b], 0)), l.mul(min, l.splat_float(-1.0)))
                }
            };
            let block = &unit[header + b * BITS..][..BITS];
            let weights = Weights::<L>::open::<BITS>(l, block);
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
    lines: &[Line],
    acts: [&[ActBlock]; R],
) -> [L::F; R] {
    let mut sums = [l.splat_float(0.0); R];
    for (u, unit) in lines.chunks_exact(5 + 8 * BITS).enumerate() {
        let (d, dmin) = (l.halves(part(&unit[0], 0)), l.halves(part(&unit[0], 1)));
        for b in 0..8 {
            let scale = l.mul(d, l.bytes(part(&unit[1 + b / 4], b % 4)));
            let min = l.mul(dmin, l.bytes(part(&unit[3 + b / 4], b % 4)));
            let weights = Weights::<L>::open::<BITS>(l, &unit[5 + b * BITS..][..BITS]);
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
    lines: &[Line],
    acts: [&[ActBlock]; R],
) -> [L::F; R] {
    let mut sums = [l.splat_float(0.0); R];
    for (u, unit) in lines.chunks_exact(Format::Q6K.lines()).enumerate() {
        let d = l.halves(part(&unit[0], 0));
        for b in 0..8 {
            let small = &unit[1 + b / 2];
            let scales = [0, 1].map(|h| l.mul(d, l.signed_bytes(part(small, 2 * (b % 2) + h))));
            let mins = scales.map(|scale| l.mul(scale, l.splat_float(32.0)));
            let weights = Weights::<L>::open::<6>(l, &unit[5 + b * 6..][..6]);
            for r in 0..R {
                let act = &acts[r][8 * u + b];
                for h in 0..2 {
                    let dot = l.to_float(weights.dot_half(l, act, h));
                    sums[r] =
                        add_scaled(l, sums[r], dot, scales[h], act.scale, mins[h], act.sums[h]);
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
fn part<const N: usize>(line: &Line, i: usize) -> &[u8; N] {
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
    fn open<const BITS: usize>(l: L, lines: &[Line]) -> Self {
        if BITS == 8 {
            let bytes: [L::I; 8] = std::array::from_fn(|g| l.load(&lines[g]));
            return Self {
                groups: bytes.map(|v| l.low_nibbles(v)),
                high: bytes.map(|v| l.high_nibbles(v)),
            };
        }
        let mut groups = [l.splat(0); 8];
        for p in 0..4 {
            let v = l.load(&lines[p]);
            groups[2 * p] = l.low_nibbles(v);
            groups[2 * p + 1] = l.high_nibbles(v);
        }
        if BITS == 5 {
            let v = l.load(&lines[4]);
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
                let v = l.load(&lines[4 + h]);
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
            let first = l.widen(self.dot16(l, act, &self.groups, 0, 4));
            return l.add32(first, l.widen(self.dot16(l, act, &self.groups, 4, 8)));
        }
        let low = l.widen(self.dot16(l, act, &self.groups, 0, 8));
        if BITS == 8 {
            return l.add32(low, l.times16(l.widen(self.dot16(l, act, &self.high, 0, 8))));
        }
        low
    }

    /// The dot products of one half of a block: 6 bits leave room for two additions in 16 bits.
    #[inline(always)]
    fn dot_half(&self, l: L, act: &ActBlock, half: usize) -> L::I {
        let g = 4 * half;
        let first = l.widen(self.dot16(l, act, &self.groups, g, g + 2));
        l.add32(first, l.widen(self.dot16(l, act, &self.groups, g + 2, g + 4)))
    }

    #[inline(always)]
    fn dot16(
        &self,
        l: L,
        act: &ActBlock,
        groups: &[L::I; 8],
        from: usize,
        to: usize,
    ) -> L::I {
        let mut sum = l.dot2(groups[from], l.splat(act.quants[from]));
        for g in from + 1..to {
            sum = l.add16(sum, l.dot2(groups[g], l.splat(act.quants[g])));
        }
        sum
    }
}
