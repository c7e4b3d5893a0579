//! Certificates: how well a judge agreed with people, by the judge's fingerprint.
//!
//! One file per judge in `judges/` beside the golden answers, written by `regauge calibrate` and committed, so that a
//! review sees who vouches for a judge. A judge without one, or with one that is out of date, is reported and decides
//! nothing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::diagnostic::{Diagnostic, Diagnostics, SourceFile};
use crate::fingerprint::Fingerprint;
use crate::knowledge::front_matter::Header;

/// Folder of certificates, beside the folder of golden answers.
const FOLDER: &str = "judges";

const KEYS: [&str; 9] =
    ["judge", "rubric", "model", "scorer", "date", "expires", "labels", "labelled_by", "figures"];

/// Whether a judge may decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// People agreed with it, not too long ago.
    Certified,
    /// Nobody checked it.
    Uncertified,
    /// It was checked too long ago.
    Expired,
}

impl Standing {
    /// All of them.
    pub const ALL: [Standing; 3] = [Self::Certified, Self::Uncertified, Self::Expired];

    /// The name used in stores and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Certified => "certified",
            Self::Uncertified => "uncertified",
            Self::Expired => "expired",
        }
    }
}

/// One certificate.
#[derive(Debug, Clone, PartialEq)]
pub struct Certificate {
    /// Fingerprint of the judge.
    pub judge: Fingerprint,
    /// Its rubric.
    pub rubric: String,
    /// Its model, as named in `regauge.toml`.
    pub model: String,
    /// The scorer whose scores were labelled.
    pub scorer: String,
    /// When it was given.
    pub date: Date,
    /// The first day on which it no longer holds.
    pub expires: Date,
    /// Labels that it rests on.
    pub labels: u64,
    /// Who labelled.
    pub labelled_by: Option<String>,
    /// Its figures, by name.
    pub figures: BTreeMap<String, f64>,
}

/// The certificates of a project, by judge.
#[derive(Debug, Clone, Default)]
pub struct Certificates(BTreeMap<Fingerprint, Certificate>);

/// The folder of certificates of a project whose golden answers are in `golden`.
pub fn folder(golden: &Path) -> PathBuf {
    golden.with_file_name(FOLDER)
}

impl Certificates {
    /// Reads the certificates beside the golden answers; no folder is no certificate.
    pub fn load(root: &Path, golden: &Path) -> (Self, Diagnostics) {
        let (mut all, mut findings) = (BTreeMap::new(), Diagnostics::new());
        let folder = folder(golden);
        let entries = std::fs::read_dir(root.join(&folder)).into_iter().flatten().flatten();
        let mut names: Vec<_> = entries.map(|entry| entry.file_name()).collect();
        names.sort();
        for name in names {
            let shown = folder.join(&name);
            if shown.extension().is_none_or(|ending| ending != "toml") {
                continue;
            }
            match std::fs::read_to_string(root.join(&shown)) {
                Ok(text) => {
                    if let Some(read) = parse(&SourceFile::new(shown, text), &mut findings) {
                        all.insert(read.judge, read);
                    }
                }
                Err(error) => {
                    findings.push(Diagnostic::error(format!("cannot be read: {error}")).in_path(&shown));
                }
            }
        }
        (Self(all), findings)
    }

    /// The certificate of a judge.
    pub fn get(&self, judge: &Fingerprint) -> Option<&Certificate> {
        self.0.get(judge)
    }

    /// Whether a judge may decide on this day.
    pub fn standing(&self, judge: &Fingerprint, today: Date) -> Standing {
        match self.get(judge) {
            None => Standing::Uncertified,
            Some(found) if found.date <= today && today < found.expires => Standing::Certified,
            Some(_) => Standing::Expired,
        }
    }
}

/// Reads one certificate; `None` when a finding makes it meaningless.
pub fn parse(file: &SourceFile, findings: &mut Diagnostics) -> Option<Certificate> {
    let header = Header::parse(file, 0..file.text.len(), &KEYS, findings);
    let before = findings.errors();
    let mut text = |key: &str| {
        let text = header.text(key, findings);
        if text.is_none() {
            findings.push(Diagnostic::error(format!("`{key}` is missing or empty")).at(header.at(key)));
        }
        text.unwrap_or_default()
    };
    let (judge, rubric, model, scorer) = (text("judge"), text("rubric"), text("model"), text("scorer"));
    let mut day = |key: &str| {
        let day = header.date(key, findings);
        if day.is_none() {
            findings.push(Diagnostic::error(format!("`{key}` is not a date")).at(header.at(key)));
        }
        day
    };
    let (date, expires) = (day("date"), day("expires"));
    let judge = judge.parse().map_err(|error| {
        findings.push(Diagnostic::error(format!("`judge`: {error}")).at(header.at("judge")));
    });
    let labels = header.get("labels", findings).unwrap_or(0);
    let labelled_by = header.get("labelled_by", findings);
    let figures = header.get("figures", findings).unwrap_or_default();
    let sound = findings.errors() == before;
    Some(Certificate {
        judge: judge.ok()?,
        rubric,
        model,
        scorer,
        date: date?,
        expires: expires?,
        labels,
        labelled_by,
        figures,
    })
    .filter(|_| sound)
}

