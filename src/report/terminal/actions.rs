//! The tables of expected and actual actions.

use std::collections::BTreeSet;

use crate::case::Action;
use crate::report::numbers::{count, percent, percent_interval, plural};
use crate::report::terminal::layout::{INDENT, heading, paragraph, table};
use crate::report::terminal::paint::{Paint, Span, Tone};
use crate::report::{ActionTable, Detection, Rate};

/// One table per column in which something else than plain answers was expected or done.
pub(super) fn matrices(paint: Paint, tables: &[ActionTable]) -> String {
    let shown: Vec<&ActionTable> = tables.iter().filter(|t| tells(t)).collect();
    if shown.is_empty() {
        return String::new();
    }
    let mut text = heading(paint, "Actions: rows are expected, columns are what was done");
    for (i, one) in shown.iter().enumerate() {
        if i > 0 {
            text.push('\n');
        }
        text.push_str(&matrix(paint, one));
        for line in notes(one) {
            text.push_str(&paragraph(paint, INDENT, &[Span::new(Tone::Dim, line)]));
        }
    }
    text
}

fn tells(table: &ActionTable) -> bool {
    table.matrix.iter().any(|r| r.expected != Action::Answer || r.actual.keys().any(|a| *a != Action::Answer))
}

fn matrix(paint: Paint, one: &ActionTable) -> String {
    let done: BTreeSet<Action> = one.matrix.iter().flat_map(|r| r.actual.keys().copied()).collect();
    let header: Vec<&str> =
        std::iter::once(one.label.as_str()).chain(done.iter().map(|a| a.name())).collect();
    let rows: Vec<Vec<Span>> = one
        .matrix
        .iter()
        .map(|row| {
            let cell = |action: &Action| match row.actual.get(action) {
                Some(n) if *action == row.expected => Span::new(Tone::Good, count(*n)),
                Some(n) => Span::new(Tone::Bad, count(*n)),
                None => Span::new(Tone::Dim, "0"),
            };
            std::iter::once(Span::new(Tone::Strong, row.expected.name()))
                .chain(done.iter().map(cell))
                .collect()
        })
        .collect();
    table(paint, &header, &rows, true)
}

fn notes(one: &ActionTable) -> Vec<String> {
    let mut notes = Vec::new();
    for (name, detection) in [("abstention", one.abstention), ("escalation", one.escalation)] {
        notes.extend(quality(name, detection));
    }
    if one.false_abstentions > 0 {
        let despite = match one.despite_source {
            0 => String::new(),
            n => format!(", {} of them although passages of the source were there", count(n)),
        };
        notes.push(format!("{}{despite}", plural(one.false_abstentions, "false abstention")));
    }
    if one.wrong_refusals > 0 {
        notes.push(format!("{} declined in the wrong way", count(one.wrong_refusals)));
    }
    notes
}

fn quality(name: &str, detection: Detection) -> Option<String> {
    let (precision, recall) = (rate(&detection.precision), rate(&detection.recall));
    match (precision, recall) {
        (None, None) => None,
        (Some(p), None) => Some(format!("{name}: right in {p}, nowhere expected")),
        (None, Some(r)) => Some(format!("{name}: done in {r} of the cases that expect it")),
        (Some(p), Some(r)) => Some(format!("{name}: right in {p}, done in {r} of the cases that expect it")),
    }
}

fn rate(rate: &Rate) -> Option<String> {
    let interval = rate.interval.map(|i| format!(", {}", percent_interval(i))).unwrap_or_default();
    rate.rate.map(|r| format!("{} ({} of {}{interval})", percent(r), count(rate.passed), count(rate.judged)))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::report::ActionRow;

    fn one(matrix: Vec<ActionRow>, right: u64, of: u64) -> ActionTable {
        let detection = Detection { precision: Rate::of(right, of), recall: Rate::of(right, right) };
        ActionTable {
            label: "bare".to_owned(),
            judged: of,
            matrix,
            false_abstentions: of - right,
            despite_source: 1,
            wrong_refusals: 2,
            abstention: detection,
            escalation: Detection { precision: Rate::of(0, 0), recall: Rate::of(0, 0) },
        }
    }

    #[test]
    fn a_matrix_with_its_notes() {
        let row = |expected, actual: &[(Action, u64)]| ActionRow {
            expected,
            actual: actual.iter().copied().collect::<BTreeMap<_, _>>(),
        };
        let rows = vec![
            row(Action::Answer, &[(Action::Answer, 1200), (Action::Abstain, 2)]),
            row(Action::Abstain, &[(Action::Abstain, 2)]),
        ];
        let text = matrices(Paint::new(false, 80), &[one(rows, 2, 4)]);
        for part in
            ["answer", "abstain", "50 % (2 of 4, 15–85)", "2 false abstentions, 1 of them", "2 declined"]
        {
            assert!(text.contains(part), "{part} is not in {text}");
        }
        assert!(!text.contains("escalation"), "{text}");
    }

    #[test]
    fn plain_answers_need_no_matrix() {
        let plain = ActionRow { expected: Action::Answer, actual: BTreeMap::from([(Action::Answer, 3)]) };
        assert_eq!(matrices(Paint::new(false, 80), &[one(vec![plain], 3, 3)]), "");
    }
}
