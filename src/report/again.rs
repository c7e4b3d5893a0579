//! What was asked again beside the planned trials: shown apart, because it is in no other number of the report.

use serde::Serialize;

use crate::diff::{CaseGroup, Groups, Outline};
use crate::outcome::{FollowUp, ReadError, Recorded};
use crate::report::columns::{PartSum, labels};
use crate::report::kept::KEPT;

/// The follow-ups of a run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, schemars::JsonSchema)]
pub struct AskedAgain {
    /// Follow-ups with a result.
    pub trials: u64,
    /// USD, beside what the planned trials cost.
    pub cost: PartSum,
    /// Wordings in a column that were asked again.
    pub wordings: u64,
    /// The first of them, by suite and case.
    pub rows: Vec<AgainRow>,
}

/// One wording of a case in one column, asked again.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct AgainRow {
    /// Suite id.
    pub suite: String,
    /// Case id.
    pub case: String,
    /// Phrasing key; empty for the case's own wording.
    pub phrasing: String,
    /// Short name of the column.
    pub label: String,
    /// Why.
    pub why: FollowUp,
    /// What the planned trials came to.
    pub planned: AgainCount,
    /// What the follow-ups came to.
    pub again: AgainCount,
    /// What both together say of the case.
    pub found: AgainFinding,
}

/// Trials of one wording, counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct AgainCount {
    /// Trials that passed.
    pub passed: u32,
    /// Trials with a verdict.
    pub judged: u32,
    /// Trials without one.
    pub unjudged: u32,
}

/// What planned trials and follow-ups say together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AgainFinding {
    /// It passed every time.
    Holds,
    /// It failed every time.
    Fails,
    /// It passed now and then.
    Flaky,
    /// No follow-up has a verdict.
    Unknown,
}

impl AgainFinding {
    fn of(planned: AgainCount, again: AgainCount) -> Self {
        let (passed, judged) = (planned.passed + again.passed, planned.judged + again.judged);
        match passed {
            _ if again.judged == 0 => Self::Unknown,
            0 => Self::Fails,
            _ if passed == judged => Self::Holds,
            _ => Self::Flaky,
        }
    }

    /// The finding in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Holds => "passes every time",
            Self::Fails => "fails every time",
            Self::Flaky => "flaky: passes now and then",
            Self::Unknown => "no verdict",
        }
    }
}

impl AskedAgain {
    /// The follow-ups of a run alone.
    ///
    /// # Errors
    /// The run cannot be read.
    pub fn of(run: &dyn Recorded) -> Result<Option<Self>, ReadError> {
        if run.follow_ups()?.next().is_none() {
            return Ok(None);
        }
        let outline = Outline::of(run)?;
        let labels = labels(&outline.columns);
        let mut fold = AgainFold::default();
        let mut groups = Groups::open(&outline, None)?;
        while let Some(group) = groups.next_case()? {
            fold.add(group, &labels);
        }
        Ok(fold.finish())
    }
}

/// The follow-ups while the run is read.
#[derive(Default)]
pub(super) struct AgainFold(AskedAgain);

impl AgainFold {
    pub(super) fn add(&mut self, group: &CaseGroup, labels: &[String]) {
        for repeats in group.again.repeats() {
            let Some(first) = repeats.trials.first() else { continue };
            self.0.trials += repeats.trials.len() as u64;
            for trial in repeats.trials.iter().filter(|trial| trial.answer.is_some()) {
                self.0.cost.add(trial.cost);
            }
            self.0.wordings += 1;
            if self.0.rows.len() >= KEPT {
                continue;
            }
            let count = |side: crate::diff::Side| AgainCount {
                passed: side.passed,
                judged: side.judged,
                unjudged: side.unjudged,
            };
            let planned = group.run.wording(repeats.column, repeats.phrasing());
            let planned = planned.map(|planned| count(planned.side)).unwrap_or_default();
            let again = count(repeats.side);
            self.0.rows.push(AgainRow {
                suite: group.suite.clone(),
                case: group.case.clone(),
                phrasing: repeats.phrasing().to_owned(),
                label: labels.get(repeats.column).cloned().unwrap_or_default(),
                why: first.follow_up.unwrap_or(FollowUp::Confirm),
                planned,
                again,
                found: AgainFinding::of(planned, again),
            });
        }
    }

