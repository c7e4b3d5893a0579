//! The report: everything a reader may be shown of a run, as one value, and the renderers that show it.
//!
//! [`Report::build`] computes it from the rows of a run (and of an earlier one), so a run that just
//! ended and a run read back give the same report. A renderer turns it into text in one format
//! ([`RENDERERS`]); [`Progress`] shows a run while it goes on; [`CaseReport`] shows one case whole.

mod advice;
mod better;
mod case_view;
mod columns;
mod errors;
mod facts;
mod failing;
mod gate;
mod inert;
mod json;
mod numbers;
mod passages;
mod phrasings;
pub mod progress;
#[cfg(test)]
pub(crate) mod sample;
mod scorers;
mod since;
pub mod terminal;

use serde::Serialize;

use crate::gate::GateResult;
use crate::outcome::Run;

pub use advice::{Advice, AdviceRow};
pub use better::{Decider, Finding, Versus};
pub use case_view::{CaseReport, HistoryRow};
pub use columns::{PartSum, Rate, SuiteRow, VariantRow};
pub use errors::{ErrorGroup, ErrorMessage};
pub use facts::{ModelView, RunFacts};
pub use failing::{FailedFinding, FailingCase, FailingGroup};
pub use gate::{GateRule, GateView};
pub use inert::{inert, inert_line};
pub use json::escape as escape_json;
pub use numbers::{plural, usd};
pub use passages::PassageView;
pub use phrasings::{FailingPhrasings, PhrasingRow};
pub use progress::{Progress, ProgressStyle};
pub use scorers::{ScorerCell, ScorerRow};
pub use since::{ChangeView, Piece, PieceKind, Since, SinceColumn, pieces};

/// Version of the JSON report. A reader of format n reads every report of format n; new keys do not
/// change the number, removed or renamed ones do.
pub const FORMAT: u32 = 1;

/// Everything a reader may be shown of a run. Texts are as recorded; renderers make them inert.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// [`FORMAT`].
    pub format: u32,
    /// The run.
    pub run: RunFacts,
    /// One row per variant, in plan order.
    pub variants: Vec<VariantRow>,
    /// Pass rates per suite and variant.
    pub suites: Vec<SuiteRow>,
    /// Scorers per variant.
    pub scorers: Vec<ScorerRow>,
    /// Phrasing groups of the variants that have any.
    pub phrasings: Vec<PhrasingRow>,
    /// The best variant against every other one.
    pub better: Vec<Versus>,
    /// Failing cases by reason.
    pub failing: Vec<FailingGroup>,
    /// Errored trials by kind.
    pub errors: Vec<ErrorGroup>,
    /// What changed since an earlier run.
    pub since: Option<Since>,
    /// What the gate says.
    pub gate: Option<GateView>,
    /// What to do next.
    pub next: Vec<Advice>,
}

impl Report {
    /// The report of a run, compared with an earlier one when there is one.
    pub fn build(run: &Run, previous: Option<&Run>, gate: Option<&GateResult>) -> Self {
        let columns = columns::columns(run);
        let mut report = Self {
            format: FORMAT,
            run: RunFacts::of(run),
            variants: columns.iter().map(|c| VariantRow::of(run, c)).collect(),
            suites: columns::suite_rows(run, &columns),
            scorers: scorers::scorer_rows(&columns),
            phrasings: phrasings::phrasing_rows(&columns),
            better: better::versus_all(&columns),
            failing: failing::failing_groups(&columns),
            errors: errors::error_groups(&columns),
            since: previous.map(|p| Since::between(p, run)),
            gate: gate.map(GateView::of),
            next: Vec::new(),
        };
        report.next = advice::advise(&report);
        report
    }
}

/// How a report is to be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReportOptions {
    /// Whether colours may be used.
    pub color: bool,
    /// Columns of the reader's terminal.
    pub width: usize,
    /// Most cases shown per group; 0 = all.
    pub limit: usize,
}

impl ReportOptions {
    /// Cases shown per group unless the user says otherwise.
    pub const DEFAULT_LIMIT: usize = 3;
}

/// One row of the renderer table.
pub struct RendererKind {
    /// Name used as `--format`.
    pub name: &'static str,
    /// One line for help texts.
    pub summary: &'static str,
    /// Shows a report; the text ends with a line break.
    pub render: fn(&Report, &ReportOptions) -> String,
}

/// All renderers.
pub const RENDERERS: &[RendererKind] = &[terminal::KIND, json::KIND];

/// The renderer with this name.
pub fn find(name: &str) -> Option<&'static RendererKind> {
    RENDERERS.iter().find(|k| k.name == name)
}

/// A format that no renderer has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no report format is named `{0}` (there are: {known})", known = names())]
pub struct UnknownFormat(pub String);

fn names() -> String {
    RENDERERS.iter().map(|k| k.name).collect::<Vec<_>>().join(", ")
}

/// Shows a report in the format with this name.
///
/// # Errors
/// No renderer has the name.
pub fn render(format: &str, report: &Report, options: &ReportOptions) -> Result<String, UnknownFormat> {
    let kind = find(format).ok_or_else(|| UnknownFormat(format.to_owned()))?;
    Ok((kind.render)(report, options))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_format_names_the_known_ones() {
        let report = Report::build(&sample::RunBuilder::new("r").build(), None, None);
        let options = ReportOptions { color: false, width: 80, limit: 0 };
        let error = render("pdf", &report, &options).unwrap_err().to_string();
        assert_eq!(error, "no report format is named `pdf` (there are: terminal, json)");
        assert!(render("json", &report, &options).is_ok());
    }
}
