//! Identical noisy runs raise no alarm, real damage does, and nothing compared is never a pass.

use proptest::prelude::*;

use crate::config::{GateRules, MustHold};
use crate::gate::{GateResult, Verdict, check, violations};
use crate::outcome::Outcome::{self, Errored, Failed, Passed};
use crate::outcome::{FollowUp, Run, RunInfo, RunStatus, TrialResult};
use crate::stats::Random;
use crate::store::samples::{header, trial};

fn run(trials: Vec<TrialResult>) -> Run {
    let mut header = header("r", 0);
    header.planned = trials.len() as u64;
    header.suites = vec!["faq".into()];
    header.selection = crate::selection::Selection::default();
    let info = RunInfo { header, status: RunStatus::Finished, stop_reason: None, tags: vec![], ended: None };
    Run::new(info, trials)
}

/// A run of cases with the outcomes of their repeats.
fn table(cases: &[Vec<Outcome>]) -> Run {
    let mut trials = Vec::new();
    for (n, outcomes) in cases.iter().enumerate() {
        for (index, outcome) in (1..).zip(outcomes) {
            let mut trial = trial(&format!("c{n:03}"), *outcome);
            trial.key.index = index;
            trials.push(trial);
        }
    }
    run(trials)
}

fn rules(must_hold: MustHold, no_worse: Option<f64>) -> GateRules {
    GateRules { must_hold, no_worse, max_error_rate: Some(1.0), ..GateRules::default() }
}

fn gate(rules: &GateRules, base: &Run, cand: &Run) -> GateResult {
    check(rules, cand, Some(base)).unwrap()
}

fn outcome(passed: bool) -> Outcome {
    if passed { Passed } else { Failed }
}

/// Chances like those of a published support agent: a fifth of the cases always passes, a fifth never does, the rest now and
/// then. `broken` of the ones that always pass fail from now on.
fn chance(case: usize, broken: usize) -> f64 {
    match case {
        _ if case < broken => 0.0,
        0..10 => 1.0,
        10..24 => 0.0,
        _ => 0.15 + 0.6 * f64::from(case as u32 - 24) / 26.0,
    }
}

fn agent(random: &mut Random, repeats: usize, broken: usize) -> Run {
    let mut case = |case: usize| -> Vec<Outcome> {
        (0..repeats).map(|_| outcome(random.fraction() < chance(case, broken))).collect()
    };
    table(&(0..50).map(&mut case).collect::<Vec<_>>())
}

/// The run with what the rules ask again, answered by `answer`.
fn asked_again(
    rules: &GateRules,
    base: &Run,
    mut cand: Run,
    mut answer: impl FnMut(usize) -> Outcome,
) -> Run {
    for cell in violations(rules, &cand, Some(base)).unwrap() {
        for index in 0..rules.confirm {
            let mut again = trial(&cell.case, answer(cell.case[1..].parse().unwrap()));
            again.key.index = 100 + index;
            again.follow_up = Some(FollowUp::Confirm);
            cand.follow_ups.push(again);
        }
    }
    cand
}

#[test]
fn identical_noisy_runs_raise_no_more_alarms_than_the_level_says() {
    let mut random = Random::new(3);
    let rules = rules(MustHold::Passed, None);
    for repeats in [1, 2] {
        let alarms = (0..300).filter(|_| {
            let (base, cand) = (agent(&mut random, repeats, 0), agent(&mut random, repeats, 0));
            gate(&rules, &base, &cand).verdict == Verdict::Fail
        });
        let alarms = alarms.count();
        assert!(alarms <= 18, "{alarms} of 300 with {repeats} repeats");
    }
}

/// Three repeats that all pass are rarer than one: held against one repeat now, cases would seem to break more often than
/// they are fixed.
#[test]
fn more_repeats_on_one_side_raise_no_alarm() {
    let mut random = Random::new(3);
    let rules = rules(MustHold::Passed, None);
    for (before, now, rate) in [(3, 1, 0.88), (1, 3, 0.15)] {
        let mut noisy = |repeats: usize| {
            let one = |random: &mut Random| (0..repeats).map(|_| outcome(random.fraction() < rate)).collect();
            table(&(0..50).map(|_| one(&mut random)).collect::<Vec<Vec<Outcome>>>())
        };
        let alarms = (0..200).filter(|_| gate(&rules, &noisy(before), &noisy(now)).verdict == Verdict::Fail);
        let alarms = alarms.count();
        assert!(alarms <= 10, "{alarms} of 200: {before} repeats before, {now} now");
    }
}

