//! Today's scorers on stored answers: nothing is asked but judges.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::case::{Case, Phrasing, ScriptTurn};
use crate::clock;
use crate::knowledge::{Passage, Visibility};
use crate::outcome::{
    GivenPassage, Judgement, ModelFacts, ResultSource, Round, RunHeader, TrialError, TrialResult, TurnResult,
};
use crate::plan::{case_facts, chosen_retrieval};
use crate::project::Project;
use crate::provider::{ErrorKind, Request};
use crate::score::{Pending, Reply, Score};
use crate::suite::{CasesMoved, ScoredCase, Suite};

use super::beside::Heard;
use super::models::OpenedModel;
use super::scoring::Matter;

/// Why a trial keeps its scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kept {
    /// It has no answer.
    NoAnswer,
    /// Its case, or this wording of it, is not there any more.
    NoCase,
    /// The customer says something else now.
    OtherQuestion,
    /// The case and its scorers are what they were, and no judge failed.
    Unchanged,
}

impl Kept {
    /// The reason in words.
    pub fn words(self) -> &'static str {
        match self {
            Kept::NoAnswer => "have no answer",
            Kept::NoCase => "are of cases that are not there any more",
            Kept::OtherQuestion => "answer another question than the case asks now",
            Kept::Unchanged => "are scored by the same rules already",
        }
    }
}

/// A trial that is being scored again.
pub struct Rescored {
    trial: TrialResult,
    matter: Matter,
    pending: Vec<Pending>,
}

/// The cases of some suites by suite and id.
pub struct Rules<'p> {
    project: &'p Project,
    /// How the run's command line chose passages.
    retrieval: Option<&'p str>,
    passages: BTreeMap<&'p str, HashMap<&'p str, &'p Arc<Passage>>>,
    cases: BTreeMap<(&'p str, String), (&'p Suite, ScoredCase)>,
}

impl<'p> Rules<'p> {
    /// The cases of a run's suites.
    ///
    /// # Errors
    /// A file of cases is not what it was when it was checked.
    pub fn new(project: &'p Project, run: &'p RunHeader) -> Result<Self, CasesMoved> {
        let suites = &run.suites;
        let (mut cases, mut passages) = (BTreeMap::new(), BTreeMap::new());
        for suite in project.suites.iter().filter(|suite| suites.contains(&suite.id)) {
            let all = suite.knowledge.articles().flat_map(|article| article.passages.iter());
            passages.insert(suite.id.as_str(), all.map(|passage| (passage.id.as_str(), passage)).collect());
            for scored in suite.cases.each() {
                let scored = scored?;
                cases.insert((suite.id.as_str(), scored.case.id.clone()), (suite, scored));
            }
        }
        Ok(Self { project, retrieval: run.selection.retrieval.as_deref(), passages, cases })
    }

    /// Begins to score a trial again.
    ///
    /// # Errors
    /// Why it keeps its scores.
    pub fn begin(&self, trial: &TrialResult) -> Result<Rescored, Kept> {
        if trial.completion.is_none() {
            return Err(Kept::NoAnswer);
        }
        let key = (trial.key.suite.as_str(), trial.key.case.clone());
        let (suite, scored) = self.cases.get(&key).ok_or(Kept::NoCase)?;
        let wordings = scored.case.wordings();
        let wording = wordings.iter().find(|w| w.key == trial.key.phrasing).ok_or(Kept::NoCase)?;
        let (now, then) = (&scored.case, &trial.case);
        if wording.text != then.input
            || now.history() != then.history
            || !goes_the_same_way(now, wording, &trial.turns)
        {
            return Err(Kept::OtherQuestion);
        }
        let mut trial = trial.clone();
        let case = scored.case.fingerprint(wording);
        let same = trial.fingerprints.case == case && trial.fingerprints.scorers == scored.rules;
        let facts = case_facts(scored, suite, wording);
        if same && trial.case.suspect == facts.suspect && !trial.scores.iter().any(Score::broke) {
            return Err(Kept::Unchanged);
        }
        (trial.fingerprints.case, trial.fingerprints.scorers) = (case, scored.rules);
        trial.case = facts;
        let known = self.passages.get(suite.id.as_str());
        let today = |id: &str| {
            let same = known.and_then(|known| known.get(id)).copied();
            // What is known of the article holds for a part of it that is cut in another way today.
            same.or_else(|| suite.knowledge.article(article_of(id))?.passages.first())
        };
        let given = trial.passages.iter().map(|given| as_given(today(&given.id), given)).collect();
        let looked_up = !trial.passages.is_empty() || says_what_it_had(&trial) || {
            let prompt = self.project.prompts.get(&trial.key.prompt);
            let way = chosen_retrieval(self.project, self.retrieval, &trial.key.model, suite);
            prompt.is_some_and(|prompt| prompt.uses_passages) && way.looks_up()
        };
        for (turn, script) in trial.turns.iter_mut().zip(&scored.case.script) {
            turn.expect.clone_from(&script.expect);
        }
        let sources = suite.knowledge.resolve_all(&scored.case.sources);
        let matter = Matter::new(suite, scored.clone(), (given, looked_up), sources, &trial.turns);
        let pending = matter.begin(&mut trial);
        Ok(Rescored { trial, matter, pending })
    }
}

