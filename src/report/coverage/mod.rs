//! The coverage of articles by cases, in the formats of people and programs.

mod csv;
mod page;

use crate::coverage::Coverage;
use crate::report::page::Format;
use crate::report::{ReportOptions, escape_json};

/// One of the tables of a coverage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Part {
    /// Articles with what is to be done with each.
    Articles,
    /// Sections of articles.
    Sections,
    /// What is asked and no article says.
    Gaps,
}

/// Shows a coverage; `part` is the table wanted, all of them where none is named (of CSV the articles).
pub fn render(coverage: &Coverage, format: Format, part: Option<Part>, options: &ReportOptions) -> String {
    let wants = |one: Part| part.is_none_or(|part| part == one);
    let json = || {
        let text = serde_json::to_string_pretty(coverage).unwrap_or_default();
        format!("{}\n", escape_json(&text))
    };
    match format {
        Format::Json => json(),
        Format::Csv => csv::render(coverage, part.unwrap_or(Part::Articles)),
        Format::Terminal | Format::Markdown | Format::Html => {
            // A list for a file is whole; only a terminal is short.
            let most = if format == Format::Terminal { options.most() } else { usize::MAX };
            page::of(coverage, &wants, most).shown(format, options).unwrap_or_default()
        }
    }
}

/// A weight without needless digits.
fn weight(weight: f64) -> String {
    let text = format!("{weight:.1}");
    text.strip_suffix(".0").map_or_else(|| text.clone(), str::to_owned)
}
