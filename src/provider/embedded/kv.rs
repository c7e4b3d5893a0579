//! Keys and values of the tokens seen so far.

use super::shape::Shape;

/// Positions (or numbers of a value) that lie side by side in one vector.
pub(super) const LANES: usize = 16;

/// Sixteen floats in one cache line.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
pub(super) struct Vector(pub(super) [f32; LANES]);

const ZERO: Vector = Vector([0.0; LANES]);

/// Keys and values of one layer.
///
/// Keys are grouped by 16 positions: `[group][kv head][index in head]` holds 16 positions. Values are
/// stored `[position][kv head][16 numbers of the head]`.
#[derive(Clone, Debug, Default)]
pub(super) struct LayerKv {
    keys: Vec<Vector>,
    values: Vec<Vector>,
}

/// Keys and values of all layers.
#[derive(Clone, Debug)]
pub(super) struct Kv {
    layers: Vec<LayerKv>,
    positions: usize,
    row: usize,
}

impl Kv {
    /// An empty cache.
    pub(super) fn new(shape: &Shape) -> Self {
        Self {
            layers: vec![LayerKv::default(); shape.layers],
            positions: 0,
            row: shape.kv_heads * shape.head,
        }
    }

    /// Number of tokens held.
    pub(super) fn len(&self) -> usize {
        self.positions
    }

    /// A copy of the first `positions` tokens, with room for `capacity`.
    pub(super) fn prefix(&self, positions: usize, capacity: usize) -> Self {
        let groups = |n: usize| n.div_ceil(LANES) * self.row;
        let values = |n: usize| n * self.row / LANES;
        let layers = self.layers.iter().map(|layer| LayerKv {
            keys: copy(&layer.keys, groups(positions), groups(capacity)),
            values: copy(&layer.values, values(positions), values(capacity)),
        });
        Self { layers: layers.collect(), positions, row: self.row }
    }

    /// The keys and values of a layer.
    pub(super) fn layer(&self, layer: usize) -> &LayerKv {
        &self.layers[layer]
    }

    /// Adds rows of keys and values to one layer, behind the first [`Kv::len`] positions.
    pub(super) fn push(&mut self, layer: usize, keys: &[f32], values: &[f32]) {
        let row = self.row;
        let layer = &mut self.layers[layer];
        layer.values.truncate(self.positions * row / LANES);
        layer.values.extend(values.as_chunks::<LANES>().0.iter().map(|&v| Vector(v)));
        let count = keys.len() / row;
        layer.keys.resize((self.positions + count).div_ceil(LANES) * row, ZERO);
        for (i, key) in keys.chunks_exact(row).enumerate() {
            let position = self.positions + i;
            let group = &mut layer.keys[position / LANES * row..][..row];
            for (vector, &x) in group.iter_mut().zip(key) {
                vector.0[position % LANES] = x;
            }
        }
    }

    /// Counts `count` more tokens, after their rows were pushed to every layer.
    pub(super) fn advance(&mut self, count: usize) {
        self.positions += count;
    }
}

impl LayerKv {
    /// The keys of one head of a group of 16 positions; `row` is the width of all heads together.
    #[inline]
    pub(super) fn keys(&self, group: usize, row: usize, at: usize, head: usize) -> &[Vector] {
        &self.keys[group * row + at..][..head]
    }

    /// All values, one row of vectors per position.
    #[inline]
    pub(super) fn values(&self) -> &[Vector] {
        &self.values
    }
}

fn copy(from: &[Vector], count: usize, capacity: usize) -> Vec<Vector> {
    let mut to = Vec::with_capacity(capacity.max(count));
    to.extend_from_slice(&from[..count]);
    to
}
