//! What the scorers' own tests share: a scorer built from TOML, and a case around an answer.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, LazyLock};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::case::{Action, Case, Origin, Speaker, Tier, Turn};
use crate::fingerprint::Fingerprint;
use crate::knowledge::{Knowledge, Passage, Visibility};
use crate::prompt::PromptSet;
use crate::provider::ModelSpec;
use crate::provider::{Completion, StopReason, ToolCall, Usage};
use crate::score::{Args, Bench, Markers, Score, ScoreInput, Scorer, ScorerError, find, judge};

/// The shipped markers, compiled once.
pub(super) static MARKERS: LazyLock<Markers> = LazyLock::new(Markers::default);

/// One scorer with everything it may look at.
pub(super) struct Setup {
    pub(super) scorer: Scorer,
    pub(super) case: Case,
    pub(super) completion: Completion,
    pub(super) given: Vec<Arc<Passage>>,
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

fn build(kind: &str, toml: &str, root: &Path) -> Result<Scorer, Vec<ScorerError>> {
    let kind = find(kind).expect("a scorer of the table");
    // As the suite hands it over: a table inside the suite file.
    let text = format!("[[score]]\nkind = '{}'\n{toml}", kind.name);
    let table = DeTable::parse(&text).expect("sound TOML");
    let DeValue::Array(scores) = table.get_ref()["score"].get_ref() else { panic!("no array") };
    let DeValue::Table(one) = scores[0].get_ref() else { panic!("no table") };
    let spanned = Spanned::new(scores[0].span(), one.clone());
    let args = Args { table: &spanned, root, bench: &BENCH };
    let check = (kind.build)(&args)?;
    let not = args.get::<bool>("not", &mut Vec::new()).unwrap_or(false);
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

/// A completion with this text.
pub(super) fn completion(text: &str) -> Completion {
    Completion {
        text: text.to_owned(),
        tool_calls: Vec::new(),
        stop: StopReason::End,
        usage: Usage::default(),
        latency_ms: 1.0,
        first_token_ms: None,
        reported_model: None,
        citations: Vec::new(),
    }
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
            completion: &completion,
            cost: self.cost,
            given: &self.given,
            sources: &self.sources,
            knowledge: &self.knowledge,
            markers: &self.markers,
        };
        see(&input)
    }
}
