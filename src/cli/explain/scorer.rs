//! `regauge explain scorer`: the manual of one scorer, or the list of all.

use serde_json::{Value, json};

use crate::cli::{CommandResult, ExitStatus, Session};
use crate::diagnostic::did_you_mean;
use crate::report::terminal::{Paint, Span, Tone, hanging, paragraph};
use crate::score::{COMMON_KEYS, SCORERS, ScorerKind, find, sections};

/// Prints the manual of a scorer, or one line of each.
pub(super) fn run(session: &Session, name: Option<&str>, json: bool) -> CommandResult {
    let printer = &session.printer;
    let paint = Paint::new(printer.color_out(), printer.width());
    match (name.map(found).transpose()?, json) {
        (Some(kind), false) => printer.out(&manual(paint, kind))?,
        (Some(kind), true) => printer.json(&as_json(kind))?,
        (None, false) => printer.out(&list(paint))?,
        (None, true) => printer.json(&SCORERS.iter().map(as_json).collect::<Vec<_>>())?,
    }
    Ok(ExitStatus::Success)
}

fn found(name: &str) -> anyhow::Result<&'static ScorerKind> {
    if let Some(kind) = find(name) {
        return Ok(kind);
    }
    match did_you_mean(name, SCORERS.iter().map(|kind| kind.name)) {
        Some(near) => anyhow::bail!("there is no scorer `{name}`; did you mean `{near}`?"),
        None => anyhow::bail!("there is no scorer `{name}`; `regauge explain scorer` lists all"),
    }
}

fn list(paint: Paint) -> String {
    let widest = SCORERS.iter().map(|kind| kind.name.len()).max().unwrap_or_default();
    let mut text = String::new();
    for kind in SCORERS {
        let name = Span::new(Tone::Strong, format!("{:<widest$}  ", kind.name));
        text.push_str(&hanging(paint, 0, &name, &[kind.summary.into()]));
    }
    text.push_str("\n`regauge explain scorer NAME` tells more about one.\n");
    text
}

fn manual(paint: Paint, kind: &ScorerKind) -> String {
    let head = [Span::new(Tone::Strong, kind.name), format!(": {}", kind.summary).into()];
    let mut text = paragraph(paint, 0, &head);
    for (title, body) in sections(kind.docs) {
        text.push('\n');
        text.push_str(&paragraph(paint, 0, &[Span::new(Tone::Strong, title)]));
        text.push_str(&plain(paint, body));
        if title == "Keys" {
            let common: Vec<String> = COMMON_KEYS.iter().map(|key| format!("`{key}`")).collect();
            let common = format!("Every scorer has {} as well.", common.join(", "));
            text.push_str(&paragraph(paint, 2, &[common.into()]));
        }
    }
    text
}

/// Markdown for a terminal: paragraphs and items as wide as it is, code one step further in and without its fences.
fn plain(paint: Paint, markdown: &str) -> String {
    let mut text = String::with_capacity(markdown.len() + 64);
    let mut open = String::new();
    let mut fenced = false;
    for line in markdown.lines() {
        let fence = line.starts_with("```");
        if fence || fenced || line.is_empty() || marker(line).is_some() {
            text.push_str(&block(paint, &std::mem::take(&mut open)));
        }
        match () {
            () if fence => fenced = !fenced,
            () if line.is_empty() => text.push('\n'),
            () if fenced => text.extend(["      ", line, "\n"]),
            () if open.is_empty() => open.push_str(line),
            () => open.extend([" ", line.trim_start()]),
        }
    }
    text + &block(paint, &open)
}

/// A paragraph, or an item of a list at its own depth.
fn block(paint: Paint, text: &str) -> String {
    let depth = text.len() - text.trim_start().len();
    let (head, body) = text.split_at(marker(text).unwrap_or(depth));
    let head = Span::from(&head[depth..]);
    if text.is_empty() { String::new() } else { hanging(paint, 2 + depth, &head, &[body.into()]) }
}

/// Where the text of an item begins: behind `- ` or `1. `.
fn marker(line: &str) -> Option<usize> {
    let bare = line.trim_start();
    let digits = bare.len() - bare.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let sign = if digits > 0 { ". " } else { "- " };
    bare[digits..].starts_with(sign).then_some(line.len() - bare.len() + digits + sign.len())
}

fn as_json(kind: &ScorerKind) -> Value {
    let told: serde_json::Map<String, Value> =
        sections(kind.docs).into_iter().map(|(title, body)| (title.to_owned(), body.into())).collect();
    json!({ "name": kind.name, "summary": kind.summary, "keys": kind.keys, "manual": told })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAINT: Paint = Paint { color: false, width: 100 };

    #[test]
    fn unknown_names_are_told_with_a_near_one() {
        let told = |name: &str| found(name).map(|_| ()).unwrap_err().to_string();
        assert_eq!(told("contain"), "there is no scorer `contain`; did you mean `contains`?");
        assert!(told("zzz").ends_with("lists all"));
        assert_eq!(found("length").unwrap().name, "length");
    }

    #[test]
    fn a_manual_reads_as_plain_text() {
        let text = manual(PAINT, found("length").unwrap());
        assert!(text.starts_with("length: the answer is as long as asked"), "{text}");
        for title in crate::score::SECTIONS {
            assert!(text.contains(&format!("\n\n{title}\n  ")), "{title}: {text}");
        }
        assert!(text.contains("\n      [[score]]\n      kind = \"length\"\n"), "{text}");
        assert!(!text.contains("```"), "{text}");
        assert_eq!(as_json(found("length").unwrap())["keys"][0], "min_words");
    }

    #[test]
    fn all_are_listed() {
        let text = list(PAINT);
        assert!(SCORERS.iter().all(|kind| text.contains(&format!("{} ", kind.name))), "{text}");
        assert!(SCORERS.iter().all(|kind| text.contains(&kind.summary[..20])), "{text}");
    }
}
