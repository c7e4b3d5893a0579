//! The report as a whole: formats, and runs that are too long for any memory.

use std::cell::Cell;

use super::sample::{RunBuilder, report, trial};
use super::*;
use crate::config::GateRules;
use crate::diff::ChangeKind;
use crate::gate::Verdict;
use crate::outcome::{Digests, Outcome, Run, RunInfo, TrialDigest, TrialKey, TrialResult, VariantKey};
use crate::provider::ErrorKind;

#[test]
fn an_unknown_format_names_the_known_ones() {
    let report = report(&RunBuilder::new("r").build());
    let options = ReportOptions { color: false, width: 80, limit: 0 };
    let error = render("pdf", &report, &options).unwrap_err().to_string();
    assert_eq!(
        error,
        "no report format is named `pdf` (there are: terminal, json, junit, markdown, github, html)"
    );
    assert_eq!(depth("pdf", &options).unwrap_err().to_string(), error);
    assert!(render("json", &report, &options).is_ok());
}

#[test]
fn a_report_is_as_deep_as_its_reader_looks() {
    let options = ReportOptions { color: false, width: 80, limit: 7 };
    assert_eq!(depth("terminal", &options), Ok(Depth::first(7)));
    assert_eq!(depth("json", &options), Ok(Depth::ALL));
}

#[test]
fn what_is_shown_does_not_depend_on_the_depth() {
    let run = |failing: usize| {
        let case = |i: usize| {
            let trial = trial(&format!("c{i}"), "bare");
            if i < failing { trial.failed("number", "differs") } else { trial.passed() }
        };
        RunBuilder::new("r").trials((0..8).map(case)).build()
    };
    let options = ReportOptions { color: false, width: 100, limit: 2 };
    let (old, new) = (run(0), run(6));
    let text = |depth: Depth| {
        let report = Report::build(&new, Some(&old), Some(&GateRules::default()), depth).unwrap();
        render("terminal", &report, &options).unwrap()
    };
    assert_eq!(text(Depth::first(2)), text(Depth::ALL));
}

/// A run whose trials are made while they are read; every case on two variants, `grounded` passes all that
/// `bare` passes.
struct Synthetic {
    info: RunInfo,
    cases: u64,
    /// A case fails on `bare` where its number leaves a rest smaller than this by 10.
    failing: u64,
    fetched: Cell<u64>,
}

const PROMPTS: [&str; 2] = ["bare", "grounded"];

impl Synthetic {
    fn new(id: &str, cases: u64, failing: u64) -> Self {
        let Run { mut info, .. } = RunBuilder::new(id).variant("bare").variant("grounded").build();
        info.header.planned = cases * 2;
        Self { info, cases, failing, fetched: Cell::new(0) }
    }

    fn outcome(&self, case: u64, prompt: &str) -> Outcome {
        match (prompt, case % 10) {
            ("grounded", _) => Outcome::Passed,
            (_, 9) => Outcome::Errored,
            (_, rest) if rest < self.failing => Outcome::Failed,
            _ => Outcome::Passed,
        }
    }

    fn whole(&self, case: u64, prompt: &str) -> TrialResult {
        let trial = trial(&format!("c{case:07}"), prompt);
        match self.outcome(case, prompt) {
            Outcome::Failed => trial.failed("number", "differs").weight((case % 100) as f64 + 1.0),
            Outcome::Errored => trial.errored(ErrorKind::Timeout, &format!("no answer to {case}")),
            _ => trial.passed(),
        }
        .0
    }
}

impl Recorded for Synthetic {
    fn info(&self) -> &RunInfo {
        &self.info
    }

    fn tally(&self) -> Result<Vec<(VariantKey, Outcome, u64)>, ReadError> {
        let (cases, failing) = (self.cases / 10, self.failing);
        let of = |prompt: usize| self.info.header.variants[prompt].clone();
        Ok(vec![
            (of(1), Outcome::Passed, self.cases),
            (of(0), Outcome::Errored, cases),
            (of(0), Outcome::Failed, cases * failing),
            (of(0), Outcome::Passed, cases * (9 - failing)),
        ])
    }

