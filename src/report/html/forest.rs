//! Forest plots: one row per number with its interval; `charts.html` draws them.

use serde::Serialize;

use crate::diff::{Metric, PASS_RATE, SCORE};
use crate::report::columns::Rate;
use crate::report::html::links::link;
use crate::report::html::view::{label, rate_words};
use crate::report::numbers::{count, p_value, points};
use crate::report::slices::SliceRow;
use crate::report::{Report, SinceColumn};
use crate::sentence::{EARLIER, JUDGED, NOT_CONTENT, compared};
use crate::stats::Interval;

/// Largest adjusted p-value of a slice that is marked.
const STANDS_OUT: f64 = 0.05;
/// Most slices of one column, and most metrics.
const MOST: usize = 8;

#[derive(Debug, Serialize)]
pub(super) struct Forest {
    id: String,
    title: String,
    /// What a row is, for who can't see it.
    about: &'static str,
    /// Where nothing changed, when differences are shown; places are percent of the width.
    zero: Option<f64>,
    ticks: Vec<Tick>,
    rows: Vec<ForestRow>,
}

#[derive(Debug, Serialize)]
struct Tick {
    at: f64,
    text: String,
}

#[derive(Debug, Serialize)]
struct ForestRow {
    name: String,
    /// A row that others belong to.
    strong: bool,
    /// `bad` or `good` where it is more than chance.
    mark: &'static str,
    low: f64,
    high: f64,
    at: f64,
    text: String,
    href: String,
}

/// A number with its interval.
struct Given {
    name: String,
    strong: bool,
    mark: &'static str,
    at: f64,
    interval: Interval,
    text: String,
    href: String,
}

