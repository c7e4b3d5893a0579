//! The text of golden files, and all goldens of a folder.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::diagnostic::{Diagnostic, Diagnostics, SourceFile};
use crate::golden::path::ids_of;
use crate::golden::{Golden, OR_LINE};
use crate::knowledge::FrontMatter;
use crate::knowledge::folder::collect;
use crate::knowledge::front_matter::Header;

const KEYS: [&str; 4] = ["author", "reason", "date", "passages"];

/// Reads one golden file; `None` when a finding makes it meaningless.
pub fn parse(file: &SourceFile, findings: &mut Diagnostics) -> Option<Golden> {
    const SHAPE: &str = "start the file with `+++`, author, reason and date, and `+++` again";
    let front = FrontMatter::of(file, findings)?;
    let Some(range) = front.toml else {
        let missing = Diagnostic::error("the golden does not say who accepted it and why");
        findings.push(missing.at(file.start()).help(SHAPE));
        return None;
    };
    let header = Header::parse(file, range, &KEYS, findings);
    let mut required = |key: &str| {
        let text = header.text(key, findings);
        if text.is_none() {
            findings.push(
                Diagnostic::error(format!("`{key}` is missing or empty")).at(header.at(key)).help(SHAPE),
            );
        }
        text
    };
    let author = required("author");
    let reason = required("reason");
    let date = header.date("date", findings);
    let passages = header.get::<BTreeMap<String, String>>("passages", findings).unwrap_or_default();
    let answers = answers(file, front.body.start, findings);
    if answers.is_empty() {
        findings.push(
            Diagnostic::error("the golden has no answer")
                .at(file.start())
                .help("write the accepted answer below the front matter"),
        );
        return None;
    }
    Some(Golden { author: author?, reason: reason?, date, passages, answers })
}

/// Accepted answers of the text from `start` on; an empty one beside others is a finding.
fn answers(file: &SourceFile, start: usize, findings: &mut Diagnostics) -> Vec<String> {
    let mut parts = vec![(start, String::new())];
    let mut at = start;
    for line in file.text[start..].split_inclusive('\n') {
        let content = line.trim_end();
        if content == OR_LINE {
            parts.push((at, String::new()));
        } else if let Some((_, text)) = parts.last_mut() {
            // One backslash of an escaped separator is ours; see `to_text`.
            let kept = line.trim_end_matches(['\r', '\n']);
            let kept = if is_escaped(content) { &kept[1..] } else { kept };
            text.push_str(kept);
            text.push('\n');
        }
        at += line.len();
    }
    let several = parts.len() > 1 && parts.iter().any(|(_, text)| !text.trim().is_empty());
    let mut answers = Vec::new();
    for (from, text) in parts {
        let text = text.trim();
        if !text.is_empty() {
            answers.push(text.to_owned());
        } else if several {
            findings.push(
                Diagnostic::error("an accepted answer is empty")
                    .at(file.at(from..from + OR_LINE.len()))
                    .help(format!("write an answer on both sides of `{OR_LINE}`, or delete that line")),
            );
        }
    }
    answers
}

/// Whether a line is the separator behind one or more backslashes.
fn is_escaped(line: &str) -> bool {
    line.starts_with('\\') && line.trim_start_matches('\\') == OR_LINE
}

/// Front matter as it is written.
#[derive(Serialize)]
struct Wire<'a> {
    author: &'a str,
    reason: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    date: Option<toml::value::Datetime>,
    passages: &'a BTreeMap<String, String>,
}

/// The file's text; `parse` of it gives an equal golden.
///
/// Answers are trimmed and end their lines with `\n`; an answer's own line that reads like the
/// separator gets a backslash, so that a model's text cannot make two answers out of one.
pub fn to_text(golden: &Golden) -> String {
    let wire = Wire {
        author: &golden.author,
        reason: &golden.reason,
        date: golden.date.and_then(|date| date.to_string().parse().ok()),
        passages: &golden.passages,
    };
    // Strings, a date and a map of strings: nothing in there that TOML cannot hold.
    let front = toml::to_string(&wire).unwrap_or_default();
    let answers: Vec<String> = golden.answers.iter().map(|answer| escape(answer)).collect();
    format!("+++\n{front}+++\n{}\n", answers.join(&format!("\n\n{OR_LINE}\n\n")))
}

