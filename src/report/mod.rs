//! The report: everything a reader may be shown of a run, as one value, and the renderers that show it.
//!
//! [`Report::build`] computes it in one pass over a run (and an earlier one beside it), so a run that just
//! ended and a run read back give the same report. Every section is a fold: a case in (`sections.rs`), in
//! the end its part of the report, for which the few trials that are shown are fetched whole ([`Depth`]). A renderer turns it into text in one format
//! ([`RENDERERS`]); [`Progress`] shows a run while it goes on; [`CaseReport`] shows one case whole.

mod actions;
mod advice;
mod again;
mod areas;
mod bare;
mod better;
mod calibration;
mod case_view;
mod cases;
mod columns;
mod counted;
pub mod coverage;
mod csv;
mod dialogue;
mod errors;
pub mod experiments;
mod facts;
mod failing;
mod gate;
mod github;
mod html;
mod inert;
mod json;
mod junit;
mod kept;
pub mod ladder;
mod markdown;
mod numbers;
mod outcomes;
pub mod page;
mod pareto;
mod passages;
mod phrasings;
mod places;
pub mod progress;
mod reliability;
pub mod roles;
#[cfg(test)]
pub(crate) mod sample;
mod schema;
mod scorers;
mod sections;
mod since;
mod slices;
mod suites;
pub mod terminal;
#[cfg(test)]
mod tests;
mod trend;
mod variants;
mod versus;
mod weighted;
pub mod what_if;

use std::path::Path;

use serde::Serialize;

use crate::config::GateRules;
use crate::diff::{Groups, Outline};
use crate::gate::Verdict;
use crate::outcome::{ReadError, Recorded};
use crate::report::sections::Sections;

pub use crate::diff::{Finding, Method, Metric};
pub use actions::{ActionRow, ActionTable, Detection};
pub use advice::{Advice, AdviceRow};
pub use again::{AgainCount, AgainFinding, AgainRow, AskedAgain};
pub use areas::AreaRow;
pub use bare::{Beats, StillBeats};
pub use better::{CompareBy, Compared};
pub use calibration::{Calibration, asked_of, calibrate};
pub use case_view::{CaseReport, HistoryRow};
pub use cases::{CaseRow, CaseScore, Cases, Earlier};
pub use columns::{PartSum, Rate};
pub use counted::{Counts, Done, Said};
pub use dialogue::{ToolView, TurnView};
pub use errors::{ErrorGroup, ErrorMessage};
pub use experiments::{ExperimentView, ResultView};
pub use facts::{ModelView, RunFacts};
pub use failing::{FailedFinding, FailingCase, FailingGroup};
pub use gate::{GateRule, GateView};
pub use inert::{inert, inert_line, stripped};
pub use json::escape as escape_json;
pub use kept::{Depth, KEPT};
pub use numbers::{duration, p_value, percent, percent_interval, plural, points, usd};
pub use outcomes::{OutcomeRow, OutcomeTexts};
pub use pareto::ParetoRow;
pub use passages::PassageView;
pub use phrasings::{FailingPhrasings, GroupVerdict, PhrasingRow, WordingKind};
pub use places::{Place, Places};
pub use progress::{Progress, ProgressStyle};
pub use reliability::{ReliabilityPoint, ReliabilityRow, Share};
pub use schema::schema_json;
pub use scorers::{ScorerCell, ScorerRow};
pub use since::{ChangeView, Piece, PieceKind, SideView, Since, SinceColumn, moved_names, pieces};
pub use slices::{LEAST_CASES, SliceBy, SliceChange, SliceRow};
pub use suites::SuiteRow;
pub use trend::{Trend, TrendRow, TrendVariant};
pub use variants::{JudgingRow, VariantRow};
pub use versus::{Decider, Versus};
pub use weighted::Weighted;

/// Version of the JSON report. A reader of format n reads every report of format n; new keys do not
/// change the number, removed or renamed ones do.
pub const FORMAT: u32 = 1;

/// Everything a reader may be shown of a run. Texts are as recorded; renderers make them inert.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Report {
    /// Version of this document: new keys do not change it, removed or renamed ones do.
    #[schemars(extend("const" = FORMAT))]
    pub format: u32,
    /// The run.
    pub run: RunFacts,
    /// One row per variant, in plan order.
    pub variants: Vec<VariantRow>,
    /// Pass rates per suite and variant.
    pub suites: Vec<SuiteRow>,
    /// Scorers per variant.
    pub scorers: Vec<ScorerRow>,
    /// What was done where something was expected, for the variants with such cases.
    pub actions: Vec<ActionTable>,
    /// pass@k, pass^k and flip rate of the variants with repeats.
    pub reliability: Vec<ReliabilityRow>,
    /// Phrasing groups of the variants that have any.
    pub phrasings: Vec<PhrasingRow>,
    /// How the variants were compared; absent where there was nothing to compare.
    pub compared: Option<Compared>,
    /// The comparisons: the best variant against every other one, each against a control, or all pairs.
    pub better: Vec<Versus>,
    /// Whether each prompt still beats the bare one; only of runs that asked for the bare arm.
    pub bare: Vec<StillBeats>,
    /// Quality, cost and latency of the variants, and which of them no other one beats; only of several
    /// that were judged.
    pub pareto: Vec<ParetoRow>,
    /// Failing cases by reason.
    pub failing: Vec<FailingGroup>,
    /// Errored trials by kind.
    pub errors: Vec<ErrorGroup>,
    /// What was asked again beside the planned trials, and is in no other number; absent when nothing was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub again: Option<AskedAgain>,
    /// What changed since an earlier run.
    pub since: Option<Since>,
    /// What the gate says.
    pub gate: Option<GateView>,
    /// All cases, for the formats that list them.
    #[serde(skip)]
    pub cases: Option<Cases>,
    /// The runs before this one, for the formats that draw them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trend: Option<Trend>,
    /// The outcome of every trial by suite and column; empty unless a reader asked for it ([`Depth`]).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub outcomes: Vec<OutcomeRow>,
    /// How every area fares in every column; empty unless a reader asked for it ([`Depth`]).
    #[serde(skip)]
    pub areas: Vec<AreaRow>,
    /// Where cases and prompts are written in the project of today; who builds the report for a reader that asks
    /// for them puts them in.
    #[serde(skip)]
    pub places: Places,
    /// The experiments that the run belongs to; who builds the report for a reader that asks for them puts them in.
    #[serde(skip)]
    pub experiments: Vec<ExperimentView>,
    /// What to do next.
    pub next: Vec<Advice>,
}

