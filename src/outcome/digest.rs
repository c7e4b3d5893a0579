//! A trial without its texts: what counts, rates and comparisons are made of.

use std::sync::Arc;

use crate::case::{Action, Tier};
use crate::fingerprint::Fingerprint;
use crate::outcome::{
    CaseFacts, Fingerprints, FollowUp, JudgeUse, Outcome, TrialError, TrialKey, TrialResult,
};
use crate::provider::{StopReason, Usage};
use crate::score::{JudgeMark, Score, ScoreState, against};

/// What totals need of an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct AnswerDigest {
    /// Hash of its text: two answers are the same when these are.
    pub text: Fingerprint,
    /// Whether it says nothing: no text and no tool call.
    pub empty: bool,
    /// Why the model stopped.
    pub stop: StopReason,
    /// Tokens used.
    pub usage: Usage,
    /// Wall time of the successful attempt, in milliseconds.
    pub latency_ms: f64,
    /// Milliseconds to the first piece of text; only where it was streamed.
    pub first_token_ms: Option<f64>,
    /// Model name as the endpoint reported it.
    pub reported_model: Option<Arc<str>>,
}

/// What totals need of a score.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoreDigest {
    /// Its label.
    pub name: Arc<str>,
    /// Kind of scorer.
    pub kind: Arc<str>,
    /// Whether it decides the outcome.
    pub required: bool,
    /// What it found.
    pub state: ScoreState,
    /// Label of the first piece of evidence that speaks against the answer, or of the first one; empty without any.
    pub label: Arc<str>,
    /// The judge, when a model judged.
    pub judge: Option<JudgeMark>,
}

impl ScoreDigest {
    /// The value, when it was scored.
    pub fn value(&self) -> Option<f64> {
        match self.state {
            ScoreState::Scored { value, .. } => Some(value),
            _ => None,
        }
    }

    /// Whether it was content, when it was scored.
    pub fn pass(&self) -> Option<bool> {
        match self.state {
            ScoreState::Scored { pass, .. } => Some(pass),
            _ => None,
        }
    }

    /// Whether it made the trial fail: required, and not content or unreadable.
    pub fn fails(&self) -> bool {
        let unreadable = self.state == ScoreState::Unparsed && !self.broke();
        self.required && (self.pass() == Some(false) || unreadable)
    }

    /// Whether there is no judgement because the scorer itself failed; see [`Score::broke`].
    pub fn broke(&self) -> bool {
        self.state == ScoreState::JudgeError || (self.state == ScoreState::Unparsed && self.judge.is_some())
    }
}

/// What a case is sorted by: the slices it is in, and the cluster that it shares with cases like it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CaseLabels {
    /// Topic.
    pub area: Option<String>,
    /// Who looks after it.
    pub owner: Option<String>,
    /// Language.
    pub lang: String,
    /// Labels.
    pub tags: Vec<String>,
    /// The articles of its declared sources, in their order, each once.
    pub articles: Vec<String>,
}

impl CaseLabels {
    /// The labels of a case with these sources, written as `article` or `article#section`.
    pub fn new(
        area: Option<String>,
        owner: Option<String>,
        lang: String,
        tags: Vec<String>,
        sources: &[impl AsRef<str>],
    ) -> Self {
        let mut articles: Vec<String> = Vec::new();
        for source in sources {
            let article = source.as_ref().split('#').next().unwrap_or_default().trim();
            if !article.is_empty() && !articles.iter().any(|known| known == article) {
                articles.push(article.to_owned());
            }
        }
        Self { area, owner, lang, tags, articles }
    }
}

impl From<&CaseFacts> for CaseLabels {
    fn from(facts: &CaseFacts) -> Self {
        Self::new(
            facts.area.clone(),
            facts.owner.clone(),
            facts.lang.clone(),
            facts.tags.clone(),
            &facts.sources,
        )
    }
}

/// A trial without its texts.
#[derive(Debug, Clone, PartialEq)]
pub struct TrialDigest {
    /// Which trial.
    pub key: TrialKey,
    /// Why it was asked beside the planned ones; absent for a planned trial.
    pub follow_up: Option<FollowUp>,
    /// The five content hashes.
    pub fingerprints: Fingerprints,
    /// What came of it.
    pub outcome: Outcome,
    /// The action the answer took.
    pub action: Option<Action>,
    /// Whether the answer was there already and nothing was sent.
    pub cached: bool,
    /// USD that the answer cost when it was asked for; absent = unknown.
    pub cost: Option<f64>,
    /// The answer; absent when it errored.
    pub answer: Option<AnswerDigest>,
    /// Why there is no answer.
    pub error: Option<TrialError>,
    /// What the scorers said.
    pub scores: Vec<ScoreDigest>,
    /// What judging took; absent when no judge was asked.
    pub judging: Option<JudgeUse>,
    /// How much the case matters.
    pub tier: Tier,
    /// Traffic weight of the case.
    pub weight: f64,
    /// Whether the case had an accepted answer.
    pub golden: bool,
    /// The actions that the case accepts, the first as the one it asks for; empty when it does not say.
    pub expect: Arc<[Action]>,
    /// Whether the case names sources and the trial was given passages.
    pub sourced: bool,
    /// What the case is sorted by; the trials of a case that was read from a store share it.
    pub labels: Arc<CaseLabels>,
}

impl TrialDigest {
    /// Mean of the values of its scored scorers; `None` when nothing was scored.
    pub fn score(&self) -> Option<f64> {
        let values: Vec<f64> = self.scores.iter().filter_map(ScoreDigest::value).collect();
        (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
    }
}

impl From<&TrialResult> for TrialDigest {
    fn from(trial: &TrialResult) -> Self {
        let answer = trial.completion.as_ref().map(|c| AnswerDigest {
            text: Fingerprint::of_bytes(c.text.as_bytes()),
            empty: c.text.trim().is_empty() && c.tool_calls.is_empty(),
            stop: c.stop.clone(),
            usage: c.usage,
            latency_ms: c.latency_ms,
            first_token_ms: c.first_token_ms,
            reported_model: c.reported_model.as_deref().map(Arc::from),
        });
        Self {
            key: trial.key.clone(),
            follow_up: trial.follow_up,
            fingerprints: trial.fingerprints,
            outcome: trial.outcome,
            action: trial.action,
            cached: trial.cached,
            cost: trial.cost,
            answer,
            error: trial.error.clone(),
            scores: trial.scores.iter().map(ScoreDigest::from).collect(),
            judging: JudgeUse::of(&trial.judgements),
            tier: trial.case.tier,
            weight: trial.case.weight,
            golden: !trial.case.goldens.is_empty(),
            expect: trial.case.expect.as_slice().into(),
            sourced: !trial.case.sources.is_empty() && !trial.passages.is_empty(),
            labels: Arc::new(CaseLabels::from(&trial.case)),
        }
    }
}

impl From<&Score> for ScoreDigest {
    fn from(score: &Score) -> Self {
        Self {
            name: score.name.as_str().into(),
            kind: score.kind.as_str().into(),
            required: score.required,
            state: score.state,
            label: against(&score.evidence).first().map_or("", |e| e.label.as_str()).into(),
            judge: score.judge,
        }
    }
}
