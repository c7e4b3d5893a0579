//! The report as JUnit XML, for the test views of CI systems.
//!
//! One test suite per suite and variant with one test case per trial, and one test suite for the rules of the
//! gate, so that a run of which nothing was checked is not green. The name of a test case is the case id, with
//! `~phrasing` for a further wording and ` #n` for a repeat after the first: it never depends on an order. A wrong
//! answer is a `failure`; what broke is an `error`; a trial on which no scorer applied is `skipped`.

use std::fmt::Write as _;
use std::time::Duration;

use quick_junit::{NonSuccessKind, Report as Junit, TestCase, TestCaseStatus, TestSuite};

use crate::gate::Verdict;
use crate::outcome::{Outcome, RunStatus};
use crate::report::gate::verdict_name;
use crate::report::{Depth, GateView, OutcomeRow, OutcomeTexts, Places, RendererKind, Report, ReportOptions};
use crate::shorten::clip;

/// Row of the renderer table.
pub const KIND: RendererKind = RendererKind {
    name: "junit",
    summary: "JUnit XML, for the test views of CI systems",
    endings: &["xml"],
    depth: |_| Depth::first(1).with_outcomes().with_places(),
    render,
};

/// Most characters of the line that lists show.
const MESSAGE: usize = 300;

fn render(report: &Report, _: &ReportOptions) -> String {
    let mut junit = Junit::new("regauge");
    let of_column = |a: &OutcomeRow, b: &OutcomeRow| a.suite == b.suite && a.variant == b.variant;
    for rows in report.outcomes.chunk_by(of_column) {
        junit.add_test_suite(suite(rows, &report.places));
    }
    junit.add_test_suite(gate(report));
    // The writer only fails on texts that are no XML, which its text type does not hold.
    let mut text = junit
        .to_string()
        .unwrap_or_else(|error| format!("<?xml version=\"1.0\"?><testsuites name=\"regauge: {error}\"/>"));
    // The schema of its readers counts what was skipped on every suite and not on the whole.
    if let Some(at) =
        text.find(" skipped=\"").filter(|at| text.find("<testsuite ").is_none_or(|suite| *at < suite))
    {
        let end = text[at..].match_indices('"').nth(1).map_or(at, |(quote, _)| at + quote + 1);
        text.replace_range(at..end, "");
    }
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

/// Text that XML can hold.
fn block(text: &str) -> String {
    // The only characters that stay after `inert` and that XML 1.0 has no way to write.
    crate::report::inert(text).replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}")
}

/// The same on one line.
fn line(text: &str) -> String {
    block(&crate::report::inert_line(text))
}

fn suite(rows: &[OutcomeRow], places: &Places) -> TestSuite {
    let name = rows.first().map(|r| line(&format!("{} / {}", r.suite, r.variant))).unwrap_or_default();
    let mut suite = TestSuite::new(name.clone());
    let mut whole = 0.0;
    for row in rows {
        let mut case = test_case(row);
        case.set_classname(name.clone());
        let spent = row.latency_ms.unwrap_or(0.0).max(0.0);
        whole += spent;
        case.set_time(seconds(spent));
        if let Some(place) = places.case(&row.suite, &row.case) {
            case.extra.insert("file".into(), line(&place.file).into());
            case.extra.insert("line".into(), place.line.to_string().into());
        }
        suite.add_test_case(case);
    }
    suite.set_time(seconds(whole));
    suite
}

fn seconds(ms: f64) -> Duration {
    // A stored time that is no time at all counts as none.
    Duration::try_from_secs_f64(ms / 1000.0).unwrap_or_default()
}

/// The name of a trial, the same in every run.
fn name(row: &OutcomeRow) -> String {
    let mut name = line(&row.case);
    if !row.phrasing.is_empty() {
        name.push('~');
        name.push_str(&line(&row.phrasing));
    }
    if row.index > 1 {
        let _ = write!(name, " #{}", row.index);
    }
    name
}

fn test_case(row: &OutcomeRow) -> TestCase {
    let kind = match row.outcome {
        Outcome::Passed => None,
        Outcome::Failed | Outcome::Refused => Some(NonSuccessKind::Failure),
        Outcome::Errored => Some(NonSuccessKind::Error),
        Outcome::Skipped => {
            let mut skipped = TestCaseStatus::skipped();
            skipped.set_message(row.texts.as_ref().map(message).unwrap_or_default());
            return TestCase::new(name(row), skipped);
        }
    };
    let (Some(kind), Some(texts)) = (kind, &row.texts) else {
        return TestCase::new(name(row), TestCaseStatus::success());
    };
    let mut status = TestCaseStatus::non_success(kind);
    status.set_type(line(&texts.kind)).set_message(message(texts)).set_description(description(texts));
    TestCase::new(name(row), status)
}

fn message(texts: &OutcomeTexts) -> String {
    clip(&line(&texts.reasons.join("; ")), MESSAGE)
}

