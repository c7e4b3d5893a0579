//! All cases as compact JSON inside the page.

use std::collections::HashMap;

use serde::Serialize;

use crate::case::Tier;
use crate::diff::{ChangeKind, DiffPiece, Went, word_diff};
use crate::outcome::Outcome;
use crate::report::html::links::Listed;
use crate::report::since::kind_name;
use crate::report::{CaseRow, CaseScore, GroupVerdict, Report, TurnView, escape_json};
use crate::sentence::{EARLIER, beside};

/// Everything the script is given.
#[derive(Serialize)]
struct Data<'a> {
    run: &'a str,
    variants: Vec<&'a str>,
    /// The tiers that count for a gate.
    gating: Vec<&'static str>,
    /// What columns are compared with.
    beside: Vec<String>,
    /// Cases that are listed by name, by the place of each of their wordings.
    lists: Vec<(&'a str, Vec<usize>)>,
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
    /// Trials that passed, failed, were refused, errored, were skipped.
    n: [u32; 5],
    #[serde(skip_serializing_if = "Option::is_none")]
    a: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    e: Option<&'a str>,
    /// Trials by kind of error.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    k: Vec<(&'a str, u32)>,
    /// What was expected, what was done, in how many trials, and in how many of those with passages.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    m: Vec<(&'static str, &'static str, u32, u32)>,
    s: Vec<Score<'a>>,
    /// Trials by scorer: content, not content, unreadable. Absent where the scores of the trial shown say it all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    f: Vec<(&'a str, u32, u32, u32)>,
    /// What became of the wordings together.
    #[serde(skip_serializing_if = "Option::is_none")]
    g: Option<&'static str>,
    /// What it is compared with, by place, and what it is beside that: 0 compared, 1 fixed, 2 broke.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    u: Vec<(usize, u8)>,
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
    /// Whether its texts are left out, because the page would be too large.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    x: bool,
}

/// Label, whether required, verdict, value, reason, evidence.
#[derive(Serialize)]
struct Score<'a>(&'a str, bool, Option<bool>, Option<f64>, &'a str, Vec<Piece<'a>>);

/// Label, first and last character in the answer, quote, passage, note.
#[derive(Serialize)]
struct Piece<'a>(&'a str, Option<[usize; 2]>, &'a str, Option<&'a str>, Option<&'a str>);

/// Most bytes of texts: beyond it no page opens at once.
const MOST_TEXT: usize = 24 << 20;
/// Most bytes of a question or an accepted answer where texts are left out.
const MOST_QUESTION: usize = 200;

/// The data as JSON that no HTML parser sees an end or a beginning in.
pub(super) fn json(report: &Report, lists: &[Listed]) -> String {
    json_within(report, lists, MOST_TEXT)
}

/// Which rows keep their texts, and which cases theirs: those that did not pass come first.
fn kept(rows: &[CaseRow], most: usize) -> Vec<bool> {
    let mut kept = vec![false; rows.len()];
    let mut left = most;
    for plain in [false, true] {
        for (row, kept) in rows.iter().zip(&mut kept) {
            let dull =
                row.why.is_none() && row.error.is_none() && row.change.is_none_or(|c| c == ChangeKind::Same);
            let size = size(row);
            if dull == plain && size <= left {
                *kept = true;
                left -= size;
            }
        }
    }
    kept
}

/// Bytes of the texts of a row, about.
fn size(row: &CaseRow) -> usize {
    let evidence = |s: &CaseScore| -> usize { s.evidence.iter().map(|e| e.quote.len() + 60).sum() };
    let turn = |t: &TurnView| {
        let tools: usize = t.tools.iter().map(|t| t.arguments.len() + t.result.len() + 40).sum();
        t.customer.len() + t.agent.as_ref().map_or(0, String::len) + tools + 80
    };
    row.question.len()
        + row.answer.as_ref().map_or(0, String::len)
        + row.error.as_ref().map_or(0, String::len)
        + row.accepted.iter().map(String::len).sum::<usize>()
        + row.earlier.as_ref().and_then(|e| e.answer.as_ref()).map_or(0, String::len)
        + row.scores.iter().map(|s| s.reason.len() + evidence(s) + 40).sum::<usize>()
        + row.turns.iter().map(turn).sum::<usize>()
}

fn json_within(report: &Report, lists: &[Listed], most: usize) -> String {
    let all = report.cases.as_ref().map_or(&[][..], |c| &c.rows);
    let kept = kept(all, most);
    let mut places: HashMap<(&str, &str, &str), usize> = HashMap::new();
    let mut cases: Vec<Case<'_>> = Vec::new();
    let rows = all.iter().zip(kept).map(|(row, kept)| {
        let place = *places.entry((&row.suite, &row.case, &row.phrasing)).or_insert_with(|| {
            cases.push(case(row, kept));
            cases.len() - 1
        });
        let columns = report.variants.len();
        if kept { self::row(row, place, columns) } else { bare(row, place, columns) }
    });
    let rows = rows.collect();
    let mut wordings: HashMap<(&str, &str), Vec<usize>> = HashMap::new();
    for (place, case) in cases.iter().enumerate() {
        wordings.entry((case.s, case.c)).or_default().push(place);
    }
    let places = |list: &'_ Listed| {
        let found =
            list.cases.iter().filter_map(|(suite, case)| wordings.get(&(suite.as_str(), case.as_str())));
        found.flatten().copied().collect()
    };
    let variants: Vec<&str> = report.variants.iter().map(|v| v.label.as_str()).collect();
    let data = Data {
        run: &report.run.id,
        gating: Tier::ALL.into_iter().filter(|tier| tier.gates()).map(Tier::name).collect(),
        beside: variants.iter().copied().chain([EARLIER]).map(beside).collect(),
        lists: lists.iter().map(|list| (list.name.as_str(), places(list))).collect(),
        variants,
        cases,
        rows,
    };
    // A tree of structs with text keys, which JSON can always hold.
    let text = serde_json::to_string(&data).unwrap_or_else(|_| "{}".to_owned());
    escape_json(&text.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026"))
}

