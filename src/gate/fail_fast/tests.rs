//! When it stops, when it does not, and that neither order nor repeats on one side deceive it.

use proptest::prelude::*;

use super::*;

const PRINTS: fn(&str) -> Fingerprints = |case| Fingerprints {
    case: Fingerprint::of(case),
    prompt: Fingerprint::of("prompt"),
    knowledge: Fingerprint::of("knowledge"),
    scorers: Fingerprint::of("scorers"),
    model: Fingerprint::of("model"),
};

fn key(case: usize, index: u32) -> TrialKey {
    TrialKey {
        suite: "faq".into(),
        case: format!("case-{case}"),
        phrasing: String::new(),
        prompt: "p".into(),
        model: "m".into(),
        index,
    }
}

fn outcome(passed: bool) -> Outcome {
    if passed { Outcome::Passed } else { Outcome::Failed }
}

/// Cases in plan order with the verdicts of the baseline's repeats; each is a cluster of its own unless told.
fn watch(before: &[&[bool]], trials: usize, cluster: impl Fn(usize) -> u32) -> FailFast {
    let variant = VariantKey { prompt: "p".into(), model: "m".into() };
    let mut watch = FailFast {
        cases: Vec::new(),
        places: HashMap::new(),
        next: 0,
        columns: vec![Column { variant, broke: Names::first(NAMES), fixed: 0, turned: HashSet::new() }],
        reason: None,
        too_few: None,
    };
    for (case, repeats) in before.iter().enumerate() {
        let seen = (1..).zip(*repeats).filter_map(|(index, passed)| {
            let key = key(case, index);
            watch.seen(&key, &PRINTS(&key.case), outcome(*passed))
        });
        let before = seen.collect();
        let name = format!("faq/case-{case}");
        watch.places.insert(("faq".into(), format!("case-{case}")), case);
        watch.cases.push(Case { name, unit: cluster(case), open: trials, before, now: Vec::new() });
    }
    watch
}

fn take(watch: &mut FailFast, case: usize, index: u32, outcome: Outcome) {
    let key = key(case, index);
    watch.take(&key, &PRINTS(&key.case), outcome);
}

#[test]
fn seven_broken_cases_stop_and_a_fixed_one_delays() {
    let mut all = watch(&[&[true][..]; 9], 1, |case| case as u32);
    (0..6).for_each(|case| take(&mut all, case, 1, Outcome::Failed));
    assert_eq!(all.stops(), None);
    take(&mut all, 6, 1, Outcome::Failed);
    let reason = all.stops().unwrap();
    assert_eq!(
        stopped_by_evidence(Some(&reason)).unwrap().split(": faq").next().unwrap(),
        "7 broke and 0 were fixed in p × m among the first 7 of 9 cases: e-value 31.9, at least 20 (1 / 0.05) proves a loss"
    );
    assert_eq!(all.can_and_must(), (9, 7));
    let mut before = vec![&[true][..]; 8];
    before[0] = &[false];
    let mut mixed = watch(&before, 1, |case| case as u32);
    take(&mut mixed, 0, 1, Outcome::Passed);
    (1..8).for_each(|case| take(&mut mixed, case, 1, Outcome::Failed));
    assert_eq!((mixed.stops(), mixed.columns[0].fixed), (None, 1));
}

#[test]
fn cases_wait_for_those_before_them_in_the_plan() {
    let mut late = watch(&[&[true][..]; 8], 1, |case| case as u32);
    (1..8).for_each(|case| take(&mut late, case, 1, Outcome::Failed));
    assert_eq!(late.stops(), None);
    take(&mut late, 0, 1, Outcome::Passed);
    assert!(late.stops().is_some());
}

#[test]
fn what_errored_moved_or_rises_and_falls_together_is_no_evidence() {
    let mut errored = watch(&[&[true][..]; 9], 1, |case| case as u32);
    (0..9).for_each(|case| take(&mut errored, case, 1, Outcome::Errored));
    assert_eq!(errored.stops(), None);
    let mut moved = watch(&[&[true][..]; 9], 1, |case| case as u32);
    for case in 0..9 {
        moved.take(&key(case, 1), &PRINTS("moved"), Outcome::Failed);
    }
    assert_eq!(moved.stops(), None);
    let mut alike = watch(&[&[true][..]; 12], 1, |case| case as u32 / 2);
    (0..12).for_each(|case| take(&mut alike, case, 1, Outcome::Failed));
    assert_eq!((alike.stops(), alike.columns[0].broke.len()), (None, 6));
}

/// With one repeat before and three now, a case that mostly fails would "break" far more often than be "fixed".
#[test]
fn as_many_repeats_count_on_either_side() {
    let mut more = watch(&[&[true][..]; 40], 3, |case| case as u32);
    for case in 0..40 {
        take(&mut more, case, 1, Outcome::Passed);
        (2..=3).for_each(|index| take(&mut more, case, index, Outcome::Failed));
    }
    // One of the three is drawn, so that some cases break and some do not.
    let turned = |all: &FailFast| all.cases.iter().filter(|case| case.turned(0) == Some(false)).count();
    assert!((18..36).contains(&turned(&more)), "{}", turned(&more));
    // A baseline that names passes first and failures last is no better than another.
    let mut sorted = watch(&[&[true, true, false][..]; 40], 1, |case| case as u32);
    (0..40).for_each(|case| take(&mut sorted, case, 1, Outcome::Failed));
    assert!((18..36).contains(&turned(&sorted)), "{}", turned(&sorted));
}

/// In no more than one run of twenty without a change, whatever the cases' own rates and repeats are.
#[test]
fn a_run_without_a_change_is_hardly_ever_stopped() {
    let mut random = crate::stats::Random::new(3);
    let rates: Vec<f64> =
        (0..60).map(|i| if i % 3 == 0 { 0.15 } else { 0.5 + 0.008 * f64::from(i) }).collect();
    let rounds = 600;
    let stopped = (0..rounds).filter(|_| {
        let draw = |rate: f64, random: &mut crate::stats::Random| random.fraction() < rate;
        let before: Vec<Vec<bool>> = rates.iter().map(|rate| vec![draw(*rate, &mut random)]).collect();
        let slices: Vec<&[bool]> = before.iter().map(Vec::as_slice).collect();
        let mut all = watch(&slices, 2, |case| case as u32);
        for (case, rate) in rates.iter().enumerate() {
            for index in 1..=2 {
                take(&mut all, case, index, outcome(draw(*rate, &mut random)));
            }
        }
        all.stops().is_some()
    });
    let stopped = stopped.count();
    assert!(stopped <= 30, "{stopped} of {rounds}");
}

proptest! {
    #[test]
    fn the_order_of_arrival_changes_nothing(
        (order, outcomes) in (Just((0..20_usize).collect::<Vec<_>>()).prop_shuffle(), prop::collection::vec(prop::bool::weighted(0.2), 20)),
    ) {
        let fed = |order: &[usize]| {
            let mut all = watch(&[&[true][..]; 20], 1, |case| case as u32);
            for case in order {
                take(&mut all, *case, 1, outcome(outcomes[*case]));
            }
            (all.stops(), all.columns[0].broke.clone())
        };
        let planned: Vec<usize> = (0..20).collect();
        prop_assert_eq!(fed(&planned), fed(&order));
    }
}
