//! Hand-built runs for the tests of this layer.

use crate::case::{Action, Tier};
use crate::fingerprint::Fingerprint;
use crate::outcome::*;
use crate::prompt::{ChatRole, Message};
use crate::provider::{Completion, ErrorKind, StopReason, Usage};
use crate::report::{Depth, Report};
use crate::score::{Evidence, Score, ScoreState};

/// The whole report of a run alone.
pub(crate) fn report(run: &dyn Recorded) -> Report {
    Report::build(run, None, None, Depth::ALL).unwrap()
}

/// Builds a run from trials.
pub(crate) struct RunBuilder(Run, bool);

impl RunBuilder {
    pub(crate) fn new(id: &str) -> Self {
        let f = Fingerprint::of("plan");
        let header = RunHeader {
            id: id.into(),
            started: "2026-10-02T09:12:00Z".parse().unwrap(),
            version: "0.1.0".into(),
            git: Some(GitState { revision: "1a2b3c4d5e6f".into(), branch: Some("main".into()), dirty: true }),
            suites: vec![],
            variants: vec![],
            fingerprints: Fingerprints { case: f, prompt: f, knowledge: f, scorers: f, model: f },
            planned: 0,
            seed: 1,
            models: vec![],
            retrievals: vec![],
            selection: crate::selection::Selection::default(),
        };
        let ended = Some("2026-10-02T09:12:41Z".parse().unwrap());
        let info = RunInfo { header, status: RunStatus::Finished, stop_reason: None, tags: vec![], ended };
        let run = Run::new(info, vec![]);
        Self(run, false)
    }

    pub(crate) fn variant(mut self, prompt: &str) -> Self {
        let key = VariantKey { prompt: prompt.into(), model: "small".into() };
        if !self.0.header.variants.contains(&key) {
            self.0.header.variants.push(key);
        }
        if self.0.header.models.is_empty() {
            self.0.header.models.push(ModelFacts {
                name: "small".into(),
                provider: "embedded".into(),
                model: "qwen2.5-coder-0.5b-instruct".into(),
                identity: serde_json::Value::Null,
            });
        }
        self
    }

    pub(crate) fn planned(mut self, n: u64) -> Self {
        self.0.header.planned = n;
        self.1 = true;
        self
    }

    pub(crate) fn stopped(mut self, reason: &str) -> Self {
        self.0.status = RunStatus::Stopped;
        self.0.stop_reason = Some(reason.into());
        self
    }

    pub(crate) fn trial(mut self, trial: TrialBuilder) -> Self {
        let trial = trial.0;
        self = self.variant(&trial.key.prompt);
        if !self.0.header.suites.contains(&trial.key.suite) {
            self.0.header.suites.push(trial.key.suite.clone());
        }
        self.0.trials.push(trial);
        self
    }

    pub(crate) fn trials(self, trials: impl IntoIterator<Item = TrialBuilder>) -> Self {
        trials.into_iter().fold(self, Self::trial)
    }

    pub(crate) fn build(self) -> Run {
        let mut run = Run::new(self.0.info, self.0.trials);
        run.trials.sort_by(|a, b| a.key.cmp(&b.key));
        run.follow_ups.sort_by(|a, b| a.key.cmp(&b.key));
        if !self.1 {
            run.header.planned = run.trials.len() as u64;
        }
        run
    }
}

/// A trial of `case` in suite `top-ten` on model `small`, without outcome.
pub(crate) fn trial(case: &str, prompt: &str) -> TrialBuilder {
    let f = Fingerprint::of(case);
    let input = format!("Question about {case}?");
    TrialBuilder(TrialResult {
        key: TrialKey {
            suite: "top-ten".into(),
            case: case.into(),
            phrasing: String::new(),
            prompt: prompt.into(),
            model: "small".into(),
            index: 1,
        },
        follow_up: None,
        case: CaseFacts {
            input: input.clone(),
            history: vec![],
            goldens: vec!["You have 30 days.".into()],
            sources: vec!["returns#return-window".into()],
            expect: vec![Action::Answer],
            tags: vec![],
            owner: None,
            area: None,
            tier: Tier::Standard,
            weight: 1.0,
            lang: "en".into(),
            suspect: vec![],
        },
        fingerprints: Fingerprints {
            case: f,
            prompt: Fingerprint::of(prompt),
            knowledge: f,
            scorers: f,
            model: f,
        },
        request: f,
        messages: vec![Message::new(ChatRole::User, input)],
        passages: vec![],
        cached: false,
        completion: Some(completion("You have 30 days.")),
        cost: Some(0.001),
        attempts: vec![],
        error: None,
        scores: vec![],
        turns: vec![],
        judgements: vec![],
        action: Some(Action::Answer),
        outcome: Outcome::Skipped,
        finished: "2026-10-02T09:12:30Z".parse().unwrap(),
    })
}