#[derive(Serialize)]
struct Wire<'a> {
    judge: String,
    rubric: &'a str,
    model: &'a str,
    scorer: &'a str,
    date: Option<toml::value::Datetime>,
    expires: Option<toml::value::Datetime>,
    labels: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    labelled_by: Option<&'a str>,
    figures: &'a BTreeMap<String, f64>,
}

impl Certificate {
    /// The file's text; `parse` of it gives an equal certificate.
    pub fn to_text(&self) -> String {
        let wire = Wire {
            judge: self.judge.to_string(),
            rubric: &self.rubric,
            model: &self.model,
            scorer: &self.scorer,
            date: self.date.to_string().parse().ok(),
            expires: self.expires.to_string().parse().ok(),
            labels: self.labels,
            labelled_by: self.labelled_by.as_deref(),
            figures: &self.figures,
        };
        // Texts, dates and numbers: nothing in there that TOML cannot hold.
        let text = toml::to_string(&wire).unwrap_or_default();
        format!("# Written by `regauge calibrate`: how well this judge agreed with people.\n{text}")
    }

    /// The file's name.
    pub fn file_name(&self) -> String {
        let kept = |c: char| if c.is_alphanumeric() || matches!(c, '-' | '_') { c } else { '-' };
        let rubric: String = self.rubric.chars().map(kept).collect();
        format!("{rubric}-{}.toml", self.judge.hex(12))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Certificate {
        Certificate {
            judge: Fingerprint::of("judge"),
            rubric: "tone".into(),
            model: "gpt".into(),
            scorer: "tone \"x\"".into(),
            date: "2026-11-23".parse().unwrap(),
            expires: "2027-05-22".parse().unwrap(),
            labels: 60,
            labelled_by: Some("Ștefan".into()),
            figures: [("kappa".to_owned(), 0.81), ("ac1".to_owned(), 1.0)].into(),
        }
    }

    #[test]
    fn a_certificate_reads_back() {
        let mut findings = Diagnostics::new();
        for written in [sample(), Certificate { labelled_by: None, figures: BTreeMap::new(), ..sample() }] {
            let file = SourceFile::new("c.toml", written.to_text());
            assert_eq!(parse(&file, &mut findings), Some(written));
        }
        assert!(findings.is_empty());
        assert!(sample().file_name().starts_with("tone-") && sample().file_name().len() == 22);
    }

    #[test]
    fn it_holds_from_its_first_day_to_the_day_before_its_last() {
        let root = tempfile::tempdir().unwrap();
        let golden = Path::new("golden/answers");
        let empty = Certificates::load(root.path(), golden).0;
        let day = |text: &str| text.parse::<Date>().unwrap();
        assert_eq!(empty.standing(&sample().judge, day("2026-12-01")), Standing::Uncertified);
        let folder = root.path().join(folder(golden));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(sample().file_name()), sample().to_text()).unwrap();
        std::fs::write(folder.join("notes.md"), "x").unwrap();
        let (all, findings) = Certificates::load(root.path(), golden);
        assert!(findings.is_empty());
        for (today, standing) in [
            ("2026-11-22", Standing::Expired),
            ("2026-11-23", Standing::Certified),
            ("2027-05-21", Standing::Certified),
            ("2027-05-22", Standing::Expired),
        ] {
            assert_eq!(all.standing(&sample().judge, day(today)), standing, "{today}");
        }
        assert_eq!(all.standing(&Fingerprint::of("other"), day("2026-12-01")), Standing::Uncertified);
    }

    #[test]
    fn mistakes_are_all_reported() {
        let mut findings = Diagnostics::new();
        let file = SourceFile::new("c.toml", "judge = 'x'\nmodel = 'm'\ndate = 'soon'\nlabel = 3\n");
        assert_eq!(parse(&file, &mut findings), None);
        assert!(findings.errors() >= 5, "{}", findings.errors());
    }
}
