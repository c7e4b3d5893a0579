//! The outcome of every trial, for readers that list them all.
//!
//! A trial that passed is kept without its texts; the others are read whole in the end.

use serde::Serialize;

use crate::diff::CaseGroup;
use crate::outcome::{Outcome, ReadError, Recorded, TrialResult, VariantKey};
use crate::report::failing::shown_part;
use crate::report::kept::Wording;

/// The outcome of one trial.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct OutcomeRow {
    /// Suite id.
    pub suite: String,
    /// Case id.
    pub case: String,
    /// Phrasing key; empty for the case's own wording.
    pub phrasing: String,
    /// Repeat, 1..=n.
    pub index: u32,
    /// Prompt and model.
    pub variant: VariantKey,
    /// Short name of the variant.
    pub label: String,
    /// What came of it.
    pub outcome: Outcome,
    /// Mean score over its scored scorers.
    pub score: Option<f64>,
    /// Wall time of the answer in milliseconds; absent without one.
    pub latency_ms: Option<f64>,
    /// What a reader should see of it; absent when it passed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub texts: Option<OutcomeTexts>,
}

/// The texts of a trial that did not pass.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct OutcomeTexts {
    /// The customer's words.
    pub question: String,
    /// The answer; absent when there is none.
    pub answer: Option<String>,
    /// Accepted answers.
    pub accepted: Vec<String>,
    /// What decided it: the required scorers that failed it as `name: reason`, or what broke.
    pub reasons: Vec<String>,
    /// The scorer that failed it first, the kind of error, or why it was refused or skipped.
    pub kind: String,
}

/// The outcomes while the run is read.
#[derive(Default)]
pub(super) struct OutcomesFold(Vec<Kept>);

/// An outcome as small as it can be kept.
struct Kept {
    wording: Wording,
    column: usize,
    index: u32,
    outcome: Outcome,
    score: Option<f64>,
    latency_ms: Option<f64>,
}

impl OutcomesFold {
    pub(super) fn add(&mut self, group: &CaseGroup) {
        self.0.extend(group.run.trials().map(|(column, trial)| Kept {
            wording: Wording::new(&group.suite, &group.case, &trial.key.phrasing),
            column,
            index: trial.key.index,
            outcome: trial.outcome,
            score: trial.score(),
            latency_ms: trial.answer.as_ref().map(|a| a.latency_ms),
        }));
    }

    /// The rows by suite, then column by column in key order.
    pub(super) fn finish(
        mut self,
        run: &dyn Recorded,
        columns: &[VariantKey],
        labels: &[String],
    ) -> Result<Vec<OutcomeRow>, ReadError> {
        // Stable: inside a column the order stays that of keys.
        self.0.sort_by(|a, b| (&a.wording.suite, a.column).cmp(&(&b.wording.suite, b.column)));
        let row = |kept: Kept| {
            let variant = &columns[kept.column];
            let texts = match kept.outcome {
                Outcome::Passed => None,
                _ => Some(texts(&run.trial(&kept.wording.trial(variant, kept.index))?)),
            };
            Ok(OutcomeRow {
                suite: kept.wording.suite.into(),
                case: kept.wording.case.into(),
                phrasing: kept.wording.phrasing.into(),
                index: kept.index,
                variant: variant.clone(),
                label: labels[kept.column].clone(),
                outcome: kept.outcome,
                score: kept.score,
                latency_ms: kept.latency_ms,
                texts,
            })
        };
        self.0.into_iter().map(row).collect()
    }
}

fn texts(trial: &TrialResult) -> OutcomeTexts {
    let (question, shown) = shown_part(trial);
    let (kind, reasons) = reasons(trial);
    OutcomeTexts {
        question,
        answer: shown.map(|c| c.text),
        accepted: trial.case.goldens.clone(),
        reasons,
        kind,
    }
}

/// The kind of what decided a trial, and what there is to say of it.
fn reasons(trial: &TrialResult) -> (String, Vec<String>) {
    let of = |keep: fn(&crate::score::Score) -> bool| {
        let kept: Vec<_> = trial.scores.iter().filter(|s| keep(s)).collect();
        let first = kept.first().map(|s| s.name.clone());
        (first, kept.iter().map(|s| format!("{}: {}", s.name, s.reason)).collect::<Vec<_>>())
    };
    match trial.outcome {
        Outcome::Passed => (String::new(), Vec::new()),
        Outcome::Failed => match of(crate::score::Score::fails) {
            (Some(first), reasons) => (first, reasons),
            (None, _) => ("empty".to_owned(), vec!["the answer is empty".to_owned()]),
        },
        Outcome::Refused => {
            let stop = trial.completion.as_ref().map_or("refused", |c| c.stop.name());
            ("refused".to_owned(), vec![format!("the endpoint refused: {stop}")])
        }
        Outcome::Errored => match &trial.error {
            Some(error) => (error.kind.name().to_owned(), vec![error.message.clone()]),
            None => ("judge".to_owned(), of(crate::score::Score::broke).1),
        },
        Outcome::Skipped => ("skipped".to_owned(), vec!["no required scorer applied".to_owned()]),
    }
}

#[cfg(test)]
mod tests {
    use crate::provider::ErrorKind;
    use crate::report::sample::{RunBuilder, trial};
    use crate::report::{Depth, Report};

    #[test]
    fn every_trial_has_a_row_when_asked_for() {
        let run = RunBuilder::new("r")
            .trial(trial("a", "bare").passed())
            .trial(trial("a", "grounded").failed("number", "differs"))
            .trial(trial("b", "bare").errored(ErrorKind::Timeout, "late"))
            .trial(trial("c", "bare"))
            .trial(trial("d", "bare").refused())
            .build();
        assert!(Report::build(&run, None, None, Depth::ALL).unwrap().outcomes.is_empty());
        let rows = Report::build(&run, None, None, Depth::ALL.with_outcomes()).unwrap().outcomes;
        let seen: Vec<_> = rows
            .iter()
            .map(|r| (r.case.as_str(), r.label.as_str(), r.texts.as_ref().map(|t| t.kind.as_str())))
            .collect();
        assert_eq!(
            seen,
            [
                ("a", "bare", None),
                ("b", "bare", Some("timeout")),
                ("c", "bare", Some("skipped")),
                ("d", "bare", Some("refused")),
                ("a", "grounded", Some("number")),
            ]
        );
        let texts = rows[4].texts.as_ref().unwrap();
        assert_eq!(texts.reasons, ["number: expected 30 days, found 60 days"]);
        assert_eq!(texts.accepted, ["You have 30 days."]);
    }
}
