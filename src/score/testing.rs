//! What the scorers' own tests share: a scorer built from TOML, and a case around an answer.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::case::{Action, Case, Origin, Speaker, Tier, Turn};
use crate::embed::{EmbedError, Embedder, Embedding};
use crate::fingerprint::Fingerprint;
use crate::knowledge::{Article, Knowledge, Passage, Visibility};
use crate::prompt::PromptSet;
use crate::provider::{Completion, ModelSpec, ToolCall};
use crate::score::{Args, Bench, COMMON_KEYS, Markers, Score, ScoreInput, Scorer, ScorerError, find, judge};

/// The shipped markers, compiled once.
pub(super) static MARKERS: LazyLock<Markers> = LazyLock::new(Markers::default);

/// An embedder that knows words, not meanings: each word of three letters or more is a direction of its own.
pub(super) struct Words;

impl Embedder for Words {
    fn embed(&self, texts: &[&str]) -> Result<Vec<Embedding>, EmbedError> {
        let vector = |text: &&str| {
            let mut values = vec![0.0; 64];
            values[0] = 0.01;
            for word in text.to_lowercase().split(|c: char| !c.is_alphanumeric()).filter(|w| w.len() > 2) {
                let place = word.bytes().fold(7_usize, |sum, b| sum * 31 % 8191 + usize::from(b));
                values[1 + place % 63] += 1.0;
            }
            Embedding::new(values)
        };
        Ok(texts.iter().map(vector).collect())
    }

    fn dimension(&self) -> usize {
        64
    }

    fn identity(&self) -> &serde_json::Value {
        &serde_json::Value::Null
    }

    fn reads(&self, lang: &str) -> bool {
        lang == "en"
    }

    fn ready(&self) -> Result<(), EmbedError> {
        Ok(())
    }
}

/// One scorer with everything it may look at.
pub(super) struct Setup {
    pub(super) scorer: Scorer,
    pub(super) case: Case,
    pub(super) completion: Completion,
    pub(super) given: Vec<Arc<Passage>>,
    pub(super) looked_up: bool,
    pub(super) sources: Vec<Arc<Passage>>,
    pub(super) knowledge: Knowledge,
    pub(super) cost: Option<f64>,
    pub(super) markers: Markers,
}

/// The shipped rubrics, and a model that judges.
pub(super) static BENCH: LazyLock<Bench> = LazyLock::new(|| {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (prompts, findings) = PromptSet::load(shipped, Path::new("prompts"));
    assert!(!findings.has_errors());
    let model = ModelSpec::new("referee", "openai", "referee-1");
    Bench {
        prompts: Some(Arc::new(prompts)),
        model: Some("referee".to_owned()),
        models: BTreeMap::from([("referee".to_owned(), model)]),
        ..Bench::default()
    }
});

/// Keys as the suite hands them over: a table inside the suite file.
fn keys<T>(kind: &str, toml: &str, root: &Path, with: impl FnOnce(&Args<'_>) -> T) -> T {
    let text = format!("[[score]]\nkind = '{kind}'\n{toml}");
    let table = DeTable::parse(&text).expect("sound TOML");
    let DeValue::Array(scores) = table.get_ref()["score"].get_ref() else { panic!("no array") };
    let DeValue::Table(one) = scores[0].get_ref() else { panic!("no table") };
    let spanned = Spanned::new(scores[0].span(), one.clone());
    let embedder: Arc<dyn Embedder> = Arc::new(Words);
    with(&Args { table: &spanned, root, env: &|_| None, embedder: &embedder, bench: &BENCH })
}

/// What is made of a scorer's keys.
pub(super) fn with_args<T>(kind: &str, toml: &str, with: impl FnOnce(&Args<'_>) -> T) -> T {
    keys(kind, toml, Path::new("/nonexistent"), with)
}

fn build(kind: &str, toml: &str, root: &Path) -> Result<Scorer, Vec<ScorerError>> {
    let kind = find(kind).expect("a scorer of the table");
    let (check, not) = keys(kind.name, toml, root, |args| {
        let not = args.get::<bool>("not", &mut Vec::new()).unwrap_or(false);
        (kind.build)(args).map(|check| (check, not))
    })?;
    Ok(Scorer {
        name: kind.name.to_owned(),
        kind: kind.name,
        not,
        required: true,
        settings: serde_json::Value::Null,
        check: Arc::from(check),
    })
}

/// The mistakes of a scorer's keys.
pub(super) fn mistakes(kind: &str, toml: &str) -> Vec<ScorerError> {
    build(kind, toml, Path::new("/nonexistent")).err().unwrap_or_default()
}

/// The kinds of all `[[score]]` and `[[case.score]]` tables of an example, each of which must build.
pub(super) fn from_example(toml: &str) -> Vec<&'static str> {
    fn list<'t>(table: &DeTable<'t>, key: &str) -> Vec<Spanned<DeValue<'t>>> {
        match table.get(key).map(|value| value.get_ref().clone()) {
            Some(DeValue::Array(tables)) => tables.into_iter().collect(),
            Some(table) => vec![Spanned::new(0..0, table)],
            None => Vec::new(),
        }
    }
    let table = DeTable::parse(toml).expect("sound TOML");
    let mut scores = list(table.get_ref(), "score");
    for case in list(table.get_ref(), "case") {
        let DeValue::Table(case) = case.get_ref() else { panic!("no table") };
        scores.extend(list(case, "score"));
    }
    let build = |score: Spanned<DeValue<'_>>| {
        let DeValue::Table(keys) = score.get_ref().clone() else { panic!("no table") };
        let kind = find(keys["kind"].get_ref().as_str().expect("a name")).expect("a scorer of the table");
        for key in keys.keys().map(|key| key.get_ref().as_ref()) {
            assert!(COMMON_KEYS.contains(&key) || kind.keys.contains(&key), "{}: no key `{key}`", kind.name);
        }
        let table = Spanned::new(score.span(), keys);
        let embedder: Arc<dyn Embedder> = Arc::new(Words);
        let args = Args {
            table: &table,
            root: Path::new("/nonexistent"),
            env: &|_| None,
            embedder: &embedder,
            bench: &BENCH,
        };
        if let Some(errors) = (kind.build)(&args).err() {
            panic!("{}: {errors:?}", kind.name);
        }
        kind.name
    };
    scores.into_iter().map(build).collect()
}

