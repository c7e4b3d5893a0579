//! Failing cases, grouped by the reason that decided them.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use crate::case::Tier;
use crate::diff::{CaseGroup, Repeats};
use crate::outcome::{Outcome, ReadError, Recorded, TrialDigest, TrialResult, VariantKey};
use crate::provider::{Completion, StopReason};
use crate::report::dialogue::{TurnView, turn_views};
use crate::report::kept::{Best, Depth, Rank, Wording};
use crate::report::passages::{PassageView, passage_views};
use crate::score::{Evidence, Score, ScoreState, against};
use crate::sentence::UNREADABLE;

/// Failing cases with one reason.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct FailingGroup {
    /// The first required scorer that was not content; `answer` when there was none to judge.
    pub scorer: String,
    /// What it found: the label of its evidence, `unreadable`, `empty` or `refused`.
    pub reason: String,
    /// How many cases there are.
    pub total: u64,
    /// The cases: critical ones first, then by traffic weight, then in key order; the first of them when
    /// there are many.
    pub cases: Vec<FailingCase>,
}

/// One wording of a case that failed on one variant.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
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
    /// Trials that failed or were refused.
    pub failed: u64,
    /// Trials with a verdict.
    pub judged: u64,
    /// The customer's words.
    pub question: String,
    /// Answer of the first trial that failed.
    pub answer: String,
    /// Of a scripted conversation, the first turn that failed, counted from 1; absent when only its end did.
    /// `question` and `answer` are then of this turn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failing_turn: Option<usize>,
    /// The turns of a scripted conversation.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub turns: Vec<TurnView>,
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

impl FailingCase {
    /// What became of the trials that did not pass.
    pub(super) fn verb(&self) -> &'static str {
        if self.refused.is_some() { "refused" } else { "failed" }
    }
}

/// One scorer that was not content.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct FailedFinding {
    /// Label.
    pub scorer: String,
    /// One line for a reader.
    pub reason: String,
    /// Why.
    pub evidence: Vec<Evidence>,
    /// Whether it is about the answer that is shown: in a conversation another turn may have failed as well.
    #[serde(skip)]
    pub of_shown: bool,
}

/// The failing cases of all columns while the run is read.
#[derive(Default)]
pub(super) struct FailingFold {
    groups: BTreeMap<(Arc<str>, Arc<str>), Best<Failing>>,
    /// Wordings seen in all columns.
    place: u64,
}

/// A failing case as small as it can be kept.
struct Failing {
    wording: Wording,
    /// The first repeat that failed.
    index: u32,
    failed: u64,
    judged: u64,
}

impl FailingFold {
    pub(super) fn add(&mut self, group: &CaseGroup) {
        for repeats in group.run.repeats() {
            self.place += 1;
            let side = repeats.side;
            let Some(first) = failed(&repeats) else { continue };
            let rank =
                Rank { tier: first.tier, weight: first.weight, column: repeats.column, place: self.place };
            self.groups.entry(reason_of(first)).or_default().add(rank, || Failing {
                wording: Wording::new(&group.suite, &group.case, repeats.phrasing()),
                index: side.shown,
                failed: u64::from(side.judged - side.passed),
                judged: u64::from(side.judged),
            });
        }
    }

    /// The groups, largest first.
    pub(super) fn finish(
        self,
        run: &dyn Recorded,
        columns: &[VariantKey],
        labels: &[String],
        depth: Depth,
    ) -> Result<Vec<FailingGroup>, ReadError> {
        let view = |(rank, kept): (Rank, Failing)| {
            let trial = run.trial(&kept.wording.trial(&columns[rank.column], kept.index))?;
            Ok(case(&labels[rank.column], &kept, trial))
        };
        let group = |((scorer, reason), cases): ((Arc<str>, Arc<str>), Best<Failing>)| {
            Ok(FailingGroup {
                scorer: scorer.to_string(),
                reason: reason.to_string(),
                total: cases.total(),
                cases: cases
                    .into_kept()
                    .into_iter()
                    .take(depth.most())
                    .map(view)
                    .collect::<Result<_, _>>()?,
            })
        };
        let groups = self.groups.into_iter().map(group);
        let mut groups: Vec<FailingGroup> = groups.collect::<Result<_, ReadError>>()?;
        groups.sort_by_key(|g| std::cmp::Reverse(g.total));
        Ok(groups)
    }
}

