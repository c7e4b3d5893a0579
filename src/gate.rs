//! The gate: rules a run must keep. It never passes because nothing was checked.

mod relative;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use crate::case::Tier;
use crate::config::{GateRules, MustHold};
use crate::diff::{CaseGroup, Groups, Outline};
use crate::golden::Standing;
use crate::outcome::{Outcome, ReadError, Recorded, RunHeader, TrialDigest, VariantKey};
use crate::score::ScoreState;

use relative::RelativeFold;

/// What one rule, or the whole gate, says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The rule is kept.
    Pass,
    /// The rule is broken.
    Fail,
    /// It was judged, and the numbers allow neither a yes nor a no; `on_inconclusive` may let it pass.
    Inconclusive,
    /// Nothing to judge it by.
    CannotTell,
    /// Cases or scorers moved since the earlier run, so that nothing can be held against it.
    NotComparable,
    /// Too many trials have no verdict.
    Incomplete,
}

/// One rule on one column.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RuleResult {
    /// The rule as configured, e.g. `min_pass_rate = 0.8`.
    pub rule: String,
    /// The column it was applied to; absent for rules of the whole run.
    pub variant: Option<VariantKey>,
    /// The numbers it rests on.
    pub detail: String,
    /// What it says.
    pub verdict: Verdict,
}

/// What the gate says of a run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GateResult {
    /// The worst of its rules.
    pub verdict: Verdict,
    /// Every rule, in a fixed order.
    pub rules: Vec<RuleResult>,
    /// What was not checked, in words.
    pub not_checked: Vec<String>,
}

/// Most names of broken critical cases in the words of a rule.
const NAMES: usize = 1000;
/// Most names of suspect cases in words.
const SUSPECTS: usize = 20;

/// Holds a run against the rules, and against an earlier run where there is one.
///
/// # Errors
/// A run cannot be read.
pub fn check(
    rules: &GateRules,
    run: &dyn Recorded,
    earlier: Option<&dyn Recorded>,
) -> Result<GateResult, ReadError> {
    let outline = Outline::of(run)?;
    let earlier = earlier.map(Outline::of).transpose()?;
    let mut fold = GateFold::new(rules, &outline.columns, earlier.as_ref());
    let mut groups = Groups::open(&outline, earlier.as_ref())?;
    while let Some(group) = groups.next_case()? {
        fold.add(group);
    }
    Ok(fold.finish(&run.info().header))
}

/// The gate while a run is read: a case in, in the end the result out.
pub struct GateFold<'a> {
    rules: &'a GateRules,
    columns: Vec<ColumnFold>,
    relative: RelativeFold,
    done: u64,
    errored: u64,
    skipped: u64,
    exploratory: u64,
    simulated: u64,
    /// Cases whose goldens rest on edited passages.
    suspect: Vec<String>,
    /// Whether a case was asked in several wordings.
    grouped: bool,
    /// Judges that decide nothing, by scorer.
    uncertified: BTreeMap<Arc<str>, Standing>,
}

/// What the rules need of one column.
#[derive(Default)]
struct ColumnFold {
    passed: u64,
    judged: u64,
    critical: u64,
    unjudged: u64,
    broken: u64,
    names: Vec<String>,
    /// Per scorer of `never`.
    never: Vec<NeverFold>,
}

/// A scorer of which not one trial may fail.
#[derive(Clone, Default)]
struct NeverFold {
    judged: u64,
    failed: u64,
    /// Trials that errored, or of which the scorer broke.
    unjudged: u64,
    /// The first cases that failed.
    names: Vec<String>,
}

impl<'a> GateFold<'a> {
    /// A gate over a run with these columns, the planned ones first.
    pub fn new(rules: &'a GateRules, columns: &[VariantKey], earlier: Option<&Outline<'_>>) -> Self {
        let relative = RelativeFold::new(columns, earlier);
        let fold =
            || ColumnFold { never: vec![NeverFold::default(); rules.never.len()], ..ColumnFold::default() };
        let columns = columns.iter().map(|_| fold()).collect();
        let uncertified = BTreeMap::new();
        Self {
            rules,
            columns,
            relative,
            done: 0,
            errored: 0,
            skipped: 0,
            exploratory: 0,
            simulated: 0,
            suspect: Vec::new(),
            grouped: false,
            uncertified,
        }
    }

