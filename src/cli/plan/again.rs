//! What a run may ask again beside the planned trials.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde::Serialize;

use crate::case::Tier;
use crate::cli::Session;
use crate::cli::runs::flaky;
use crate::config::{GateRules, MustHold};
use crate::gate::gates;
use crate::plan::{Plan, PlannedTrial};
use crate::project::Project;
use crate::report::plural;
use crate::store::Store;

/// Trials beside the plan; each number is the most that it can be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(super) struct AgainView {
    /// Trials of wordings that passed now and then in earlier runs.
    pub(super) history: u64,
    /// Trials of all others, if variants or runs disagreed about each of them.
    pub(super) disagreement_at_most: u64,
    /// Trials of all cases about which a rule of the gate is, if each of them violated it.
    pub(super) confirm_at_most: u64,
}

/// Counts while the trials of a plan are read.
pub(super) struct Again<'a> {
    project: &'a Project,
    adaptive: u32,
    /// Wordings that passed now and then.
    flipped: BTreeSet<(String, String, String)>,
    view: AgainView,
}

impl<'a> Again<'a> {
    pub(super) fn new(
        session: &Session,
        project: &'a Project,
        plan: &Plan,
        adaptive: Option<u32>,
    ) -> anyhow::Result<Self> {
        let adaptive = adaptive.unwrap_or(project.config.adaptive);
        let store = Store::open_existing(&session.root.join(&project.config.store))?;
        let mut flipped = BTreeSet::new();
        if let Some(store) = store.filter(|_| adaptive > 1) {
            let suites: Vec<String> = plan.suites.iter().map(|suite| suite.id.clone()).collect();
            let flakes = flaky::ledger(&store, &suites, None, flaky::RUNS)?.finish();
            flipped.extend(flakes.into_iter().map(|flake| (flake.suite, flake.case, flake.phrasing)));
        }
        Ok(Self { project, adaptive, flipped, view: AgainView::default() })
    }

    pub(super) fn add(&mut self, plan: &Plan, trial: &PlannedTrial) {
        let key = &trial.key;
        let asked = plan.model(self.project, &key.model).is_some_and(|model| !model.is_replay());
        let tier = trial.wording.facts.tier;
        if key.index != 1 || !tier.gates() || !asked {
            return;
        }
        let more = u64::from(self.adaptive.saturating_sub(plan.repeats(trial.suite)));
        let wording = (key.suite.clone(), key.case.clone(), key.phrasing.clone());
        if self.flipped.contains(&wording) {
            self.view.history += more;
        } else {
            self.view.disagreement_at_most += more;
        }
        let rules = &self.project.config.gate;
        if gates(rules, plan.has_bare_arm(), &key.variant()) && about_single_cases(rules, &key.suite, tier) {
            self.view.confirm_at_most += u64::from(rules.confirm);
        }
    }

    pub(super) fn view(self) -> Option<AgainView> {
        (self.view != AgainView::default()).then_some(self.view)
    }
}

/// Whether a rule about single cases is about a case of this suite and tier.
fn about_single_cases(rules: &GateRules, suite: &str, tier: Tier) -> bool {
    let critical = tier == Tier::Critical;
    let of_suite = || rules.suites.iter().any(|gate| gate.suite == suite && gate.critical_all);
    match rules.must_hold {
        MustHold::Passed => true,
        MustHold::Critical if critical => true,
        MustHold::Critical | MustHold::Off => critical && (rules.critical_all || of_suite()),
    }
}

/// What may be asked again, in words.
pub(super) fn text(view: Option<&AgainView>) -> String {
    let Some(view) = view else { return String::new() };
    let mut text = "\nBeside that, asked again at most:\n".to_owned();
    for (trials, why) in [
        (view.history, "of cases that were flaky in earlier runs"),
        (view.disagreement_at_most, "where variants, repeats or the run before disagree"),
        (view.confirm_at_most, "to confirm violations of the gate"),
    ] {
        if trials > 0 {
            let _ = writeln!(text, "  {} {why}", plural(trials, "trial"));
        }
    }
    text
}
