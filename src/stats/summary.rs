//! Means and quantiles.

/// Arithmetic mean; `None` for no values.
pub fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// Quantile `q` in 0..=1 with linear interpolation (Hyndman and Fan 1996, type 7); `None` for no values.
pub fn quantile(values: &[f64], q: f64) -> Option<f64> {
    let _ = (values, q);
    todo!()
}