    /// Takes in one case.
    pub fn add(&mut self, group: &CaseGroup) {
        if group.run.trials().any(|(_, trial)| trial.tier == Tier::Suspect) {
            self.suspect.push(format!("{}/{}", group.suite, group.case));
        }
        for (column, trial) in group.run.trials() {
            self.done += 1;
            let simulated = trial.tier == Tier::Simulated;
            self.simulated += u64::from(simulated);
            // A judge that broke is an error also where another scorer decided the outcome.
            let broke = trial.scores.iter().any(|score| score.required && score.broke());
            self.errored += u64::from((trial.outcome == Outcome::Errored || broke) && !simulated);
            self.see_judges(trial);
            self.skipped += u64::from(trial.outcome == Outcome::Skipped);
            self.exploratory += u64::from(trial.tier == Tier::Exploratory);
            if let Some(column) = self.columns.get_mut(column) {
                column.see_never(&self.rules.never, trial);
            }
            if let Some(column) = self.columns.get_mut(column).filter(|_| !group.run.has_phrasings()) {
                column.add(trial, trial.outcome.verdict());
            }
        }
        if group.run.has_phrasings() {
            self.add_wordings(group);
        }
        self.relative.add(self.rules.must_hold, group);
    }

    /// A case asked in several wordings counts once per repeat, and passes only if all of its wordings do.
    fn add_wordings(&mut self, group: &CaseGroup) {
        self.grouped = true;
        for (place, column) in self.columns.iter_mut().enumerate() {
            let mut units: BTreeMap<u32, (&TrialDigest, Option<bool>)> = BTreeMap::new();
            for trial in group.run.in_column(place).flat_map(|r| r.trials) {
                let verdict = trial.outcome.verdict();
                let unit = units.entry(trial.key.index).or_insert((trial, verdict));
                unit.1 = match (unit.1, verdict) {
                    (Some(false), _) | (_, Some(false)) => Some(false),
                    (None, _) | (_, None) => None,
                    (Some(true), Some(true)) => Some(true),
                };
            }
            for (trial, verdict) in units.into_values() {
                column.add(trial, verdict);
            }
        }
    }

    fn see_judges(&mut self, trial: &TrialDigest) {
        for score in trial.scores.iter().filter(|score| !score.required) {
            let standing = score.judge.map(|judge| judge.standing).filter(|s| *s != Standing::Certified);
            if let Some(standing) = standing
                && self.uncertified.len() < NAMES
                && !self.uncertified.contains_key(&score.name)
            {
                self.uncertified.insert(score.name.clone(), standing);
            }
        }
    }

    /// What the gate says.
    pub fn finish(mut self, header: &RunHeader) -> GateResult {
        let is_gated =
            |v: &VariantKey| self.rules.prompts.is_empty() || self.rules.prompts.contains(&v.prompt);
        let relative = std::mem::replace(&mut self.relative, RelativeFold::new(&[], None));
        let relative = relative.finish(self.rules, header);
        let mut results = vec![self.complete(header.planned)];
        let mut gated = 0;
        for (place, (variant, column)) in header.variants.iter().zip(&self.columns).enumerate() {
            if !is_gated(variant) {
                continue;
            }
            gated += 1;
            results
                .extend(self.rules.min_pass_rate.map(|least| column.pass_rate(least, variant, self.grouped)));
            if self.rules.critical_all {
                results.push(column.critical(variant));
            }
            results.extend(column.never(&self.rules.never, variant));
            results.extend(relative.iter().filter(|(at, _)| *at == place).map(|(_, result)| result.clone()));
        }
        let verdict = if gated == 0 { Verdict::CannotTell } else { self.verdict(&results) };
        let left_out: Vec<String> =
            header.variants.iter().filter(|v| !is_gated(v)).map(ToString::to_string).collect();
        GateResult { verdict, rules: results, not_checked: self.not_checked(&left_out) }
    }