/// What a reader needs to see why: question, answer, accepted answers, reasons.
fn description(texts: &OutcomeTexts) -> String {
    let mut text = format!("question:\n{}\n", block(&texts.question));
    match &texts.answer {
        Some(answer) => {
            let _ = write!(text, "\nanswer:\n{}\n", block(answer));
        }
        None => text.push_str("\nthere is no answer\n"),
    }
    for golden in &texts.accepted {
        let _ = write!(text, "\naccepted answer:\n{}\n", block(golden));
    }
    for reason in &texts.reasons {
        let _ = write!(text, "\nreason: {}", block(reason));
    }
    text
}

/// The rules of the gate, and whether the run came to its end.
fn gate(report: &Report) -> TestSuite {
    let mut suite = TestSuite::new("gate");
    let run = &report.run;
    let complete = if run.status == RunStatus::Finished && run.done >= run.planned && run.done > 0 {
        TestCaseStatus::success()
    } else {
        let words = format!("{} of {} planned trials have a result", run.done, run.planned);
        broken(NonSuccessKind::Error, "incomplete", &words)
    };
    suite.add_test_case(in_gate("the run is complete", complete));
    for (name, status) in report.gate.iter().flat_map(rules) {
        suite.add_test_case(in_gate(&name, status));
    }
    suite.set_time(Duration::ZERO);
    suite
}

fn in_gate(name: &str, status: TestCaseStatus) -> TestCase {
    let mut case = TestCase::new(line(name), status);
    case.set_classname("gate").set_time(Duration::ZERO);
    case
}

/// The rules with what they say; only a kept rule is a success.
fn rules(gate: &GateView) -> impl Iterator<Item = (String, TestCaseStatus)> {
    gate.rules.iter().map(|rule| {
        let name = match &rule.variant {
            Some(variant) => format!("{} on {variant}", rule.rule),
            None => rule.rule.to_string(),
        };
        let kind = match rule.verdict {
            Verdict::Pass => return (name, TestCaseStatus::success()),
            Verdict::Fail => NonSuccessKind::Failure,
            _ => NonSuccessKind::Error,
        };
        (name, broken(kind, verdict_name(rule.verdict), &rule.detail))
    })
}

fn broken(kind: NonSuccessKind, what: &str, words: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(kind);
    status.set_type(what).set_message(line(words));
    status
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::ErrorKind;
    use crate::report::sample::{RunBuilder, TrialBuilder, trial};
    use proptest::prelude::*;

    fn junit(trials: impl IntoIterator<Item = TrialBuilder>) -> String {
        let run = RunBuilder::new("r").trials(trials).build();
        let options = ReportOptions { color: false, width: 80, limit: 3 };
        let report = Report::build(&run, None, None, (KIND.depth)(&options)).unwrap();
        render(&report, &options)
    }

    #[test]
    fn a_wrong_answer_is_a_failure_and_an_outage_an_error() {
        let text = junit([
            trial("a", "bare").passed(),
            trial("a", "bare").index(2).failed("number", "differs"),
            trial("a", "bare").phrasing("typos-1", "hw?").passed(),
            trial("b", "bare").errored(ErrorKind::Timeout, "late"),
            trial("c", "bare"),
        ]);
        let xml = roxmltree::Document::parse(&text).unwrap();
        let suite = xml.descendants().find(|n| n.has_tag_name("testsuite")).unwrap();
        assert_eq!(suite.attribute("name"), Some("top-ten / bare × small"));
        let cases: Vec<_> = suite
            .children()
            .filter(|n| n.has_tag_name("testcase"))
            .map(|n| {
                let inner = n.children().find(roxmltree::Node::is_element).map(|c| c.tag_name().name());
                (n.attribute("name").unwrap(), inner)
            })
            .collect();
        assert_eq!(
            cases,
            [
                ("a", None),
                ("a #2", Some("failure")),
                ("a~typos-1", None),
                ("b", Some("error")),
                ("c", Some("skipped")),
            ]
        );
        let failure = xml.descendants().find(|n| n.has_tag_name("failure")).unwrap();
        assert_eq!(failure.attribute("type"), Some("number"));
        for part in ["Question about a?", "You have 60 days", "You have 30 days.", "expected 30 days, found"]
        {
            assert!(failure.text().unwrap().contains(part), "{text}");
        }
    }

    #[test]
    fn a_run_without_trials_is_not_green() {
        let text = junit([]);
        assert!(text.contains("the run is complete") && text.contains("<error"), "{text}");
    }

    proptest! {
        #[test]
        fn hostile_answers_make_legal_xml(answer in any::<String>(), seeds in proptest::collection::vec(any::<char>(), 0..40)) {
            let hostile: String = seeds.into_iter().chain("\u{0}\u{1b}[31m]]>&<\u{fffe}\u{ffff}\u{85}".chars()).collect();
            let text = junit([trial(&hostile, "bare").failed("number", "differs").answer(&format!("{answer}{hostile}"))]);
            prop_assert!(roxmltree::Document::parse(&text).is_ok());
            let legal = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
            prop_assert!(text.chars().all(legal));
        }
    }
}
