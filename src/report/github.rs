//! The report as workflow commands of GitHub: annotations on the lines of suites and prompts.
//!
//! What regressed and what breaks the gate is an `error`, what fails without being known to be worse a `warning`.
//! Where the project of today has no such case the annotation stands without a file.

use std::collections::BTreeMap;

use crate::diff::ChangeKind;
use crate::gate::Verdict;
use crate::report::gate::verdict_name;
use crate::report::{
    ChangeView, Depth, FailingCase, Place, RendererKind, Report, ReportOptions, inert_line, plural,
};

/// Row of the renderer table.
pub const KIND: RendererKind = RendererKind {
    name: "github",
    summary: "annotations for a GitHub workflow, on the lines of suites and prompts",
    endings: &[],
    depth: |_| Depth::first(MOST).with_places(),
    render,
};

/// Most annotations of cases; GitHub keeps 10 of a kind per step and 50 per job.
const MOST: usize = 50;
/// Most characters of a message.
const MESSAGE: usize = 1000;

fn render(report: &Report, _: &ReportOptions) -> String {
    let mut lines = rules(report);
    lines.extend(prompts(report));
    let (cases, total) = cases(report);
    let left = total.saturating_sub(cases.len() as u64);
    lines.extend(cases);
    lines.extend(report.errors.iter().map(|group| {
        let message = group.messages.first().map_or("", |m| m.message.as_str());
        let title = format!("{} errored: {}", plural(group.trials, "trial"), group.kind);
        annotation("warning", None, &title, message)
    }));
    if left > 0 {
        let title = format!("{} more", plural(left, "case"));
        lines.push(annotation("notice", None, &title, "regauge report shows all"));
    }
    if lines.is_empty() {
        let words = report.gate.as_ref().map_or("no gate", |g| g.words.as_str());
        lines.push(annotation("notice", None, "regauge", words));
    }
    lines.concat()
}

/// The rules that are not kept, on the prompt they were applied to.
fn rules(report: &Report) -> Vec<String> {
    let unkept = report.gate.iter().flat_map(|g| &g.rules).filter(|r| r.verdict != Verdict::Pass);
    unkept
        .map(|rule| {
            let place = rule.variant.as_ref().and_then(|v| report.places.prompt(&v.prompt));
            let on = rule.variant.as_ref().map(|v| format!(" on {v}")).unwrap_or_default();
            let title = format!("gate, {}: {}{on}", verdict_name(rule.verdict), rule.rule);
            annotation("error", place, &title, &rule.detail)
        })
        .collect()
}

/// The prompts with regressed cases.
fn prompts(report: &Report) -> Vec<String> {
    let mut regressed: BTreeMap<&str, u64> = BTreeMap::new();
    for column in report.since.iter().flat_map(|s| &s.columns) {
        let n = column.counts.get(&ChangeKind::Regressed).copied().unwrap_or(0);
        *regressed.entry(&column.variant.prompt).or_default() += n;
    }
    regressed
        .into_iter()
        .filter(|(_, n)| *n > 0)
        .map(|(prompt, n)| {
            let title = format!("{} regressed with prompt {prompt}", plural(n, "case"));
            let sentences: Vec<&str> = report
                .since
                .iter()
                .flat_map(|s| &s.columns)
                .filter(|c| c.variant.prompt == prompt)
                .map(|c| &*c.versus.sentence)
                .collect();
            annotation("error", report.places.prompt(prompt), &title, &sentences.join("\n"))
        })
        .collect()
}

