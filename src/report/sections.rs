//! The sections of a report while the runs are read.

use crate::config::GateRules;
use crate::diff::{CaseGroup, Clusters, Outline};
use crate::gate::GateFold;
use crate::outcome::ReadError;
use crate::report::actions::ActionsFold;
use crate::report::again::AgainFold;
use crate::report::areas::AreasFold;
use crate::report::better::BetterFold;
use crate::report::cases::CasesFold;
use crate::report::columns::labels;
use crate::report::errors::ErrorsFold;
use crate::report::facts::FactsFold;
use crate::report::failing::FailingFold;
use crate::report::kept::Depth;
use crate::report::outcomes::OutcomesFold;
use crate::report::pareto::pareto;
use crate::report::phrasings::PhrasingsFold;
use crate::report::places::Places;
use crate::report::reliability::ReliabilityFold;
use crate::report::scorers::ScorersFold;
use crate::report::since::SinceFold;
use crate::report::suites::SuitesFold;
use crate::report::variants::VariantsFold;
use crate::report::{CompareBy, FORMAT, GateView, Report};

/// All sections. A case that only the earlier run has changes nothing but `since`.
pub(super) struct Sections<'a> {
    facts: FactsFold,
    variants: VariantsFold,
    suites: SuitesFold,
    scorers: ScorersFold,
    actions: ActionsFold,
    reliability: ReliabilityFold,
    phrasings: PhrasingsFold,
    better: BetterFold,
    failing: FailingFold,
    errors: ErrorsFold,
    again: AgainFold,
    labels: Vec<String>,
    since: Option<SinceFold>,
    gate: Option<GateFold<'a>>,
    rows: Option<CasesFold>,
    outcomes: Option<OutcomesFold>,
    areas: Option<AreasFold>,
    clusters: Clusters,
    /// Cases taken in.
    cases: u64,
}

impl<'a> Sections<'a> {
    pub(super) fn new(
        run: &Outline<'_>,
        previous: Option<&Outline<'_>>,
        rules: Option<&'a GateRules>,
        depth: Depth,
        by: &CompareBy,
    ) -> Self {
        let columns = run.columns.len();
        Self {
            facts: FactsFold::new(columns),
            variants: VariantsFold::new(run),
            suites: SuitesFold::new(columns),
            scorers: ScorersFold::new(columns),
            actions: ActionsFold::new(columns),
            reliability: ReliabilityFold::new(columns),
            phrasings: PhrasingsFold::new(columns),
            better: BetterFold::new(run, by),
            failing: FailingFold::default(),
            errors: ErrorsFold::default(),
            again: AgainFold::default(),
            labels: labels(&run.columns),
            since: previous.map(|p| SinceFold::new(p, run, &CompareBy::Best)),
            gate: rules.map(|r| GateFold::new(r, run, previous.filter(|_| r.baseline.is_some()))),
            outcomes: depth.outcomes().then(OutcomesFold::default),
            areas: depth.areas().then(|| AreasFold::new(columns)),
            rows: depth.cases().then(|| CasesFold::new(run, previous, by)),
            clusters: Clusters::default(),
            cases: 0,
        }
    }

    pub(super) fn add(&mut self, group: &CaseGroup) {
        self.cases += 1;
        let unit = self.clusters.of(group);
        self.facts.add(group);
        self.variants.add(group, unit);
        self.suites.add(group, unit);
        self.scorers.add(group);
        self.actions.add(group, unit);
        self.reliability.add(group);
        self.phrasings.add(group);
        self.better.add(group);
        self.failing.add(group);
        self.errors.add(group, self.cases);
        self.again.add(group, &self.labels);
        if let Some(since) = &mut self.since {
            since.add(group);
        }
        if let Some(gate) = &mut self.gate {
            gate.add(group);
        }
        if let Some(rows) = &mut self.rows {
            rows.add(group);
        }
        if let Some(areas) = &mut self.areas {
            areas.add(group, unit);
        }
        if let Some(outcomes) = &mut self.outcomes {
            outcomes.add(group);
        }
    }

    /// The report without its advice.
    pub(super) fn finish(
        self,
        outline: &Outline<'_>,
        previous: Option<&Outline<'_>>,
        depth: Depth,
    ) -> Result<Report, ReadError> {
        let (run, columns) = (outline.run, &outline.columns);
        let labels = self.labels;
        let since = match (self.since, previous) {
            (Some(since), Some(previous)) => {
                Some(since.finish(previous.run, run, depth, seed(outline, Some(previous)))?)
            }
            _ => None,
        };
        let cases = self.rows.map(|rows| rows.finish(run, columns, previous.map(|p| p.run))).transpose()?;
        let variants = self.variants.finish(run.info(), columns, &labels);
        let better = self.better.finish(columns, &labels, seed(outline, None));
        Ok(Report {
            format: FORMAT,
            run: self.facts.finish(run.info(), columns),
            pareto: pareto(&variants),
            variants,
            suites: self.suites.finish(),
            scorers: self.scorers.finish(),
            actions: self.actions.finish(&labels),
            reliability: self.reliability.finish(columns, &labels, seed(outline, None)),
            phrasings: self.phrasings.finish(run, &labels, depth)?,
            compared: better.compared,
            better: better.found,
            bare: better.bare,
            failing: self.failing.finish(run, columns, &labels, depth)?,
            errors: self.errors.finish(run)?,
            again: self.again.finish(),
            since,
            gate: self.gate.map(|g| GateView::of(&g.finish(run.info()))),
            cases,
            trend: None,
            outcomes: match self.outcomes {
                Some(outcomes) => outcomes.finish(run, columns, &labels)?,
                None => Vec::new(),
            },
            areas: self.areas.map(|areas| areas.finish(&labels)).unwrap_or_default(),
            places: Places::default(),
            experiments: Vec::new(),
            next: Vec::new(),
        })
    }
}

/// See [`crate::diff::seed`].
pub(super) fn seed(run: &Outline<'_>, previous: Option<&Outline<'_>>) -> u64 {
    let prints = |o: &Outline<'_>| o.run.info().header.fingerprints;
    crate::diff::seed(prints(run), previous.map(prints))
}