    fn digests(&self) -> Result<Digests<'_>, ReadError> {
        // Hashing and formatting each trial anew would be most of the work: a template per kind is cloned.
        let templates: Vec<[TrialDigest; 2]> =
            (0..100).map(|case| PROMPTS.map(|p| TrialDigest::from(&self.whole(case, p)))).collect();
        Ok(Box::new((0..self.cases).flat_map(move |case| {
            let mut pair = templates[(case % 100) as usize].clone();
            for digest in &mut pair {
                digest.key.case = format!("c{case:07}");
                if let Some(error) = &mut digest.error {
                    error.message = format!("no answer to {case}");
                }
            }
            pair.map(Ok)
        })))
    }

    fn trial(&self, key: &TrialKey) -> Result<TrialResult, ReadError> {
        self.fetched.set(self.fetched.get() + 1);
        let case = key.case[1..].parse().map_err(|_| ReadError(format!("no case {}", key.case)))?;
        Ok(self.whole(case, &key.prompt))
    }
}

#[test]
fn a_long_run_is_counted_whole_and_listed_in_part() {
    let (old, new) = (Synthetic::new("old", 100_000, 1), Synthetic::new("new", 100_000, 3));
    let rules = GateRules { min_pass_rate: Some(0.5), max_error_rate: Some(0.2), ..GateRules::default() };
    let report = Report::build(&new, Some(&old), Some(&rules), Depth::ALL).unwrap();
    assert_eq!((report.run.cases, report.run.done), (100_000, 200_000));
    let bare = &report.variants[0];
    assert_eq!((bare.passed, bare.failed, bare.errored), (60_000, 30_000, 10_000));
    assert_eq!(bare.tokens_in.known, Some(120.0 * 90_000.0));

    let group = &report.failing[0];
    assert_eq!((report.failing.len(), group.total, group.cases.len()), (1, 30_000, KEPT));
    assert_eq!((group.cases[0].case.as_str(), group.cases[0].weight.to_string()), ("c0000092", "93".into()));
    assert!(group.cases.is_sorted_by(|a, b| (b.weight, &a.case) <= (a.weight, &b.case)));

    let errors = &report.errors[0];
    assert_eq!((errors.trials, errors.cases_total), (10_000, 10_000));
    assert_eq!((errors.messages.len(), errors.other_messages, errors.cases.len()), (KEPT, 9_000, KEPT));

    let since = &report.since.as_ref().unwrap().columns[0];
    assert_eq!(since.counts[&ChangeKind::Regressed], 20_000);
    assert_eq!((since.counts[&ChangeKind::Same], since.counts[&ChangeKind::Inconclusive]), (70_000, 10_000));
    let kept = |kind| since.changes.iter().filter(|c| c.kind == kind).count();
    assert_eq!((kept(ChangeKind::Regressed), kept(ChangeKind::Inconclusive)), (KEPT, 10));
    assert_eq!((since.versus.broke, since.versus.broke_cases.len()), (20_000, KEPT));
    assert!(since.changes[0].words.iter().any(|p| p.is == PieceKind::Added));

    let better = &report.better[0];
    assert_eq!((better.finding, better.fixed, better.fixed_cases.len()), (Finding::Better, 30_000, KEPT));
    assert_eq!(report.gate.unwrap().verdict, Verdict::Pass);
}