/// Whether the bot says itself which passages it answered from, in any of its answers.
fn says_what_it_had(trial: &TrialResult) -> bool {
    let rounds = trial.turns.iter().flat_map(|turn| &turn.rounds);
    let answers = rounds.map(|round| &round.completion).chain(&trial.completion);
    answers.into_iter().any(|answer| answer.passages.is_some())
}

/// Whether a case would still have the conversation that was had: the customer says the same in every turn, and tools
/// return the same. A simulated customer is no part of the question.
fn goes_the_same_way(case: &Case, wording: &Phrasing, turns: &[TurnResult]) -> bool {
    if case.customer.is_some() {
        return !turns.is_empty();
    }
    let returns = |script: &ScriptTurn, round: &Round| {
        round.completion.tool_calls.iter().zip(&round.results).all(|(call, result)| {
            let mut named = script.tools.iter().filter(|tool| tool.name == call.name);
            match result.source {
                ResultSource::Script => named.any(|tool| tool.text() == result.text),
                ResultSource::Unexpected => named.next().is_none(),
                ResultSource::Unanswered => true,
            }
        })
    };
    let mut both = (0..).zip(turns.iter().zip(&case.script));
    turns.len() == case.script.len()
        && both.all(|(at, (turn, script))| {
            turn.say == case.says(wording, at) && turn.rounds.iter().all(|round| returns(script, round))
        })
}

/// The article of a passage's id. Ids of foreign articles may hold a `#` themselves, the slug of a section never does.
fn article_of(id: &str) -> &str {
    id.rsplit_once('#').map_or(id, |(article, _)| article)
}

/// A passage as the trial was given it: today's, or when that says something else, the text of then.
pub fn as_given(now: Option<&Arc<Passage>>, given: &GivenPassage) -> Arc<Passage> {
    if let Some(same) = now.filter(|passage| passage.hash == given.hash) {
        return same.clone();
    }
    let (title, heading) = given.heading.split_once(" \u{203a} ").unwrap_or((given.heading.as_str(), ""));
    Arc::new(Passage {
        id: given.id.clone(),
        article: now.map_or_else(|| article_of(&given.id).to_owned(), |passage| passage.article.clone()),
        title: title.to_owned(),
        heading: heading.to_owned(),
        text: given.text.clone(),
        url: now.and_then(|passage| passage.url.clone()),
        visibility: now.map_or(Visibility::Public, |passage| passage.visibility),
        updated: now.and_then(|passage| passage.updated),
        hash: given.hash,
    })
}

impl Rescored {
    /// What judges are to be asked, with the model that each request is for.
    pub fn requests(&self) -> impl Iterator<Item = (&str, &Request)> {
        self.pending.iter().flat_map(|p| p.requests.iter().map(|request| (p.model.as_str(), request)))
    }

    /// The trial with its new scores; `heard` has what came of each of [`Rescored::requests`], in their order, and
    /// whether it was asked just now.
    pub fn finish(self, models: &BTreeMap<String, OpenedModel>, heard: Vec<(Heard, bool)>) -> TrialResult {
        let Self { mut trial, matter, pending } = self;
        let mut heard = heard.into_iter();
        let mut judgements = Vec::new();
        let mut replies: BTreeMap<usize, Vec<Reply>> = BTreeMap::new();
        for Pending { scorer, model: name, requests } in &pending {
            let model = models.get(name);
            for request in requests {
                let (heard, fresh) = heard.next().unwrap_or((Err("it was not asked".to_owned()), false));
                let reply = heard.as_ref().map(|answer| answer.completion.clone()).map_err(Clone::clone);
                replies.entry(*scorer).or_default().push(reply);
                let scorer = trial.scores.get(*scorer).map_or("", |score| score.name.as_str());
                judgements.push(judgement(scorer, name, model, request, heard, fresh));
            }
        }
        if !replies.is_empty() {
            matter.finish(&mut trial, &|place| replies.get(&place).cloned().unwrap_or_default());
        }
        trial.judgements = judgements;
        trial.finished = clock::now();
        trial
    }
}

fn judgement(
    scorer: &str,
    name: &str,
    model: Option<&OpenedModel>,
    request: &Request,
    heard: Heard,
    fresh: bool,
) -> Judgement {
    let of = model.map(|model| model.spec.answering());
    let (answer, error) = match heard {
        Ok(answer) => (Some(answer), None),
        Err(message) => (None, Some(TrialError { kind: ErrorKind::Internal, message, status: None })),
    };
    Judgement {
        scorer: scorer.to_owned(),
        model: ModelFacts {
            name: name.to_owned(),
            provider: of.map_or("", |spec| spec.provider).to_owned(),
            model: of.map_or(name, |spec| spec.model.as_str()).to_owned(),
            identity: model.map_or(serde_json::Value::Null, |model| model.identity.clone()),
        },
        request: request.key,
        cached: answer.is_some() && !fresh,
        cost: answer.as_ref().and_then(|answer| answer.cost),
        reply: answer.map(|answer| answer.completion),
        sent: u32::from(fresh),
        error,
    }
}
