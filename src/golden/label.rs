//! Labels: what a person said of an answer, to hold a judge against.
//!
//! One JSONL file per scorer in `labels/` beside the golden answers. A label belongs to a scorer, a question and an
//! answer, whoever gave it in whatever run; it says nothing of the judge's verdict, which the person did not see.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::fingerprint::Fingerprint;

/// Folder of labels, beside the folder of golden answers.
const FOLDER: &str = "labels";

/// Hex digits of a label's id.
const DIGITS: usize = 16;

/// What a person said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Said {
    /// The answer is good.
    Pass,
    /// It is not.
    Fail,
    /// The person could not tell.
    Unsure,
}

impl Said {
    /// The word of a file: `pass`, `fail` or `unsure`, also as `1`, `0`, `yes`, `no`, in any case; `None` for no word.
    ///
    /// # Errors
    /// Another word.
    pub fn parse(word: &str) -> Result<Option<Self>, String> {
        match word.trim().to_lowercase().as_str() {
            "" => Ok(None),
            "pass" | "p" | "yes" | "y" | "1" | "true" | "good" => Ok(Some(Self::Pass)),
            "fail" | "f" | "no" | "n" | "0" | "false" | "bad" => Ok(Some(Self::Fail)),
            "unsure" | "u" | "?" => Ok(Some(Self::Unsure)),
            _ => Err(format!("`{}` is no label: write pass, fail or unsure", word.trim())),
        }
    }

    /// The name used in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Unsure => "unsure",
        }
    }
}

/// One label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Label {
    /// Which scorer, question and answer: [`label_id`].
    pub id: String,
    /// Case, for a reader.
    pub case: String,
    /// What the person said.
    pub label: Said,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Who.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// When.
    pub date: Date,
}

/// The id of a label: a hash of scorer, question and answer.
pub fn label_id(scorer: &str, question: &str, answer: &str) -> String {
    Fingerprint::of(&[scorer, question, answer]).hex(DIGITS)
}

/// The file of a scorer's labels in a project whose golden answers are in `golden`.
pub fn labels_file(golden: &Path, scorer: &str) -> PathBuf {
    let kept = |c: char| if c.is_alphanumeric() || matches!(c, '-' | '_') { c } else { '-' };
    let name: String = scorer.chars().map(kept).collect();
    golden.with_file_name(FOLDER).join(format!("{name}.jsonl"))
}

/// Reads labels by id; of several the last one counts. No file is no labels.
///
/// # Errors
/// The file cannot be read, or a line is no label; with its number.
pub fn read_labels(file: &Path) -> Result<BTreeMap<String, Label>, String> {
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(error) => return Err(format!("cannot read {}: {error}", file.display())),
    };
    let mut labels = BTreeMap::new();
    for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
        let label: Label = serde_json::from_str(line)
            .map_err(|error| format!("{}:{number}: no label: {error}", file.display()))?;
        labels.insert(label.id.clone(), label);
    }
    Ok(labels)
}

/// Adds labels to a file, each durable when this returns.
///
/// # Errors
/// The file cannot be written.
pub fn add_labels(file: &Path, labels: &[Label]) -> Result<(), String> {
    let written = || -> std::io::Result<()> {
        if let Some(folder) = file.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let mut lines = String::new();
        for label in labels {
            lines.push_str(&serde_json::to_string(label)?);
            lines.push('\n');
        }
        let mut file = std::fs::OpenOptions::new().create(true).append(true).open(file)?;
        file.write_all(lines.as_bytes())?;
        file.sync_data()
    };
    written().map_err(|error| format!("cannot write {}: {error}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label(id: &str, said: Said) -> Label {
        let date = "2026-11-23".parse().unwrap();
        Label { id: id.into(), case: "c".into(), label: said, note: Some("ș\n\"".into()), by: None, date }
    }

    #[test]
    fn the_last_label_of_an_answer_counts() {
        let folder = tempfile::tempdir().unwrap();
        let file = labels_file(&folder.path().join("golden/answers"), "tone/x");
        assert!(file.ends_with("golden/labels/tone-x.jsonl"));
        assert!(read_labels(&file).unwrap().is_empty());
        add_labels(&file, &[label("a", Said::Pass), label("b", Said::Fail)]).unwrap();
        add_labels(&file, &[label("a", Said::Unsure)]).unwrap();
        let read = read_labels(&file).unwrap();
        assert_eq!(
            (read.len(), read["a"].label, read["b"].clone()),
            (2, Said::Unsure, label("b", Said::Fail))
        );
        std::fs::write(&file, "\n{}\n").unwrap();
        assert!(read_labels(&file).unwrap_err().contains("tone-x.jsonl:2: no label"));
    }

    #[test]
    fn words_are_read_as_people_write_them() {
        assert_eq!(Said::parse(" PASS "), Ok(Some(Said::Pass)));
        assert_eq!(Said::parse("0"), Ok(Some(Said::Fail)));
        assert_eq!(Said::parse(""), Ok(None));
        assert!(Said::parse("maybe").is_err());
        for said in [Said::Pass, Said::Fail, Said::Unsure] {
            assert_eq!(Said::parse(said.name()), Ok(Some(said)));
        }
    }

    #[test]
    fn an_id_is_of_scorer_question_and_answer() {
        assert_eq!(label_id("a", "b", "c"), label_id("a", "b", "c"));
        assert_ne!(label_id("a", "b", "c"), label_id("a", "bc", ""));
        assert_eq!(label_id("a", "b", "c").len(), DIGITS);
    }
}
