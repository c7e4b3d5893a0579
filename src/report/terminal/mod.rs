//! The report for a person at a terminal: compact, aligned, wrapped to the width, coloured when allowed.
//!
//! Every text that others wrote passes through [`inert`](crate::report::inert) before it is laid out.

mod actions;
mod again;
mod case;
mod changes;
mod dialogue;
mod failing;
mod layout;
mod overview;
mod paint;
mod pareto;
mod reliability;
mod verdict;

use crate::report::{Depth, RendererKind, Report, ReportOptions};

pub use again::asked_again;
pub use case::render_case;
pub use changes::{render_diff, words};
pub use layout::{hanging, labelled, paragraph, table};
pub use overview::header as render_facts;
pub use paint::{Paint, Span, Tone};
pub use verdict::gate as render_gate;

/// Row of the renderer table.
pub const KIND: RendererKind = RendererKind {
    name: "terminal",
    summary: "tables and failing cases for a person at a terminal",
    endings: &[],
    depth: |options| Depth::first(options.limit),
    render,
};

fn render(report: &Report, options: &ReportOptions) -> String {
    let paint = Paint::new(options.color, options.width);
    let mut text = overview::header(paint, &report.run);
    text.push_str(&overview::tables(paint, report, options.limit));
    text.push_str(&reliability::repeats(paint, &report.reliability));
    text.push_str(&reliability::weak_slices(paint, report));
    text.push_str(&actions::matrices(paint, &report.actions));
    text.push_str(&failing::groups(paint, report, options.limit));
    text.push_str(&failing::errors(paint, report, options.limit));
    if let Some(since) = &report.since {
        text.push_str(&changes::since(paint, since, options.limit, &report.run.id));
    }
    text.push_str(&pareto::trade_offs(paint, &report.pareto));
    text.push_str(&verdict::better(paint, report, options.limit));
    text.push_str(&asked_again(paint, "Asked again", report.again.as_ref(), options.limit));
    text.push_str(&verdict::gate(paint, report));
    text.push_str(&verdict::next(paint, report));
    text
}

#[cfg(test)]
mod tests;
