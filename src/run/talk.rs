//! A conversation on its way, scripted or with a simulated customer: its turns are asked one after the other, each of them with tools that
//! return what the script says.
//!
//! Every request has a key of its own, made of everything that was said before it. So each answer is found again
//! by itself: a conversation that broke off goes on where it was, and what was paid for is not asked again. Only
//! an endpoint that remembers what was said hears a conversation from its beginning or not at all.
//!
//! What a model thought beside its answer is not kept. One that wants its own thoughts back together with the result
//! of a tool (Claude with extended thinking, Gemini 3) rejects that request, and the trial is an error.

use std::sync::Arc;

use super::ask::trial_error;
use super::judge::{Answered, unscored};
use super::models::OpenedModel;
use super::scoring::Given;
use super::{Job, customer};
use crate::knowledge::Passage;
use crate::outcome::{
    CustomerReply, Outcome, ResultSource, Round, ToolResult, TrialError, TrialResult, TurnResult, cost, whole,
};
use crate::plan::{PlannedTrial, ReadyError, ReadyTrial, given_passages, reported_passages};
use crate::prompt::Message;
use crate::provider::{Completion, Request, StopReason, ToolCall};
use crate::retrieve::Asker;

/// Most requests of one turn: a model that only ever calls tools comes to an end.
const MOST_ROUNDS: usize = 8;

/// What is to be done after an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// Ask [`Talk::request`].
    Ask,
    /// The conversation is over.
    Over,
}

/// An answer, and what it cost.
pub(super) struct Heard {
    pub(super) completion: Completion,
    /// USD; absent = unknown.
    pub(super) cost: Option<f64>,
    /// Whether it was there already.
    pub(super) cached: bool,
}

/// A conversation and how far it is.
#[derive(Clone)]
pub(super) struct Talk {
    /// The request that is to be asked.
    now: ReadyTrial,
    /// What was said in the finished turns.
    said: Vec<Message>,
    turns: Vec<TurnResult>,
    /// What the customer says in the turn that goes on.
    say: String,
    /// What the simulated customer is asked; the bot is asked when there is nothing.
    customer: Option<Request>,
    /// The answers of the turn that goes on.
    rounds: Vec<Round>,
    /// Passages given so far, each once.
    given: Vec<Arc<Passage>>,
    /// Passages that the bot says it answered from so far, each once; what it is judged against, where it says so.
    told: Option<Vec<Arc<Passage>>>,
    /// Whether the endpoint remembers what was said: its tools are its own.
    remembers: bool,
}

impl Talk {
    /// A conversation that begins with a request; `remembers` says whether the endpoint does.
    pub(super) fn new(trial: &PlannedTrial, first: &ReadyTrial, remembers: bool) -> Self {
        Self {
            say: trial.wording.phrasing.text.clone(),
            customer: None,
            now: first.clone(),
            said: Vec::new(),
            turns: Vec::new(),
            rounds: Vec::new(),
            given: first.given.clone(),
            told: None,
            remembers,
        }
    }

    /// What is asked next.
    pub(super) fn request(&self) -> Request {
        if let Some(request) = &self.customer {
            return request.clone();
        }
        let now = &self.now;
        Request { messages: now.messages.clone(), params: now.params.clone(), key: now.request, lookup: None }
    }

    /// Key of what is asked next.
    pub(super) fn key(&self) -> crate::fingerprint::Fingerprint {
        self.customer.as_ref().map_or(self.now.request, |request| request.key)
    }