    /// The worst of the rules; what is inconclusive may be let through when another rule than that of errors passes.
    fn verdict(&self, results: &[RuleResult]) -> Verdict {
        let worst =
            results.iter().map(|r| r.verdict).max_by_key(|v| severity(*v)).unwrap_or(Verdict::CannotTell);
        let some_pass = results.iter().skip(1).any(|r| r.verdict == Verdict::Pass);
        if worst == Verdict::Inconclusive && self.rules.inconclusive_passes && some_pass {
            return Verdict::Pass;
        }
        worst
    }

    fn complete(&self, planned: u64) -> RuleResult {
        let budget = self.rules.max_error_rate.unwrap_or(0.0);
        let missing = planned.saturating_sub(self.done);
        let errored = self.errored;
        let share = if planned == 0 { 1.0 } else { (errored + missing) as f64 / planned as f64 };
        RuleResult {
            rule: format!("max_error_rate = {budget}"),
            variant: None,
            detail: format!("{errored} errored and {missing} missing of {planned} planned trials"),
            verdict: if share > budget { Verdict::Incomplete } else { Verdict::Pass },
        }
    }

    fn not_checked(&self, left_out: &[String]) -> Vec<String> {
        let mut list = Vec::new();
        if !left_out.is_empty() {
            list.push(format!("columns outside `prompts`: {}", left_out.join(", ")));
        }
        for (scorer, standing) in &self.uncertified {
            let why = match standing {
                Standing::Expired => "the certificate of its judge is out of date",
                _ => "its judge has no certificate",
            };
            list.push(format!(
                "scorer `{scorer}`: {why}, so it decides nothing (regauge label, regauge calibrate)"
            ));
        }
        if self.rules.min_pass_rate.is_none() {
            list.push("the pass rate: no `min_pass_rate` is set".to_owned());
        }
        if !self.rules.critical_all {
            list.push("critical cases: `critical` is off".to_owned());
        }
        if self.rules.must_hold == MustHold::Off && self.rules.no_worse.is_none() {
            list.push("the earlier run: neither `must_hold` nor `no_worse` is set".to_owned());
        }
        if self.rules.inconclusive_passes {
            list.push("inconclusive rules: `on_inconclusive` lets them pass".to_owned());
        }
        if self.exploratory > 0 {
            list.push(format!("{} exploratory trials are reported only", self.exploratory));
        }
        if !self.suspect.is_empty() {
            list.push(suspects(&self.suspect));
        }
        if self.simulated > 0 {
            list.push(format!(
                "trials with a simulated customer, which are for exploration and decide nothing: {}",
                self.simulated
            ));
        }
        if self.skipped > 0 {
            list.push(format!("{} trials on which no scorer applied", self.skipped));
        }
        list
    }
}

/// Which cases left the gate because their articles moved.
fn suspects(cases: &[String]) -> String {
    let (shown, n) = (&cases[..cases.len().min(SUSPECTS)], cases.len());
    let more = if n > shown.len() { format!(" and {} more", n - shown.len()) } else { String::new() };
    format!(
        "{n} suspect {}, whose goldens rest on passages that were edited since: {}{more} (regauge accept --confirm)",
        if n == 1 { "case" } else { "cases" },
        shown.join(", ")
    )
}

fn severity(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Pass => 0,
        Verdict::Inconclusive => 1,
        Verdict::CannotTell => 2,
        Verdict::NotComparable => 3,
        Verdict::Incomplete => 4,
        Verdict::Fail => 5,
    }
}

impl ColumnFold {
    fn add(&mut self, trial: &TrialDigest, verdict: Option<bool>) {
        // Exploratory and simulated cases are reported only.
        if trial.tier.gates() {
            self.judged += u64::from(verdict.is_some());
            self.passed += u64::from(verdict == Some(true));
        }
        if trial.tier == Tier::Critical {
            self.critical += 1;
            self.unjudged += u64::from(verdict.is_none());
            if verdict == Some(false) {
                self.broken += 1;
                if self.names.len() < NAMES {
                    self.names.push(trial.key.case.clone());
                }
            }
        }
    }

