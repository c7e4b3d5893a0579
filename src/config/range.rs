//! Numbers that must lie between two bounds.

use std::fmt::Display;

use crate::config::reader::{At, Mistakes};

/// The value, when it lies between two bounds; else it is reported and left out.
pub fn in_range<T: PartialOrd + Copy + Display + Bound>(
    value: Option<&At<T>>,
    least: T,
    most: T,
    key: &str,
    mistakes: &mut Mistakes,
) -> Option<T> {
    let value = value?;
    if value.value >= least && value.value <= most {
        return Some(value.value);
    }
    let range =
        if most == T::TOP { format!("{least} or more") } else { format!("between {least} and {most}") };
    mistakes.push(mistakes.error(&value.span, format!("`{key}` must be {range}, not {}", value.value)));
    None
}

/// A number type with a greatest value, which stands for `no upper bound`.
pub trait Bound {
    /// The greatest value.
    const TOP: Self;
}

impl Bound for u32 {
    const TOP: Self = u32::MAX;
}

impl Bound for u64 {
    const TOP: Self = u64::MAX;
}

impl Bound for f64 {
    const TOP: Self = f64::MAX;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::SourceFile;

    #[test]
    fn bounds_are_inclusive_and_named() {
        let mut mistakes = Mistakes::new(SourceFile::new("a", "xyz"));
        let mut rate = |value: f64| in_range(Some(&At::new(value, 0..1)), 0.0, 1.0, "rate", &mut mistakes);
        assert_eq!((rate(0.0), rate(1.0), rate(1.1)), (Some(0.0), Some(1.0), None));
        assert_eq!(in_range(Some(&At::new(0, 1..2)), 1, u32::MAX, "n", &mut mistakes), None);
        assert_eq!(in_range(None, 1, u64::MAX, "n", &mut mistakes), None);
        let found: Vec<_> = mistakes.finish().iter().map(|d| d.message.clone()).collect();
        assert_eq!(found, ["`rate` must be between 0 and 1, not 1.1", "`n` must be 1 or more, not 0"]);
    }
}