/// The first trial that failed of a wording that did not pass every time.
pub(super) fn failed<'a>(repeats: &Repeats<'a>) -> Option<&'a TrialDigest> {
    repeats.shown().filter(|_| repeats.side.passed < repeats.side.judged)
}

/// The scorer and the kind of reason that decided a failed trial.
pub(super) fn reason_of(trial: &TrialDigest) -> (Arc<str>, Arc<str>) {
    let is = |reason: &str| (Arc::from("answer"), Arc::from(reason));
    if trial.outcome == Outcome::Refused {
        return is("refused");
    }
    if trial.answer.as_ref().is_none_or(|a| a.empty) {
        return is("empty");
    }
    let Some(score) = trial.scores.iter().find(|s| s.fails()) else { return is("failed") };
    let unreadable = score.state == ScoreState::Unparsed;
    (score.name.clone(), if unreadable { UNREADABLE.into() } else { score.label.clone() })
}

fn discontent(score: &Score) -> bool {
    score.fails()
}

/// The customer's words and the answer that a reader should see: of a conversation those of the first turn that
/// failed, else of the last.
pub(super) fn shown_part(trial: &TrialResult) -> (String, Option<Completion>) {
    let failing_turn = trial.failing_turn();
    let shown = match failing_turn {
        Some(turn) => trial.turns[turn - 1].completion(),
        None => trial.completion.clone(),
    };
    let question = match failing_turn.map_or(trial.turns.last(), |turn| trial.turns.get(turn - 1)) {
        Some(turn) => turn.say.clone(),
        None => trial.case.input.clone(),
    };
    (question, shown)
}

fn case(label: &str, kept: &Failing, first: TrialResult) -> FailingCase {
    let failing_turn = first.failing_turn();
    let (question, shown) = shown_part(&first);
    let of_shown = first.score_places(failing_turn.unwrap_or(0));
    let stop = shown.as_ref().map(|c| &c.stop);
    let cut_off = stop == Some(&StopReason::Length);
    let refused = (first.outcome == Outcome::Refused).then(|| stop.map_or("", |s| s.name()).to_owned());
    let findings: Vec<FailedFinding> = first
        .scores
        .iter()
        .enumerate()
        .filter(|(_, s)| discontent(s))
        .map(|(place, s)| FailedFinding {
            scorer: s.name.clone(),
            reason: s.reason.clone(),
            evidence: s.evidence.clone(),
            of_shown: of_shown.contains(&place),
        })
        .collect();
    FailingCase {
        turns: turn_views(&first),
        failing_turn,
        passages: passage_views(&first, findings.iter().flat_map(|f| against(&f.evidence))),
        suite: first.key.suite,
        case: first.key.case,
        phrasing: first.key.phrasing,
        label: label.to_owned(),
        prompt: first.key.prompt,
        model: first.key.model,
        tier: first.case.tier,
        weight: first.case.weight,
        failed: kept.failed,
        judged: kept.judged,
        question,
        answer: shown.map(|c| c.text).unwrap_or_default(),
        cut_off,
        refused,
        accepted: first.case.goldens,
        findings,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::{RunBuilder, report, trial};

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
        let groups = report(&run).failing;
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
        let groups = report(&run).failing;
        assert_eq!((groups[0].cases[0].failed, groups[0].cases[0].judged), (1, 2));
        assert_eq!(groups[0].cases[0].answer, "You have 60 days to return it.");
    }

    #[test]
    fn evidence_for_the_answer_does_not_name_the_reason() {
        let run =
            RunBuilder::new("r").trial(trial("a", "bare").failed("grounded", "unsupported").with(|t| {
                t.scores[0].evidence.insert(0, Evidence::new("supported", "You"));
            }));
        assert_eq!(report(&run.build()).failing[0].reason, "unsupported");
    }
}
