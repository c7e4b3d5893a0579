//! Third stage: score what came back, and say what judges are to be asked. Runs on all cores, off the network's path.

use std::sync::Arc;

use async_channel::{Receiver, Sender};
use tokio::task::JoinHandle;

use super::ask::trial_error;
use super::keep::Message;
use super::send::Place;
use super::talk::Talk;

use super::verdict::{self, Question, Unjudged};
use super::{Job, talk, threads};
use crate::clock;
use crate::knowledge::Passage;
use crate::outcome::{Attempt, Outcome, TrialResult, decide};
use crate::plan::{PlannedTrial, ReadyError, ReadyTrial, Wording, given_passages, reported_passages};
use crate::prompt;
use crate::provider::{Completion, ProviderError};
use crate::score::{self, Score, ScoreInput};
use crate::suite::ScoredCase;

/// A trial that was asked, or that needs no asking.
pub(super) struct Answered {
    pub(super) planned: PlannedTrial,
    pub(super) ready: ReadyTrial,
    pub(super) attempts: Vec<Attempt>,
    pub(super) source: Source,
    pub(super) result: Result<Completion, ProviderError>,
    /// The conversation, where the case has a script; `result` is then its whole.
    pub(super) talk: Option<Box<Talk>>,
    /// A place among the answers that are not kept yet; given back when this one is.
    pub(super) place: Option<Place>,
}

/// Where an answer comes from.
pub(super) enum Source {
    /// The model, just now.
    Endpoint,
    /// An earlier run; with what it cost then.
    Cache {
        /// USD; absent = unknown.
        cost: Option<f64>,
    },
}

impl Answered {
    /// A trial whose answer is there already.
    pub(super) fn found(
        planned: PlannedTrial,
        ready: ReadyTrial,
        source: Source,
        answer: Completion,
    ) -> Self {
        Self { planned, ready, attempts: Vec::new(), source, result: Ok(answer), talk: None, place: None }
    }

    /// A trial that failed before anything was sent.
    pub(super) fn failed(planned: PlannedTrial, ready: ReadyTrial, error: ProviderError) -> Self {
        let (attempts, source) = (Vec::new(), Source::Endpoint);
        Self { planned, ready, attempts, source, result: Err(error), talk: None, place: None }
    }
}

/// Starts the stage; it ends when nothing more is answered.
pub(super) fn spawn(
    job: &Arc<Job>,
    answered: &Receiver<Answered>,
    (to_ask, to_keep): (Sender<Unjudged>, Sender<Message>),
) -> JoinHandle<()> {
    let (job, answered) = (job.clone(), answered.clone());
    tokio::task::spawn_blocking(move || {
        std::thread::scope(|scope| {
            for _ in 0..threads(&job) {
                scope.spawn(|| {
                    while let Ok(answered) = answered.recv_blocking() {
                        let Some(mut unjudged) = judge(&job, answered) else { continue };
                        let sent = if unjudged.is_open() {
                            to_ask.send_blocking(unjudged).is_ok()
                        } else {
                            let place = unjudged.place.take();
                            let result = conclude(&job, unjudged);
                            to_keep.send_blocking(Message::Finished(Arc::new(result), place)).is_ok()
                        };
                        if !sent {
                            return;
                        }
                    }
                });
            }
        });
    })
}

/// What an answer is judged with.
pub(super) struct Matter {
    pub(super) suite: usize,
    pub(super) scored: ScoredCase,
    pub(super) wording: Arc<Wording>,
    /// What the customer said last in a conversation; absent where the wording is the question.
    pub(super) said: Option<String>,
    pub(super) dialogue: Vec<prompt::Message>,
    pub(super) given: Vec<Arc<Passage>>,
    pub(super) looked_up: bool,
    pub(super) sources: Vec<Arc<Passage>>,
    /// Scores of the trial that stand before those of the case.
    pub(super) before: usize,
}

impl Matter {
    pub(super) fn input<'a>(
        &'a self,
        job: &'a Job,
        completion: &'a Completion,
        cost: Option<f64>,
    ) -> ScoreInput<'a> {
        let suite = &job.plan.suites[self.suite];
        ScoreInput {
            case: &self.scored.case,
            question: self.said.as_deref().unwrap_or(&self.wording.phrasing.text),
            dialogue: &self.dialogue,
            completion,
            cost,
            given: &self.given,
            looked_up: self.looked_up,
            sources: &self.sources,
            knowledge: &suite.knowledge,
            markers: &suite.markers,
        }
    }
}

