//! One trial around a row, judged by a shipped scorer; reading of rows.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use regauge::case::{Case, Origin, Speaker, Tier, Turn};
use regauge::fingerprint::Fingerprint;
use regauge::knowledge::{Knowledge, Passage, Visibility};
use regauge::provider::Completion;
use regauge::score::{Args, Markers, Score, ScoreInput, Scorer, find, judge};
use serde_json::Value;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A question with what its answer is held against.
#[derive(Default)]
pub struct Trial {
    pub question: String,
    pub goldens: Vec<String>,
    pub passages: Vec<Arc<Passage>>,
    pub knowledge: Knowledge,
}

impl Trial {
    pub fn judge(&self, scorer: &Scorer, answer: &str, markers: &Markers) -> Score {
        self.judge_as(scorer, &self.case(), &completion(answer), markers)
    }

    pub fn case(&self) -> Case {
        Case {
            suite: "quality".to_owned(),
            id: "row".to_owned(),
            turns: vec![Turn { role: Speaker::Customer, text: self.question.clone() }],
            phrasings: Vec::new(),
            vars: BTreeMap::new(),
            sources: Vec::new(),
            expect: Vec::new(),
            script: Vec::new(),
            customer: None,
            tags: BTreeSet::new(),
            owner: None,
            area: None,
            tier: Tier::Standard,
            weight: 1.0,
            lang: "en".to_owned(),
            goldens: self.goldens.clone(),
            origin: Origin::default(),
        }
    }

    /// The verdict on a completion of [`Self::case`].
    pub fn judge_as(
        &self,
        scorer: &Scorer,
        case: &Case,
        completion: &Completion,
        markers: &Markers,
    ) -> Score {
        let input = ScoreInput {
            case,
            question: case.input(),
            completion,
            cost: None,
            dialogue: &[],
            given: &self.passages,
            looked_up: false,
            sources: &[],
            knowledge: &self.knowledge,
            markers,
        };
        judge(std::slice::from_ref(scorer), &input).remove(0)
    }
}

pub fn completion(answer: &str) -> Completion {
    Completion::of_text(answer)
}

pub fn scorer(kind: &str, keys: &str) -> Scorer {
    let kind = find(kind).expect("a scorer of the table");
    let text = format!("[[score]]\nkind = '{}'\n{keys}", kind.name);
    let table = DeTable::parse(&text).expect("sound TOML");
    let DeValue::Array(scores) = table.get_ref()["score"].get_ref() else { unreachable!() };
    let DeValue::Table(one) = scores[0].get_ref() else { unreachable!() };
    let spanned = Spanned::new(scores[0].span(), one.clone());
    let check = (kind.build)(&Args {
        table: &spanned,
        root: Path::new("."),
        env: &|_| None,
        embedder: &embedder(),
        bench: &regauge::score::Bench::default(),
    })
    .expect("sound keys");
    Scorer {
        name: kind.name.to_owned(),
        kind: kind.name,
        not: false,
        required: true,
        settings: Value::Null,
        check: Arc::from(check),
    }
}

/// The embedding model, where it was fetched.
pub fn embedder() -> Arc<dyn regauge::embed::Embedder> {
    regauge::embed::local(regauge::config::models_dir(&|_| None).as_deref())
}

pub fn passage(id: &str, text: &str) -> Arc<Passage> {
    Arc::new(Passage {
        id: format!("{id}#top"),
        article: id.to_owned(),
        title: String::new(),
        heading: String::new(),
        text: text.to_owned(),
        url: None,
        visibility: Visibility::Public,
        updated: None,
        hash: Fingerprint::of_bytes(text.as_bytes()),
    })
}

pub fn rows(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).expect("a file of the set");
    text.lines().map(|line| serde_json::from_str(line).expect("a JSON line")).collect()
}

pub fn text(row: &Value, key: &str) -> String {
    row[key].as_str().unwrap_or_default().to_owned()
}

pub fn texts(row: &Value, key: &str) -> Vec<String> {
    row[key]
        .as_array()
        .map(|list| list.iter().filter_map(|v| v.as_str().map(str::to_owned)).collect())
        .unwrap_or_default()
}

pub fn number(row: &Value, key: &str) -> f64 {
    row[key].as_f64().unwrap_or_default()
}
