//! Failing cases, grouped by the reason that decided them.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::case::Tier;
use crate::outcome::{Outcome, TrialResult};
use crate::provider::StopReason;
use crate::report::columns::Column;
use crate::report::passages::{PassageView, passage_views};
use crate::score::{Evidence, Score, ScoreState, against};

/// Failing cases with one reason.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FailingGroup {
    /// The first required scorer that was not content; `answer` when there was none to judge.
    pub scorer: String,
    /// What it found: the label of its evidence, `unreadable`, `empty` or `refused`.
    pub reason: String,
    /// The cases: critical ones first, then by traffic weight, then in key order.
    pub cases: Vec<FailingCase>,
}

/// One wording of a case that failed on one variant.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FailingCase {
    /// Suite id.
    pub suite: String,
    /// Case id.
    pub case: String,
    /// Phrasing key; empty for the case's own wording.
    pub phrasing: String,
    /// Short name of the variant.
    pub label: String,
    /// Prompt name.
    pub prompt: String,
    /// Model name.
    pub model: String,
    /// How much it matters.
    pub tier: Tier,
    /// Traffic weight.
    pub weight: f64,
    /// Trials that failed.
    pub failed: u64,
    /// Trials with a verdict.
    pub judged: u64,
    /// The customer's words.
    pub question: String,
    /// Answer of the first trial that failed.
    pub answer: String,
    /// Whether the answer ran into the token limit.
    pub cut_off: bool,
    /// Why the endpoint refused, in its own word.
    pub refused: Option<String>,
    /// Accepted answers.
    pub accepted: Vec<String>,
    /// Passages that contradict or support the answer; else the ones it was given.
    pub passages: Vec<PassageView>,
    /// The required scorers that were not content.
    pub findings: Vec<FailedFinding>,
}

/// One scorer that was not content.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FailedFinding {
    /// Label.
    pub scorer: String,
    /// One line for a reader.
    pub reason: String,
    /// Why.
    pub evidence: Vec<Evidence>,
}

/// The failing cases of all columns, largest group first.
pub fn failing_groups(columns: &[Column<'_>]) -> Vec<FailingGroup> {
    let mut groups: BTreeMap<(String, String), Vec<FailingCase>> = BTreeMap::new();
    for column in columns {
        let mut wordings: BTreeMap<(&str, &str, &str), Vec<&TrialResult>> = BTreeMap::new();
        for &trial in &column.trials {
            let key = (&*trial.key.suite, &*trial.key.case, &*trial.key.phrasing);
            wordings.entry(key).or_default().push(trial);
        }
        for trials in wordings.values() {
            if let Some(first) = trials.iter().find(|t| t.outcome.verdict() == Some(false)) {
                groups.entry(reason_of(first)).or_default().push(case(column, trials, first));
            }
        }
    }
    let mut groups: Vec<FailingGroup> = groups
        .into_iter()
        .map(|((scorer, reason), mut cases)| {
            cases.sort_by(|a, b| a.tier.cmp(&b.tier).then(b.weight.total_cmp(&a.weight)));
            FailingGroup { scorer, reason, cases }
        })
        .collect();
    groups.sort_by_key(|g| std::cmp::Reverse(g.cases.len()));
    groups
}

/// The scorer and the kind of reason that decided a failed trial.
pub fn reason_of(trial: &TrialResult) -> (String, String) {
    let is = |reason: &str| ("answer".to_owned(), reason.to_owned());
    if trial.outcome == Outcome::Refused {
        return is("refused");
    }
    if trial.completion.as_ref().is_none_or(|c| c.text.trim().is_empty() && c.tool_calls.is_empty()) {
        return is("empty");
    }
    let Some(score) = trial.scores.iter().find(|s| discontent(s)) else { return is("failed") };
    let reason = if score.state == ScoreState::Unparsed {
        "unreadable"
    } else {
        against(&score.evidence).first().map_or("", |e| e.label.as_str())
    };
    (score.name.clone(), reason.to_owned())
}

fn discontent(score: &Score) -> bool {
    score.required && (score.pass() == Some(false) || score.state == ScoreState::Unparsed)
}

fn case(column: &Column<'_>, trials: &[&TrialResult], first: &TrialResult) -> FailingCase {
    let verdicts = || trials.iter().filter_map(|t| t.outcome.verdict());
    let stop = first.completion.as_ref().map(|c| &c.stop);
    let findings: Vec<FailedFinding> = first
        .scores
        .iter()
        .filter(|s| discontent(s))
        .map(|s| FailedFinding {
            scorer: s.name.clone(),
            reason: s.reason.clone(),
            evidence: s.evidence.clone(),
        })
        .collect();
    FailingCase {
        suite: first.key.suite.clone(),
        case: first.key.case.clone(),
        phrasing: first.key.phrasing.clone(),
        label: column.label.clone(),
        prompt: first.key.prompt.clone(),
        model: first.key.model.clone(),
        tier: first.case.tier,
        weight: first.case.weight,
        failed: verdicts().filter(|pass| !pass).count() as u64,
        judged: verdicts().count() as u64,
        question: first.case.input.clone(),
        answer: first.answer().unwrap_or_default().to_owned(),
        cut_off: stop == Some(&StopReason::Length),
        refused: (first.outcome == Outcome::Refused).then(|| stop.map_or("", |s| s.name()).to_owned()),
        accepted: first.case.goldens.clone(),
        passages: passage_views(first, findings.iter().flat_map(|f| against(&f.evidence))),
        findings,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::columns::columns;
    use crate::report::sample::{RunBuilder, trial};

    #[test]
    fn cases_are_grouped_by_deciding_scorer_and_reason() {
        let run = RunBuilder::new("r")
            .trial(trial("a", "bare").failed("number", "differs"))
            .trial(trial("b", "bare").failed("number", "differs").weight(5.0))
            .trial(trial("c", "bare").failed("number", "differs").with(|t| t.case.tier = Tier::Critical))
            .trial(trial("d", "bare").failed("contains", "missing"))
            .trial(trial("e", "bare").refused())
            .trial(trial("f", "bare").answer(" ").with(|t| t.outcome = Outcome::Failed))
            .trial(trial("g", "bare").passed())
            .build();
        let groups = failing_groups(&columns(&run));
        let names: Vec<_> =
            groups.iter().map(|g| (g.scorer.as_str(), g.reason.as_str(), g.cases.len())).collect();
        assert_eq!(
            names,
            [
                ("number", "differs", 3),
                ("answer", "empty", 1),
                ("answer", "refused", 1),
                ("contains", "missing", 1)
            ]
        );
        let order: Vec<_> = groups[0].cases.iter().map(|c| c.case.as_str()).collect();
        assert_eq!(order, ["c", "b", "a"]);
    }

    #[test]
    fn repeats_are_one_case() {
        let run = RunBuilder::new("r")
            .trial(trial("a", "bare").passed())
            .trial(trial("a", "bare").index(2).failed("number", "differs"))
            .build();
        let groups = failing_groups(&columns(&run));
        assert_eq!((groups[0].cases[0].failed, groups[0].cases[0].judged), (1, 2));
        assert_eq!(groups[0].cases[0].answer, "You have 60 days to return it.");
    }

    #[test]
    fn evidence_for_the_answer_does_not_name_the_reason() {
        let run =
            RunBuilder::new("r").trial(trial("a", "bare").failed("grounded", "unsupported").with(|t| {
                t.scores[0].evidence.insert(0, Evidence::new("supported", "You"));
            }));
        assert_eq!(failing_groups(&columns(&run.build()))[0].reason, "unsupported");
    }
}
