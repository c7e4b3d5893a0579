//! How every scorer judged every column.

use std::collections::HashMap;
use std::sync::Arc;

use serde::Serialize;

use crate::diff::CaseGroup;
use crate::outcome::ScoreDigest;
use crate::report::columns::Sum;
use crate::score::{JudgeMark, ScoreState};

/// One line of the table of scorers.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct ScorerRow {
    /// Label.
    pub name: String,
    /// Row of the scorer table.
    pub kind: String,
    /// Whether it decides outcomes.
    pub required: bool,
    /// Whether its judge might decide, when a model judged; of several judges the one that came first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub judge: Option<JudgeMark>,
    /// One per column, in the order of the variants.
    pub cells: Vec<ScorerCell>,
}

/// What one scorer said about one column.
#[derive(Debug, Clone, Default, PartialEq, Serialize, schemars::JsonSchema)]
pub struct ScorerCell {
    /// Answers it was content with.
    pub passed: u64,
    /// Answers it scored.
    pub scored: u64,
    /// Mean value over the scored ones.
    pub mean: Option<f64>,
    /// Answers it had nothing to judge on.
    pub not_applicable: u64,
    /// Answers it could not read.
    pub unparsed: u64,
    /// Answers on which it failed itself.
    pub judge_errors: u64,
}

/// The scorers of every column while the run is read.
pub(super) struct ScorersFold(Vec<ColumnFold>);

#[derive(Default)]
struct ColumnFold {
    /// In order of first appearance.
    rows: Vec<Row>,
    /// Places of the rows with a label.
    at: HashMap<Arc<str>, Vec<usize>>,
}

struct Row {
    name: Arc<str>,
    kind: Arc<str>,
    required: bool,
    judge: Option<JudgeMark>,
    cell: ScorerCell,
    values: Sum,
}

impl Row {
    fn is_of(&self, score: &ScoreDigest) -> bool {
        self.required == score.required && self.kind == score.kind
    }
}

impl ScorersFold {
    pub(super) fn new(columns: usize) -> Self {
        Self((0..columns).map(|_| ColumnFold::default()).collect())
    }

    pub(super) fn add(&mut self, group: &CaseGroup) {
        for (column, trial) in group.run.trials() {
            if let Some(fold) = self.0.get_mut(column) {
                trial.scores.iter().for_each(|score| fold.add(score));
            }
        }
    }

    /// The scorers × variants table, in order of first appearance.
    pub(super) fn finish(self) -> Vec<ScorerRow> {
        let columns = self.0.len();
        let mut table: Vec<ScorerRow> = Vec::new();
        let mut places: HashMap<(Arc<str>, Arc<str>, bool), usize> = HashMap::new();
        for (column, fold) in self.0.into_iter().enumerate() {
            for Row { name, kind, required, judge, cell, values } in fold.rows {
                let place = *places.entry((name.clone(), kind.clone(), required)).or_insert_with(|| {
                    let cells = vec![ScorerCell::default(); columns];
                    let (name, kind) = (name.to_string(), kind.to_string());
                    table.push(ScorerRow { name, kind, required, judge, cells });
                    table.len() - 1
                });
                table[place].cells[column] = ScorerCell { mean: values.mean(), ..cell };
            }
        }
        table
    }
}

impl ColumnFold {
    fn add(&mut self, score: &ScoreDigest) {
        let known = self.at.get(&score.name).and_then(|p| p.iter().find(|i| self.rows[**i].is_of(score)));
        let place = known.copied().unwrap_or_else(|| {
            let (name, kind, required) = (score.name.clone(), score.kind.clone(), score.required);
            self.at.entry(name.clone()).or_default().push(self.rows.len());
            let (judge, cell, values) = (score.judge, ScorerCell::default(), Sum::default());
            self.rows.push(Row { name, kind, required, judge, cell, values });
            self.rows.len() - 1
        });
        let Row { cell, values, .. } = &mut self.rows[place];
        match score.state {
            ScoreState::Scored { value, pass } => {
                values.add(value);
                cell.scored += 1;
                cell.passed += u64::from(pass);
            }
            ScoreState::NotApplicable => cell.not_applicable += 1,
            ScoreState::Unparsed => cell.unparsed += 1,
            ScoreState::JudgeError => cell.judge_errors += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::{RunBuilder, report, trial};

    #[test]
    fn only_scored_ones_enter_the_mean() {
        let run = RunBuilder::new("r")
            .trial(trial("a", "bare").score("golden", ScoreState::Scored { value: 0.5, pass: true }, "ok"))
            .trial(trial("b", "bare").score("golden", ScoreState::NotApplicable, "no golden"))
            .trial(trial("c", "bare").score("golden", ScoreState::Unparsed, "empty"))
            .build();
        let rows = report(&run).scorers;
        assert_eq!(rows.len(), 1);
        let expected = ScorerCell {
            passed: 1,
            scored: 1,
            mean: Some(0.5),
            not_applicable: 1,
            unparsed: 1,
            judge_errors: 0,
        };
        assert_eq!(rows[0].cells, [expected]);
    }

    #[test]
    fn without_trials_there_is_no_row() {
        let run = RunBuilder::new("r").variant("bare").build();
        assert!(report(&run).scorers.is_empty());
    }

    #[test]
    fn scorers_come_as_the_first_column_names_them() {
        let scored = ScoreState::Scored { value: 1.0, pass: true };
        let optional = |t: &mut crate::outcome::TrialResult| t.scores[0].required = false;
        let run = RunBuilder::new("r")
            .variant("bare")
            .trial(trial("a", "grounded").score("late", scored, "ok"))
            .trial(trial("b", "bare").score("early", scored, "ok"))
            .trial(trial("c", "bare").score("early", scored, "ok").with(optional))
            .build();
        let rows = report(&run).scorers;
        let names: Vec<_> = rows.iter().map(|r| (r.name.as_str(), r.required)).collect();
        assert_eq!(names, [("early", true), ("early", false), ("late", true)]);
        assert_eq!((rows[2].cells[0].scored, rows[2].cells[1].scored), (0, 1));
    }
}
