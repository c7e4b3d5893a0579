//! What answers did where the case says what is expected: expected × actual.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::case::Action;
use crate::diff::{CaseGroup, Unit};
use crate::outcome::TrialDigest;
use crate::report::columns::{Rate, RateFold};

/// The actions of one column. Trials without an answer, and those of cases that expect nothing, are left out.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct ActionTable {
    /// The column's short name.
    pub label: String,
    /// Answers to cases that say what they expect.
    pub judged: u64,
    /// One row per expected action that occurs, in the order of [`Action::ALL`].
    pub matrix: Vec<ActionRow>,
    /// Answers that abstain where that is not accepted.
    pub false_abstentions: u64,
    /// Those of them that were given passages for a case that names its sources.
    pub despite_source: u64,
    /// Answers that decline as they should, but in another way than is accepted: abstain, escalate, refuse-scope.
    pub wrong_refusals: u64,
    /// How well it knows what it does not know.
    pub abstention: Detection,
    /// How well it knows when to hand over.
    pub escalation: Detection,
}

/// What was done where one action was expected.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct ActionRow {
    /// The action that was done, when it is accepted; else the first that the case accepts.
    pub expected: Action,
    /// Answers by what they did.
    pub actual: BTreeMap<Action, u64>,
}

/// How well one action is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Detection {
    /// Of the answers that do it, those that should.
    pub precision: Rate,
    /// Of the answers that should do it, those that do.
    pub recall: Rate,
}

const N: usize = Action::ALL.len();

/// The actions of every column while the run is read.
pub(super) struct ActionsFold(Vec<ColumnFold>);

#[derive(Default)]
struct ColumnFold {
    /// Expected × actual.
    counts: [[u64; N]; N],
    despite_source: u64,
    abstention: DetectionFold,
    escalation: DetectionFold,
}

#[derive(Default)]
struct DetectionFold {
    precision: RateFold,
    recall: RateFold,
}

impl DetectionFold {
    /// Takes in whether one action was expected, and whether it was done.
    fn add(&mut self, expected: bool, done: bool, unit: Unit) {
        let right = u64::from(expected && done);
        self.precision.add(right, u64::from(done), unit);
        self.recall.add(right, u64::from(expected), unit);
    }

    fn finish(&self) -> Detection {
        Detection { precision: self.precision.finish(), recall: self.recall.finish() }
    }
}

impl ActionsFold {
    pub(super) fn new(columns: usize) -> Self {
        Self((0..columns).map(|_| ColumnFold::default()).collect())
    }

    pub(super) fn add(&mut self, group: &CaseGroup, unit: Unit) {
        for (column, trial) in group.run.trials() {
            if let Some(fold) = self.0.get_mut(column) {
                fold.add(trial, unit);
            }
        }
    }

    pub(super) fn finish(self, labels: &[String]) -> Vec<ActionTable> {
        let tables = self.0.into_iter().zip(labels).map(|(fold, label)| fold.finish(label));
        tables.filter(|t| t.judged > 0).collect()
    }
}

/// Place in [`Action::ALL`].
fn place(action: Action) -> usize {
    action as usize
}

/// What was expected of a trial, and what it did: the action that was done, when it is accepted, else the first that the
/// case accepts. Nothing where nothing is expected or there is no answer.
pub(super) fn expected_and_done(trial: &TrialDigest) -> Option<(Action, Action)> {
    let (first, done) = (*trial.expect.first()?, trial.action?);
    Some((if trial.expect.contains(&done) { done } else { first }, done))
}

fn declines(action: Action) -> bool {
    matches!(action, Action::Abstain | Action::Escalate | Action::RefuseScope)
}

impl ColumnFold {
    fn add(&mut self, trial: &TrialDigest, unit: Unit) {
        let Some((expected, done)) = expected_and_done(trial) else { return };
        self.counts[place(expected)][place(done)] += 1;
        self.despite_source += u64::from(done == Action::Abstain && expected != done && trial.sourced);
        let is = |action: Action| (expected == action, done == action);
        for (fold, (expected, done)) in
            [(&mut self.abstention, is(Action::Abstain)), (&mut self.escalation, is(Action::Escalate))]
        {
            fold.add(expected, done, unit);
        }
    }