    pub(super) fn finish(self) -> Option<AskedAgain> {
        (self.0.trials > 0).then_some(self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::config::{GateRules, MustHold};
    use crate::gate::Verdict::{Fail, Pass};
    use crate::outcome::Run;
    use crate::provider::ErrorKind;
    use crate::report::sample::{RunBuilder, report, trial};
    use crate::report::{Depth, Report};

    #[test]
    fn what_was_asked_again_is_shown_beside_what_was_planned() {
        let run = RunBuilder::new("r")
            .trial(trial("a", "bare").failed("number", "differs"))
            .trial(trial("a", "bare").passed().cost(Some(0.25)).again(2, FollowUp::Confirm))
            .trial(trial("a", "bare").errored(ErrorKind::Timeout, "late").again(3, FollowUp::Confirm))
            .trial(trial("b", "bare").passed())
            .build();
        let found = report(&run);
        let again = found.again.clone().unwrap();
        assert_eq!((again.trials, again.wordings), (2, 1));
        assert_eq!(again.cost, PartSum { known: Some(0.25), unknown: 0 });
        let row = &again.rows[0];
        assert_eq!((row.planned.passed, row.planned.judged), (0, 1));
        assert_eq!(row.again, AgainCount { passed: 1, judged: 1, unjudged: 1 });
        assert_eq!((row.found, row.why), (AgainFinding::Flaky, FollowUp::Confirm));
        assert_eq!((found.run.done, found.run.planned, found.variants[0].errored), (2, 2, 0));
        assert_eq!(AskedAgain::of(&run).unwrap(), found.again);
        let alone = RunBuilder::new("r").trial(trial("a", "bare").passed()).build();
        assert_eq!(report(&alone).again, None);
    }

    /// Case, what came of it, for a follow-up why, and the column.
    type Drawn = (u8, u8, u8, bool);

    fn drawn() -> impl Strategy<Value = Vec<Drawn>> {
        prop::collection::vec((0_u8..6, 0_u8..3, 0_u8..6, any::<bool>()), 1..24)
    }

    /// A run of these trials; half of them have a follow-up that says something else, where there are any.
    fn run(trials: &[Drawn], follow_ups: bool) -> Run {
        let mut run = RunBuilder::new("r").variant("bare").variant("grounded");
        for (index, (case, outcome, why, grounded)) in (1..).zip(trials) {
            let (case, prompt) = (format!("c{case}"), if *grounded { "grounded" } else { "bare" });
            let planned = match outcome {
                0 => trial(&case, prompt).passed(),
                1 => trial(&case, prompt).failed("number", "differs"),
                _ => trial(&case, prompt).errored(ErrorKind::Server, "502"),
            };
            run = run.trial(planned.index(index));
            if let Some(why) = FollowUp::ALL.get(usize::from(*why)).filter(|_| follow_ups) {
                let again = trial(&case, prompt);
                let again = if *outcome == 0 { again.failed("number", "differs") } else { again.passed() };
                run = run.trial(again.again(100 + index, *why));
            }
        }
        run.build()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn follow_ups_change_no_number_of_the_planned_trials(base in drawn(), cand in drawn()) {
            let rules = GateRules {
                min_pass_rate: Some(0.5),
                no_worse: Some(0.05),
                baseline: Some("base".into()),
                ..GateRules::default()
            };
            let of = |follow_ups: bool| {
                let (base, cand) = (run(&base, follow_ups), run(&cand, follow_ups));
                let depth = Depth::ALL.with_outcomes().with_areas().with_cases();
                let mut report = Report::build(&cand, Some(&base), Some(&rules), depth).unwrap();
                report.again = None;
                report
            };
            prop_assert_eq!(of(true), of(false));
        }

        #[test]
        fn follow_ups_fail_no_gate_that_would_pass(base in drawn(), cand in drawn()) {
            let rules = GateRules {
                must_hold: MustHold::Passed,
                critical_all: true,
                confirm: 2,
                max_error_rate: Some(1.0),
                ..GateRules::default()
            };
            let base = run(&base, false);
            let gate = |cand: &Run| crate::gate::check(&rules, cand, Some(&base)).unwrap().rules;
            for (without, with) in gate(&run(&cand, false)).iter().zip(&gate(&run(&cand, true))) {
                prop_assert!(with.verdict != Fail || without.verdict == Fail, "{without:?} {with:?}");
                prop_assert!(with.verdict == Pass || without.verdict != Pass, "{without:?} {with:?}");
            }
        }
    }
}