/// Judges as far as that goes without asking anybody.
fn judge(job: &Job, mut answered: Answered) -> Option<Unjudged> {
    if let Some(talk) = answered.talk.take() {
        let place = answered.place.take();
        let (trial, heard) = talk::judge(job, answered, *talk)?;
        let (matter, questions) = match heard {
            Some((matter, pending)) => {
                let questions = verdict::questions(job, &names(&trial.scores[matter.before..]), pending);
                (Some(matter), questions)
            }
            None => (None, Vec::new()),
        };
        return Some(Unjudged { trial, matter, questions, place });
    }
    let Answered { planned, mut ready, attempts, source, result, talk: _, place } = answered;
    let model = job.models.get(&planned.key.model)?;
    let fingerprints = job.plan.fingerprints(&planned, &ready, &model.spec, &model.identity);
    // What the bot says it had is what it is judged against; it is no input, so the fingerprints are those of before.
    let result = result.and_then(|completion| {
        let told = reported_passages(&job.plan.suites[planned.suite].knowledge, &completion);
        if let Some(told) = told.map_err(ReadyError::into_failure)? {
            (ready.given, ready.ranked, ready.looked_up) = (told, true, true);
        }
        Ok(completion)
    });
    let mut trial = TrialResult {
        key: planned.key,
        case: planned.wording.facts.clone(),
        fingerprints,
        request: ready.request,
        messages: ready.messages,
        passages: given_passages(&ready.given, ready.ranked),
        cached: matches!(source, Source::Cache { .. }),
        completion: None,
        cost: None,
        attempts,
        error: None,
        scores: Vec::new(),
        turns: Vec::new(),
        judgements: Vec::new(),
        action: None,
        outcome: Outcome::Errored,
        finished: clock::now(),
    };
    let matter = Matter {
        suite: planned.suite,
        scored: planned.scored,
        wording: planned.wording,
        said: None,
        dialogue: Vec::new(),
        before: 0,
        given: ready.given,
        looked_up: ready.looked_up,
        sources: ready.sources,
    };
    let mut questions = Vec::new();
    match result {
        Ok(completion) => {
            trial.cost = match source {
                Source::Endpoint => model.cost(&completion.usage),
                Source::Cache { cost } => cost,
            };
            let input = matter.input(job, &completion, trial.cost);
            let (scores, pending) = score::begin(&matter.scored.scorers, &input);
            questions = verdict::questions(job, &names(&scores), pending);
            trial.scores = scores;
            trial.action = score::action_of(&completion, input.markers);
            trial.completion = Some(completion);
        }
        Err(error) => trial.error = Some(trial_error(&error)),
    }
    Some(Unjudged { trial, matter: Some(matter), questions, place })
}

/// The names of scores by place.
fn names(scores: &[Score]) -> impl Fn(usize) -> String {
    |place| scores.get(place).map_or_else(String::new, |score| score.name.clone())
}

/// The result, once all judges were asked.
pub(super) fn conclude(job: &Job, unjudged: Unjudged) -> TrialResult {
    let Unjudged { mut trial, matter, questions, place: _ } = unjudged;
    if let (Some(completion), Some(matter)) = (&trial.completion, &matter) {
        let input = matter.input(job, completion, trial.cost);
        for (place, scorer) in matter.scored.scorers.iter().enumerate() {
            let mut replies = questions.iter().filter(|q| q.scorer == place).map(Question::reply).peekable();
            if replies.peek().is_some() {
                trial.scores[matter.before + place] =
                    score::finish(scorer, &input, &replies.collect::<Vec<_>>());
            }
        }
        trial.outcome = decide(completion, &trial.scores);
    }
    // Not judged to its end: a run that goes on does it again, with the answer that is there.
    if questions.iter().any(|question| question.withdrawn) {
        trial.outcome = Outcome::Errored;
    }
    trial.judgements = questions.into_iter().map(|question| question.judgement).collect();
    trial.finished = clock::now();
    trial
}
