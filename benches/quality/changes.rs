//! Sound answers and the same answers with one thing changed: what `contradicts` and `invents` say of both.

use std::collections::BTreeMap;
use std::path::Path;

use regauge::score::Markers;

use crate::trial::{Trial, passage, rows, scorer, text, texts};

/// A way to spoil an answer; absent where it finds nothing to change.
type Change = fn(&str) -> Option<String>;

const CHANGES: [(&str, Change); 9] = [
    ("as written", |text| Some(text.to_owned())),
    ("a number changed", change_number),
    ("a number doubled", double_number),
    ("a denial added or dropped", change_polarity),
    ("a demand made a choice, or the other way", |text| swap(text, DEMANDS)),
    ("a bound turned round", |text| swap(text, BOUNDS)),
    ("an opposite", |text| swap(text, OPPOSITES)),
    ("all for none, always for never", |text| swap(text, EXTREMES)),
    ("a promise added", |text| Some(format!("{text} We will also refund you 50 EUR."))),
];

const DEMANDS: &[(&str, &str)] = &[
    (" must ", " may "),
    (" may ", " must "),
    (" is required", " is optional"),
    (" is optional", " is required"),
];
const BOUNDS: &[(&str, &str)] = &[
    ("at least", "at most"),
    ("at most", "at least"),
    ("up to", "at least"),
    ("more than", "less than"),
    ("less than", "more than"),
    (" before ", " after "),
    (" after ", " before "),
    ("minimum", "maximum"),
    ("maximum", "minimum"),
];
const OPPOSITES: &[(&str, &str)] = &[
    ("included", "excluded"),
    ("free", "paid"),
    ("available", "unavailable"),
    ("allowed", "forbidden"),
    ("open", "closed"),
    ("enable", "disable"),
    ("increase", "decrease"),
    ("public", "private"),
    ("valid", "invalid"),
    ("add", "remove"),
    ("high", "low"),
    ("inside", "outside"),
    ("same", "different"),
    ("automatically", "manually"),
    ("possible", "impossible"),
    ("first", "last"),
];
const EXTREMES: &[(&str, &str)] =
    &[(" all ", " no "), (" always ", " never "), (" any ", " no "), (" every ", " no "), ("only", "also")];

/// Counts by scorer and change: judged, failed.
#[derive(Default)]
pub struct Counted {
    counts: BTreeMap<(&'static str, usize), (usize, usize)>,
}

impl Counted {
    /// Judges an answer and its changed copies.
    pub fn add(&mut self, trial: &Trial, golden: &str, markers: &Markers) {
        let alarms = std::env::args().any(|a| a == "--alarms");
        let missed = std::env::args().any(|a| a == "--missed");
        for kind in ["contradicts", "invents"] {
            let scorer = scorer(kind, "");
            let sound = trial.judge(&scorer, golden, markers).pass();
            for (at, (name, change)) in CHANGES.iter().enumerate() {
                let Some(answer) = change(golden).filter(|answer| at == 0 || answer != golden) else {
                    continue;
                };
                let score = trial.judge(&scorer, &answer, markers);
                // A changed answer that cannot be compared is missed, not left out.
                if at == 0 && score.pass().is_none() || at > 0 && sound.is_none() {
                    continue;
                }
                let fails = score.pass() == Some(false);
                let counted = self.counts.entry((kind, at)).or_default();
                counted.0 += 1;
                counted.1 += usize::from(fails);
                if kind == "contradicts" && ((at == 0 && fails && alarms) || (at > 0 && !fails && missed)) {
                    println!("{name}: {} | {answer:?}", score.reason);
                }
            }
        }
    }

    /// Prints the shares.
    pub fn print(&self) {
        for ((kind, at), (judged, failed)) in &self.counts {
            let share = 100.0 * *failed as f64 / (*judged).max(1) as f64;
            let change = CHANGES[*at].0;
            println!("  {kind:<12} {change:<42} fails {failed:>4} of {judged:>4} ({share:.1} %)");
        }
    }
}

/// Goldens of a published help centre against the articles that they rest on.
pub fn help_centre(set: &Path, markers: &Markers) {
    let articles: BTreeMap<String, String> =
        rows(&set.join("articles.jsonl")).iter().map(|a| (text(a, "id"), text(a, "body_md"))).collect();
    let mut counted = Counted::default();
    for row in rows(&set.join("questions.jsonl"))
        .iter()
        .filter(|row| row["answerability"].as_str().is_none_or(|a| a == "ANSWERABLE"))
    {
        let of = texts(row, "article_ids");
        let passages: Vec<_> = of.iter().filter_map(|id| Some(passage(id, articles.get(id)?))).collect();
        let (question, golden) = (text(row, "question"), text(row, "golden"));
        if !passages.is_empty() && !golden.is_empty() {
            counted.add(&Trial { question, passages, ..Trial::default() }, &golden, markers);
        }
    }
    println!(
        "\n{}: goldens against their own articles",
        set.file_name().unwrap_or_default().to_string_lossy()
    );
    counted.print();
}

/// The places of the digits of an answer's first number that is no list marker.
fn number_in(text: &str) -> Option<std::ops::Range<usize>> {
    let digits = |c: char| c.is_ascii_digit();
    let mut from = 0;
    while let Some(at) = text[from..].find(digits).map(|at| from + at) {
        let end = at + text[at..].find(|c| !digits(c)).unwrap_or(text.len() - at);
        let opens = text[..at].trim_end_matches([' ', '*']).is_empty()
            || text[..at].trim_end_matches([' ', '*']).ends_with('\n');
        let marks = text[end..].starts_with([')', '.']) && text[end + 1..].starts_with([' ', '\n', '*']);
        let word = text[..at].ends_with(|c: char| c.is_alphanumeric() || matches!(c, '/' | '-' | '_' | '.'));
        if !(word || opens && marks) {
            return Some(at..end);
        }
        from = end;
    }
    None
}

/// The answer with its first number another one.
pub fn change_number(text: &str) -> Option<String> {
    let at = number_in(text)?;
    let number: u64 = text[at.clone()].parse().ok()?;
    Some(format!("{}{}{}", &text[..at.start], number + 3, &text[at.end..]))
}

fn double_number(text: &str) -> Option<String> {
    let at = number_in(text)?;
    let number: u64 = text[at.clone()].parse().ok().filter(|n| *n > 0)?;
    Some(format!("{}{}{}", &text[..at.start], number * 2, &text[at.end..]))
}

fn change_polarity(text: &str) -> Option<String> {
    for (with, without) in
        [(" is not ", " is "), (" are not ", " are "), (" cannot ", " can "), (" do not ", " do ")]
    {
        if text.contains(with) {
            return Some(text.replacen(with, without, 1));
        }
    }
    for (without, with) in
        [(" is ", " is not "), (" are ", " are not "), (" can ", " cannot "), (" was ", " was not ")]
    {
        if text.contains(without) {
            return Some(text.replacen(without, with, 1));
        }
    }
    None
}

/// The first of some words replaced by its partner, where it stands as a word.
fn swap(text: &str, pairs: &[(&str, &str)]) -> Option<String> {
    let stands = |at: usize, word: &str| {
        let before = text[..at].chars().next_back().is_none_or(|c| !c.is_alphanumeric());
        let after = text[at + word.len()..].chars().next().is_none_or(|c| !c.is_alphanumeric());
        (before || word.starts_with(' ')) && (after || word.ends_with(' '))
    };
    pairs.iter().find_map(|(from, to)| {
        let at = text.find(from).filter(|at| stands(*at, from))?;
        Some(format!("{}{to}{}", &text[..at], &text[at + from.len()..]))
    })
}
