//! Where everything stands in the plots over two axes; `charts.html` draws them.

use serde::Serialize;

use crate::report::columns::Rate;
use crate::report::html::forest::rounded;
use crate::report::html::links::link;
use crate::report::html::view::rate_words;
use crate::report::numbers::{percent, percent_interval};
use crate::report::{ParetoRow, Report};
use crate::stats::Interval;

/// Top and bottom of the plot area in pixels; across, places are percent of the width.
const TOP: f64 = 12.0;
const BOTTOM: f64 = 212.0;
/// Room at the left and right, so that no point stands on the edge.
const EDGE: f64 = 4.0;
/// How far the points of two series stand apart that would hide each other.
const APART: f64 = 0.9;

#[derive(Debug, Serialize)]
struct Tick {
    at: f64,
    text: String,
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
    bottom: f64,
    series: Vec<Series>,
}

#[derive(Debug, Serialize)]
struct Series {
    /// Place of its colour, its dashes and its mark.
    style: usize,
    label: String,
    /// Its cases; none where this run does not have it.
    href: Option<String>,
    points: Vec<Point>,
}

#[derive(Debug, Serialize)]
struct Point {
    x: f64,
    y: f64,
    low: f64,
    high: f64,
    text: String,
    /// What the point is of: cases, or the row of a run.
    href: String,
}

impl Point {
    fn of(x: f64, share: f64, interval: Option<Interval>, (text, href): (String, String)) -> Self {
        let (low, high) = interval.map_or((share, share), |i| (i.low, i.high));
        Self { x, y: height(share), low: height(low), high: height(high), text, href }
    }

    /// Nothing where nothing was judged.
    fn of_rate(x: f64, rate: &Rate, words: (String, String)) -> Option<Self> {
        Some(Self::of(x, rate.rate?, rate.interval, words))
    }
}

/// The cases of a variant of this run.
fn cases_of(label: &str) -> String {
    link(&[("variant", label)])
}

/// The place of a run's row, by its place in the trend.
pub(super) fn run_row(at: usize) -> String {
    format!("run-{at}")
}

/// Marks and colours there are.
const STYLES: usize = 6;

fn plot(id: &'static str, title: &str, note: &str, x_name: &str, xs: Vec<Tick>) -> Plot {
    let tick = |n: u32| Tick { at: height(f64::from(n) / 100.0), text: format!("{n} %") };
    Plot {
        id,
        title: title.to_owned(),
        note: note.to_owned(),
        x_name: x_name.to_owned(),
        xs,
        ys: [0, 25, 50, 75, 100].into_iter().map(tick).collect(),
        bottom: BOTTOM,
        series: Vec::new(),
    }
}

fn height(share: f64) -> f64 {
    rounded(BOTTOM - share * (BOTTOM - TOP))
}

impl Plot {
    fn add(&mut self, label: &str, href: Option<String>, points: impl IntoIterator<Item = Point>) {
        let points: Vec<Point> = points.into_iter().collect();
        if points.is_empty() {
            return;
        }
        let style = self.series.len() % STYLES;
        self.series.push(Series { style, label: label.to_owned(), href, points });
    }

    /// Moves the points of the series a little apart, where each has one at the same place.
    fn apart(mut self) -> Self {
        let middle = (self.series.len() as f64 - 1.0) / 2.0;
        for (at, series) in self.series.iter_mut().enumerate() {
            for point in &mut series.points {
                point.x = rounded(point.x + (at as f64 - middle) * APART);
            }
        }
        self
    }

    /// Nothing without a point.
    fn drawn(self) -> Option<Self> {
        (!self.series.is_empty()).then_some(self)
    }
}

/// A place across, from a share of the axis.
fn across(share: f64) -> f64 {
    rounded(EDGE + share * (100.0 - 2.0 * EDGE))
}

/// Quality against cost, and against latency.
pub(super) fn scatters(report: &Report) -> Vec<Plot> {
    let cost = scatter(
        report,
        ("cost", "Quality and cost", "USD per 1,000 answers"),
        |row| row.cost_per_1000,
        crate::report::usd,
    );
    let latency = scatter(
        report,
        ("latency", "Quality and latency", "median latency"),
        |row| row.p50_ms,
        crate::report::numbers::duration,
    );
    [cost, latency].into_iter().flatten().collect()
}

