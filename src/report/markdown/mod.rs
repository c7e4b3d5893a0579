//! The report as one comment on a pull request: verdict first, then what broke, then the numbers.
//!
//! The first line is a hidden mark, by which the comment of an earlier run is found and replaced. Sites cut
//! nothing themselves but refuse what is too long, so whole parts are left out, the least important first, and
//! the last line says how many.

mod cases;
pub(in crate::report) mod escape;
mod experiments;
pub(in crate::report) mod fit;
mod numbers;

use std::fmt::Write as _;

use crate::gate::Verdict;
use crate::report::gate::verdict_name;
use crate::report::{Depth, GateRule, RendererKind, Report, ReportOptions, plural};

use escape::{code, cut, words};
use fit::{Part, fit};

/// Row of the renderer table.
pub const KIND: RendererKind = RendererKind {
    name: "markdown",
    summary: "one comment on a pull request, with a hidden mark to update it by",
    endings: &["md", "markdown"],
    depth: |_| Depth::first(CASES).with_experiments(),
    render,
};

/// The first line of every comment.
const MARK: &str = "<!-- regauge report -->";
/// Most cases per list that may find room.
const CASES: usize = 200;
/// Most rules in words.
const RULES: usize = 20;
/// Most characters of one line of words.
const LINE: usize = 400;

fn render(report: &Report, _: &ReportOptions) -> String {
    let mut parts = vec![Part::first(head(report))];
    parts.extend(experiments::parts(report));
    parts.extend(cases::broken(report));
    parts.push(Part::of(1, "table", numbers::metrics(report)));
    parts.push(Part::of(2, "table", numbers::moved(report)));
    parts.push(Part::of(3, "table", numbers::trade_offs(report)));
    parts.push(Part::of(3, "table", numbers::cost(report)));
    parts.extend(cases::failing(report));
    parts.extend(cases::errors(report));
    parts.push(Part::of(3, "note", not_checked(report)));
    fit(&parts, "`regauge report` shows all.")
}

/// The verdict, the rules that are not kept, and how this run stands to the earlier one.
fn head(report: &Report) -> String {
    let mut text = format!("{MARK}\n");
    match &report.gate {
        Some(gate) => {
            let _ = write!(text, "### regauge: {}\n\n", words(&gate.words));
        }
        None => text.push_str("### regauge: no gate\n\n"),
    }
    let run = &report.run;
    let counts = format!("{} of {}", run.done, plural(run.planned, "planned trial"));
    let way = run.retrieval_words().map(|way| format!(" Retrieval: {}.", words(&cut(&way, LINE))));
    let _ = write!(text, "Run {}, {counts} with a result.{}\n\n", code(&run.id), way.unwrap_or_default());
    let unkept: Vec<&GateRule> =
        report.gate.iter().flat_map(|g| &g.rules).filter(|r| r.verdict != Verdict::Pass).collect();
    for rule in unkept.iter().take(RULES) {
        text.push_str(&line_of(rule));
    }
    if unkept.len() > RULES {
        let _ = writeln!(text, "- {} more", plural((unkept.len() - RULES) as u64, "rule"));
    }
    if !unkept.is_empty() {
        text.push('\n');
    }
    if let Some(again) = &report.again {
        let _ = write!(text, "{} beside the planned trials:\n\n", plural(again.trials, "follow-up"));
        for row in again.rows.iter().take(RULES) {
            let (case, label) = (code(&format!("{}/{}", row.suite, row.case)), code(&row.label));
            let (passed, judged) = (row.again.passed, row.again.judged);
            let found = row.found.words();
            let _ =
                writeln!(text, "- {case} on {label}: passed {passed} of {judged} when asked again, {found}");
        }
        if again.wordings > RULES as u64 {
            let _ = writeln!(text, "- {} more", again.wordings - RULES as u64);
        }
        text.push('\n');
    }
    match &report.since {
        Some(since) => {
            let _ = write!(text, "Since run {}:\n\n", code(&since.base));
            for column in since.columns.iter().take(RULES) {
                let _ = writeln!(text, "- {}", words(&cut(&column.versus.sentence, LINE)));
                if let Some(weighted) = &column.versus.weighted {
                    let _ = writeln!(text, "- {}", words(&cut(&weighted.sentence, LINE)));
                }
            }
            if let Some((apart, command)) = since.apart() {
                let command = command.map(|c| format!("; to hold them against each other: {}", code(&c)));
                let _ = writeln!(text, "- {}{}", words(&apart), command.unwrap_or_default());
            }
        }
        None => text.push_str("There is no earlier run to compare with.\n"),
    }
    text.push('\n');
    for found in report.bare.iter().take(RULES) {
        let _ = writeln!(text, "- {}", words(&cut(&found.sentence, LINE)));
    }
    if !report.bare.is_empty() {
        text.push('\n');
    }
    text
}