#[test]
fn a_reader_of_a_few_cases_has_only_those_fetched() {
    let (old, new) = (Synthetic::new("old", 20_000, 1), Synthetic::new("new", 20_000, 3));
    let options = ReportOptions { color: false, width: 100, limit: 3 };
    let depth = depth("terminal", &options).unwrap();
    let report = Report::build(&new, Some(&old), None, depth).unwrap();
    let fetched = old.fetched.get() + new.fetched.get();
    assert!(fetched < 60, "{fetched} trials were fetched");
    let text = render("terminal", &report, &options).unwrap();
    assert!(text.contains("… and 5,997 more: regauge report new --limit 0"), "{text}");
    assert!(text.contains("and 1,000 trials with other messages"), "{text}");
    assert!(text.contains(" and 1,997 more\n"), "{text}");
    assert!(text.contains("… and 3,997 more: regauge diff old new"), "{text}");
}

#[test]
fn a_list_that_was_cut_says_so() {
    let run = Synthetic::new("r", 20_000, 3);
    let options = ReportOptions { color: false, width: 100, limit: 0 };
    let report = Report::build(&run, None, None, depth("terminal", &options).unwrap()).unwrap();
    let text = render("terminal", &report, &options).unwrap();
    assert!(text.contains("… and 5,000 more\n"), "the end of the list is silent");
}

#[test]
fn answers_that_were_there_are_told_in_one_line() {
    let text = |cached: usize, errored: bool| {
        let mut run = RunBuilder::new("r")
            .trials((0..3).map(|i| trial(&format!("c{i}"), "bare").passed().with(|t| t.cached = i < cached)));
        if errored {
            run = run.trial(trial("d", "bare").errored(ErrorKind::Timeout, "no answer"));
        }
        let options = ReportOptions { color: false, width: 100, limit: 3 };
        render("terminal", &report(&run.build()), &options).unwrap()
    };
    assert!(text(3, false).contains("\n  3 of 3 answers were there already: nothing was sent\n"));
    assert!(text(2, false).contains("\n  2 of 3 answers were there already\n"));
    assert!(text(3, true).contains("\n  3 of 3 answers were there already\n"));
    assert!(!text(0, false).contains("already"));
}

#[test]
fn the_first_token_has_columns_only_where_something_streamed() {
    let text = |ms: Option<f64>| {
        let streamed =
            trial("a", "bare").passed().with(|t| t.completion.as_mut().unwrap().first_token_ms = ms);
        let run = RunBuilder::new("r").trial(streamed).trial(trial("a", "grounded").passed()).build();
        let options = ReportOptions { color: false, width: 100, limit: 3 };
        render("terminal", &report(&run), &options).unwrap()
    };
    let streamed = text(Some(120.0));
    assert!(streamed.contains("first token p50") && streamed.contains("120 ms"), "{streamed}");
    assert!(!text(None).contains("first token"));
}

/// Repeats of one run with made-up chances to pass: what differs between them is luck alone.
#[test]
fn luck_alone_is_never_called_a_regression() {
    let mut random = crate::stats::Random::new(11);
    let chances: Vec<f64> = (0..50).map(|i| f64::from(i) / 49.0).collect();
    let mut once = |id: &str| {
        let draw = |(i, chance): (usize, &f64)| {
            let one = trial(&format!("c{i:02}"), "bare");
            if random.fraction() < *chance { one.passed() } else { one.failed("number", "differs") }
        };
        RunBuilder::new(id).trials(chances.iter().enumerate().map(draw).collect::<Vec<_>>()).build()
    };
    let runs: Vec<_> = ["a", "b", "c", "d"].map(&mut once).into_iter().collect();
    let (mut naive, mut pairs) = (0, 0);
    for base in &runs {
        for cand in runs.iter().filter(|r| r.header.id != base.header.id) {
            let since = Since::between(base, cand, Depth::ALL).unwrap();
            let column = &since.columns[0];
            assert!(column.changes.iter().all(|c| !c.proven), "one trial a side proves nothing");
            assert!(column.changes.iter().all(|c| c.evidence.ends_with("moved, not proven")));
            assert_ne!(column.versus.finding, Finding::Worse);
            naive += column.versus.broke;
            pairs += 1;
        }
    }
    assert!(naive > 5 * pairs, "a naive diff would cry wolf: {naive} in {pairs}");
}