impl Report {
    /// The report of a run, compared with an earlier one when there is one, and held against the rules of
    /// the gate when there are any: one pass over both runs, in memory that does not grow with the cases
    /// (latencies apart: eight bytes per answer).
    ///
    /// # Errors
    /// A run cannot be read.
    pub fn build(
        run: &dyn Recorded,
        previous: Option<&dyn Recorded>,
        rules: Option<&GateRules>,
        depth: Depth,
    ) -> Result<Self, ReadError> {
        Self::build_by(run, previous, rules, depth, &CompareBy::Best)
    }

    /// [`Report::build`], with the variants compared in a way of one's own.
    ///
    /// # Errors
    /// A run cannot be read.
    pub fn build_by(
        run: &dyn Recorded,
        previous: Option<&dyn Recorded>,
        rules: Option<&GateRules>,
        depth: Depth,
        by: &CompareBy,
    ) -> Result<Self, ReadError> {
        let outline = Outline::of(run)?;
        let previous = previous.map(Outline::of).transpose()?;
        let mut sections = Sections::new(&outline, previous.as_ref(), rules, depth, by);
        let mut groups = Groups::open(&outline, previous.as_ref())?;
        while let Some(group) = groups.next_case()? {
            sections.add(group);
        }
        // Whole trials are fetched only when nothing is being read any more.
        drop(groups);
        let mut report = sections.finish(&outline, previous.as_ref(), depth)?;
        if let (Some(gate), Some(since)) = (&mut report.gate, &report.since) {
            gate.say_what_moved(since);
        }
        report.next = advice::advise(&report);
        Ok(report)
    }

    /// [`Report::build_by`], with the gate held against a baseline that is not the run that `since` compares with.
    ///
    /// # Errors
    /// A run cannot be read.
    pub fn build_held(
        run: &dyn Recorded,
        previous: Option<&dyn Recorded>,
        (rules, baseline): (&GateRules, &dyn Recorded),
        depth: Depth,
        by: &CompareBy,
    ) -> Result<Self, ReadError> {
        let mut report = Self::build_by(run, previous, None, depth, by)?;
        let mut gate = GateView::of(&crate::gate::check(rules, run, Some(baseline))?).of_another_baseline();
        if gate.verdict == Verdict::NotComparable {
            gate.say_what_moved(&Since::between(baseline, run, Depth::first(1))?);
        }
        report.gate = Some(gate);
        report.next = advice::advise(&report);
        Ok(report)
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

    /// Most entries shown of a list.
    fn most(&self) -> usize {
        if self.limit == 0 { usize::MAX } else { self.limit }
    }
}

/// One row of the renderer table.
pub struct RendererKind {
    /// Name used as `--format`.
    pub name: &'static str,
    /// One line for help texts.
    pub summary: &'static str,
    /// Endings of files that are written in it unless another format is named.
    pub endings: &'static [&'static str],
    /// How much of the report it shows.
    pub depth: fn(&ReportOptions) -> Depth,
    /// Shows a report; the text ends with a line break.
    pub render: fn(&Report, &ReportOptions) -> String,
}

/// All renderers.
pub const RENDERERS: &[RendererKind] =
    &[terminal::KIND, json::KIND, junit::KIND, markdown::KIND, github::KIND, html::KIND];

/// The renderer with this name.
pub fn find(name: &str) -> Option<&'static RendererKind> {
    RENDERERS.iter().find(|k| k.name == name)
}

/// The format that the ending of a file means.
pub fn format_of(path: &Path) -> Option<&'static str> {
    let ending = path.extension()?.to_str()?.to_ascii_lowercase();
    RENDERERS.iter().find(|k| k.endings.contains(&&*ending)).map(|k| k.name)
}

/// A format that no renderer has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no report format is named `{0}` (there are: {known})", known = names())]
pub struct UnknownFormat(pub String);

fn names() -> String {
    RENDERERS.iter().map(|k| k.name).collect::<Vec<_>>().join(", ")
}

/// How much of a report the format with this name shows.
///
/// # Errors
/// No renderer has the name.
pub fn depth(format: &str, options: &ReportOptions) -> Result<Depth, UnknownFormat> {
    let kind = find(format).ok_or_else(|| UnknownFormat(format.to_owned()))?;
    Ok((kind.depth)(options))
}

/// Shows a report in the format with this name.
///
/// # Errors
/// No renderer has the name.
pub fn render(format: &str, report: &Report, options: &ReportOptions) -> Result<String, UnknownFormat> {
    let kind = find(format).ok_or_else(|| UnknownFormat(format.to_owned()))?;
    Ok((kind.render)(report, options))
}
