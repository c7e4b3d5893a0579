//! What the gate says, as shown.

use serde::Serialize;

use crate::gate::{GateResult, RuleResult, Verdict};
use crate::outcome::VariantKey;
use crate::report::Since;
use crate::sentence::Sentence;

/// The gate's verdict and the rules it rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct GateView {
    /// Whether the run may pass.
    pub passed: bool,
    /// The worst of its rules.
    pub verdict: Verdict,
    /// The verdict in words.
    pub words: String,
    /// Every rule, in a fixed order.
    pub rules: Vec<GateRule>,
    /// What was not checked, in words.
    pub not_checked: Vec<Sentence>,
}

/// One rule of the gate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct GateRule {
    /// The rule as configured.
    pub rule: Sentence,
    /// The column it was applied to; absent for rules of the whole run.
    pub variant: Option<VariantKey>,
    /// The numbers it rests on.
    pub detail: Sentence,
    /// What it says.
    pub verdict: Verdict,
}

impl GateView {
    /// The gate's result as it is shown.
    pub fn of(result: &GateResult) -> Self {
        let rule = |r: &RuleResult| GateRule {
            rule: r.rule.clone(),
            variant: r.variant.clone(),
            detail: r.detail.clone(),
            verdict: r.verdict,
        };
        Self {
            passed: result.verdict == Verdict::Pass,
            verdict: result.verdict,
            words: words(result).to_owned(),
            rules: result.rules.iter().map(rule).collect(),
            not_checked: result.not_checked.clone(),
        }
    }
}

impl GateView {
    /// Says what makes the runs comparable again, where they are not.
    pub(super) fn say_what_moved(&mut self, since: &Since) {
        if self.verdict == Verdict::NotComparable {
            let ways = since.ways_back().into_iter().map(|(words, command)| format!("; {words}{command}"));
            self.words.extend(ways);
        }
    }

    /// The same beside the cases of another earlier run than the baseline: what is known of the baseline leads nowhere.
    #[must_use]
    pub(super) fn of_another_baseline(mut self) -> Self {
        for rule in &mut self.rules {
            rule.detail = std::mem::take(&mut rule.detail).without_earlier();
        }
        self
    }
}

fn words(result: &GateResult) -> &'static str {
    match result.verdict {
        Verdict::Pass => "the gate is passed",
        Verdict::Fail => "the gate failed: a rule is broken",
        Verdict::Inconclusive => "cannot tell: the numbers allow neither a yes nor a no",
        Verdict::CannotTell => "cannot tell: there is nothing or too little to judge by",
        Verdict::NotComparable => "not comparable: cases or scorers moved since the earlier run",
        Verdict::Incomplete => "the run is incomplete: too many trials have no verdict",
    }
}

/// The name of a verdict in reports.
pub(super) fn verdict_name(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "pass",
        Verdict::Fail => "fail",
        Verdict::Inconclusive => "inconclusive",
        Verdict::CannotTell => "cannot tell",
        Verdict::NotComparable => "not comparable",
        Verdict::Incomplete => "incomplete",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_pass_is_passed() {
        use Verdict::{CannotTell, Fail, Incomplete, Inconclusive, NotComparable, Pass};
        for verdict in [Pass, Fail, Inconclusive, CannotTell, NotComparable, Incomplete] {
            let view = GateView::of(&GateResult { verdict, rules: vec![], not_checked: vec![] });
            assert_eq!(view.passed, verdict == Verdict::Pass);
        }
    }
}