/// The regressed cases, then the other failing ones; and how many there are.
fn cases(report: &Report) -> (Vec<String>, u64) {
    let mut lines = Vec::new();
    let mut seen: Vec<(&str, &ChangeView)> = Vec::new();
    let mut total = 0;
    for column in report.since.iter().flat_map(|s| &s.columns) {
        total += column.counts.get(&ChangeKind::Regressed).copied().unwrap_or(0);
        for change in column.changes.iter().filter(|c| c.kind == ChangeKind::Regressed) {
            seen.push((&column.label, change));
            let title = format!("regressed on {}: {}", column.label, change.case);
            let message = change.cand.as_ref().map(|s| s.failing.join("\n")).unwrap_or_default();
            lines.push(annotation(
                "error",
                report.places.case(&change.suite, &change.case),
                &title,
                &message,
            ));
        }
    }
    let is_seen = |case: &FailingCase| {
        seen.iter().any(|(label, c)| {
            *label == case.label
                && (&c.suite, &c.case, &c.phrasing) == (&case.suite, &case.case, &case.phrasing)
        })
    };
    for group in &report.failing {
        let known = group.cases.iter().filter(|c| is_seen(c)).count() as u64;
        total += group.total - known;
        for case in group.cases.iter().filter(|c| !is_seen(c)) {
            let title = format!("fails on {}: {}", case.label, case.case);
            let reasons: Vec<String> =
                case.findings.iter().map(|f| format!("{}: {}", f.scorer, f.reason)).collect();
            let place = report.places.case(&case.suite, &case.case);
            lines.push(annotation("warning", place, &title, &reasons.join("\n")));
        }
    }
    lines.truncate(MOST);
    (lines, total)
}

fn annotation(level: &str, place: Option<&Place>, title: &str, message: &str) -> String {
    let at = place.map(|p| format!("file={},line={},", property(&p.file), p.line)).unwrap_or_default();
    let message: String = if message.is_empty() { title } else { message }.chars().take(MESSAGE).collect();
    format!("::{level} {at}title={}::{}\n", property(title), data(&message))
}

/// A text as a command's message. Its line breaks are kept; all else that acts is shown.
fn data(text: &str) -> String {
    crate::report::inert(text).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A text as a command's property.
fn property(text: &str) -> String {
    data(&inert_line(text)).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::ErrorKind;
    use crate::report::sample::{RunBuilder, trial};
    use proptest::prelude::*;

    fn options() -> ReportOptions {
        ReportOptions { color: false, width: 80, limit: 3 }
    }

    #[test]
    fn annotations_stand_on_suite_and_prompt_lines() {
        let base = RunBuilder::new("b").trial(trial("a", "bare").passed()).build();
        let run = RunBuilder::new("r")
            .trial(trial("a", "bare").failed("number", "differs"))
            .trial(trial("b", "bare").failed("number", "differs"))
            .trial(trial("c", "bare").errored(ErrorKind::Timeout, "late"))
            .build();
        let mut report = Report::build(&run, Some(&base), None, (KIND.depth)(&options())).unwrap();
        report.places.add_case("top-ten", "a", Place { file: "suites/top,ten.toml".into(), line: 12 });
        report.places.add_prompt("bare", Place { file: "prompts/bare.j2".into(), line: 1 });
        let text = render(&report, &options());
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].starts_with("::error file=prompts/bare.j2,line=1,title=1 case regressed"), "{text}");
        assert_eq!(
            lines[1],
            "::error file=suites/top%2Cten.toml,line=12,title=regressed on bare × small%3A a::number: expected 30 days, found 60 days"
        );
        assert!(lines[2].starts_with("::warning title=fails on bare × small%3A b::"), "{text}");
        assert!(lines[3].starts_with("::warning title=1 trial errored%3A timeout::late"), "{text}");
    }

    proptest! {
        #[test]
        fn a_message_cannot_begin_another_command(text in any::<String>()) {
            let line = annotation("error", None, &text, &format!("{text}\n::set-output name=x::y\r\n"));
            prop_assert_eq!(line.lines().count(), 1);
            prop_assert_eq!(line.matches('\n').count(), 1);
            prop_assert!(!line.contains('\r'));
            let title = &line["::error title=".len()..line.find("::").map_or(0, |_| line[2..].find("::").unwrap() + 2)];
            prop_assert!(!title.contains(',') && !title.contains(':'));
        }
    }
}
