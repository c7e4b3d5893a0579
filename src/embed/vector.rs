//! One vector.

use std::sync::Arc;

/// Lanes of a sum; they are added in a fixed order, so that a cosine is the same bits everywhere.
const LANES: usize = 16;

/// The vector of a text, of length 1. Cheap to clone.
#[derive(Clone, Debug, PartialEq)]
pub struct Embedding(Arc<[f32]>);

impl Embedding {
    /// The vector brought to length 1; one of zeros stays as it is.
    pub fn new(mut values: Vec<f32>) -> Self {
        let length = dot(&values, &values).sqrt();
        if length > 0.0 {
            for x in &mut values {
                *x /= length;
            }
        }
        Self(values.into())
    }

    /// A vector that has length 1 already, to the bit as it was.
    pub(super) fn of_unit(values: Vec<f32>) -> Self {
        Self(values.into())
    }

    /// Its numbers.
    pub fn values(&self) -> &[f32] {
        &self.0
    }

    /// The cosine of the angle between two vectors, -1 to 1: 1 for the same direction.
    pub fn cosine(&self, other: &Self) -> f64 {
        f64::from(dot(&self.0, &other.0)).clamp(-1.0, 1.0)
    }
}

/// The sum of the products of two vectors.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut lanes = [0.0; LANES];
    for (a, b) in a.chunks(LANES).zip(b.chunks(LANES)) {
        for (lane, (a, b)) in lanes.iter_mut().zip(a.iter().zip(b)) {
            *lane += a * b;
        }
    }
    lanes.iter().sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_have_length_one() {
        let vector = Embedding::new((0..37).map(|i| i as f32).collect());
        assert!((vector.cosine(&vector) - 1.0).abs() < 1e-6);
        assert_eq!(Embedding::new(vec![3.0, 4.0]).values(), [0.6, 0.8]);
        assert_eq!(Embedding::new(vec![0.0; 3]).values(), [0.0; 3]);
        assert!(Embedding::new(vec![]).values().is_empty());
    }

    #[test]
    fn the_cosine_is_that_of_the_angle() {
        let at = |degrees: f32| Embedding::new(vec![degrees.to_radians().cos(), degrees.to_radians().sin()]);
        assert!((at(10.0).cosine(&at(70.0)) - 0.5).abs() < 1e-6);
        assert!((at(0.0).cosine(&at(180.0)) + 1.0).abs() < 1e-6);
        assert!(at(0.0).cosine(&at(0.0)) <= 1.0);
    }
}
