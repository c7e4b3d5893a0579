//! How numbers are written for a reader.

use crate::stats::Interval;

/// A share as whole percent; a share that only rounds to 0 or 100 keeps a decimal, so that 1 of 300 is not "0 %".
pub fn percent(share: f64) -> String {
    format!("{} %", percent_digits(share))
}

fn percent_digits(share: f64) -> String {
    let value = share * 100.0;
    let misleading = (value > 0.0 && value < 0.5) || (99.5..100.0).contains(&value);
    if misleading { format!("{:.1}", value.clamp(0.1, 99.9)) } else { format!("{value:.0}") }
}

/// An interval of shares: `49–74`.
pub fn percent_interval(interval: Interval) -> String {
    format!("{:.0}–{:.0}", interval.low * 100.0, interval.high * 100.0)
}

/// An interval of differences between shares, in points: `+8 to +33 points`.
pub fn points(interval: Interval) -> String {
    format!("{} to {} points", signed(interval.low), signed(interval.high))
}

/// A difference of shares as whole points with its sign: `+8`.
pub fn signed(share: f64) -> String {
    let value = (share * 100.0).round();
    if value == 0.0 { "0".to_owned() } else { format!("{value:+.0}") }
}

/// A probability with as many digits as say something.
pub fn p_value(p: f64) -> String {
    if p < 0.001 {
        "< 0.001".to_owned()
    } else if p < 0.1 {
        format!("{p:.3}")
    } else {
        format!("{p:.2}")
    }
}

/// USD: `$0`, `$0.0012`, `$1.25`.
pub fn usd(amount: f64) -> String {
    if amount == 0.0 {
        "$0".to_owned()
    } else if amount.abs() < 0.0001 {
        "< $0.0001".to_owned()
    } else if amount.abs() < 1.0 {
        format!("${amount:.4}")
    } else {
        format!("${amount:.2}")
    }
}

/// A count with a thin grouping of thousands: `12,345`.
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A time span given in milliseconds: `840 ms`, `2.1 s`, `3 min 5 s`.
pub fn duration(ms: f64) -> String {
    if ms < 999.5 {
        format!("{ms:.0} ms")
    } else if ms < 59_950.0 {
        format!("{:.1} s", ms / 1000.0)
    } else {
        let seconds = (ms / 1000.0).round() as u64;
        let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        if hours > 0 { format!("{hours} h {minutes} min") } else { format!("{minutes} min {rest} s") }
    }
}

/// `1 case`, `2 cases`.
pub fn plural(n: u64, noun: &str) -> String {
    format!("{} {noun}{}", count(n), if n == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_do_not_round_to_certainty() {
        assert_eq!(percent(0.0), "0 %");
        assert_eq!(percent(1.0 / 300.0), "0.3 %");
        assert_eq!(percent(0.00001), "0.1 %");
        assert_eq!(percent(0.618), "62 %");
        assert_eq!(percent(0.9999), "99.9 %");
        assert_eq!(percent(1.0), "100 %");
    }

    #[test]
    fn intervals_and_p_values() {
        assert_eq!(points(Interval { low: 0.08, high: 0.331 }), "+8 to +33 points");
        assert_eq!(points(Interval { low: -0.08, high: -0.001 }), "-8 to 0 points");
        assert_eq!(percent_interval(Interval { low: 0.486, high: 0.735 }), "49–74");
        assert_eq!(
            (p_value(0.0001), p_value(0.0042), p_value(0.5)),
            ("< 0.001".into(), "0.004".into(), "0.50".into())
        );
    }

    #[test]
    fn money_counts_and_times() {
        assert_eq!(
            (usd(0.0), usd(0.00001), usd(0.0123), usd(12.5)),
            ("$0".into(), "< $0.0001".into(), "$0.0123".into(), "$12.50".into())
        );
        assert_eq!((count(0), count(999), count(1_234_567)), ("0".into(), "999".into(), "1,234,567".into()));
        assert_eq!(duration(12.4), "12 ms");
        assert_eq!(duration(2_140.0), "2.1 s");
        assert_eq!(duration(185_000.0), "3 min 5 s");
        assert_eq!(duration(3_900_000.0), "1 h 5 min");
        assert_eq!((plural(1, "case"), plural(1200, "case")), ("1 case".into(), "1,200 cases".into()));
    }
}
