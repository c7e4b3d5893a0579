//! Means and quantiles.

/// Arithmetic mean; `None` for no values.
pub fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// Quantile `q` in 0..=1 with linear interpolation; `None` for no values, and for `q` or a value that is not a number.
///
/// Hyndman and Fan 1996, The American Statistician 50, 361–365, type 7; `q` outside 0..=1 is taken as its nearer end.
pub fn quantile(values: &[f64], q: f64) -> Option<f64> {
    if q.is_nan() || values.iter().any(|v| v.is_nan()) {
        return None;
    }
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let position = q.clamp(0.0, 1.0) * sorted.len().checked_sub(1)? as f64;
    let below = position.floor();
    let low = *sorted.get(below as usize)?;
    let high = *sorted.get(position.ceil() as usize)?;
    // Equal neighbours need no interpolation, which would turn two infinities into no number.
    Some(if low == high { low } else { low + (high - low) * (position - below) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_has_neither_mean_nor_quantile() {
        assert_eq!(mean(&[]), None);
        assert_eq!(quantile(&[], 0.5), None);
    }

    #[test]
    fn one_value_is_its_own_mean_and_every_quantile() {
        assert_eq!(mean(&[3.5]), Some(3.5));
        for q in [0.0, 0.3, 1.0] {
            assert_eq!(quantile(&[3.5], q), Some(3.5));
        }
    }

    #[test]
    fn equal_values_stay_equal() {
        assert_eq!(mean(&[2.0; 7]), Some(2.0));
        assert_eq!(quantile(&[2.0; 7], 0.37), Some(2.0));
        assert_eq!(quantile(&[f64::INFINITY; 2], 0.5), Some(f64::INFINITY));
    }

    /// Values of numpy.quantile (its default method is type 7).
    #[test]
    fn agrees_with_numpy() {
        let values = [15.0, 20.0, 35.0, 40.0, 50.0];
        assert_eq!(quantile(&values, 0.4), Some(29.0));
        assert_eq!(quantile(&values, 0.5), Some(35.0));
        assert_eq!(quantile(&values, 0.95), Some(48.0));
        let unsorted = [10.0, 1.0, 4.0, 7.0];
        assert_eq!(quantile(&unsorted, 0.25), Some(3.25));
        assert_eq!(quantile(&unsorted, 0.0), Some(1.0));
        assert_eq!(quantile(&unsorted, 1.0), Some(10.0));
    }

    #[test]
    fn what_is_no_number_has_no_quantile() {
        assert_eq!(quantile(&[1.0, f64::NAN], 0.5), None);
        assert_eq!(quantile(&[1.0], f64::NAN), None);
        assert_eq!(quantile(&[1.0, 2.0], 7.0), Some(2.0));
        assert_eq!(quantile(&[1.0, 2.0], -7.0), Some(1.0));
    }
}
