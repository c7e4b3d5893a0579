//! Two answers to the same question, compared in both orders.
//!
//! Zheng et al. 2023 (arXiv 2306.05685): a judge prefers a place, so each pair is asked twice with the answers swapped.
//! Only an answer that wins in both orders wins; a judge that follows the place is a tie, and counted as a flip.

use std::sync::Arc;

use serde_json::json;

use crate::case::Turn;
use crate::prompt::{PromptSet, RenderError, Shape};
use crate::provider::{ModelSpec, Request};
use crate::score::{JudgeMark, Reply};

use super::Bench;
use super::request::{Around, Texts, messages, repeated, turns};
use super::verdict::{self, Contract, Form, Side, Verdict};

/// A judge of pairs.
pub struct Comparison {
    prompts: Arc<PromptSet>,
    rubric: String,
    model: ModelSpec,
    mark: JudgeMark,
}

/// Two answers and what they answer.
#[derive(Debug, Clone, Copy)]
pub struct Pair<'a> {
    /// Language of the customer.
    pub lang: &'a str,
    /// What the customer said last.
    pub question: &'a str,
    /// Earlier turns.
    pub history: &'a [Turn],
    /// Accepted answers.
    pub goldens: &'a [String],
    /// The passages that the answers are held against, as [`super::listed`] shows them.
    pub passages: &'a str,
    /// The answer of the earlier run.
    pub base: &'a str,
    /// The answer of the later run.
    pub cand: &'a str,
}

/// What came of a pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Preference {
    /// The earlier answer is better in both orders.
    Base,
    /// The later answer is better in both orders.
    Cand,
    /// None is better, or one is better in one order and none in the other.
    Tie,
    /// The judge chose the same place in both orders: a tie that says something of the judge.
    Flip,
    /// A reply was no verdict.
    Unparsed(String),
    /// There was no reply.
    Failed(String),
}

impl Comparison {
    /// A judge with this rubric and model.
    ///
    /// # Errors
    /// There is no such rubric or model, or the rubric does not compare.
    pub fn new(bench: &Bench, rubric: &str, model: Option<&str>) -> Result<Self, String> {
        let prompts = bench.prompts.clone().ok_or("there are no rubrics")?;
        let found = prompts.rubric(rubric).ok_or_else(|| format!("no rubric is named `{rubric}`"))?;
        if found.shape != Shape::Preference {
            return Err(format!("the rubric `{rubric}` does not compare two answers; `pairwise` does"));
        }
        let name =
            model.or(bench.model.as_deref()).ok_or("no model judges: say --model, or set `[judge] model`")?;
        let model = bench.models.get(name).cloned().ok_or_else(|| format!("no model is named `{name}`"))?;
        let answering = model.answering();
        let mark = bench.mark(&json!({
            "contract": verdict::VERSION, "rubric": found.hash, "verdict": Form::Json.name(),
            "provider": answering.provider, "model": answering.model, "params": answering.params,
        }));
        Ok(Self { prompts, rubric: rubric.to_owned(), model, mark })
    }

    /// The model that judges.
    pub fn model(&self) -> &ModelSpec {
        &self.model
    }

    /// Who judges.
    pub fn mark(&self) -> JudgeMark {
        self.mark
    }

    /// Both requests: the earlier answer first, and the later answer first.
    ///
    /// # Errors
    /// The rubric fails.
    pub fn requests(&self, pair: &Pair<'_>) -> Result<[Request; 2], RenderError> {
        let one = |swapped: bool| {
            let (values, mark) = Self::values(pair, swapped);
            let messages = messages(&self.prompts, &self.rubric, &values, &contract(&mark))?;
            let mut requests = repeated(&self.model, &messages, 1);
            Ok(requests.swap_remove(0))
        };
        Ok([one(false)?, one(true)?])
    }

    /// What the replies to both requests say.
    pub fn read(&self, pair: &Pair<'_>, replies: [&Reply; 2]) -> Preference {
        let mut sides = [None, None];
        for (place, (reply, swapped)) in replies.into_iter().zip([false, true]).enumerate() {
            let (_, mark) = Self::values(pair, swapped);
            let completion = match reply {
                Ok(completion) => completion,
                Err(error) => return Preference::Failed(error.clone()),
            };
            match contract(&mark).read(&completion.text) {
                Ok(Verdict::Preference(side, _)) => sides[place] = side,
                Ok(_) => return Preference::Unparsed("the reply is no preference".to_owned()),
                Err(why) => return Preference::Unparsed(why),
            }
        }
        match (sides[0], sides[1]) {
            (Some(Side::First), Some(Side::Second)) => Preference::Base,
            (Some(Side::Second), Some(Side::First)) => Preference::Cand,
            (Some(one), Some(other)) if one == other => Preference::Flip,
            _ => Preference::Tie,
        }
    }

    fn values(pair: &Pair<'_>, swapped: bool) -> (Vec<(&'static str, String)>, String) {
        let (first, second) = if swapped { (pair.cand, pair.base) } else { (pair.base, pair.cand) };
        let answers = vec![("first", first.to_owned()), ("second", second.to_owned())];
        let around = Around {
            lang: pair.lang,
            question: pair.question,
            history: &turns(pair.history),
            goldens: pair.goldens,
            passages: pair.passages,
        };
        let (values, fence) = Texts::around(&around, answers).fenced(&[]);
        (values, fence.mark().to_owned())
    }
}

fn contract(mark: &str) -> Contract<'_> {
    Contract { shape: Shape::Preference, form: Form::Json, questions: 0, mark }
}