fn completion(text: &str) -> Completion {
    Completion {
        usage: Usage { input: Some(120), output: Some(20), cached_input: None, reasoning: None },
        latency_ms: 840.0,
        ..Completion::of_text(text)
    }
}

/// Builds a trial.
pub(crate) struct TrialBuilder(pub(crate) TrialResult);

impl TrialBuilder {
    pub(crate) fn score(mut self, name: &str, state: ScoreState, reason: &str) -> Self {
        let (name, reason) = (name.to_owned(), reason.to_owned());
        self.0.scores.push(Score {
            kind: name.clone(),
            name,
            required: true,
            state,
            reason,
            evidence: vec![],
            judge: None,
        });
        self
    }

    pub(crate) fn passed(mut self) -> Self {
        self.0.outcome = Outcome::Passed;
        self.score("number", ScoreState::Scored { value: 1.0, pass: true }, "says 30 days")
    }

    pub(crate) fn failed(mut self, scorer: &str, label: &str) -> Self {
        self.0.outcome = Outcome::Failed;
        self.0.completion = Some(completion("You have 60 days to return it."));
        self = self.score(
            scorer,
            ScoreState::Scored { value: 0.0, pass: false },
            "expected 30 days, found 60 days",
        );
        let evidence = Evidence { span: Some(9..16), ..Evidence::new(label, "60 days") };
        if let Some(score) = self.0.scores.last_mut() {
            score.evidence.push(evidence);
        }
        self
    }

    pub(crate) fn refused(mut self) -> Self {
        self.0.outcome = Outcome::Refused;
        self.0.completion = Some(Completion { stop: StopReason::ContentFilter, ..completion("") });
        self
    }

    pub(crate) fn errored(mut self, kind: ErrorKind, message: &str) -> Self {
        self.0.outcome = Outcome::Errored;
        self.0.completion = None;
        self.0.cost = None;
        self.0.action = None;
        self.0.error = Some(TrialError { kind, message: message.into(), status: None });
        self
    }

    pub(crate) fn with(mut self, change: impl FnOnce(&mut TrialResult)) -> Self {
        change(&mut self.0);
        self
    }

    pub(crate) fn answer(self, text: &str) -> Self {
        self.with(|t| t.completion = Some(completion(text)))
    }

    pub(crate) fn cost(self, cost: Option<f64>) -> Self {
        self.with(|t| t.cost = cost)
    }

    pub(crate) fn weight(self, weight: f64) -> Self {
        self.with(|t| t.case.weight = weight)
    }

    pub(crate) fn action(self, action: Action) -> Self {
        self.with(|t| t.action = Some(action))
    }

    pub(crate) fn suite(self, suite: &str) -> Self {
        self.with(|t| t.key.suite = suite.into())
    }

    pub(crate) fn index(self, index: u32) -> Self {
        self.with(|t| t.key.index = index)
    }

    /// The same as a follow-up.
    pub(crate) fn again(self, index: u32, why: FollowUp) -> Self {
        self.index(index).with(|t| t.follow_up = Some(why))
    }

    pub(crate) fn phrasing(self, key: &str, text: &str) -> Self {
        self.with(|t| {
            t.key.phrasing = key.into();
            t.case.input = text.into();
        })
    }

    pub(crate) fn passage(self, id: &str, heading: &str, text: &str) -> Self {
        let passage = GivenPassage {
            id: id.into(),
            heading: heading.into(),
            text: text.into(),
            hash: Fingerprint::of(text),
            rank: None,
        };
        self.with(|t| t.passages.push(passage))
    }
}