/// The mistakes of a scorer's keys in a project folder.
pub(super) fn mistakes_in(kind: &str, toml: &str, root: &Path) -> Vec<ScorerError> {
    build(kind, toml, root).err().unwrap_or_default()
}

/// A completion with this text.
pub(super) fn completion(text: &str) -> Completion {
    Completion { latency_ms: 1.0, ..Completion::of_text(text) }
}

fn passage(id: &str, text: &str) -> Arc<Passage> {
    let article = id.split('#').next().unwrap_or_default().to_owned();
    Arc::new(Passage {
        id: id.to_owned(),
        url: Some(format!("https://help.example/{article}")),
        article,
        title: "Title".to_owned(),
        heading: "Heading".to_owned(),
        text: text.to_owned(),
        visibility: Visibility::Public,
        updated: None,
        hash: Fingerprint::of_bytes(text.as_bytes()),
    })
}

/// An article of one passage.
pub(super) fn article(id: &str, title: &str, visibility: Visibility, text: &str) -> Arc<Article> {
    let passage = Passage {
        title: title.to_owned(),
        heading: title.to_owned(),
        visibility,
        ..Passage::clone(&passage(&format!("{id}#top"), text))
    };
    Arc::new(Article {
        id: id.to_owned(),
        source: "help".to_owned(),
        title: title.to_owned(),
        url: Some(format!("https://help.example/{id}")),
        updated: None,
        review_by: None,
        visibility,
        owner: None,
        views: None,
        lang: "en".to_owned(),
        area: None,
        canaries: Vec::new(),
        path: PathBuf::new(),
        passages: vec![Arc::new(passage)],
    })
}

impl Setup {
    pub(super) fn of(kind: &str, toml: &str) -> Self {
        Self::in_folder(kind, toml, Path::new("/nonexistent"))
    }

    pub(super) fn in_folder(kind: &str, toml: &str, root: &Path) -> Self {
        let scorer = build(kind, toml, root).expect("no mistakes");
        let turn = Turn { role: Speaker::Customer, text: "How long do I have?".to_owned() };
        let case = Case {
            suite: "s".to_owned(),
            id: "c".to_owned(),
            turns: vec![turn],
            script: Vec::new(),
            customer: None,
            phrasings: Vec::new(),
            vars: BTreeMap::new(),
            sources: Vec::new(),
            expect: Vec::new(),
            tags: BTreeSet::new(),
            owner: None,
            area: None,
            tier: Tier::Standard,
            weight: 1.0,
            lang: "en".to_owned(),
            goldens: Vec::new(),
            origin: Origin::default(),
        };
        Self {
            scorer,
            case,
            completion: completion(""),
            given: Vec::new(),
            looked_up: true,
            sources: Vec::new(),
            knowledge: Knowledge::default(),
            cost: None,
            markers: MARKERS.clone(),
        }
    }

    pub(super) fn goldens(mut self, goldens: &[&str]) -> Self {
        self.case.goldens = goldens.iter().map(|g| (*g).to_owned()).collect();
        self
    }

    pub(super) fn expect(mut self, actions: &[Action]) -> Self {
        self.case.expect = actions.to_vec();
        self
    }

    pub(super) fn customer(mut self, text: &str) -> Self {
        self.case.turns = vec![Turn { role: Speaker::Customer, text: text.to_owned() }];
        self
    }

    pub(super) fn given(mut self, id: &str, text: &str) -> Self {
        self.given.push(passage(id, text));
        self
    }

    pub(super) fn source(mut self, id: &str, text: &str) -> Self {
        self.sources.push(passage(id, text));
        self
    }

    pub(super) fn article(mut self, id: &str, title: &str, visibility: Visibility, text: &str) -> Self {
        let more = article(id, title, visibility, text);
        self.knowledge = Knowledge::new(self.knowledge.articles().cloned().chain([more]));
        self
    }

    pub(super) fn tool(mut self, name: &str) -> Self {
        self.completion.tool_calls.push(ToolCall {
            id: "1".to_owned(),
            name: name.to_owned(),
            arguments: serde_json::json!({}),
        });
        self
    }

    pub(super) fn score(&self, answer: &str) -> Score {
        self.look(answer, |input| judge(std::slice::from_ref(&self.scorer), input).remove(0))
    }

    /// What a scorer sees of an answer.
    pub(super) fn look<T>(&self, answer: &str, see: impl FnOnce(&ScoreInput<'_>) -> T) -> T {
        let completion = Completion { text: answer.to_owned(), ..self.completion.clone() };
        let input = ScoreInput {
            case: &self.case,
            question: self.case.input(),
            dialogue: &[],
            completion: &completion,
            cost: self.cost,
            given: &self.given,
            looked_up: self.looked_up,
            sources: &self.sources,
            knowledge: &self.knowledge,
            markers: &self.markers,
        };
        see(&input)
    }
}
