//! Attention of a few query rows over everything in the cache.
//!
//! Each row and head is computed on its own in a fixed order over positions, so a result does not depend
//! on how a prompt was cut into chunks or which part of it was remembered.

#![expect(clippy::needless_range_loop, reason = "an index runs over several arrays at once")]
#![expect(clippy::inline_always, reason = "code that is not inlined into a level's entry is not vectorised")]

use super::kv::{LANES, LayerKv, Vector};
use super::math::{exp, sum_lanes};
use super::quant::{Lanes, Task};

/// Heads of one group handled together; larger groups are split.
const MAX_HEADS: usize = 8;

/// Causal attention. Queries and output are rows of `heads * head` numbers.
#[derive(Debug)]
pub(super) struct Attention<'a> {
    /// Keys and values up to and including the last row.
    pub(super) kv: &'a LayerKv,
    /// The queries.
    pub(super) queries: &'a [f32],
    /// The position of the first row.
    pub(super) position: usize,
    /// Query heads.
    pub(super) heads: usize,
    /// Key and value heads.
    pub(super) kv_heads: usize,
    /// Width of a head.
    pub(super) head: usize,
    /// Room for scores, reused.
    pub(super) scores: &'a mut Vec<Vector>,
    /// The result.
    pub(super) out: &'a mut [f32],
}

impl Task for Attention<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, _: L) {
        let width = self.heads * self.head;
        let group = self.heads / self.kv_heads;
        let rows = self.queries.chunks_exact(width).zip(self.out.chunks_exact_mut(width));
        for (i, (query, out)) in rows.enumerate() {
            for kv_head in 0..self.kv_heads {
                let mut first = 0;
                while first < group {
                    let count = (group - first).min(MAX_HEADS);
                    let at = (kv_head * group + first) * self.head;
                    let part = Part {
                        kv: self.kv,
                        seen: self.position + i + 1,
                        kv_head,
                        kv_heads: self.kv_heads,
                        head: self.head,
                        query: &query[at..][..count * self.head],
                    };
                    let out = &mut out[at..][..count * self.head];
                    match count {
                        1 => part.run::<1>(self.scores, out),
                        2 => part.run::<2>(self.scores, out),
                        3 => part.run::<3>(self.scores, out),
                        4 => part.run::<4>(self.scores, out),
                        5 => part.run::<5>(self.scores, out),
                        6 => part.run::<6>(self.scores, out),
                        7 => part.run::<7>(self.scores, out),
                        _ => part.run::<8>(self.scores, out),
                    }
                    first += count;
                }
            }
        }
    }
}

/// One row, and some heads that share a key head.
struct Part<'a> {
    kv: &'a LayerKv,
    seen: usize,
    kv_head: usize,
    kv_heads: usize,
    head: usize,
    query: &'a [f32],
}

impl Part<'_> {
    #[inline(always)]
    fn run<const H: usize>(&self, scores: &mut Vec<Vector>, out: &mut [f32]) {
        scores.clear();
        self.score::<H>(scores);
        let sums = softmax::<H>(scores);
        self.mix::<H>(scores, sums, out);
    }

    /// Scaled dot products: `H` vectors for each group of 16 positions.
    #[inline(always)]
    fn score<const H: usize>(&self, scores: &mut Vec<Vector>) {
        let scale = 1.0 / (self.head as f32).sqrt();
        let row = self.kv_heads * self.head;
        let queries: [&[f32]; H] = std::array::from_fn(|h| &self.query[h * self.head..][..self.head]);
        for group in 0..self.seen.div_ceil(LANES) {
            let keys = self.kv.keys(group, row, self.kv_head * self.head, self.head);
            let mut sums = [[0.0; LANES]; H];
            for (i, key) in keys.iter().enumerate() {
                for h in 0..H {
                    let q = queries[h][i];
                    for lane in 0..LANES {
                        sums[h][lane] += q * key.0[lane];
                    }
                }
            }
            let valid = (self.seen - group * LANES).min(LANES);
            for mut sum in sums {
                for (lane, x) in sum.iter_mut().enumerate() {
                    *x = if lane < valid { *x * scale } else { f32::NEG_INFINITY };
                }
                scores.push(Vector(sum));
            }
        }
    }

    /// The mean of the values, weighted by the scores.
    #[inline(always)]
    fn mix<const H: usize>(&self, scores: &[Vector], sums: [f32; H], out: &mut [f32]) {
        let per_head = self.head / LANES;
        let row = self.kv_heads * per_head;
        let values = self.kv.values();
        for part in 0..per_head {
            let mut mixed = [[0.0; LANES]; H];
            let column = self.kv_head * per_head + part;
            let column = values[column..].iter().step_by(row).take(self.seen);
            for (position, value) in column.enumerate() {
                let group = &scores[position / LANES * H..][..H];
                for h in 0..H {
                    let weight = group[h].0[position % LANES];
                    for lane in 0..LANES {
                        mixed[h][lane] += weight * value.0[lane];
                    }
                }
            }
            for h in 0..H {
                let out = &mut out[h * self.head + part * LANES..][..LANES];
                for lane in 0..LANES {
                    out[lane] = mixed[h][lane] / sums[h];
                }
            }
        }
    }
}