    /// Who is asked next: the trial's own model, or the one that plays the customer.
    pub(super) fn asked<'m>(
        &self,
        job: &'m Job,
        trial: &PlannedTrial,
        own: &'m OpenedModel,
    ) -> Option<&'m OpenedModel> {
        match (&self.customer, &trial.scored.case.customer) {
            (Some(_), Some(customer)) => job.models.get(&customer.model),
            _ => Some(own),
        }
    }

    /// Takes in the answer to [`Talk::request`].
    ///
    /// # Errors
    /// The passages of the next turn could not be looked up, or the template failed on it.
    pub(super) async fn hear(
        &mut self,
        job: &Job,
        asker: &dyn Asker,
        trial: &PlannedTrial,
        heard: Heard,
    ) -> Result<Next, Box<ReadyError>> {
        let Heard { completion, cost, cached } = heard;
        if let Some(request) = self.customer.take() {
            let round = Round { request: request.key, completion, cost, cached, results: Vec::new() };
            return self.hear_customer(job, asker, trial, round).await;
        }
        let told = reported_passages(&job.plan.suite(trial).knowledge, &completion);
        if let Some(told) = told.map_err(Box::new)? {
            add(self.told.get_or_insert_default(), told);
        }
        let results = self.results(trial, &completion);
        let goes_on = results.iter().any(|r| r.source != ResultSource::Unanswered);
        let round = Round { request: self.now.request, completion, cost, cached, results };
        if goes_on {
            self.now.messages.extend(round.said());
            self.rounds.push(round);
            self.now.request = job.plan.key(&job.project, &trial.key, &self.now.params, &self.now.messages);
            return Ok(Next::Ask);
        }
        self.rounds.push(round);
        self.end_turn(trial);
        let case = &trial.scored.case;
        if self.turns.len() >= case.most_turns() {
            return Ok(Next::Over);
        }
        if let Some(played) = &case.customer {
            let before = Message::history(case).into_iter();
            let dialogue: Vec<Message> = before.chain(self.said.iter().cloned()).collect();
            let (project, plan) = (&job.project, &job.plan);
            self.customer = customer::request(project, plan, case, played, trial.key.index, &dialogue);
            return Ok(if self.customer.is_some() { Next::Ask } else { Next::Over });
        }
        let say = case.says(&trial.wording.phrasing, self.turns.len()).to_owned();
        self.begin_turn(job, asker, trial, say).await
    }

    async fn hear_customer(
        &mut self,
        job: &Job,
        asker: &dyn Asker,
        trial: &PlannedTrial,
        round: Round,
    ) -> Result<Next, Box<ReadyError>> {
        let Some(played) = &trial.scored.case.customer else { return Ok(Next::Over) };
        let next = customer::says(played, &round.completion);
        if let Some(turn) = self.turns.last_mut() {
            turn.reply = Some(CustomerReply { model: played.model.clone(), round });
        }
        match next {
            Some(say) => self.begin_turn(job, asker, trial, say).await,
            None => Ok(Next::Over),
        }
    }

    async fn begin_turn(
        &mut self,
        job: &Job,
        asker: &dyn Asker,
        trial: &PlannedTrial,
        say: String,
    ) -> Result<Next, Box<ReadyError>> {
        let ready = job.plan.ready_after(&self.said, &say, &job.project, trial, asker).await;
        self.now = ready.map_err(Box::new)?;
        self.say = say;
        add(&mut self.given, self.now.given.iter().cloned());
        Ok(Next::Ask)
    }

    /// What the calls of an answer return; they end the turn where the script has no tools in it.
    fn results(&self, trial: &PlannedTrial, completion: &Completion) -> Vec<ToolResult> {
        let calls = &completion.tool_calls;
        let turn = trial.scored.case.script.get(self.turns.len());
        let Some(turn) = turn.filter(|turn| {
            let whole = matches!(completion.stop, StopReason::End | StopReason::ToolCalls);
            whole && !turn.tools.is_empty() && !self.remembers && self.rounds.len() + 1 < MOST_ROUNDS
        }) else {
            let unanswered = |_: &ToolCall| ToolResult {
                text: error("the tool returned nothing"),
                source: ResultSource::Unanswered,
            };
            return calls.iter().map(unanswered).collect();
        };
        let before = |name: &str| {
            let earlier = self.rounds.iter().flat_map(|r| &r.completion.tool_calls);
            earlier.filter(|c| c.name == name).count()
        };
        let result = |(at, call): (usize, &ToolCall)| {
            let nth = before(&call.name) + calls[..at].iter().filter(|c| c.name == call.name).count();
            let mut scripted = turn.tools.iter().filter(|t| t.name == call.name);
            // Whoever looks twice sees the same again.
            match scripted.clone().nth(nth).or_else(|| scripted.next_back()) {
                Some(tool) => ToolResult { text: tool.text(), source: ResultSource::Script },
                None => ToolResult {
                    text: error(&format!("there is no tool `{}`", call.name)),
                    source: ResultSource::Unexpected,
                },
            }
        };
        calls.iter().enumerate().map(result).collect()
    }

    fn end_turn(&mut self, trial: &PlannedTrial) {
        let turn = self.open_turn(trial);
        self.said.extend(turn.said());
        self.turns.push(TurnResult { outcome: Outcome::Skipped, ..turn });
        self.rounds.clear();
    }

    /// The turn that goes on, as far as it is.
    fn open_turn(&self, trial: &PlannedTrial) -> TurnResult {
        let turn = trial.scored.case.script.get(self.turns.len());
        TurnResult {
            say: self.say.clone(),
            expect: turn.map(|t| t.expect.clone()).unwrap_or_default(),
            rounds: self.rounds.clone(),
            action: None,
            outcome: Outcome::Errored,
            scores: 0,
            reply: None,
        }
    }

    /// The answer of the whole conversation.
    pub(super) fn answer(&self) -> Option<Completion> {
        whole(&self.turns)
    }

    /// Whether nothing was sent.
    pub(super) fn all_cached(&self) -> bool {
        self.turns.iter().flat_map(|t| &t.rounds).chain(&self.rounds).all(|r| r.cached)
    }
}

/// Adds passages that are not there yet.
fn add(to: &mut Vec<Arc<Passage>>, more: impl IntoIterator<Item = Arc<Passage>>) {
    for passage in more {
        if to.iter().all(|known| known.id != passage.id) {
            to.push(passage);
        }
    }
}

fn error(message: &str) -> String {
    serde_json::json!({ "error": message }).to_string()
}

/// A conversation as a trial with nothing scored yet.
pub(super) fn trial(job: &Job, answered: Answered, mut talk: Talk) -> Option<(TrialResult, Given)> {
    let Answered { planned, mut ready, attempts, result, .. } = answered;
    let model = job.models.get(&planned.key.model)?;
    let fingerprints = job.plan.fingerprints(&planned, &ready, &model.spec, &model.identity);
    if let Some(told) = talk.told.take() {
        (talk.given, ready.looked_up) = (told, true);
    }
    let mut trial = unscored(&planned, fingerprints, (talk.now.request, ready.messages), attempts);
    trial.passages = given_passages(&talk.given, talk.now.ranked && talk.turns.len() <= 1);
    trial.cached = talk.all_cached();
    match result {
        Ok(completion) => {
            trial.turns = talk.turns;
            trial.cost = cost(&trial.turns);
            let last = trial.turns.last().and_then(|turn| turn.rounds.last());
            trial.request = last.map_or(trial.request, |round| round.request);
            trial.completion = Some(completion);
        }
        Err(error) => {
            let broken = talk.open_turn(&planned);
            trial.turns = talk.turns;
            let place = if talk.customer.is_some() {
                format!("the simulated customer after turn {}", trial.turns.len())
            } else {
                trial.turns.push(broken);
                format!("in turn {}", trial.turns.len())
            };
            let error = trial_error(&error);
            let message = format!("{place}: {}", error.message);
            trial.error = Some(TrialError { message, ..error });
        }
    }
    Some((trial, (talk.given, ready.looked_up)))
}