fn case(row: &CaseRow, kept: bool) -> Case<'_> {
    let question = row.question.as_str();
    Case {
        s: &row.suite,
        c: &row.case,
        p: &row.phrasing,
        q: if kept { question } else { &question[..question.floor_char_boundary(MOST_QUESTION)] },
        t: &row.tags,
        g: if kept { &row.accepted } else { &[] },
        tier: row.tier.name(),
        area: row.area.as_deref(),
        lang: &row.lang,
        r: &row.articles,
        owner: row.owner.as_deref(),
    }
}

fn row(row: &CaseRow, place: usize, columns: usize) -> Row<'_> {
    let old = row.earlier.as_ref().and_then(|e| e.answer.as_deref());
    let changed = old.zip(row.answer.as_deref()).filter(|(old, new)| old != new);
    Row {
        a: row.answer.as_deref(),
        e: row.error.as_deref(),
        s: row.scores.iter().map(score).collect(),
        b: row.earlier.as_ref().map(|e| (e.passed, e.judged, e.answer.as_deref())),
        d: changed.map(|(old, new)| ops(old, new)).unwrap_or_default(),
        turns: &row.turns,
        x: false,
        ..bare(row, place, columns)
    }
}

/// A row without its texts: what it is found by.
fn bare(row: &CaseRow, place: usize, columns: usize) -> Row<'_> {
    Row {
        c: place,
        v: row.column,
        o: row.outcome.map(Outcome::name),
        w: row.why.as_deref(),
        n: row.counts.outcomes,
        a: None,
        e: None,
        k: row.counts.errors.iter().map(|(kind, n)| (*kind, *n)).collect(),
        m: row
            .counts
            .actions
            .iter()
            .map(|((expected, done), n)| (expected.name(), done.name(), n.trials, n.sourced))
            .collect(),
        f: said(row),
        g: row.group.map(GroupVerdict::name),
        u: compared(row, columns),
        s: row.scores.iter().map(|s| Score(&s.name, s.required, s.pass, s.value, "", Vec::new())).collect(),
        ch: row.change.map(kind_name),
        b: None,
        d: Vec::new(),
        turns: &[],
        x: true,
    }
}

/// What the scorers say of the trials, where that of the trial shown does not tell it.
fn said(row: &CaseRow) -> Vec<(&str, u32, u32, u32)> {
    let scorers = &row.counts.scorers;
    if row.counts.outcomes.iter().sum::<u32>() < 2 && scorers.values().all(|said| said.unreadable == 0) {
        return Vec::new();
    }
    scorers.iter().map(|(name, said)| (&**name, said.content, said.not_content, said.unreadable)).collect()
}

/// What the row is beside others; the earlier run has the place past the last column.
fn compared(row: &CaseRow, columns: usize) -> Vec<(usize, u8)> {
    let earlier = row.since.map(|went| (columns, went));
    let went = |(place, went): (usize, Went)| {
        let code = match went {
            Went::Both | Went::Neither => 0,
            Went::Fixed => 1,
            Went::Broke => 2,
        };
        (place, code)
    };
    row.against.iter().copied().chain(earlier).map(went).collect()
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
    use crate::report::Depth;
    use crate::report::sample::{RunBuilder, trial};

    #[test]
    fn where_texts_are_too_long_those_of_failed_cases_stay() {
        let run = RunBuilder::new("r")
            .trial(trial("a", "bare").passed().answer(&"long ".repeat(100)))
            .trial(trial("b", "bare").failed("number", "differs"))
            .trial(trial("c", "bare").failed("number", "differs").answer(&"endless ".repeat(1000)))
            .build();
        let report = Report::build(&run, None, None, Depth::ALL.with_cases()).unwrap();
        let data: serde_json::Value = serde_json::from_str(&json_within(&report, &[], 600)).unwrap();
        let rows = data["rows"].as_array().unwrap();
        let left_out: Vec<bool> = rows.iter().map(|r| r["x"] == true).collect();
        assert_eq!(left_out, [true, false, true]);
        assert_eq!((&rows[0]["o"], rows[0]["a"].is_null()), (&"passed".into(), true));
        assert_eq!(rows[2]["w"], "number: differs", "it is still found by its reason");
        assert_eq!(data["cases"][2]["q"], "Question about c?");
        let whole: serde_json::Value = serde_json::from_str(&json(&report, &[])).unwrap();
        assert!(whole["rows"].as_array().unwrap().iter().all(|r| r["x"].is_null() && !r["a"].is_null()));
    }

    #[test]
    fn a_diff_is_counted_in_characters() {
        assert_eq!(ops("Aveți 30 zile.", "Aveți 14 zile."), [0, 6, 1, 2, 2, 2, 0, 6]);
    }
}