/// Replaces scores by their exponentials; returns the sum for each head.
#[inline(always)]
fn softmax<const H: usize>(scores: &mut [Vector]) -> [f32; H] {
    let mut largest = [f32::NEG_INFINITY; H];
    for group in scores.as_chunks::<H>().0 {
        for h in 0..H {
            for &x in &group[h].0 {
                largest[h] = if x > largest[h] { x } else { largest[h] };
            }
        }
    }
    let mut sums = [[0.0; LANES]; H];
    for group in scores.as_chunks_mut::<H>().0 {
        for h in 0..H {
            for lane in 0..LANES {
                let x = exp(group[h].0[lane] - largest[h]);
                group[h].0[lane] = x;
                sums[h][lane] += x;
            }
        }
    }
    sums.map(sum_lanes)
}

#[cfg(test)]
mod tests {
    use super::super::kv::Kv;
    use super::super::quant::Level;
    use super::super::shape::Shape;
    use super::*;

    const HEAD: usize = 32;

    fn shape() -> Shape {
        Shape {
            width: 6 * HEAD,
            layers: 1,
            heads: 6,
            kv_heads: 2,
            head: HEAD,
            context: 64,
            epsilon: 0.0,
            rope_base: 1.0,
            neighbours: true,
        }
    }

    fn noise(n: usize, seed: usize) -> Vec<f32> {
        (0..n).map(|i| ((i * 7919 + seed * 104_729) % 1013) as f32 / 506.5 - 1.0).collect()
    }

    fn attend(level: Level, cuts: &[usize]) -> Vec<f32> {
        let shape = shape();
        let (keys, values) = (noise(40 * 2 * HEAD, 1), noise(40 * 2 * HEAD, 2));
        let queries = noise(40 * 6 * HEAD, 3);
        let mut kv = Kv::new(&shape);
        let mut all = vec![];
        let mut scores = vec![];
        for pair in cuts.windows(2) {
            let (from, to) = (pair[0], pair[1]);
            kv.push(0, &keys[from * 2 * HEAD..to * 2 * HEAD], &values[from * 2 * HEAD..to * 2 * HEAD]);
            let mut out = vec![0.0; (to - from) * 6 * HEAD];
            level.run(Attention {
                kv: kv.layer(0),
                queries: &queries[from * 6 * HEAD..to * 6 * HEAD],
                position: from,
                heads: 6,
                kv_heads: 2,
                head: HEAD,
                scores: &mut scores,
                out: &mut out,
            });
            kv.advance(to - from);
            all.extend(out);
        }
        all
    }

    #[test]
    fn matches_the_textbook() {
        let got = attend(Level::detect(), &[0, 40]);
        let (keys, values) = (noise(40 * 2 * HEAD, 1), noise(40 * 2 * HEAD, 2));
        let queries = noise(40 * 6 * HEAD, 3);
        for (row, head) in [(0, 0), (3, 5), (17, 2), (39, 3)] {
            let q = &queries[(row * 6 + head) * HEAD..][..HEAD];
            let at = |p: usize| (p * 2 + head / 3) * HEAD;
            let weights: Vec<f64> = (0..=row)
                .map(|p| {
                    let dot: f32 = q.iter().zip(&keys[at(p)..]).map(|(a, b)| a * b).sum();
                    f64::from(dot / 32f32.sqrt()).exp()
                })
                .collect();
            let total: f64 = weights.iter().sum();
            for i in 0..HEAD {
                let want: f64 = (0..=row).map(|p| weights[p] * f64::from(values[at(p) + i])).sum();
                let got = f64::from(got[(row * 6 + head) * HEAD + i]);
                assert!((got - want / total).abs() < 1e-5);
            }
        }
    }

    #[test]
    fn chunks_and_levels_do_not_change_a_bit() {
        let expected = attend(Level::Portable, &[0, 40]);
        for level in Level::all() {
            assert_eq!(attend(level, &[0, 40]), expected);
            assert_eq!(attend(level, &[0, 7, 16, 17, 39, 40]), expected);
        }
    }
}
