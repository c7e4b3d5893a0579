//! Accepted answers as `check --deep` doubts them (`unsupported-golden`): as they are, and with one number changed.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use regauge::case::SourceRef;
use regauge::diagnostic::SourceFile;
use regauge::knowledge::{Knowledge, Passage, SourceSpec, load};
use regauge::lint::doubts_of;
use regauge::score::Markers;
use regauge::score::accepted::{Doubt, doubts};

use crate::changes::change_number;
use crate::trial::{Trial, rows, text, texts};

/// What was doubted.
#[derive(Default)]
struct Counted {
    sound: (usize, usize),
    changed: (usize, usize),
}

impl Counted {
    fn add(&mut self, golden: &str, doubts: impl Fn(&str) -> Vec<Doubt>) {
        let found = doubts(golden);
        if let (Some(first), true) = (found.first(), std::env::args().any(|a| a == "--alarms")) {
            println!("doubted: {:?}: {}", first.quote, first.why);
        }
        self.sound.0 += usize::from(!found.is_empty());
        self.sound.1 += 1;
        if let Some(changed) = change_number(golden) {
            self.changed.0 += usize::from(!doubts(&changed).is_empty());
            self.changed.1 += 1;
        }
    }

    fn print(&self, name: &str) {
        let (sound, changed) = (self.sound, self.changed);
        println!("\n{name}: goldens as `unsupported-golden` sees them");
        println!("  as written       doubted {:>4} of {:>4}", sound.0, sound.1);
        println!("  a number changed doubted {:>4} of {:>4}", changed.0, changed.1);
    }
}

/// English goldens of a published set against the articles that they name.
pub fn published(set: &Path, markers: &Markers) {
    let spec = SourceSpec {
        kind: None,
        name: "set".to_owned(),
        path: "articles.jsonl".into(),
        fields: BTreeMap::from([("text".to_owned(), "body_md".to_owned())]),
        values: BTreeMap::new(),
        file: SourceFile::new("", ""),
        span: 0..0,
    };
    let knowledge = Knowledge::new(load(set, &spec).0);
    let mut counted = Counted::default();
    for row in
        rows(&set.join("questions.jsonl")).iter().filter(|row| row["lang"].as_str().is_none_or(|l| l == "en"))
    {
        let named: Vec<SourceRef> = texts(row, "article_ids").iter().map(|id| SourceRef::parse(id)).collect();
        let sources: Vec<Arc<Passage>> = knowledge.resolve_all(&named);
        if sources.is_empty() {
            continue;
        }
        let case = Trial { question: text(row, "question"), ..Trial::default() }.case();
        counted.add(&text(row, "golden"), |answer| doubts(answer, &case, &sources, markers, (&[], true)));
    }
    counted.print(&set.file_name().unwrap_or_default().to_string_lossy());
}

/// Those of the shipped suites.
pub fn shipped() {
    let (project, _) = regauge::project::load(Path::new(env!("CARGO_MANIFEST_DIR")), &|_| None);
    let project = project.expect("the shipped project");
    let mut counted = Counted::default();
    for suite in &project.suites {
        for scored in suite.cases.each().map(|case| case.expect("a case")) {
            let sources = suite.knowledge.resolve_all(&scored.case.sources);
            for golden in scored.case.goldens.iter().filter(|_| !sources.is_empty()) {
                counted.add(golden, |answer| doubts_of(answer, suite, &scored, &sources));
            }
        }
    }
    counted.print("shipped suites");
}