fn line_of(rule: &GateRule) -> String {
    let on = rule.variant.as_ref().map(|v| format!(" on {}", code(&v.to_string()))).unwrap_or_default();
    let verdict = verdict_name(rule.verdict);
    format!("- **{verdict}**: {}{on}: {}\n", code(&rule.rule), words(&cut(&rule.detail, LINE)))
}

fn not_checked(report: &Report) -> String {
    let list = report.gate.as_ref().map(|g| g.not_checked.as_slice()).unwrap_or_default();
    if list.is_empty() {
        return String::new();
    }
    let mut text = String::from("<details><summary>What was not checked</summary>\n\n");
    for line in list.iter().take(RULES) {
        let _ = writeln!(text, "- {}", words(&cut(line, LINE)));
    }
    text.push_str("\n</details>\n\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::GateRules;
    use crate::outcome::Run;
    use crate::report::sample::{RunBuilder, trial};
    use proptest::prelude::*;
    use pulldown_cmark::{Event, Options, Parser, Tag};

    fn comment(base: Option<&Run>, run: &Run) -> String {
        let options = ReportOptions { color: false, width: 80, limit: 3 };
        let base = base.map(|b| b as &dyn crate::outcome::Recorded);
        let report = Report::build(run, base, Some(&GateRules::default()), (KIND.depth)(&options)).unwrap();
        render(&report, &options)
    }

    fn broken(answer: &str, cases: usize) -> String {
        let ids: Vec<String> = (0..cases).map(|i| format!("case-{i:04}")).collect();
        let base = RunBuilder::new("base").trials(ids.iter().map(|id| trial(id, "bare").passed())).build();
        let cand = RunBuilder::new("cand")
            .trials(ids.iter().map(|id| trial(id, "bare").failed("number", "differs").answer(answer)))
            .build();
        comment(Some(&base), &cand)
    }

    #[test]
    fn the_verdict_comes_first_and_old_and_new_answers_are_folded() {
        let text = broken("You have 60 days.", 1);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], MARK);
        assert!(lines[1].starts_with("### regauge: "), "{text}");
        for part in [
            "<details>",
            "case-0000",
            "<del>30</del>",
            "<ins>60</ins>",
            "| bare × small |",
            "Fingerprints",
            "Cost",
        ] {
            assert!(text.contains(part), "{part} is not in\n{text}");
        }
    }

    #[test]
    fn a_run_alone_says_that_there_is_nothing_to_compare() {
        let text = comment(None, &RunBuilder::new("r").trial(trial("a", "bare").passed()).build());
        assert!(text.contains("There is no earlier run"), "{text}");
    }

    #[test]
    fn a_comment_is_never_too_long_and_says_what_is_missing() {
        let text = broken(&"word <&> ".repeat(2000), 300);
        assert!(text.encode_utf16().count() <= 65_536, "{}", text.len());
        assert!(text.contains("Left out for length"), "{}", &text[text.len() - 400..]);
        assert!(text.contains("| bare × small |"));
        assert_eq!(text.matches("<details>").count(), text.matches("</details>").count());
    }

    proptest! {
        #[test]
        fn hostile_answers_stay_inert(answer in "([@#*_`<>|!:/.&~\\\\\n -]|\\[x\\]\\(http://y\\)|</pre>|</details>|<script>|[a-z]){0,80}") {
            let text = broken(&answer, 1);
            for event in Parser::new_ext(&text, Options::all()) {
                let bad = matches!(event, Event::Start(Tag::Link { .. } | Tag::Image { .. } | Tag::CodeBlock(_)));
                prop_assert!(!bad, "{:?}\n{}", event, text);
            }
            prop_assert!(!text.contains('@') && !text.contains("<script"));
            prop_assert_eq!(text.matches("</pre>").count(), text.matches("<pre>").count());
            prop_assert_eq!(text.matches("</details>").count(), text.matches("<details>").count());
        }
    }
}
