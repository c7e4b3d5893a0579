//! Quarantine: cases that flip for a known reason, which run and are reported and decide nothing until a day.
//!
//! `quarantine.toml` beside the golden answers, one `[[case]]` each. An entry needs an owner, a reason and a last day: what
//! nobody looks after, or forgets, is back in the gate.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use toml::Spanned;

use crate::diagnostic::{Diagnostic, Diagnostics, SourceFile};

const FILE: &str = "quarantine.toml";
const KEYS: [&str; 5] = ["suite", "case", "owner", "reason", "expires"];

/// One case in quarantine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quarantined {
    /// Who looks after it.
    pub owner: String,
    /// Why.
    pub reason: String,
    /// The last day on which it holds.
    pub expires: Date,
    /// Place of the entry in the file.
    pub place: Range<usize>,
}

/// Cases in quarantine, by suite and case.
#[derive(Debug, Clone, Default)]
pub struct Quarantine {
    /// The file; absent when there is none.
    pub file: Option<SourceFile>,
    cases: BTreeMap<(String, String), Quarantined>,
}

/// The file of a project whose golden answers are in `golden`.
pub fn path(golden: &Path) -> PathBuf {
    golden.with_file_name(FILE)
}

/// One entry as written.
#[derive(serde::Deserialize)]
struct Written(Spanned<BTreeMap<String, Spanned<toml::Value>>>);

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    case: Vec<Written>,
}

impl Quarantine {
    /// Reads the file beside the golden answers; no file is no quarantine. What has expired is said and left out.
    pub fn load(root: &Path, golden: &Path, today: Date) -> (Self, Diagnostics) {
        match SourceFile::read_if_there(root, &path(golden)) {
            Ok(Some(file)) => Self::parse(&file, today),
            Ok(None) => Default::default(),
            Err(findings) => (Self::default(), findings),
        }
    }

    fn parse(file: &SourceFile, today: Date) -> (Self, Diagnostics) {
        let mut findings = Diagnostics::new();
        let mut cases = BTreeMap::new();
        let written: File = match toml::from_str(&file.text) {
            Ok(written) => written,
            Err(error) => {
                let at = error.span().map_or_else(|| file.start(), |span| file.at(span));
                findings.push(Diagnostic::error(error.message().to_owned()).at(at));
                return (Self::default(), findings);
            }
        };
        for Written(entry) in written.case {
            let place = entry.span();
            let table = entry.into_inner();
            for (key, value) in table.iter().filter(|(key, _)| !KEYS.contains(&key.as_str())) {
                let finding = Diagnostic::error(format!("unknown key `{key}`")).at(file.at(value.span()));
                findings.push(finding.suggest(key, KEYS));
            }
            let before = findings.errors();
            let mut text = |key: &str| {
                let value = table.get(key).map(Spanned::get_ref);
                let text = match value {
                    Some(toml::Value::Datetime(day)) => Some(day.to_string()),
                    other => other.and_then(toml::Value::as_str).map(|text| text.trim().to_owned()),
                };
                let text = text.filter(|text| !text.is_empty());
                if text.is_none() {
                    let finding = Diagnostic::error(format!("`{key}` is missing or no text"));
                    findings.push(finding.at(file.at(place.clone())).help(
                        "a case in quarantine needs suite, case, owner, reason and expires, its last day",
                    ));
                }
                text.unwrap_or_default()
            };
            let [suite, case, owner, reason, expires] = KEYS.map(&mut text);
            if findings.errors() > before {
                continue;
            }
            let Ok(expires) = expires.parse::<Date>() else {
                let finding = Diagnostic::error(format!("`expires` is not a date: {expires}"));
                findings.push(finding.at(file.at(place)).help("write it as 2026-09-01"));
                continue;
            };
            if expires < today {
                let finding = Diagnostic::warning(format!(
                    "the quarantine of {suite}/{case} ended on {expires}: it is back in the gate"
                ));
                findings.push(
                    finding
                        .at(file.at(place))
                        .help(format!("take the entry out, or ask {owner} for a new day")),
                );
                continue;
            }
            let entry = Quarantined { owner, reason, expires, place: place.clone() };
            if cases.insert((suite.clone(), case.clone()), entry).is_some() {
                let finding = Diagnostic::error(format!("{suite}/{case} is in quarantine twice"));
                findings.push(finding.at(file.at(place)));
            }
        }
        (Self { file: Some(file.clone()), cases }, findings)
    }

    /// The entry of a case.
    pub fn get(&self, suite: &str, case: &str) -> Option<&Quarantined> {
        self.cases.get(&(suite.to_owned(), case.to_owned()))
    }

    /// All entries, by suite and case.
    pub fn iter(&self) -> impl Iterator<Item = (&(String, String), &Quarantined)> {
        self.cases.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Vec<(String, String)>, Vec<String>) {
        let (found, findings) =
            Quarantine::parse(&SourceFile::new("quarantine.toml", text), "2026-11-28".parse().unwrap());
        let cases = found.iter().map(|(key, _)| key.clone()).collect();
        (cases, findings.iter().map(|d| d.message.clone()).collect())
    }

    #[test]
    fn an_entry_holds_until_its_last_day_and_needs_an_owner_and_a_reason() {
        let entry = |case: &str, day: &str| {
            format!(
                "[[case]]\nsuite = \"a\"\ncase = \"{case}\"\nowner = \"Ana\"\nreason = \"r\"\nexpires = {day}\n"
            )
        };
        let text =
            entry("today", "2026-11-28") + &entry("quoted", "\"2027-01-01\"") + &entry("gone", "2026-11-27");
        let (cases, said) = read(&text);
        assert_eq!(cases, [("a".into(), "quoted".into()), ("a".into(), "today".into())]);
        assert_eq!(said, ["the quarantine of a/gone ended on 2026-11-27: it is back in the gate"]);
        let (cases, said) =
            read("[[case]]\nsuite = \"a\"\ncase = \"b\"\nowner = \" \"\nexpires = 2027-01-01\nwhy = \"\"\n");
        assert!(cases.is_empty());
        assert_eq!(
            said,
            ["unknown key `why`", "`owner` is missing or no text", "`reason` is missing or no text"]
        );
        assert_eq!(
            read(&(entry("b", "2027-01-01") + &entry("b", "2027-01-01"))).1,
            ["a/b is in quarantine twice"]
        );
        assert_eq!(read(&entry("b", "\"soon\"")).1, ["`expires` is not a date: soon"]);
        assert_eq!(read("[[cases]]\n").0, []);
        assert_eq!(read("[[cases]]\n").1.len(), 1);
    }
}