fn escape(answer: &str) -> String {
    let lines = answer.trim().lines().map(|line| {
        let content = line.trim_end();
        if content == OR_LINE || is_escaped(content) { format!("\\{line}") } else { line.to_owned() }
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Reads every golden below `root/folder`, keyed by (suite, case).
pub fn load_all(root: &Path, folder: &Path) -> (BTreeMap<(String, String), Golden>, Diagnostics) {
    let mut findings = Diagnostics::new();
    let mut paths = Vec::new();
    let top = root.join(folder);
    if top.exists() {
        collect(&top, is_golden, &mut paths, &mut findings);
    }
    paths.sort();
    let mut goldens: BTreeMap<(String, String), (PathBuf, Golden)> = BTreeMap::new();
    for path in paths {
        let shown = path.strip_prefix(root).unwrap_or(&path);
        let Some(key) = path.strip_prefix(&top).ok().and_then(ids_of) else {
            findings.push(
                Diagnostic::warning("the file belongs to no case")
                    .in_path(shown)
                    .help("a golden is <suite>/<case>.md in the folder of goldens"),
            );
            continue;
        };
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) => {
                let finding = Diagnostic::error(format!("failed to read the golden: {error}"));
                findings.push(finding.in_path(shown));
                continue;
            }
        };
        let file = SourceFile::new(shown, text);
        let Some(golden) = parse(&file, &mut findings) else { continue };
        if let Some((first, _)) = goldens.get(&key) {
            findings.push(
                Diagnostic::error(format!("the case `{}` of suite `{}` has two goldens", key.1, key.0))
                    .at(file.start())
                    .help(format!("the other one is {}", first.display())),
            );
        } else {
            goldens.insert(key, (shown.to_owned(), golden));
        }
    }
    (goldens.into_iter().map(|(key, (_, golden))| (key, golden)).collect(), findings)
}

fn is_golden(path: &Path) -> bool {
    path.extension().is_some_and(|e| e == "md")
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;

    pub(in crate::golden) fn golden(answers: &[&str]) -> Golden {
        Golden {
            author: "Maria Ionescu".to_owned(),
            reason: "matches the \"return policy\"\nof September".to_owned(),
            date: Some(jiff::civil::date(2026, 10, 2)),
            passages: BTreeMap::from([(
                "returns#return-window".to_owned(),
                "b3:0123456789abcdef".to_owned(),
            )]),
            answers: answers.iter().map(|a| (*a).to_owned()).collect(),
        }
    }

    fn read(text: &str) -> (Option<Golden>, Vec<String>) {
        let mut findings = Diagnostics::new();
        let golden = parse(&SourceFile::new("g.md", text), &mut findings);
        let rows = findings.iter().map(Diagnostic::to_row);
        (golden, rows.map(|row| format!("{} {}", row.line.unwrap(), row.message)).collect())
    }

    #[test]
    fn reads_the_documented_file() {
        let text = "+++\nauthor = \"M\"\nreason = \"r\"\ndate = 2026-10-02\n[passages]\n\"returns#a\" = \"b3:01\"\n+++\nYou have 30 days.\n\n<!-- or -->\n\n30 days from delivery.\n";
        let (golden, findings) = read(text);
        let golden = golden.unwrap();
        assert_eq!(findings, [""; 0]);
        assert_eq!(golden.answers, ["You have 30 days.", "30 days from delivery."]);
        assert_eq!(golden.passages["returns#a"], "b3:01");
        assert_eq!(read(&text.replace('\n', "\r\n")).0.unwrap(), golden);
    }

    #[test]
    fn every_mistake_is_found_at_once() {
        assert_eq!(read("You have 30 days.").1, ["1 the golden does not say who accepted it and why"]);
        assert_eq!(read("+++\nauthor = 'x'\n").1, ["1 the front matter never ends"]);
        let (golden, findings) =
            read("+++\nauthr = \"M\"\nreason = \" \"\ndate = 3\npassages = 1\n+++\n\n<!-- or -->\nx\n");
        assert_eq!(golden, None);
        assert_eq!(
            findings,
            [
                "2 unknown key `authr`",
                "1 `author` is missing or empty",
                "3 `reason` is missing or empty",
                "4 `date` is not a date",
                "5 `passages`: invalid type: integer `1`, expected a map",
                "7 an accepted answer is empty",
            ]
        );
        let (_, findings) = read("+++\nauthor = \"M\"\nreason = \"r\"\n+++\n \n<!-- or -->\n");
        assert_eq!(findings, ["1 the golden has no answer"]);
    }

    #[test]
    fn an_answer_cannot_split_itself() {
        let hostile = golden(&["a\n<!-- or -->\nb\n\\<!-- or -->", "+++\nauthor = \"x\"\n+++"]);
        assert_eq!(read(&to_text(&hostile)).0.unwrap(), hostile);
    }

    #[test]
    fn stray_files_and_twins_are_found() {
        let dir = tempfile::tempdir().unwrap();
        assert!(load_all(dir.path(), Path::new("none")).1.is_empty());
        let text = to_text(&golden(&["x"]));
        std::fs::create_dir(dir.path().join("s")).unwrap();
        for name in ["README.md", "s/a:b.md", "s/a%3Ab.md", "s/a%3.md", "s/.a.md"] {
            // A name that the file system refuses is one that needs no test there.
            let _ = std::fs::write(dir.path().join(name), &text);
        }
        let (goldens, findings) = load_all(dir.path(), Path::new(""));
        assert_eq!(goldens.len(), 1);
        let messages: Vec<_> = findings.iter().map(|f| f.message.as_str()).collect();
        #[cfg(unix)]
        assert_eq!(
            messages,
            [
                "the file belongs to no case",
                "the file belongs to no case",
                "the case `a:b` of suite `s` has two goldens"
            ]
        );
        assert!(messages.contains(&"the file belongs to no case"));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(
            author in "\\PC*[a-z]\\PC*",
            reason in any::<String>().prop_filter("blank", |s| !s.trim().is_empty()),
            days in proptest::option::of(0..4000_i64),
            passages in proptest::collection::btree_map(any::<String>(), any::<String>(), 0..3),
            answers in proptest::collection::vec("(\\PC|\n|\\\\|<!-- or -->\n){0,20}x(\n\\\\?<!-- or -->|\\PC){0,3}", 1..4),
        ) {
            let date = days.map(|d| jiff::civil::date(2020, 1, 1).saturating_add(jiff::Span::new().days(d)));
            let answers = answers.iter().map(|a| a.trim().lines().collect::<Vec<_>>().join("\n")).collect();
            let golden = Golden { author, reason, date, passages, answers };
            let text = to_text(&golden);
            let (back, findings) = read(&text);
            prop_assert_eq!(findings, Vec::<String>::new());
            prop_assert_eq!(back, Some(golden));
        }
    }
}