    fn see_never(&mut self, never: &[String], trial: &TrialDigest) {
        if !trial.tier.gates() {
            return;
        }
        for (name, fold) in never.iter().zip(&mut self.never) {
            fold.unjudged += u64::from(trial.outcome == Outcome::Errored && trial.scores.is_empty());
            for score in trial.scores.iter().filter(|score| *score.name == **name) {
                fold.judged += u64::from(score.pass().is_some());
                fold.unjudged +=
                    u64::from(matches!(score.state, ScoreState::JudgeError | ScoreState::Unparsed));
                if score.pass() == Some(false) {
                    fold.failed += 1;
                    if fold.names.len() < NAMES {
                        fold.names.push(format!("{}/{}", trial.key.suite, trial.key.case));
                    }
                }
            }
        }
    }

    /// One rule per scorer of which not one trial may fail.
    fn never(&self, never: &[String], variant: &VariantKey) -> Vec<RuleResult> {
        let result = |(name, fold): (&String, &NeverFold)| {
            let NeverFold { judged, failed, unjudged, names } = fold;
            let (verdict, detail) = match (judged, failed, unjudged) {
                (_, 1.., _) => {
                    let names = names.join(", ");
                    (Verdict::Fail, format!("{failed} of {judged} judged trials failed: {names}"))
                }
                (0, ..) => (Verdict::CannotTell, format!("no trial was judged by `{name}`")),
                (.., 1..) => {
                    (Verdict::CannotTell, format!("{unjudged} trials have no judgement, {judged} are clean"))
                }
                _ => (Verdict::Pass, format!("none of {judged} judged trials failed")),
            };
            RuleResult {
                rule: format!("never = \"{name}\""),
                variant: Some(variant.clone()),
                detail,
                verdict,
            }
        };
        never.iter().zip(&self.never).map(result).collect()
    }

    fn pass_rate(&self, least: f64, variant: &VariantKey, grouped: bool) -> RuleResult {
        let (passed, judged) = (self.passed, self.judged);
        let rate = passed as f64 / judged.max(1) as f64;
        let wordings = if grouped { ", all wordings of a case as one" } else { "" };
        RuleResult {
            rule: format!("min_pass_rate = {least}"),
            variant: Some(variant.clone()),
            detail: format!("{passed} of {judged} judged trials passed ({:.1} %){wordings}", rate * 100.0),
            verdict: match (judged == 0, rate >= least) {
                (true, _) => Verdict::CannotTell,
                (false, true) => Verdict::Pass,
                (false, false) => Verdict::Fail,
            },
        }
    }

