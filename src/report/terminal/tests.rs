//! What a person sees, pinned: every edge of a report at a common width.

use crate::case::{Action, Tier};
use crate::config::GateRules;
use crate::fingerprint::Fingerprint;
use crate::outcome::{Recorded, Run};
use crate::provider::{ErrorKind, StopReason};
use crate::report::sample::{RunBuilder, TrialBuilder, report, trial};
use crate::report::{CaseReport, Depth, Report, ReportOptions, Since, find};
use crate::score::{Evidence, ScoreState};

use super::{Paint, render_case, render_diff};

fn show(report: &Report, options: &ReportOptions) -> String {
    (find("terminal").unwrap().render)(report, options)
}

const PLAIN: ReportOptions = ReportOptions { color: false, width: 100, limit: 2 };

fn grounded(case: &str) -> TrialBuilder {
    let text = "You can send your bike back within 30 days of delivery. The bike must be unused.";
    trial(case, "grounded").passage("returns#return-window", "Return a bike: Return window", text)
}

/// Two variants, failures of several kinds, an error, a refusal, phrasings and two suites.
fn full() -> Run {
    let held_against = |t: TrialBuilder| {
        t.with(|t| {
            t.scores[0].evidence[0].passage = Some("returns#return-window".into());
            t.scores[0].evidence[0].note = Some("within 30 days of delivery".into());
        })
    };
    let critical = |t: TrialBuilder| t.with(|t| t.case.tier = Tier::Critical);
    RunBuilder::new("0192f0c1-7d1e-7c3a-9b60-2f4de1a0b111")
        .trials((0..5).map(|i| trial(&format!("c{i}"), "bare").failed("number", "differs").cost(None)))
        .trials((0..5).map(|i| grounded(&format!("c{i}")).passed()))
        .trial(critical(trial("return-window", "bare")).failed("number", "differs"))
        .trial(critical(held_against(grounded("return-window").failed("number", "differs"))))
        .trial(trial("plus", "bare").passed().suite("returns"))
        .trial(trial("plus", "grounded").passed().suite("returns"))
        .trial(trial("plus", "bare").passed().suite("returns").phrasing("a1b2c3d4", "plus??"))
        .trial(trial("plus", "grounded").refused().suite("returns").phrasing("a1b2c3d4", "plus??"))
        .trial(trial("angry", "bare").errored(ErrorKind::Timeout, "no answer within 60 s"))
        .trial(trial("angry", "grounded").passed().action(Action::Abstain).with(|t| t.case.goldens.clear()))
        .build()
}

fn rules() -> GateRules {
    GateRules {
        min_pass_rate: Some(0.8),
        max_error_rate: Some(0.1),
        critical_all: true,
        prompts: vec!["grounded".into()],
        ..GateRules::default()
    }
}

fn since(base: &Run, cand: &Run) -> Since {
    Since::between(base, cand, Depth::ALL).unwrap()
}

fn compared(run: &Run, previous: &Run, rules: Option<&GateRules>) -> Report {
    let previous: &dyn Recorded = previous;
    Report::build(run, Some(previous), rules, Depth::ALL).unwrap()
}

#[test]
fn a_full_report() {
    let run = full();
    let previous = RunBuilder::new("0192f0c1-0000-7c3a-9b60-2f4de1a0b000")
        .trials((0..5).map(|i| trial(&format!("c{i}"), "bare").passed()))
        .trial(trial("return-window", "bare").failed("number", "differs").answer("You have 90 days."))
        .trial(trial("plus", "bare").passed().suite("returns").answer("Yes, thirty days."))
        .trial(trial("gone", "bare").passed())
        .build();
    let report = compared(&run, &previous, Some(&rules()));
    insta::assert_snapshot!(show(&report, &PLAIN));
    let narrow = show(&report, &ReportOptions { width: 60, limit: 1, ..PLAIN });
    insta::assert_snapshot!("a_full_report_in_60_columns", narrow);
    let color = show(&report, &ReportOptions { color: true, ..PLAIN });
    assert!(color.contains("\u{1b}[") && !color.contains('⟪') && !color.contains("[-"));
}

#[test]
fn all_cases_are_shown_without_a_limit() {
    let report = report(&full());
    let text = show(&report, &ReportOptions { limit: 0, ..PLAIN });
    assert!(text.contains("c4") && !text.contains("more: regauge"), "{text}");
}

#[test]
fn the_same_run_gives_the_same_bytes() {
    let text = |run: &Run| show(&report(run), &PLAIN);
    let stored: Run = serde_json::from_str(&serde_json::to_string(&full()).unwrap()).unwrap();
    assert_eq!(text(&full()), text(&stored));
}

