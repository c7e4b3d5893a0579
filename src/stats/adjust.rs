//! Many tests at once: adjusted p values.

/// Holm's adjusted p values, in the order given: a test is significant at α for the whole family when its value is at most α.
/// For few, named tests of which none may be wrong; holds under any dependence. A p that is not a number counts as 1.
///
/// Holm 1979, Scandinavian Journal of Statistics 6, 65–70.
pub fn holm(p: &[f64]) -> Vec<f64> {
    let mut adjusted = vec![1.0; p.len()];
    let mut so_far = 0.0_f64;
    for (rank, at) in ascending(p).into_iter().enumerate() {
        so_far = so_far.max((p.len() - rank) as f64 * unit(p[at])).min(1.0);
        adjusted[at] = so_far;
    }
    adjusted
}

/// [`holm`] where only some of a family of so many tests are known: the others count as if they had found nothing, which never
/// makes an adjusted p smaller than it would be if they were known.
pub fn holm_among(p: &[f64], family: u64) -> Vec<f64> {
    let mut all = p.to_vec();
    all.resize(p.len().max(usize::try_from(family).unwrap_or(p.len())), 1.0);
    let mut adjusted = holm(&all);
    adjusted.truncate(p.len());
    adjusted
}

/// Benjamini and Hochberg's adjusted p values, in the order given: of the tests whose value is at most q, a share of q
/// is expected to be wrong. For exploring many slices. A p that is not a number counts as 1.
///
/// Benjamini and Hochberg 1995, Journal of the Royal Statistical Society B 57, 289–300.
pub fn benjamini_hochberg(p: &[f64]) -> Vec<f64> {
    let mut adjusted = vec![1.0; p.len()];
    let mut so_far = 1.0_f64;
    for (rank, at) in ascending(p).into_iter().enumerate().rev() {
        so_far = so_far.min(p.len() as f64 / (rank + 1) as f64 * unit(p[at]));
        adjusted[at] = so_far;
    }
    adjusted
}

fn unit(p: f64) -> f64 {
    if p.is_nan() { 1.0 } else { p.clamp(0.0, 1.0) }
}

/// Places by rising p.
fn ascending(p: &[f64]) -> Vec<usize> {
    let mut places: Vec<usize> = (0..p.len()).collect();
    places.sort_by(|a, b| unit(p[*a]).total_cmp(&unit(p[*b])));
    places
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn near(found: &[f64], expected: &[f64]) {
        assert_eq!(found.len(), expected.len());
        assert!(
            found.iter().zip(expected).all(|(x, y)| (x - y).abs() < 1e-12),
            "{found:?}, not {expected:?}"
        );
    }

    #[test]
    fn none_and_one_and_equal() {
        near(&holm(&[]), &[]);
        near(&benjamini_hochberg(&[]), &[]);
        near(&holm(&[0.03]), &[0.03]);
        near(&benjamini_hochberg(&[0.03]), &[0.03]);
        near(&holm(&[0.02; 3]), &[0.06; 3]);
        near(&benjamini_hochberg(&[0.02; 3]), &[0.02; 3]);
        near(&holm(&[f64::NAN, 0.01]), &[1.0, 0.02]);
    }

    #[test]
    fn by_hand() {
        near(&holm(&[0.04, 0.01, 0.03]), &[0.06, 0.03, 0.06]);
        near(&benjamini_hochberg(&[0.04, 0.01, 0.03]), &[0.04, 0.03, 0.04]);
    }

    proptest! {
        #[test]
        fn what_is_not_known_never_helps(p in proptest::collection::vec(0.0..=1.0_f64, 1..20), known in 1_usize..20) {
            let known = known.min(p.len());
            let (whole, part) = (holm(&p), holm_among(&p[..known], p.len() as u64));
            for at in 0..known {
                prop_assert!(part[at] >= whole[at] - 1e-12);
            }
        }

        #[test]
        fn adjusting_never_makes_it_smaller(p in proptest::collection::vec(0.0..=1.0_f64, 0..40)) {
            let (family, explored) = (holm(&p), benjamini_hochberg(&p));
            for at in 0..p.len() {
                prop_assert!(p[at] <= explored[at] + 1e-15 && explored[at] <= family[at] + 1e-12 && family[at] <= 1.0);
            }
        }
    }
}
