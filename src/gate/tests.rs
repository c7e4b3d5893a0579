//! Tests of the gate's absolute rules.

use super::*;
use crate::config::{Basis, MetricRule, RuleMetric, Slice, SuiteGate};
use crate::outcome::{Run, RunInfo, RunStatus, TrialResult, decide};
use crate::score::{JudgeMark, Score, ScoreState};
use crate::store::samples::{header, trial};

fn run(trials: Vec<TrialResult>) -> Run {
    let mut header = header("r", 0);
    header.planned = trials.len() as u64;
    header.suites = trials.iter().map(|trial| trial.key.suite.clone()).collect();
    let info = RunInfo { header, status: RunStatus::Finished, stop_reason: None, tags: vec![], ended: None };
    Run::new(info, trials)
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
        let said: Vec<_> = result.not_checked.iter().filter(|line| line.contains("scorer `tone`")).collect();
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
    let details: Vec<Sentence> = result.unwrap().rules.into_iter().map(|r| r.detail).collect();
    assert_eq!(
        details[1],
        "1 of 2 judged trials passed (50.0 %), all wordings of a case as one; \
         1 trial has no verdict: 33.3 % to 66.7 % whatever it is"
    );
    assert_eq!(details[2], "1 of 3 critical trials failed: faq/b");
}

#[test]
fn what_may_never_happen_fails_at_once_and_is_no_pass_unjudged() {
    let never = |name: &str| GateRules { never: vec![name.to_owned()], ..GateRules::default() };
    let leaky = run(vec![of("a", Tier::Standard, Outcome::Passed), of("b", Tier::Standard, Outcome::Failed)]);
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
    assert_eq!(check(&both, &kept, None).unwrap().verdict, Verdict::CannotTell, "a missing baseline is none");
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
    assert_eq!(broken(2), "2 of 2 critical trials failed: faq/c0000, faq/c0001");
    let many = broken(NAMES + 5);
    assert!(many.ends_with("c0998, faq/c0999 and 5 more"), "{}", &many[many.len() - 40..]);
}

fn limited(metric: &str, min: Option<f64>, max: Option<f64>, on: Basis, slice: Slice) -> GateRules {
    let rule = MetricRule { metric: RuleMetric::named(metric), slice, min, max, on };
    GateRules { rules: vec![rule], max_error_rate: Some(1.0), ..GateRules::default() }
}

fn said(rules: &GateRules, trials: Vec<TrialResult>) -> (Verdict, String, String) {
    let rule = check(rules, &run(trials), None).unwrap().rules.remove(1);
    (rule.verdict, rule.rule.to_string(), rule.detail.to_string())
}

/// Cases of which the first `passed` of `n` pass.
fn cases(passed: usize, n: usize) -> Vec<TrialResult> {
    let outcome = |i| if i < passed { Outcome::Passed } else { Outcome::Failed };
    (0..n).map(|i| of(&format!("c{i:04}"), Tier::Standard, outcome(i))).collect()
}

#[test]
fn a_limit_on_the_point_is_met_exactly_and_one_on_the_bound_must_be_proven() {
    let rate = |min, on| limited("pass_rate", Some(min), None, on, Slice::default());
    let (verdict, rule, detail) = said(&rate(0.9, Basis::Point), cases(9, 10));
    assert_eq!((verdict, &*rule), (Verdict::Pass, "pass_rate min = 0.9"));
    assert_eq!(detail, "9 of 10 judged trials passed (90.0 %)");
    let (verdict, rule, detail) = said(&rate(0.9, Basis::Bound), cases(9, 10));
    assert_eq!((verdict, &*rule), (Verdict::Inconclusive, "pass_rate min = 0.9 on the bound"));
    assert!(detail.ends_with("95 % interval 59.6 % to 98.2 % (10 clusters)"), "{detail}");
    assert_eq!(said(&rate(0.5, Basis::Bound), cases(9, 10)).0, Verdict::Pass);
    assert_eq!(said(&rate(0.99, Basis::Bound), cases(9, 10)).0, Verdict::Fail);
}

#[test]
fn what_errored_may_have_been_anything() {
    let rate = |min| limited("pass_rate", Some(min), None, Basis::Point, Slice::default());
    let some = || {
        let mut trials = cases(8, 9);
        trials.push(of("z", Tier::Standard, Outcome::Errored));
        trials
    };
    let (verdict, _, detail) = said(&rate(0.8), some());
    assert_eq!(verdict, Verdict::Pass, "8 of 10 at worst");
    assert!(detail.ends_with("; 1 trial has no verdict: 80.0 % to 90.0 % whatever it is"), "{detail}");
    assert_eq!(said(&rate(0.85), some()).0, Verdict::Inconclusive, "8 of 9 as judged, 8 of 10 at worst");
    assert_eq!(said(&rate(0.95), some()).0, Verdict::Fail, "9 of 10 at best");
}

#[test]
fn a_slice_is_judged_alone_and_an_empty_one_not_at_all() {
    let mut trials = cases(10, 12);
    for trial in &mut trials[9..] {
        trial.case.area = Some("refunds".into());
    }
    let refunds = |area: &str| Slice { area: Some(area.into()), ..Slice::default() };
    let rate = |area| limited("pass_rate", Some(0.5), None, Basis::Point, refunds(area));
    let (verdict, rule, detail) = said(&rate("refunds"), trials.clone());
    assert_eq!((verdict, &*rule), (Verdict::Fail, "pass_rate min = 0.5 (area refunds)"));
    assert_eq!(detail, "1 of 3 judged trials passed (33.3 %)");
    let (verdict, _, detail) = said(&rate("refund"), trials);
    assert_eq!((verdict, &*detail), (Verdict::CannotTell, "no case of the run is in this slice"));
}