#[test]
fn no_trials() {
    let run =
        RunBuilder::new("r").variant("bare").variant("grounded").planned(8).stopped("interrupted").build();
    insta::assert_snapshot!(show(&report(&run), &PLAIN));
    let nothing = show(&report(&RunBuilder::new("r").build()), &PLAIN);
    assert!(nothing.contains("nothing was run"), "{nothing}");
}

#[test]
fn all_errored() {
    let run = RunBuilder::new("r")
        .trials((0..4).map(|i| trial(&format!("c{i}"), "bare").errored(ErrorKind::Auth, "401: wrong key")))
        .build();
    insta::assert_snapshot!(show(&report(&run), &PLAIN));
}

#[test]
fn one_variant_without_known_cost() {
    let run = RunBuilder::new("r")
        .trial(trial("a", "bare").passed().cost(None))
        .trial(trial("b", "bare").passed().cost(None))
        .build();
    insta::assert_snapshot!(show(&report(&run), &PLAIN));
}

#[test]
fn hostile_answers_reach_no_terminal() {
    let hostile = "ok\u{1b}]0;pwned\u{7}\u{1b}[2J\u{202e}txt";
    let run = RunBuilder::new("r")
        .trial(
            trial("a", "bare")
                .failed("number", "differs")
                .answer(hostile)
                .passage("p#x", hostile, hostile)
                .with(|t| {
                    t.case.input = hostile.into();
                    t.case.goldens = vec![hostile.into()];
                    t.scores[0].reason = hostile.into();
                    t.scores[0].evidence.push(Evidence::new(hostile, hostile));
                    t.completion.as_mut().unwrap().stop = StopReason::Other(hostile.into());
                    t.completion.as_mut().unwrap().reported_model = Some(hostile.into());
                }),
        )
        .trial(trial("b", "bare").errored(ErrorKind::Server, hostile))
        .build();
    let report = compared(&run, &run, None);
    let case = CaseReport::build(&run.info.header, run.trials.clone(), &[]);
    for text in [
        show(&report, &PLAIN),
        (find("json").unwrap().render)(&report, &PLAIN),
        render_case(Paint::new(false, 100), &case),
        render_diff(Paint::new(false, 100), &since(&run, &run), 0),
    ] {
        assert!(!text.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{text:?}");
    }
}

#[test]
fn a_diff_of_two_runs() {
    let before = RunBuilder::new("old")
        .trial(trial("a", "bare").passed())
        .trial(trial("a", "bare").index(2).passed())
        .trial(trial("moved", "bare").passed())
        .build();
    let now = RunBuilder::new("new")
        .trial(trial("a", "bare").passed())
        .trial(trial("a", "bare").index(2).failed("number", "differs"))
        .trial(trial("moved", "bare").passed().with(|t| t.fingerprints.scorers = Fingerprint::of("new")))
        .build();
    insta::assert_snapshot!(render_diff(Paint::new(false, 100), &since(&before, &now), 0));
    let other = RunBuilder::new("other").trial(trial("a", "grounded").passed()).build();
    let text = render_diff(Paint::new(false, 100), &since(&before, &other), 0);
    assert!(text.contains("share no variant"), "{text}");
}

#[test]
fn a_case_whole() {
    let run = RunBuilder::new("new")
        .trial(
            grounded("return-window")
                .failed("number", "differs")
                .score("golden", ScoreState::NotApplicable, "no golden")
                .cost(None),
        )
        .trial(grounded("return-window").index(2).errored(ErrorKind::Timeout, "no answer within 60 s"))
        .build();
    let history = [("old".to_owned(), grounded("return-window").passed().0)];
    let case = CaseReport::build(&run.info.header, run.trials, &history);
    insta::assert_snapshot!(render_case(Paint::new(false, 100), &case));
}

#[test]
fn the_json_report_has_every_part() {
    let whole = compared(&full(), &full(), Some(&rules()));
    let text = (find("json").unwrap().render)(&whole, &PLAIN);
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    let keys: Vec<&String> = value.as_object().unwrap().keys().collect();
    assert_eq!(
        keys,
        [
            "format",
            "run",
            "variants",
            "suites",
            "scorers",
            "actions",
            "reliability",
            "phrasings",
            "compared",
            "better",
            "bare",
            "pareto",
            "failing",
            "errors",
            "since",
            "gate",
            "next"
        ]
    );
    let small = RunBuilder::new("r").trial(trial("a", "bare").failed("number", "differs")).build();
    insta::assert_snapshot!("json", (find("json").unwrap().render)(&report(&small), &PLAIN));
}
