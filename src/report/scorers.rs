//! How every scorer judged every column.

use serde::Serialize;

use crate::report::columns::Column;
use crate::score::{Score, ScoreState};
use crate::stats;

/// One line of the table of scorers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ScorerRow {
    /// Label.
    pub name: String,
    /// Row of the scorer table.
    pub kind: String,
    /// Whether it decides outcomes.
    pub required: bool,
    /// One per column, in the order of the variants.
    pub cells: Vec<ScorerCell>,
}

/// What one scorer said about one column.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
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

impl ScorerCell {
    fn of<'a>(scores: impl Iterator<Item = &'a Score>) -> Self {
        let mut cell = Self::default();
        let mut values = Vec::new();
        for score in scores {
            match score.state {
                ScoreState::Scored { value, pass } => {
                    values.push(value);
                    cell.scored += 1;
                    cell.passed += u64::from(pass);
                }
                ScoreState::NotApplicable => cell.not_applicable += 1,
                ScoreState::Unparsed => cell.unparsed += 1,
                ScoreState::JudgeError => cell.judge_errors += 1,
            }
        }
        cell.mean = stats::mean(&values);
        cell
    }
}

/// The scorers × variants table, in order of first appearance.
pub fn scorer_rows(columns: &[Column<'_>]) -> Vec<ScorerRow> {
    let mut names: Vec<(&str, &str, bool)> = Vec::new();
    for score in columns.iter().flat_map(|c| &c.trials).flat_map(|t| &t.scores) {
        let name = (score.name.as_str(), score.kind.as_str(), score.required);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
        .into_iter()
        .map(|(name, kind, required)| {
            let mine = |s: &&Score| s.name == name && s.kind == kind && s.required == required;
            let cells = columns
                .iter()
                .map(|c| ScorerCell::of(c.trials.iter().flat_map(|t| &t.scores).filter(mine)))
                .collect();
            ScorerRow { name: name.to_owned(), kind: kind.to_owned(), required, cells }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::columns::columns;
    use crate::report::sample::{RunBuilder, trial};

    #[test]
    fn only_scored_ones_enter_the_mean() {
        let run = RunBuilder::new("r")
            .trial(trial("a", "bare").score("golden", ScoreState::Scored { value: 0.5, pass: true }, "ok"))
            .trial(trial("b", "bare").score("golden", ScoreState::NotApplicable, "no golden"))
            .trial(trial("c", "bare").score("golden", ScoreState::Unparsed, "empty"))
            .build();
        let rows = scorer_rows(&columns(&run));
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
        assert!(scorer_rows(&columns(&run)).is_empty());
    }
}
