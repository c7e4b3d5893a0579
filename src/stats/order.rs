//! An interval for a quantile.

use statrs::distribution::{Binomial, DiscreteCDF as _};

use super::Interval;

/// The 95 % interval of the quantile `q` in 0..1 of independent values, from their order alone: its bounds are values.
/// Where there are too few values, it has no end on that side. `None` for no values and for one that is no number.
///
/// Conover 1999, Practical Nonparametric Statistics, 3rd ed., §3.2.
pub fn quantile_interval(values: &[f64], q: f64) -> Option<Interval> {
    if values.is_empty() || values.iter().any(|v| v.is_nan()) {
        return None;
    }
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let below = Binomial::new(q, sorted.len() as u64).ok()?;
    // The r-th value lies above the quantile when fewer than r values lie below it.
    let fewer_than = |rank: u64| if rank == 0 { 0.0 } else { below.cdf(rank - 1) };
    let ranks = 1..=sorted.len() as u64;
    let at = |rank: u64| sorted.get(rank as usize - 1).copied();
    let low = ranks.clone().rev().find(|rank| fewer_than(*rank) <= 0.025).and_then(at);
    let high = ranks.clone().find(|rank| 1.0 - fewer_than(*rank) <= 0.025).and_then(at);
    Some(Interval { low: low.unwrap_or(f64::NEG_INFINITY), high: high.unwrap_or(f64::INFINITY) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_ten_lies_between_the_second_and_the_ninth() {
        let values: Vec<f64> = (1..=10).map(f64::from).collect();
        // P(Bin(10, 1/2) <= 1) = 11/1024 = .0107, P(<= 2) = .0547: Conover's table A3.
        assert_eq!(quantile_interval(&values, 0.5), Some(Interval { low: 2.0, high: 9.0 }));
    }

    #[test]
    fn few_values_do_not_bound_a_high_quantile() {
        let values: Vec<f64> = (1..=20).map(f64::from).collect();
        assert!(quantile_interval(&values, 0.95).unwrap().high.is_infinite());
        let many: Vec<f64> = (1..=1000).map(f64::from).collect();
        let found = quantile_interval(&many, 0.95).unwrap();
        assert!((930.0..950.0).contains(&found.low) && (951.0..970.0).contains(&found.high), "{found:?}");
        assert_eq!(quantile_interval(&[], 0.5), None);
        assert_eq!(quantile_interval(&[f64::NAN], 0.5), None);
    }
}
