//! Replies of people as files: one row a ticket.

use std::path::Path;

use anyhow::Context as _;
use serde::Deserialize;
use serde_json::Value;

use super::Candidate;
use crate::cli::file;
use crate::golden::Pending;
use crate::knowledge::front_matter::parse_date;
use crate::quotes::separator;
use crate::report::inert_line;

/// One ticket; other columns are passed over.
#[derive(Deserialize)]
struct Row {
    #[serde(alias = "input")]
    question: Option<String>,
    #[serde(alias = "answer")]
    reply: Option<String>,
    #[serde(alias = "author")]
    agent: Option<String>,
    date: Option<String>,
    #[serde(alias = "id")]
    ticket: Option<Value>,
    suite: Option<String>,
    lang: Option<String>,
}

/// Reads all tickets; a row that cannot be used is named, and then nothing is taken in.
pub(super) fn read(path: &Path) -> anyhow::Result<Vec<Candidate>> {
    let text = file::read_rows(path)?;
    let rows: Vec<(usize, Row)> = match path.extension().and_then(|ending| ending.to_str()) {
        Some("csv") => {
            let mut builder = csv::ReaderBuilder::new();
            let mut table = builder.flexible(true).delimiter(separator(&text)).from_reader(text.as_bytes());
            let written = table.headers().with_context(|| path.display().to_string())?.clone();
            let names: csv::StringRecord = written.iter().map(|name| name.trim().to_lowercase()).collect();
            for wanted in [["question", "input"], ["reply", "answer"]] {
                anyhow::ensure!(
                    names.iter().any(|name| wanted.contains(&name)),
                    "{}: no column is named `{}`; there are {}",
                    path.display(),
                    wanted[0],
                    written
                        .iter()
                        .map(|name| format!("`{}`", inert_line(name)))
                        .collect::<Vec<_>>()
                        .join(", ")
                );
            }
            table.set_headers(names);
            let mut rows = Vec::new();
            for row in table.deserialize() {
                let row: Row = row.with_context(|| path.display().to_string())?;
                rows.push((rows.len() + 1, row));
            }
            rows
        }
        Some("jsonl") => {
            let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
            let read = |(n, line): (usize, &str)| {
                let row = serde_json::from_str(line).with_context(|| format!("{}:{n}", path.display()))?;
                anyhow::Ok((n, row))
            };
            lines.map(read).collect::<anyhow::Result<_>>()?
        }
        _ => anyhow::bail!("{}: name a file that ends in .csv or .jsonl", path.display()),
    };
    let (mut candidates, mut mistakes) = (Vec::new(), Vec::new());
    for (number, row) in rows {
        match candidate(row, path, number) {
            Ok(candidate) => candidates.push(candidate),
            Err(why) => mistakes.push(format!("row {number}: {why}")),
        }
    }
    anyhow::ensure!(mistakes.is_empty(), "{}: nothing was taken in\n{}", path.display(), mistakes.join("\n"));
    anyhow::ensure!(!candidates.is_empty(), "{}: there is no ticket in it", path.display());
    Ok(candidates)
}

fn candidate(row: Row, path: &Path, number: usize) -> Result<Candidate, String> {
    let given = |text: Option<String>| text.map(|t| t.trim().to_owned()).filter(|t| !t.is_empty());
    // Some systems write a number.
    let ticket = row.ticket.and_then(|name| match name {
        Value::Null => None,
        Value::String(text) => Some(text),
        other => Some(other.to_string()),
    });
    let date = given(row.date);
    let day = date.as_deref().and_then(parse_date);
    if let (Some(date), None) = (&date, day) {
        return Err(format!("`{date}` is not a date; write it as 2026-09-01"));
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(Candidate {
        suite: given(row.suite),
        pending: Pending {
            question: given(row.question).ok_or("`question` is missing or empty")?,
            answer: given(row.reply).ok_or("`reply` is missing or empty")?,
            agent: given(row.agent),
            lang: given(row.lang),
            origin: match given(ticket) {
                Some(ticket) => format!("ticket {ticket}"),
                None => format!("row {number} of {name}"),
            },
            date: day,
            ..Pending::default()
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str, text: &str) -> Result<Vec<(String, String)>, String> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        let read =
            read(&path).map_err(|error| format!("{error:#}").replace(&path.display().to_string(), "FILE"))?;
        Ok(read.into_iter().map(|c| (c.pending.question, c.pending.origin)).collect())
    }

    #[test]
    fn tickets_come_as_csv_and_as_json_lines() {
        let csv = "id,question,answer,author,date,colour\n7,\"How, long?\",30 days,Ion,2026-09-01T08:00:00Z,red\n,Where?,There,,,\n";
        let want = [("How, long?".into(), "ticket 7".into()), ("Where?".into(), "row 2 of t.csv".into())];
        assert_eq!(of("t.csv", csv).unwrap(), want);
        let excel = "Întrebare;Question ; Reply\nx;\"How; long?\";30 days, unused\n";
        assert_eq!(of("t.csv", excel).unwrap(), [("How; long?".into(), "row 1 of t.csv".into())]);
        let lines = "{\"question\": \"Why?\", \"reply\": \"Because.\", \"ticket\": 7}\n\n";
        assert_eq!(of("t.jsonl", lines).unwrap(), [("Why?".into(), "ticket 7".into())]);
    }

    #[test]
    fn every_row_that_cannot_be_used_is_named() {
        let said = of("t.csv", "question,reply,date\n,x,\ny,,\nz,x,soon\n").unwrap_err();
        assert_eq!(
            said,
            "FILE: nothing was taken in\nrow 1: `question` is missing or empty\nrow 2: `reply` is missing or empty\n\
             row 3: `soon` is not a date; write it as 2026-09-01"
        );
        let none = of("t.csv", "Intrebare;Raspuns\na;b\n").unwrap_err();
        assert_eq!(none, "FILE: no column is named `question`; there are `Intrebare`, `Raspuns`");
        assert!(of("t.txt", "").unwrap_err().contains("ends in .csv or .jsonl"));
        assert!(of("t.jsonl", "\n").unwrap_err().contains("no ticket"));
        assert!(of("t.jsonl", "{\n").unwrap_err().starts_with("FILE:1"));
    }
}
