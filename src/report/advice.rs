//! What to do next, computed from a report.

use std::fmt;

use serde::Serialize;

use crate::diff::ChangeKind;
use crate::outcome::RunStatus;
use crate::report::Report;

/// One thing to do next, worded for the situation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(into = "AdviceRow")]
pub enum Advice {
    /// Trials are missing: the run was interrupted.
    FinishInterrupted {
        /// The run.
        run: String,
        /// Trials without a result.
        missing: u64,
    },
    /// Trials errored: they count in no rate.
    FinishErrored {
        /// The run.
        run: String,
        /// Errored trials.
        errored: u64,
    },
    /// Something regressed since the earlier run.
    LookAtDiff {
        /// The earlier run.
        base: String,
        /// This run.
        cand: String,
        /// Regressed cases.
        regressed: u64,
        /// Whether they are wordings of cases.
        wordings: bool,
    },
    /// A case failed.
    Explain {
        /// The run.
        run: String,
        /// A failing case.
        case: String,
    },
    /// Goldens rest on passages that were edited since.
    Confirm {
        /// Cases whose goldens are suspect.
        cases: u64,
    },
    /// Answers without a golden could be accepted.
    Accept {
        /// The run.
        run: String,
        /// Cases without an accepted answer.
        cases: u64,
    },
    /// All is well: the run can serve as a baseline.
    Tag {
        /// The run.
        run: String,
    },
}

/// [`Advice`] as data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct AdviceRow {
    /// Why.
    pub why: String,
    /// The command to type.
    pub command: String,
}

impl From<Advice> for AdviceRow {
    fn from(advice: Advice) -> Self {
        Self { why: advice.why(), command: advice.command() }
    }
}

impl Advice {
    /// Why, in a fragment.
    pub fn why(&self) -> String {
        use crate::report::numbers::plural;
        match self {
            Advice::FinishInterrupted { missing, .. } => {
                format!("{} without a result; finish the run", plural(*missing, "trial"))
            }
            Advice::FinishErrored { errored, .. } => {
                format!("{} in no rate; ask again", plural(*errored, "errored trial"))
            }
            Advice::LookAtDiff { regressed, wordings, .. } => {
                let what = if *wordings { "wording" } else { "case" };
                format!("{} regressed; see what changed", plural(*regressed, what))
            }
            Advice::Explain { .. } => "see one failing case whole".to_owned(),
            Advice::Confirm { cases } => format!(
                "{} whose goldens rest on edited passages, judged by no gate; confirm or correct them",
                plural(*cases, "suspect case")
            ),
            Advice::Accept { cases, .. } => {
                format!("{} without an accepted answer; review and accept", plural(*cases, "case"))
            }
            Advice::Tag { .. } => "keep this run to compare later ones with".to_owned(),
        }
    }

    /// The command to type.
    pub fn command(&self) -> String {
        match self {
            Advice::FinishInterrupted { run, .. } | Advice::FinishErrored { run, .. } => {
                format!("regauge run --resume {run}")
            }
            Advice::LookAtDiff { base, cand, .. } => format!("regauge diff {base} {cand}"),
            Advice::Explain { run, case } => format!("regauge explain {case} --run {run}"),
            Advice::Confirm { .. } => "regauge accept --confirm".to_owned(),
            Advice::Accept { run, .. } => format!("regauge accept --run {run}"),
            Advice::Tag { run } => format!("regauge runs tag {run} baseline"),
        }
    }
}

impl fmt::Display for Advice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.why(), self.command())
    }
}

/// The advice for a report, the most pressing first.
pub fn advise(report: &Report) -> Vec<Advice> {
    let run = || report.run.id.clone();
    let mut advice = Vec::new();
    let missing = report.run.planned.saturating_sub(report.run.done);
    if report.run.status != RunStatus::Finished && missing > 0 {
        advice.push(Advice::FinishInterrupted { run: run(), missing });
    }
    let errored: u64 = report.variants.iter().map(|v| v.errored).sum();
    if errored > 0 {
        advice.push(Advice::FinishErrored { run: run(), errored });
    }
    if report.run.suspect > 0 {
        advice.push(Advice::Confirm { cases: report.run.suspect });
    }
    if let Some(since) = &report.since {
        let regressed = since.count(ChangeKind::Regressed);
        if regressed > 0 {
            let wordings = since.columns.iter().any(|column| column.versus.wordings);
            advice.push(Advice::LookAtDiff { base: since.base.clone(), cand: run(), regressed, wordings });
        }
    }
    if let Some(case) = report.failing.iter().flat_map(|g| &g.cases).next() {
        advice.push(Advice::Explain { run: run(), case: case.case.clone() });
    }
    // Without an answer there is nothing to accept.
    let answered = report.variants.iter().any(|v| v.answered > 0);
    if report.run.without_golden > 0 && answered {
        advice.push(Advice::Accept { run: run(), cases: report.run.without_golden });
    }
    if advice.is_empty() && report.run.done > 0 && report.run.tags.is_empty() {
        advice.push(Advice::Tag { run: run() });
    }
    advice
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::ErrorKind;
    use crate::report::sample::{RunBuilder, report, trial};

    fn commands(run: &crate::outcome::Run) -> Vec<String> {
        report(run).next.iter().map(Advice::command).collect()
    }

    #[test]
    fn each_situation_has_its_own_advice() {
        let stopped = RunBuilder::new("r1").planned(3).stopped("interrupted");
        assert_eq!(
            commands(&stopped.trial(trial("a", "bare").passed()).build()),
            ["regauge run --resume r1"]
        );
        let errored = RunBuilder::new("r2").trial(trial("a", "bare").errored(ErrorKind::Server, "502"));
        assert_eq!(commands(&errored.build()), ["regauge run --resume r2"]);
        let failing = RunBuilder::new("r3").trial(trial("a", "bare").failed("number", "differs"));
        assert_eq!(commands(&failing.build()), ["regauge explain a --run r3"]);
        let bare = RunBuilder::new("r4").trial(trial("a", "bare").passed().with(|t| t.case.goldens.clear()));
        assert_eq!(commands(&bare.build()), ["regauge accept --run r4"]);
        let clean = RunBuilder::new("r5").trial(trial("a", "bare").passed());
        assert_eq!(commands(&clean.build()), ["regauge runs tag r5 baseline"]);
        assert!(commands(&RunBuilder::new("r6").build()).is_empty());
    }

    #[test]
    fn the_words_name_the_number() {
        let advice = Advice::FinishInterrupted { run: "r".into(), missing: 2 };
        assert_eq!(advice.to_string(), "2 trials without a result; finish the run: regauge run --resume r");
    }
}