#[test]
fn broken_cases_are_found_in_noise() {
    let mut random = Random::new(4);
    let rules = rules(MustHold::Passed, None);
    for (repeats, least) in [(1, 80), (2, 95)] {
        let found = (0..100).filter(|_| {
            let (base, cand) = (agent(&mut random, repeats, 0), agent(&mut random, repeats, 10));
            gate(&rules, &base, &cand).verdict == Verdict::Fail
        });
        let found = found.count();
        assert!(found >= least, "{found} of 100 with {repeats} repeats");
    }
}

/// Asking again takes alarms away and adds none; what is really broken is confirmed.
#[test]
fn asking_again_clears_noise_and_confirms_damage() {
    let mut random = Random::new(5);
    let rules = GateRules { confirm: 2, ..rules(MustHold::Passed, None) };
    for (repeats, broken) in [(1, 0), (2, 0), (1, 10), (2, 10)] {
        let (mut planned, mut confirmed) = (0, 0);
        for _ in 0..200 {
            let (base, cand) = (agent(&mut random, repeats, 0), agent(&mut random, repeats, broken));
            let before = gate(&rules, &base, &cand).verdict == Verdict::Fail;
            let again = |case: usize| outcome(random.fraction() < chance(case, broken));
            let after =
                gate(&rules, &base, &asked_again(&rules, &base, cand, again)).verdict == Verdict::Fail;
            assert!(before || !after);
            planned += u32::from(before);
            confirmed += u32::from(after);
        }
        match broken {
            0 => assert!(confirmed <= 10, "{confirmed} of 200 false alarms, {planned} without asking again"),
            _ => assert!(confirmed * 20 >= planned * 19, "{confirmed} of {planned} confirmed"),
        }
    }
}

#[test]
fn a_case_that_passes_when_asked_again_is_flaky_and_an_error_clears_nothing() {
    let rules = GateRules { confirm: 2, ..rules(MustHold::Passed, None) };
    let base = table(&vec![vec![Passed]; 12]);
    let lost = |n: usize| table(&(0..12).map(|i| vec![outcome(i >= n)]).collect::<Vec<_>>());
    let of = |n: usize, answer: &dyn Fn(usize) -> Outcome| {
        let found = gate(&rules, &base, &asked_again(&rules, &base, lost(n), answer));
        (found.rules[1].verdict, found.rules[1].detail.clone())
    };
    let (verdict, words) = of(1, &|_| Passed);
    assert_eq!(verdict, Verdict::Pass, "{words}");
    assert!(words.ends_with("; flaky, passed every time when asked again: faq/c000"), "{words}");
    let (verdict, words) = of(1, &|_| Failed);
    assert_eq!(verdict, Verdict::Inconclusive, "one case is no proof: {words}");
    assert!(words.ends_with("; failed every time when asked again: faq/c000"), "{words}");
    let (verdict, words) = of(1, &|_| Errored);
    assert_eq!(verdict, Verdict::Inconclusive, "{words}");
    assert!(words.ends_with("; not confirmed, not asked again or without a verdict"), "{words}");
    for (answer, verdict) in
        [(Failed, Verdict::Fail), (Errored, Verdict::Fail), (Passed, Verdict::Inconclusive)]
    {
        assert_eq!(of(6, &|_| answer).0, verdict, "{answer:?}");
    }
    let (verdict, words) = of(6, &|case| if case == 0 { Failed } else { Passed });
    assert_eq!(verdict, Verdict::Fail, "{words}");
    assert!(words.contains("failed every time when asked again: faq/c000; flaky"), "{words}");
}

