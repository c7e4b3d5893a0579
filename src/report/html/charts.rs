//! Where everything stands in the charts; `charts.html` draws them.

use serde::Serialize;

use crate::report::columns::Rate;
use crate::report::html::view::{label, link, rate_words};
use crate::report::{Report, Trend};

/// Width of every chart in its own units.
const WIDTH: f64 = 720.0;
/// Room for the labels of a forest plot, and for the numbers at its end.
const LEFT: f64 = 230.0;
const RIGHT: f64 = 120.0;
/// Height of one row.
const ROW: f64 = 26.0;
/// Plot area of the other charts.
const PLOT: (f64, f64, f64, f64) = (50.0, 560.0, 16.0, 220.0);

#[derive(Debug, Serialize)]
pub(super) struct Forest {
    width: f64,
    height: f64,
    left: f64,
    right: f64,
    bottom: f64,
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
    y: f64,
    label: String,
    whole: String,
    strong: bool,
    low: f64,
    high: f64,
    at: f64,
    text: String,
    href: String,
}

/// Pass rates with their intervals: every variant over all suites, then every suite on it.
pub(super) fn forest(report: &Report) -> Forest {
    let scale = |share: f64| LEFT + share * (WIDTH - LEFT - RIGHT);
    let mut rows = Vec::new();
    let mut add = |whole: String, strong: bool, rate: &Rate, href: String| {
        let (Some(share), Some(interval)) = (rate.rate, rate.interval) else { return };
        rows.push(ForestRow {
            y: ROW * (rows.len() as f64 + 0.5) + 4.0,
            label: cut(&whole, 34),
            whole,
            strong,
            low: scale(interval.low),
            high: scale(interval.high),
            at: scale(share),
            text: rate_words(rate),
            href,
        });
    };
    for (column, variant) in report.variants.iter().enumerate() {
        let name = label(report, column);
        add(name.to_owned(), true, &variant.pass_rate, link(&[("variant", name)]));
        for suite in &report.suites {
            if let Some(Some(rate)) = suite.cells.get(column) {
                let href = link(&[("suite", &suite.suite), ("variant", name)]);
                add(suite.suite.clone(), false, rate, href);
            }
        }
    }
    let bottom = ROW * rows.len() as f64 + 8.0;
    let tick = |n: u32| Tick { at: scale(f64::from(n) / 100.0), text: format!("{n} %") };
    Forest {
        width: WIDTH,
        height: bottom + 24.0,
        left: LEFT,
        right: WIDTH - RIGHT,
        bottom,
        ticks: [0, 25, 50, 75, 100].into_iter().map(tick).collect(),
        rows,
    }
}

/// Points or lines over two axes; y is a share.
#[derive(Debug, Serialize)]
pub(super) struct Plot {
    id: &'static str,
    title: String,
    note: String,
    x_name: String,
    xs: Vec<Tick>,
    ys: Vec<Tick>,
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
    series: Vec<Series>,
}

#[derive(Debug, Serialize)]
struct Series {
    /// Place of its colour, its dashes and its mark.
    style: usize,
    label: String,
    /// Where its name stands.
    label_y: f64,
    href: String,
    line: String,
    points: Vec<Point>,
}

#[derive(Debug, Serialize)]
struct Point {
    x: f64,
    y: f64,
    low: f64,
    high: f64,
    text: String,
}

/// Marks and colours there are.
const STYLES: usize = 6;

fn plot(id: &'static str, title: &str, note: &str, x_name: &str, xs: Vec<Tick>) -> Plot {
    let (left, right, top, bottom) = PLOT;
    let tick = |n: u32| Tick { at: height(f64::from(n) / 100.0), text: format!("{n} %") };
    Plot {
        id,
        title: title.to_owned(),
        note: note.to_owned(),
        x_name: x_name.to_owned(),
        xs,
        ys: [0, 25, 50, 75, 100].into_iter().map(tick).collect(),
        left,
        right,
        top,
        bottom,
        series: Vec::new(),
    }
}

fn height(share: f64) -> f64 {
    let (_, _, top, bottom) = PLOT;
    bottom - share * (bottom - top)
}

impl Plot {
    fn add(&mut self, label: &str, points: Vec<(f64, Rate, String)>) {
        let points: Vec<Point> = points
            .into_iter()
            .filter_map(|(x, rate, text)| {
                let share = rate.rate?;
                let (low, high) = rate.interval.map_or((share, share), |i| (i.low, i.high));
                Some(Point { x, y: height(share), low: height(low), high: height(high), text })
            })
            .collect();
        if points.is_empty() {
            return;
        }
        let line: Vec<String> = points.iter().map(|p| format!("{:.1},{:.1}", p.x, p.y)).collect();
        self.series.push(Series {
            style: self.series.len() % STYLES,
            label: cut(label, 22),
            label_y: points.last().map_or(0.0, |p| p.y),
            href: link(&[("variant", label)]),
            line: line.join(" "),
            points,
        });
    }

    /// Moves the names apart that would stand on each other.
    fn settle(mut self) -> Option<Self> {
        let mut order: Vec<usize> = (0..self.series.len()).collect();
        order.sort_by(|a, b| self.series[*a].label_y.total_cmp(&self.series[*b].label_y));
        let mut free = self.top;
        for at in order {
            let series = &mut self.series[at];
            series.label_y = series.label_y.max(free);
            free = series.label_y + 16.0;
        }
        (!self.series.is_empty()).then_some(self)
    }
}