    fn critical(&self, variant: &VariantKey) -> RuleResult {
        let Self { critical, unjudged, broken, names, .. } = self;
        let (verdict, detail) = if *broken > 0 {
            let more = broken - names.len() as u64;
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            let names = names.join(", ");
            (Verdict::Fail, format!("{broken} of {critical} critical trials failed: {names}{more}"))
        } else if *critical == 0 || *unjudged > 0 {
            (Verdict::CannotTell, format!("{unjudged} of {critical} critical trials have no verdict"))
        } else {
            (Verdict::Pass, format!("all {critical} critical trials passed"))
        };
        RuleResult { rule: "critical = \"all\"".to_owned(), variant: Some(variant.clone()), detail, verdict }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::{Run, RunInfo, RunStatus, TrialResult, decide};
    use crate::score::{JudgeMark, Score};
    use crate::store::samples::{header, trial};

    fn run(trials: Vec<TrialResult>) -> Run {
        let mut header = header("r", 0);
        header.planned = trials.len() as u64;
        let info =
            RunInfo { header, status: RunStatus::Finished, stop_reason: None, tags: vec![], ended: None };
        Run { info, trials }
    }

    fn of(case: &str, tier: Tier, outcome: Outcome) -> TrialResult {
        let mut trial = trial(case, outcome);
        trial.case.tier = tier;
        trial
    }

    fn rules() -> GateRules {
        GateRules { min_pass_rate: Some(0.5), critical_all: true, ..GateRules::default() }
    }

    fn verdicts(result: &GateResult) -> Vec<Verdict> {
        result.rules.iter().map(|r| r.verdict).collect()
    }

    #[test]
    fn nothing_checked_is_never_a_pass() {
        let result = check(&rules(), &run(vec![]), None).unwrap();
        assert_eq!(verdicts(&result), [Verdict::Incomplete, Verdict::CannotTell, Verdict::CannotTell]);
        let kept = run(vec![of("a", Tier::Critical, Outcome::Passed)]);
        let other = GateRules { prompts: vec!["other".into()], ..rules() };
        let result = check(&other, &kept, None).unwrap();
        assert_eq!((result.verdict, verdicts(&result)), (Verdict::CannotTell, vec![Verdict::Pass]));
        assert_eq!(result.not_checked[0], "columns outside `prompts`: support × gpt");
        assert_eq!(check(&rules(), &kept, None).unwrap().verdict, Verdict::Pass);
    }

    #[test]
    fn exploratory_cases_count_in_no_rate() {
        let result = check(
            &rules(),
            &run(vec![
                of("a", Tier::Critical, Outcome::Passed),
                of("b", Tier::Exploratory, Outcome::Failed),
                of("c", Tier::Exploratory, Outcome::Failed),
            ]),
            None,
        )
        .unwrap();
        assert_eq!(result.verdict, Verdict::Pass);
        assert_eq!(result.rules[1].detail, "1 of 1 judged trials passed (100.0 %)");
        assert_eq!(result.not_checked.last().unwrap(), "2 exploratory trials are reported only");
    }

    fn judged(case: &str, state: ScoreState, standing: Standing) -> TrialResult {
        let mut trial = of(case, Tier::Standard, Outcome::Passed);
        let fingerprint = crate::fingerprint::Fingerprint::of("judge");
        let mut score = Score { name: "tone".into(), state, ..trial.scores[0].clone() };
        score.judge = Some(JudgeMark { fingerprint, standing });
        score.required = standing == Standing::Certified;
        trial.scores.push(score);
        let completion = trial.completion.clone().unwrap();
        trial.outcome = decide(&completion, &trial.scores);
        trial
    }

    #[test]
    fn a_judge_without_a_certificate_decides_nothing_and_the_gate_says_so() {
        let against = ScoreState::Scored { value: 0.0, pass: false };
        for (standing, why) in
            [(Standing::Uncertified, "has no certificate"), (Standing::Expired, "is out of date")]
        {
            let states = [against, ScoreState::JudgeError, ScoreState::Unparsed];
            let trials =
                states.into_iter().zip(["a", "b", "c"]).map(|(state, case)| judged(case, state, standing));
            let result = check(&rules(), &run(trials.collect()), None).unwrap();
            assert_eq!(result.rules[0].detail, "0 errored and 0 missing of 3 planned trials");
            assert_eq!(result.rules[1].detail, "3 of 3 judged trials passed (100.0 %)");
            let said: Vec<_> =
                result.not_checked.iter().filter(|line| line.contains("scorer `tone`")).collect();
            assert!(said.len() == 1 && said[0].contains(why), "{said:?}");
        }
        let result = check(&rules(), &run(vec![judged("a", against, Standing::Certified)]), None).unwrap();
        assert_eq!(result.verdict, Verdict::Fail);
    }

    #[test]
    fn a_judge_that_breaks_is_an_error_and_no_verdict() {
        for state in [ScoreState::JudgeError, ScoreState::Unparsed] {
            let broken = judged("a", state, Standing::Certified);
            assert_eq!(broken.outcome, Outcome::Errored);
            // Another scorer has the trial fail; the outage is counted all the same.
            let mut failed = judged("b", state, Standing::Certified);
            failed.scores[0].state = ScoreState::Scored { value: 0.0, pass: false };
            failed.outcome = decide(&failed.completion.clone().unwrap(), &failed.scores);
            assert_eq!(failed.outcome, Outcome::Failed);
            let result = check(&rules(), &run(vec![broken, failed]), None).unwrap();
            assert_eq!(result.rules[0].detail, "2 errored and 0 missing of 2 planned trials");
        }
    }

    #[test]
    fn all_wordings_of_a_case_count_as_one() {
        let wording = |case: &str, phrasing: &str, outcome| {
            let mut trial = of(case, Tier::Critical, outcome);
            trial.key.phrasing = phrasing.to_owned();
            trial
        };
        let result = check(
            &rules(),
            &run(vec![
                wording("a", "", Outcome::Passed),
                wording("a", "typos-1", Outcome::Passed),
                wording("b", "", Outcome::Passed),
                wording("b", "anger-1", Outcome::Failed),
                wording("b", "typos-1", Outcome::Passed),
                wording("c", "", Outcome::Passed),
                wording("c", "typos-1", Outcome::Errored),
            ]),
            None,
        );
        let details: Vec<String> = result.unwrap().rules.into_iter().map(|r| r.detail).collect();
        assert_eq!(details[1], "1 of 2 judged trials passed (50.0 %), all wordings of a case as one");
        assert_eq!(details[2], "1 of 3 critical trials failed: b");
    }

    #[test]
    fn what_may_never_happen_fails_at_once_and_is_no_pass_unjudged() {
        let never = |name: &str| GateRules { never: vec![name.to_owned()], ..GateRules::default() };
        let leaky =
            run(vec![of("a", Tier::Standard, Outcome::Passed), of("b", Tier::Standard, Outcome::Failed)]);
        let name = leaky.trials[0].scores[0].name.clone();
        let mut told = leaky.clone();
        told.trials[1].scores[0].state = ScoreState::Scored { value: 0.0, pass: false };
        let result = check(&never(&name), &told, None).unwrap();
        assert_eq!(result.verdict, Verdict::Fail);
        assert!(result.rules[1].detail.ends_with("failed: faq/b"), "{}", result.rules[1].detail);
        assert_eq!(check(&never("other"), &leaky, None).unwrap().verdict, Verdict::CannotTell);
    }

    #[test]
    fn what_is_inconclusive_passes_only_beside_something_that_was() {
        let kept = run(vec![of("a", Tier::Critical, Outcome::Passed)]);
        let lenient = GateRules { no_worse: Some(0.02), inconclusive_passes: true, ..GateRules::default() };
        let against = |rules: &GateRules| check(rules, &kept, Some(&kept)).unwrap().verdict;
        assert_eq!(against(&lenient), Verdict::Inconclusive);
        let both = GateRules { min_pass_rate: Some(0.5), ..lenient };
        assert_eq!(against(&both), Verdict::Pass);
        assert_eq!(
            check(&both, &kept, None).unwrap().verdict,
            Verdict::CannotTell,
            "a missing baseline is none"
        );
    }

    #[test]
    fn errors_are_no_verdict() {
        let errored =
            run(vec![of("a", Tier::Critical, Outcome::Errored), of("b", Tier::Standard, Outcome::Passed)]);
        let result = check(&rules(), &errored, None).unwrap();
        assert_eq!(verdicts(&result), [Verdict::Incomplete, Verdict::Pass, Verdict::CannotTell]);
        let budget = GateRules { max_error_rate: Some(0.5), ..rules() };
        assert_eq!(check(&budget, &errored, None).unwrap().verdict, Verdict::CannotTell);
    }

    #[test]
    fn broken_critical_cases_are_named_up_to_a_limit() {
        let broken = |n: usize| {
            let trials = (0..n).map(|i| of(&format!("c{i:04}"), Tier::Critical, Outcome::Failed));
            check(&rules(), &run(trials.collect()), None).unwrap().rules.remove(2).detail
        };
        assert_eq!(broken(2), "2 of 2 critical trials failed: c0000, c0001");
        let many = broken(NAMES + 5);
        assert!(many.ends_with("c0998, c0999 and 5 more"), "{}", &many[many.len() - 40..]);
    }
}