#[test]
fn one_lost_case_is_proven_by_repeats_alone() {
    let steady = |outcomes: &[Outcome]| {
        let mut cases = vec![vec![Passed; 5]; 3];
        cases[0] = outcomes.to_vec();
        table(&cases)
    };
    let rules = rules(MustHold::Passed, None);
    let base = steady(&[Passed; 5]);
    let lost = gate(&rules, &base, &steady(&[Failed; 5]));
    assert_eq!(lost.verdict, Verdict::Fail);
    assert!(lost.rules[1].detail.contains("the repeats of faq/c000 alone prove a loss"), "{lost:?}");
    assert_eq!(
        gate(&rules, &base, &steady(&[Passed, Failed, Passed, Passed, Passed])).verdict,
        Verdict::Pass
    );
    let single = gate(&rules, &table(&[vec![Passed], vec![Passed]]), &table(&[vec![Failed], vec![Passed]]));
    assert_eq!(single.verdict, Verdict::Inconclusive, "one flip is neither proof nor a pass");
}

#[test]
fn nothing_to_compare_is_never_a_pass() {
    for rules in [rules(MustHold::Passed, None), rules(MustHold::Off, Some(0.02))] {
        let cand = table(&[vec![Passed], vec![Passed]]);
        assert_eq!(check(&rules, &cand, None).unwrap().verdict, Verdict::CannotTell);
        assert_eq!(gate(&rules, &run(vec![]), &cand).verdict, Verdict::CannotTell);
        assert_ne!(gate(&rules, &cand, &table(&[vec![Errored], vec![Errored]])).verdict, Verdict::Pass);
        let mut moved = cand.clone();
        for trial in &mut moved.trials {
            trial.fingerprints.scorers = crate::fingerprint::Fingerprint::of("other");
        }
        assert_eq!(gate(&rules, &cand, &moved).verdict, Verdict::NotComparable);
    }
}

#[test]
fn a_case_that_is_gone_is_no_pass() {
    let rules = rules(MustHold::Passed, None);
    let (base, mut cand) = (table(&[vec![Passed], vec![Passed]]), table(&[vec![Passed]]));
    let result = gate(&rules, &base, &cand);
    assert_eq!(result.verdict, Verdict::CannotTell);
    assert!(result.rules[1].detail.contains("1 that passed before are not in the run"), "{result:?}");
    cand.header.selection.cases = vec!["c000".into()];
    assert_eq!(gate(&rules, &base, &cand).verdict, Verdict::Pass);
}

#[test]
fn a_margin_needs_enough_cases() {
    let rules = rules(MustHold::Off, Some(0.02));
    let all = |n: usize| table(&vec![vec![Passed]; n]);
    assert_eq!(gate(&rules, &all(20), &all(20)).verdict, Verdict::Inconclusive);
    assert_eq!(gate(&rules, &all(400), &all(400)).verdict, Verdict::Pass);
    let mut worse = vec![vec![Passed]; 300];
    worse.extend(vec![vec![Failed]; 100]);
    assert_eq!(gate(&rules, &all(400), &table(&worse)).verdict, Verdict::Fail);
}

fn cells() -> impl Strategy<Value = Vec<Vec<Outcome>>> {
    let outcome = proptest::sample::select(vec![Passed, Passed, Failed, Errored]);
    prop::collection::vec(prop::collection::vec(outcome, 1..4), 1..12)
}

proptest! {
    #[test]
    fn a_run_held_against_itself_never_fails(cases in cells()) {
        let same = table(&cases);
        let result = gate(&rules(MustHold::Passed, Some(0.02)), &same, &same);
        prop_assert!(matches!(result.verdict, Verdict::Pass | Verdict::Inconclusive | Verdict::CannotTell), "{result:?}");
    }

    #[test]
    fn one_more_failure_never_turns_a_failed_gate_into_a_pass(base in cells(), cand in cells(), at in any::<prop::sample::Index>()) {
        let rules = rules(MustHold::Passed, None);
        let before = gate(&rules, &table(&base), &table(&cand));
        let mut worse = cand.clone();
        let place = at.index(worse.len());
        worse[place] = vec![Failed; worse[place].len()];
        let after = gate(&rules, &table(&base), &table(&worse));
        prop_assert!(!(before.verdict == Verdict::Fail && after.verdict == Verdict::Pass));
    }
}