fn scatter(
    report: &Report,
    (id, title, x_name): (&'static str, &str, &str),
    of: impl Fn(&ParetoRow) -> Option<f64>,
    words: impl Fn(f64) -> String,
) -> Option<Plot> {
    let most = report.pareto.iter().filter_map(&of).fold(0.0, f64::max);
    if most <= 0.0 {
        return None;
    }
    let x = |value: f64| across(value / most);
    let ticks = [0.0, 0.25, 0.5, 0.75, 1.0].map(|s| Tick { at: x(most * s), text: words(most * s) });
    let mut ticks = Vec::from(ticks);
    // Small numbers are rounded to the same words.
    ticks.dedup_by(|a, b| a.text == b.text);
    let note = "Up and left is better. Bars are 95 % intervals of the pass rate.";
    let mut plot = plot(id, title, note, x_name, ticks);
    for variant in &report.pareto {
        let Some(value) = of(variant) else { continue };
        let text = format!("{}: {}, {}", variant.label, rate_words(&variant.pass_rate), words(value));
        let href = cases_of(&variant.label);
        let point = Point::of_rate(x(value), &variant.pass_rate, (text, href.clone()));
        plot.add(&variant.label, Some(href), point);
    }
    plot.drawn()
}

/// The chance that k repeats of a case all pass, by k; only where cases were repeated.
pub(super) fn powers(report: &Report) -> Option<Plot> {
    let curves = &report.reliability;
    let most = curves.iter().filter_map(|r| r.curve.last()).map(|p| p.k).max().filter(|k| *k > 1)?;
    let x = |k: u64| across((k - 1) as f64 / (most - 1) as f64);
    let ticks = (1..=most).map(|k| Tick { at: x(k), text: format!("k = {k}") });
    let note = "pass^k: the share of cases of which k repeats would all pass, unbiased, over the cases with at least \
                k judged repeats; bars are 95 % intervals.";
    let mut plot = plot("powers", "All repeats pass", note, "repeats", ticks.collect());
    for row in curves {
        let points = row.curve.iter().map(|point| {
            let share = point.pass_hat;
            let within = share.interval.map_or_else(String::new, |i| format!(" ({})", percent_interval(i)));
            let text = format!("{}: pass^{} = {}{within}", row.label, point.k, percent(share.mean));
            Point::of(x(point.k), share.mean, share.interval, (text, cases_of(&row.label)))
        });
        plot.add(&row.label, Some(cases_of(&row.label)), points);
    }
    plot.apart().drawn()
}

/// Pass rates run by run; a point leads to the row of its run.
pub(super) fn trend(report: &Report) -> Option<Plot> {
    let trend = report.trend.as_ref()?;
    let last = trend.rows.len().checked_sub(1).filter(|n| *n > 0)?;
    let x = |at: usize| across(at as f64 / last as f64);
    let step = trend.rows.len().div_ceil(8);
    let ticks = trend.rows.iter().enumerate().step_by(step);
    let ticks = ticks.map(|(at, row)| Tick { at: x(at), text: row.started.strftime("%m-%d").to_string() });
    let note = "Pass rate of the runs that share a suite, oldest first, with 95 % intervals. What moved between \
                them stands in the table, and so do unfinished runs and those of another selection.";
    let mut plot = plot("trend", "Pass rate over runs", note, "run", ticks.collect());
    let mut keys: Vec<&crate::outcome::VariantKey> =
        trend.rows.iter().flat_map(|r| r.variants.iter().map(|v| &v.variant)).collect();
    keys.sort();
    keys.dedup();
    let keys: Vec<_> = keys.into_iter().cloned().collect();
    for (key, name) in keys.iter().zip(crate::report::columns::labels(&keys)) {
        let rows = trend.rows.iter().enumerate().filter(|(_, row)| row.part.is_none());
        let points = rows.filter_map(|(at, row)| {
            let rate = row.variants.iter().find(|v| v.variant == *key)?.pass_rate;
            let text = format!("{name}, run {}: {}", row.run, rate_words(&rate));
            Point::of_rate(x(at), &rate, (text, format!("#{}", run_row(at))))
        });
        let here = report.variants.iter().find(|v| v.variant == *key);
        plot.add(&name, here.map(|v| cases_of(&v.label)), points);
    }
    plot.apart().drawn()
}
