//! What repeats and slices say of every column.

use crate::diff::independent;
use crate::report::inert::inert_line;
use crate::report::numbers::{count, p_value, percent, percent_interval, points};
use crate::report::reliability::{ReliabilityRow, Share};
use crate::report::slices::{LEAST_CASES, SliceChange};
use crate::report::terminal::layout::{INDENT, heading, paragraph, table};
use crate::report::terminal::paint::{Paint, Span, Tone};
use crate::report::{Report, VariantRow};

/// Largest adjusted p-value of a slice that is shown.
const STANDS_OUT: f64 = 0.05;
/// Most slices shown of one column.
const SHOWN: usize = 5;

/// The table over repeats; nothing when no column has any.
pub(super) fn repeats(paint: Paint, rows: &[ReliabilityRow]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let row = |row: &ReliabilityRow| {
        let mut ks: Vec<_> = row.curve.iter().collect();
        let last = ks.pop();
        let of_last = |of: fn(&crate::report::ReliabilityPoint) -> Share| {
            last.map_or_else(|| Span::new(Tone::Dim, "–"), |p| share(of(p)).into())
        };
        vec![
            Span::new(Tone::Strong, &*row.label),
            last.map_or_else(String::new, |p| count(p.k)).into(),
            of_last(|p| p.pass_at),
            of_last(|p| p.pass_hat),
            share(row.flip_rate).into(),
            count(row.mixed).into(),
        ]
    };
    let rows: Vec<Vec<Span>> = rows.iter().map(row).collect();
    let head = ["variant", "tries", "one passes", "all pass", "two differ", "mixed cases"];
    heading(paint, "Over repeats: of so many tries of a case") + &table(paint, &head, &rows, true)
}

fn share(share: Share) -> String {
    let interval = share.interval.map_or_else(String::new, |i| format!(" ({})", percent_interval(i)));
    format!("{}{interval}", percent(share.mean))
}

/// The slices where a column does worse than elsewhere, and chance would hardly do that.
pub(super) fn weak_slices(paint: Paint, report: &Report) -> String {
    let mut text = String::new();
    for variant in &report.variants {
        text.push_str(&weak_of(paint, variant));
    }
    if text.is_empty() {
        return text;
    }
    let title = format!("Weak slices: of at least {LEAST_CASES} cases, p adjusted for their number");
    heading(paint, &title) + &text
}

fn weak_of(paint: Paint, variant: &VariantRow) -> String {
    let weak = variant.slices.iter().filter(|s| s.adjusted_p < STANDS_OUT && s.rate.rate < s.rest.rate);
    let line = |slice: &crate::report::SliceRow| {
        let rate = |r: crate::report::Rate| r.rate.map_or_else(String::new, percent);
        let words = format!(
            "{}: {} {} passes {} of {} cases ({}), elsewhere {}; p {}",
            variant.label,
            slice.by.name(),
            inert_line(&slice.value),
            count(slice.rate.passed),
            count(slice.rate.judged),
            rate(slice.rate),
            rate(slice.rest),
            p_value(slice.adjusted_p),
        );
        paragraph(paint, INDENT, &[Span::new(Tone::Warn, words)])
    };
    weak.take(SHOWN).map(line).collect()
}

/// The slices that a comparison moved, and chance would hardly do that.
pub(super) fn moved_slices(paint: Paint, slices: &[SliceChange]) -> String {
    let line = |slice: &SliceChange| {
        let rate = &slice.pass_rate;
        let worse = rate.difference.is_some_and(|d| d < 0.0);
        let words = format!(
            "{} {}: {} over {} cases{}; p {} adjusted",
            slice.by.name(),
            inert_line(&slice.value),
            rate.interval.map_or_else(String::new, points),
            count(rate.n),
            rate.too_few_clusters.map_or_else(String::new, |few| format!(" ({})", independent(few))),
            p_value(slice.adjusted_p),
        );
        paragraph(paint, INDENT + 2, &[Span::new(if worse { Tone::Bad } else { Tone::Good }, words)])
    };
    slices.iter().filter(|s| s.adjusted_p < STANDS_OUT).take(SHOWN).map(line).collect()
}
