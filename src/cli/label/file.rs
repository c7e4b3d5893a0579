//! Samples as files: written to be labelled elsewhere, and read back.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use super::Card;
use crate::cli::file;
use crate::golden::{Label, Said};
use crate::report::{asked_of, inert};

/// One row. Who labels fills in `label` (pass, fail or unsure) and, as wished, `note` and `by`.
#[derive(Serialize, Deserialize)]
struct Row {
    id: String,
    #[serde(default)]
    label: Option<String>,
    #[serde(default)]
    note: Option<String>,
    #[serde(default)]
    by: Option<String>,
    #[serde(default)]
    scorer: String,
    #[serde(default)]
    case: String,
    #[serde(default)]
    asked: String,
    #[serde(default)]
    question: String,
    #[serde(default)]
    passages: String,
    #[serde(default)]
    answer: String,
}

fn row(scorer: &str, card: &Card<'_>, cell: &dyn Fn(&str) -> String) -> Row {
    let passages: Vec<String> =
        card.trial.passages.iter().map(|p| format!("[{}] {}\n{}", p.id, p.heading, p.text)).collect();
    Row {
        id: card.id.clone(),
        label: Some(String::new()),
        note: Some(String::new()),
        by: Some(String::new()),
        scorer: cell(scorer),
        case: cell(&format!("{}/{}", card.trial.key.suite, card.trial.key.case)),
        asked: cell(&asked_of(card.of.score).join("\n")),
        question: cell(&card.of.earlier().chain([card.of.question()]).collect::<Vec<_>>().join("\n")),
        passages: cell(&passages.join("\n\n")),
        answer: cell(card.of.answer),
    }
}

/// A text in a table program: what would be run as a formula is text.
fn cell(text: &str) -> String {
    let text = inert(text);
    if text.trim_start().starts_with(['=', '+', '-', '@']) { format!("'{text}") } else { text }
}

fn is_csv(path: &Path) -> anyhow::Result<bool> {
    match path.extension().and_then(|ending| ending.to_str()) {
        Some("csv") => Ok(true),
        Some("jsonl") => Ok(false),
        _ => anyhow::bail!("{}: name a file that ends in .csv or .jsonl", path.display()),
    }
}

/// Writes a sample; a file that is there is not replaced.
pub(super) fn write(path: &Path, scorer: &str, cards: &[Card<'_>]) -> anyhow::Result<()> {
    let text = if is_csv(path)? {
        let mut table = csv::Writer::from_writer(Vec::new());
        for card in cards {
            table.serialize(row(scorer, card, &cell))?;
        }
        String::from_utf8(table.into_inner()?)?
    } else {
        let mut lines = String::new();
        for card in cards {
            lines.push_str(&serde_json::to_string(&row(scorer, card, &str::to_owned))?);
            lines.push('\n');
        }
        lines
    };
    let shown = || format!("cannot write {}", path.display());
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).open(path).with_context(shown)?;
    std::io::Write::write_all(&mut file, text.as_bytes()).with_context(shown)
}

/// Reads labels of answers of the run; rows without a label are left out.
pub(super) fn read(path: &Path, cards: &[Card<'_>], by: Option<&str>) -> anyhow::Result<Vec<Label>> {
    let text = file::read_rows(path)?;
    let rows: Vec<Row> = if is_csv(path)? {
        let mut table = csv::Reader::from_reader(text.as_bytes());
        table.deserialize().collect::<Result<_, _>>().with_context(|| path.display().to_string())?
    } else {
        let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
        let read = |(n, line): (usize, &str)| {
            serde_json::from_str(line).with_context(|| format!("{}:{n}", path.display()))
        };
        lines.map(read).collect::<anyhow::Result<_>>()?
    };
    let known: BTreeMap<&str, &Card<'_>> = cards.iter().map(|card| (card.id.as_str(), card)).collect();
    let (mut labels, mut mistakes) = (Vec::new(), Vec::new());
    for (number, row) in (1..).zip(rows) {
        let said = match Said::parse(row.label.as_deref().unwrap_or_default()) {
            Ok(Some(said)) => said,
            Ok(None) => continue,
            Err(why) => {
                mistakes.push(format!("row {number}: {why}"));
                continue;
            }
        };
        let own = row.by.as_deref().map(str::trim).filter(|by| !by.is_empty());
        match known.get(row.id.trim()) {
            Some(card) => labels.push(card.label(said, row.note.as_deref().unwrap_or_default(), own.or(by))),
            None => {
                mistakes.push(format!("row {number}: no answer of this run has the id `{}`", row.id.trim()));
            }
        }
    }
    anyhow::ensure!(mistakes.is_empty(), "{}: nothing was taken in\n{}", path.display(), mistakes.join("\n"));
    Ok(labels)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_text() {
        for text in ["=1+1", " +x", "-1", "@x", "\u{200b}=x"] {
            assert!(!cell(text).trim_start().starts_with(['=', '+', '-', '@']), "{text}");
        }
        assert_eq!(cell("30 days"), "30 days");
    }
}
