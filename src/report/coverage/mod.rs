//! The coverage of articles by cases, in the formats of people and programs.

mod csv;
mod markdown;
mod terminal;

use crate::coverage::{Coverage, Todo, Touches};
use crate::report::ReportOptions;
use crate::report::numbers::{count, percent};

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

/// A format of a coverage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Tables for a person at a terminal.
    Terminal,
    /// A work list to paste into a ticket or a page.
    Markdown,
    /// One table for a spreadsheet; `--table` says which.
    Csv,
    /// Everything, for programs.
    Json,
}

/// Shows a coverage; `parts` are the tables wanted, all of them where none is named (of CSV the articles).
pub fn render(coverage: &Coverage, format: Format, part: Option<Part>, options: &ReportOptions) -> String {
    let wants = |one: Part| part.is_none_or(|part| part == one);
    match format {
        Format::Terminal => terminal::render(coverage, &wants, options),
        Format::Markdown => markdown::render(coverage, &wants),
        Format::Csv => csv::render(coverage, part.unwrap_or(Part::Articles)),
        Format::Json => {
            let text = serde_json::to_string_pretty(coverage).unwrap_or_default();
            format!("{}\n", crate::report::escape_json(&text))
        }
    }
}

/// What the articles come to, in one line.
fn summary(coverage: &Coverage) -> String {
    let of = |todo: Todo| coverage.articles.iter().filter(|row| row.todo == todo).count();
    let untested = coverage.articles.iter().filter(|row| row.touches.declared == 0).count();
    let untouched = coverage.articles.iter().filter(|row| row.touches.none()).count();
    format!(
        "{} articles: {} to update, {} to merge, {} to retire, {} to keep; {untested} that no case tests, {untouched} that \
         nothing touches",
        coverage.articles.len(),
        of(Todo::Update),
        of(Todo::Merge),
        of(Todo::Retire),
        of(Todo::Keep)
    )
}

/// What the columns and cases are.
fn basis(coverage: &Coverage) -> String {
    let columns: Vec<String> = coverage.columns.iter().map(ToString::to_string).collect();
    let left_out = match coverage.left_out {
        0 => String::new(),
        n => format!("; {n} trials of cases that are no longer there are left out"),
    };
    format!("{} cases, answers of {}{left_out}", coverage.cases, columns.join(", "))
}

/// The figures of touches in the order of [`HEADS`].
fn touches(touches: &Touches) -> [String; 5] {
    [touches.declared, touches.retrieved, touches.beside, touches.cited, touches.contradicted].map(count)
}

/// Titles of [`touches`].
const HEADS: [&str; 5] = ["tested by", "given to", "beside", "cited by", "denied by"];

/// `7 of 9`, and nothing where nothing was judged.
fn passed(passed: u64, judged: u64) -> String {
    if judged == 0 { String::new() } else { format!("{} of {}", count(passed), count(judged)) }
}

/// A share, and nothing where there is none.
fn share(share: Option<f64>) -> String {
    share.map(percent).unwrap_or_default()
}

/// A weight without needless digits.
fn weight(weight: f64) -> String {
    let text = format!("{weight:.1}");
    text.strip_suffix(".0").map_or_else(|| text.clone(), str::to_owned)
}
