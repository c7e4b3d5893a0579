//! All cases as compact JSON inside the page.

use std::collections::HashMap;

use serde::Serialize;

use crate::diff::{DiffPiece, word_diff};
use crate::outcome::Outcome;
use crate::report::since::kind_name;
use crate::report::{CaseRow, CaseScore, Report, TurnView, escape_json};

/// Everything the script is given.
#[derive(Serialize)]
struct Data<'a> {
    run: &'a str,
    variants: Vec<&'a str>,
    cases: Vec<Case<'a>>,
    rows: Vec<Row<'a>>,
}

/// What the rows of one wording share.
#[derive(Serialize)]
struct Case<'a> {
    /// Suite.
    s: &'a str,
    /// Case id.
    c: &'a str,
    /// Phrasing.
    p: &'a str,
    /// Question.
    q: &'a str,
    /// Tags.
    t: &'a [String],
    /// Accepted answers.
    g: &'a [String],
    tier: &'a str,
    area: Option<&'a str>,
    lang: &'a str,
    /// Articles.
    r: &'a [String],
    owner: Option<&'a str>,
}

#[derive(Serialize)]
struct Row<'a> {
    /// Place of the case.
    c: usize,
    /// Place of the variant.
    v: usize,
    /// Outcome; absent when only the earlier run has the case.
    #[serde(skip_serializing_if = "Option::is_none")]
    o: Option<&'a str>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    w: Option<&'a str>,
    /// Passed, judged, without a verdict.
    n: [u32; 3],
    #[serde(skip_serializing_if = "Option::is_none")]
    a: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    e: Option<&'a str>,
    s: Vec<Score<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ch: Option<&'static str>,
    /// Earlier: passed, judged, answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    b: Option<(u32, u32, Option<&'a str>)>,
    /// The word diff: 0 equal, 1 removed, 2 added, each followed by its number of characters.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    d: Vec<usize>,
    #[serde(skip_serializing_if = "<[TurnView]>::is_empty")]
    turns: &'a [TurnView],
}

/// Label, whether required, verdict, value, reason, evidence.
#[derive(Serialize)]
struct Score<'a>(&'a str, bool, Option<bool>, Option<f64>, &'a str, Vec<Piece<'a>>);

/// Label, first and last character in the answer, quote, passage, note.
#[derive(Serialize)]
struct Piece<'a>(&'a str, Option<[usize; 2]>, &'a str, Option<&'a str>, Option<&'a str>);

/// The data as JSON that no HTML parser sees an end or a beginning in.
pub(super) fn json(report: &Report) -> String {
    let mut places: HashMap<(&str, &str, &str), usize> = HashMap::new();
    let mut cases: Vec<Case<'_>> = Vec::new();
    let rows = report.cases.iter().flat_map(|c| &c.rows).map(|row| {
        let place = *places.entry((&row.suite, &row.case, &row.phrasing)).or_insert_with(|| {
            cases.push(case(row));
            cases.len() - 1
        });
        self::row(row, place)
    });
    let rows = rows.collect();
    let variants = report.variants.iter().map(|v| v.label.as_str()).collect();
    let data = Data { run: &report.run.id, variants, cases, rows };
    // A tree of structs with text keys, which JSON can always hold.
    let text = serde_json::to_string(&data).unwrap_or_else(|_| "{}".to_owned());
    escape_json(&text.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026"))
}

fn case(row: &CaseRow) -> Case<'_> {
    Case {
        s: &row.suite,
        c: &row.case,
        p: &row.phrasing,
        q: &row.question,
        t: &row.tags,
        g: &row.accepted,
        tier: row.tier.name(),
        area: row.area.as_deref(),
        lang: &row.lang,
        r: &row.articles,
        owner: row.owner.as_deref(),
    }
}

fn row(row: &CaseRow, place: usize) -> Row<'_> {
    let old = row.earlier.as_ref().and_then(|e| e.answer.as_deref());
    let changed = old.zip(row.answer.as_deref()).filter(|(old, new)| old != new);
    Row {
        c: place,
        v: row.column,
        o: row.outcome.map(Outcome::name),
        w: row.why.as_deref(),
        n: [row.passed, row.judged, row.unjudged],
        a: row.answer.as_deref(),
        e: row.error.as_deref(),
        s: row.scores.iter().map(score).collect(),
        ch: row.change.map(kind_name),
        b: row.earlier.as_ref().map(|e| (e.passed, e.judged, e.answer.as_deref())),
        d: changed.map(|(old, new)| ops(old, new)).unwrap_or_default(),
        turns: &row.turns,
    }
}

fn score(score: &CaseScore) -> Score<'_> {
    let pieces = score.evidence.iter().map(|e| {
        let span = e.span.as_ref().map(|s| [s.start, s.end]);
        Piece(&e.label, span, &e.quote, e.passage.as_deref(), e.note.as_deref())
    });
    Score(&score.name, score.required, score.pass, score.value, &score.reason, pieces.collect())
}

fn ops(old: &str, new: &str) -> Vec<usize> {
    let op = |piece: DiffPiece| {
        let kind = match piece {
            DiffPiece::Equal(_) => 0,
            DiffPiece::Removed(_) => 1,
            DiffPiece::Added(_) => 2,
        };
        [kind, piece.text().chars().count()]
    };
    word_diff(old, new).into_iter().flat_map(op).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diff_is_counted_in_characters() {
        assert_eq!(ops("Aveți 30 zile.", "Aveți 14 zile."), [0, 6, 1, 2, 2, 2, 0, 6]);
    }
}