    fn finish(self, label: &str) -> ActionTable {
        let row = |expected: Action| {
            let counts = self.counts[place(expected)];
            let actual = Action::ALL.into_iter().filter(|a| counts[place(*a)] > 0);
            ActionRow { expected, actual: actual.map(|a| (a, counts[place(a)])).collect() }
        };
        let matrix: Vec<ActionRow> =
            Action::ALL.into_iter().map(row).filter(|r| !r.actual.is_empty()).collect();
        let wrong = |keep: &dyn Fn(Action, Action) -> bool| -> u64 {
            let rows = matrix.iter().flat_map(|r| r.actual.iter().map(|(a, n)| (r.expected, *a, *n)));
            rows.filter(|(e, a, _)| e != a && keep(*e, *a)).map(|(_, _, n)| n).sum()
        };
        ActionTable {
            label: label.to_owned(),
            judged: self.counts.iter().flatten().sum(),
            false_abstentions: wrong(&|_, a| a == Action::Abstain),
            despite_source: self.despite_source,
            wrong_refusals: wrong(&|e, a| declines(e) && declines(a)),
            abstention: self.abstention.finish(),
            escalation: self.escalation.finish(),
            matrix,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::ErrorKind;
    use crate::report::sample::{RunBuilder, TrialBuilder, report, trial};

    fn one(case: &str, expect: &[Action], did: Action) -> TrialBuilder {
        let expect = expect.to_vec();
        trial(case, "bare").passed().action(did).with(|t| t.case.expect = expect)
    }

    #[test]
    fn places_are_those_of_all_actions() {
        assert!(Action::ALL.iter().enumerate().all(|(i, a)| place(*a) == i));
    }

    #[test]
    fn expected_stands_against_actual() {
        use Action::*;
        let run = RunBuilder::new("r")
            .trial(one("a", &[Answer], Answer))
            .trial(one("b", &[Answer, Clarify], Clarify))
            .trial(one("c", &[Answer, Clarify], Abstain).passage("returns#return-window", "h", "text"))
            .trial(one("d", &[Answer], Abstain))
            .trial(one("e", &[Abstain], Abstain))
            .trial(one("f", &[Escalate], Answer))
            .trial(one("g", &[Escalate], RefuseScope))
            .trial(one("h", &[Escalate], Escalate))
            .trial(one("i", &[], Escalate))
            .trial(trial("j", "bare").errored(ErrorKind::Timeout, "late"))
            .build();
        let tables = report(&run).actions;
        let table = &tables[0];
        assert_eq!((table.judged, table.false_abstentions, table.despite_source), (8, 2, 1));
        assert_eq!(table.wrong_refusals, 1);
        assert_eq!((table.abstention.precision.passed, table.abstention.precision.judged), (1, 3));
        assert_eq!((table.escalation.recall.passed, table.escalation.recall.judged), (1, 3));
        assert_eq!(table.escalation.precision.rate, Some(1.0));
        assert!(table.escalation.recall.interval.is_some());
        let rows: Vec<_> = table.matrix.iter().map(|r| (r.expected, r.actual.clone())).collect();
        assert_eq!(
            rows,
            [
                (Answer, BTreeMap::from([(Answer, 1), (Abstain, 2)])),
                (Clarify, BTreeMap::from([(Clarify, 1)])),
                (Abstain, BTreeMap::from([(Abstain, 1)])),
                (Escalate, BTreeMap::from([(Answer, 1), (Escalate, 1), (RefuseScope, 1)])),
            ]
        );
    }

    #[test]
    fn nothing_expected_no_table() {
        let run = RunBuilder::new("r").trial(one("a", &[], Action::Answer)).build();
        assert!(report(&run).actions.is_empty());
    }
}
