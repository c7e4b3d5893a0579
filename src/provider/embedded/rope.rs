//! Rotary position embedding.

use super::shape::Shape;

/// The rotation of one position: cosine and sine for each pair of a head.
#[derive(Clone, Debug)]
pub(super) struct Rope {
    frequencies: Vec<f64>,
    neighbours: bool,
}

impl Rope {
    /// Prepares the frequencies. `factors` divides them one by one, where a model has such factors.
    pub(super) fn new(shape: &Shape, factors: Option<&[f32]>) -> Self {
        let frequencies = (0..shape.head / 2)
            .map(|i| {
                let exponent = -2.0 * i as f64 / shape.head as f64;
                let factor = factors.and_then(|f| f.get(i)).map_or(1.0, |&f| f64::from(f));
                libm::pow(f64::from(shape.rope_base), exponent) / factor
            })
            .collect();
        Self { frequencies, neighbours: shape.neighbours }
    }

    /// Rotates all heads of consecutive rows, the first of which stands at `position`.
    pub(super) fn rotate(&self, rows: &mut [f32], width: usize, position: usize) {
        for (i, row) in rows.chunks_exact_mut(width).enumerate() {
            let angle = (position + i) as f64;
            let turn: Vec<(f32, f32)> = self
                .frequencies
                .iter()
                .map(|f| libm::sincos(angle * f))
                .map(|(sin, cos)| (cos as f32, sin as f32))
                .collect();
            for head in row.chunks_exact_mut(2 * turn.len()) {
                self.rotate_head(head, &turn);
            }
        }
    }

    fn rotate_head(&self, head: &mut [f32], turn: &[(f32, f32)]) {
        let half = turn.len();
        for (i, &(cos, sin)) in turn.iter().enumerate() {
            let (a, b) = if self.neighbours { (2 * i, 2 * i + 1) } else { (i, i + half) };
            let (x, y) = (head[a], head[b]);
            head[a] = x * cos - y * sin;
            head[b] = x * sin + y * cos;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rope(neighbours: bool) -> Rope {
        Rope::new(
            &Shape {
                width: 16,
                layers: 1,
                heads: 1,
                kv_heads: 1,
                head: 16,
                context: 8,
                epsilon: 0.0,
                rope_base: 10_000.0,
                neighbours,
            },
            None,
        )
    }

    #[test]
    fn position_zero_changes_nothing() {
        let mut row: Vec<f32> = (0..16).map(|i| i as f32).collect();
        let before = row.clone();
        rope(true).rotate(&mut row, 16, 0);
        assert_eq!(row, before);
    }

    #[test]
    fn the_first_pair_turns_by_one_radian_each_position() {
        for (neighbours, partner) in [(true, 1), (false, 8)] {
            let mut rows = vec![0.0; 32];
            rows[0] = 1.0;
            rows[16] = 1.0;
            rope(neighbours).rotate(&mut rows, 16, 1);
            assert!((rows[0] - 1f32.cos()).abs() < 1e-6);
            assert!((rows[partner] - 1f32.sin()).abs() < 1e-6);
            assert!((rows[16] - 2f32.cos()).abs() < 1e-6);
            assert!((rows[16 + partner] - 2f32.sin()).abs() < 1e-6);
        }
    }
}