impl Forest {
    /// The rows on an axis from `low` to `high`; nothing without rows.
    fn draw(
        (id, title, about): (String, String, &'static str),
        given: Vec<Given>,
        (low, high): (f64, f64),
        words: impl Fn(f64) -> String,
    ) -> Option<Self> {
        if given.is_empty() {
            return None;
        }
        let scale = |value: f64| rounded((value.clamp(low, high) - low) / (high - low) * 100.0);
        let rows = given.into_iter().map(|given| ForestRow {
            name: given.name,
            strong: given.strong,
            mark: given.mark,
            low: scale(given.interval.low),
            high: scale(given.interval.high),
            at: scale(given.at),
            text: given.text,
            href: given.href,
        });
        let tick = |n: u32| {
            let value = low + (high - low) * f64::from(n) / 4.0;
            Tick { at: scale(value), text: words(value) }
        };
        Some(Self {
            id,
            title,
            about,
            zero: (low < 0.0).then(|| scale(0.0)),
            ticks: (0..=4).map(tick).collect(),
            rows: rows.collect(),
        })
    }
}

fn whole_percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

fn given(name: String, strong: bool, rate: &Rate, href: String) -> Option<Given> {
    let (at, interval) = (rate.rate?, rate.interval?);
    Some(Given { name, strong, mark: "", at, interval, text: rate_words(rate), href })
}

/// Pass rates with their intervals: every variant over all suites, then every suite on it.
pub(super) fn rates(report: &Report) -> Option<Forest> {
    let mut rows = Vec::new();
    for (column, variant) in report.variants.iter().enumerate() {
        let name = label(report, column);
        rows.extend(given(name.to_owned(), true, &variant.pass_rate, link(&[("variant", name)])));
        // One suite alone would say the same again.
        for suite in report.suites.iter().filter(|_| report.suites.len() > 1) {
            if let Some(Some(rate)) = suite.cells.get(column) {
                let href = link(&[("suite", &suite.suite), ("variant", name)]);
                rows.extend(given(suite.suite.clone(), false, rate, href));
            }
        }
    }
    let about = "One row per variant and suite; a dot is the pass rate, the line its interval, which \
                 allows for trials of one cluster being alike.";
    let head = ("forest".to_owned(), "Pass rates with 95 % intervals".to_owned(), about);
    Forest::draw(head, rows, (0.0, 1.0), whole_percent)
}

/// The weakest slices of every variant, below the variant itself.
pub(super) fn slices(report: &Report) -> Option<Forest> {
    let mut rows = Vec::new();
    for (column, variant) in report.variants.iter().enumerate() {
        if !variant.slices.iter().any(|s| s.rate.rate < s.rest.rate) {
            continue;
        }
        let name = label(report, column);
        rows.extend(given(name.to_owned(), true, &variant.pass_rate, link(&[("variant", name)])));
        let weak = variant.slices.iter().filter(|s| s.rate.rate < s.rest.rate);
        rows.extend(weak.take(MOST).filter_map(|slice| slice_row(slice, name)));
    }
    let about = "One row per slice of the cases; a dot is the share of its cases that passed every time, the line \
                 the interval. A red diamond marks a slice that does worse than the other cases.";
    let head = ("slices".to_owned(), "Weakest slices with 95 % intervals".to_owned(), about);
    Forest::draw(head, rows, (0.0, 1.0), whole_percent)
}

fn slice_row(slice: &SliceRow, variant: &str) -> Option<Given> {
    let name = format!("{} {} · {}", slice.by.name(), slice.value, count(slice.rate.judged));
    let href = link(&[("variant", variant), (slice.by.name(), &slice.value), ("outcome", JUDGED)]);
    let weak = slice.adjusted_p < STANDS_OUT && slice.rate.rate < slice.rest.rate;
    let row = given(name, false, &slice.rate, href)?;
    let text = if weak { format!("{}, p {}", row.text, p_value(slice.adjusted_p)) } else { row.text };
    Some(Given { mark: if weak { "bad" } else { "" }, text, ..row })
}

/// The cases that a metric is about: of a scorer those that it was not content with.
pub(super) fn metric_link(variant: &str, metric: &str) -> String {
    match metric {
        PASS_RATE | SCORE => link(&[("variant", variant)]),
        scorer => link(&[("variant", variant), ("scorer", scorer), ("said", NOT_CONTENT)]),
    }
}

/// What moved in one column since the earlier run: its metrics, then its slices.
pub(super) fn moved(column: &SinceColumn, variant: &str, place: usize) -> Option<Forest> {
    let difference = |name: String, strong: bool, metric: &Metric, p: Option<f64>, href: String| {
        let (at, interval) = (metric.difference?, metric.interval?);
        let real = p.is_some_and(|p| p < STANDS_OUT) && (interval.low > 0.0 || interval.high < 0.0);
        let mark = match real {
            true if at < 0.0 => "bad",
            true => "good",
            false => "",
        };
        let text = format!("{:+.1} ({})", at * 100.0, points(interval).trim_end_matches(" points"));
        Some(Given { name, strong, mark, at, interval, text, href })
    };
    let metrics = column.versus.metrics.iter().enumerate();
    let metrics = metrics.filter(|(at, m)| *at == 0 || m.difference.is_some_and(|d| d != 0.0));
    let mut rows: Vec<Given> = metrics
        .filter_map(|(at, m)| {
            difference(m.name.clone(), at == 0, m, m.p_value, metric_link(variant, &m.name))
        })
        .take(MOST)
        .collect();
    rows.extend(column.slices.iter().take(MOST).filter_map(|s| {
        let name = format!("{} {} · {}", s.by.name(), s.value, count(s.pass_rate.n));
        let compared = compared("compared", EARLIER);
        let href = link(&[("variant", variant), (s.by.name(), &s.value), ("compared", &compared)]);
        difference(name, false, &s.pass_rate, Some(s.adjusted_p), href)
    }));
    let most = rows.iter().map(|r| r.interval.low.abs().max(r.interval.high.abs())).fold(0.1, f64::max);
    // Even ends, so that the ticks are round numbers.
    let most = ((most * 5.0).ceil() / 5.0).min(1.0);
    let about = "One row per metric and slice; a dot is the difference to the earlier run in points, the line its \
                 interval. Left of the middle is worse.";
    let head = (format!("moved-{place}"), format!("{variant}: difference to the earlier run"), about);
    Forest::draw(head, rows, (-most, most), |v| {
        if v == 0.0 { "0".to_owned() } else { format!("{:+.0}", v * 100.0) }
    })
}

/// A place as exact as anybody sees it.
pub(super) fn rounded(place: f64) -> f64 {
    (place * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Depth;
    use crate::report::sample::{RunBuilder, trial};

    #[test]
    fn a_slice_that_broke_stands_left_of_the_middle_and_leads_to_its_cases() {
        let run = |id: &str, broken: bool| {
            RunBuilder::new(id).trials((0..40).map(|i| {
                let one = trial(&format!("c{i:02}"), "bare");
                let one = one.with(|t| t.case.lang = if i < 20 { "ro" } else { "en" }.into());
                if broken && i < 15 { one.failed("number", "differs") } else { one.passed() }
            }))
        };
        let (base, cand) = (run("base", false).build(), run("cand", true).build());
        let report = Report::build(&cand, Some(&base), None, Depth::ALL).unwrap();
        let drawn = moved(&report.since.as_ref().unwrap().columns[0], "bare × small", 0).unwrap();
        let zero = drawn.zero.unwrap();
        assert!(drawn.rows[0].strong && drawn.rows[0].mark == "bad" && drawn.rows[0].high < zero);
        let ro = drawn.rows.iter().find(|r| r.name == "language ro · 20").unwrap();
        assert!(ro.at < zero && ro.href.contains("language=ro"), "{ro:?}");
        let weak = slices(&report).unwrap();
        let ro = weak.rows.iter().find(|r| r.name == "language ro · 20").unwrap();
        assert!(ro.mark == "bad" && ro.low < ro.at && ro.at < ro.high, "{ro:?}");
    }
}