/// Quality against cost, and against latency.
pub(super) fn scatters(report: &Report) -> Vec<Plot> {
    let cost = |v: &crate::report::VariantRow| {
        let priced = v.answered.checked_sub(v.cost.unknown).filter(|n| *n > 0)?;
        Some(v.cost.known? / priced as f64 * 1000.0)
    };
    let cost = scatter(report, "cost", "Quality and cost", "USD per 1,000 answers", cost, crate::report::usd);
    let latency = scatter(
        report,
        "latency",
        "Quality and latency",
        "median latency",
        |v| v.p50_ms,
        crate::report::numbers::duration,
    );
    [cost, latency].into_iter().flatten().collect()
}

fn scatter(
    report: &Report,
    id: &'static str,
    title: &str,
    x_name: &str,
    of: impl Fn(&crate::report::VariantRow) -> Option<f64>,
    words: impl Fn(f64) -> String,
) -> Option<Plot> {
    let most = report.variants.iter().filter_map(&of).fold(0.0, f64::max);
    if most <= 0.0 {
        return None;
    }
    let (left, right, ..) = PLOT;
    let x = |value: f64| left + value / (most * 1.1) * (right - left);
    let ticks = [0.0, 0.25, 0.5, 0.75, 1.0].map(|s| Tick { at: x(most * s), text: words(most * s) });
    let note = "Up is better, left is better. Bars are 95 % intervals of the pass rate.";
    let mut plot = plot(id, title, note, x_name, ticks.into());
    for variant in &report.variants {
        let Some(value) = of(variant) else { continue };
        let text = format!("{}: {}, {}", variant.label, rate_words(&variant.pass_rate), words(value));
        plot.add(&variant.label, vec![(x(value), variant.pass_rate, text)]);
    }
    plot.settle()
}

/// The chance that k repeats of a case all pass, by k; only where cases were repeated.
pub(super) fn powers(report: &Report) -> Option<Plot> {
    let rows = &report.cases.as_ref()?.rows;
    let most = rows.iter().map(|r| r.judged).max().filter(|k| *k > 1)?;
    let (left, right, ..) = PLOT;
    let x = |k: u32| left + 20.0 + f64::from(k - 1) / f64::from(most - 1) * (right - left - 40.0);
    let step = most.div_ceil(10);
    let ticks = (1..=most).step_by(step as usize).map(|k| Tick { at: x(k), text: format!("k = {k}") });
    let note = "pass^k: the share of cases of which k repeats would all pass, unbiased, averaged over cases \
                with at least k judged repeats.";
    let mut plot = plot("powers", "All repeats pass", note, "repeats", ticks.collect());
    for column in 0..report.variants.len() {
        let name = label(report, column);
        let mut points = Vec::new();
        for k in 1..=most {
            let of = rows.iter().filter(|r| r.column == column && r.judged >= k);
            let values: Vec<f64> = of.map(|r| all_pass(r.passed, r.judged, k)).collect();
            let Some(rate) = crate::stats::mean(&values) else { break };
            let text = format!("{name}: pass^{k} = {}", crate::report::numbers::percent(rate));
            points.push((x(k), Rate { passed: 0, judged: 0, rate: Some(rate), interval: None }, text));
        }
        plot.add(name, points);
    }
    plot.settle()
}

/// C(c, k) / C(n, k).
fn all_pass(c: u32, n: u32, k: u32) -> f64 {
    (0..k).map(|i| f64::from(c.saturating_sub(i)) / f64::from(n - i)).product()
}

/// Pass rates run by run.
pub(super) fn trend(trend: &Trend) -> Option<Plot> {
    let (left, right, ..) = PLOT;
    let last = trend.rows.len().checked_sub(1).filter(|n| *n > 0)?;
    let x = |at: usize| left + 20.0 + at as f64 / last as f64 * (right - left - 40.0);
    let step = trend.rows.len().div_ceil(8);
    let ticks = trend.rows.iter().enumerate().step_by(step);
    let ticks = ticks.map(|(at, row)| Tick { at: x(at), text: row.started.strftime("%m-%d").to_string() });
    let note = "Pass rate of the runs that share a suite, oldest first, with 95 % intervals. What moved between \
                them stands in the table.";
    let mut plot = plot("trend", "Pass rate over runs", note, "run", ticks.collect());
    let mut keys: Vec<&crate::outcome::VariantKey> =
        trend.rows.iter().flat_map(|r| r.variants.iter().map(|v| &v.variant)).collect();
    keys.sort();
    keys.dedup();
    let keys: Vec<_> = keys.into_iter().cloned().collect();
    for (key, name) in keys.iter().zip(crate::report::columns::labels(&keys)) {
        let rows = trend.rows.iter().enumerate();
        let points = rows.filter_map(|(at, row)| {
            let rate = row.variants.iter().find(|v| v.variant == *key)?.pass_rate;
            Some((x(at), rate, format!("{name}, run {}: {}", row.run, rate_words(&rate))))
        });
        plot.add(&name, points.collect());
    }
    plot.settle()
}

fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_repeats_pass_as_often_as_the_formula_says() {
        for (k, chance) in [(1, 0.75), (2, 0.5), (4, 0.0)] {
            assert!((all_pass(3, 4, k) - chance).abs() < 1e-12, "{k}");
        }
        assert!((all_pass(4, 4, 4) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn names_are_cut_by_characters() {
        assert_eq!((cut("ééé", 3), cut("éééé", 3)), ("ééé".to_owned(), "éé…".to_owned()));
    }
}