#[test]
fn budgets_of_cost_and_time() {
    let mut trials = cases(3, 4);
    for (trial, cost) in trials.iter_mut().zip([0.01, 0.02, 0.03, 0.04]) {
        trial.cost = Some(cost);
        if let Some(completion) = &mut trial.completion {
            completion.latency_ms = cost * 100_000.0;
        }
    }
    let most = |metric, max| limited(metric, None, Some(max), Basis::Point, Slice::default());
    let (verdict, _, detail) = said(&most("cost", 0.02), trials.clone());
    assert_eq!((verdict, &*detail), (Verdict::Fail, "$0.025000 per answer over 4 answers"));
    assert_eq!(said(&most("latency_p95", 4000.0), trials.clone()).0, Verdict::Pass);
    assert_eq!(said(&most("latency", 2000.0), trials.clone()).0, Verdict::Fail);
    trials[0].cost = None;
    let (verdict, _, detail) = said(&most("cost", 1.0), trials);
    assert_eq!(verdict, Verdict::CannotTell, "an unknown cost is not zero: {detail}");
}

#[test]
fn a_suite_has_rules_of_its_own() {
    let mut trials = cases(1, 2);
    trials[1].key.suite = "other".into();
    let suite = SuiteGate { suite: "faq".into(), min_pass_rate: Some(1.0), ..SuiteGate::default() };
    let rules = |suite| GateRules { suites: vec![suite], ..GateRules::default() };
    let (verdict, rule, _) = said(&rules(suite.clone()), trials.clone());
    assert_eq!((verdict, &*rule), (Verdict::Pass, "min_pass_rate = 1 (suite faq)"));
    assert_eq!(said(&rules(SuiteGate { suite: "other".into(), ..suite }), trials).0, Verdict::Fail);
}

#[test]
fn the_rules_of_a_suite_that_was_not_run_are_not_checked() {
    let suite = SuiteGate { suite: "leaks".into(), never: vec!["visibility".into()], ..SuiteGate::default() };
    let rules = GateRules { suites: vec![suite], ..GateRules::default() };
    let alone = check(&rules, &run(cases(2, 2)), None).unwrap();
    assert_eq!(alone.verdict, Verdict::CannotTell, "nothing was checked: {alone:?}");
    let beside = check(&GateRules { min_pass_rate: Some(0.5), ..rules }, &run(cases(2, 2)), None).unwrap();
    assert_eq!((beside.verdict, beside.rules.len()), (Verdict::Pass, 2));
    let last = beside.not_checked.last().unwrap();
    assert_eq!(last, "the rules of suites that were not run: leaks");
}

proptest::proptest! {
    #[test]
    fn an_error_never_makes_a_share_pass(passed in 0..20_usize, failed in 0..20_usize, errored in 1..10_usize, limit in 0.0..1.0_f64) {
        let rate = limited("pass_rate", Some(limit), None, Basis::Point, Slice::default());
        let mut trials = cases(passed, passed + failed);
        let without = (!trials.is_empty()).then(|| said(&rate, trials.clone()).0);
        trials.extend((0..errored).map(|i| of(&format!("e{i}"), Tier::Standard, Outcome::Errored)));
        if said(&rate, trials).0 == Verdict::Pass {
            proptest::prop_assert_eq!(without, Some(Verdict::Pass));
        }
    }
}

#[test]
fn a_critical_case_is_asked_again_before_the_gate_fails() {
    use crate::outcome::FollowUp;
    use Outcome::{Errored, Failed, Passed};
    let rules = GateRules { confirm: 2, ..rules() };
    let found = |answers: &[Outcome]| {
        let mut asked = run(vec![of("a", Tier::Critical, Failed), of("b", Tier::Standard, Passed)]);
        assert_eq!(violations(&rules, &asked, None).unwrap().len(), 1);
        for (index, outcome) in (2..).zip(answers) {
            let mut again = of("a", Tier::Critical, *outcome);
            (again.key.index, again.follow_up) = (index, Some(FollowUp::Confirm));
            asked.follow_ups.push(again);
        }
        let result = check(&rules, &asked, None).unwrap();
        assert_eq!(verdicts(&result)[..2], [Verdict::Pass; 2], "errors and rates are of planned trials");
        (result.rules[2].verdict, result.rules[2].detail.clone())
    };
    let (verdict, words) = found(&[Failed, Passed]);
    assert_eq!(verdict, Verdict::Fail);
    assert_eq!(
        words,
        "1 of 1 critical trials failed: faq/a; flaky, passed now and then when asked again: faq/a"
    );
    let (verdict, words) = found(&[Passed, Passed]);
    assert_eq!(verdict, Verdict::Inconclusive);
    assert_eq!(
        words,
        "1 of 1 critical trials failed: faq/a; flaky, passed every time when asked again: faq/a"
    );
    for open in [&[][..], &[Passed, Errored], &[Errored, Errored]] {
        let (verdict, words) = found(open);
        assert_eq!(verdict, Verdict::Fail, "what is not cleared stands");
        assert!(words.contains("not confirmed, not asked again or without a verdict"), "{words}");
    }
}
