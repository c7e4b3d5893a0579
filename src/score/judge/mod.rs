//! # What it checks
//! A model judges the answer by a rubric: a template in `judges/` below the folder of prompts. Narrow yes/no
//! questions, of which each names one thing, are steadier than one number from 1 to 5: the value is the share of
//! questions answered "yes". A rubric of the shape `claims` (`faithfulness`) splits the answer into claims instead;
//! the value is the share of claims that the passages support, and a contradicted one always fails.
//!
//! The judge has its own model, cost, cache and fingerprint. Its verdict is a JSON object of a fixed schema or one
//! closed last line; anything else is `Unparsed`, and an outage is `JudgeError`: neither counts for or against the
//! answer. Answers and articles stand between marks that they cannot know, and a verdict must repeat the mark.
//!
//! A judge decides nothing until people agreed with it: `regauge label` collects their labels, `regauge calibrate`
//! measures the agreement and stores a certificate. Without one the score is reported only. In a script it may judge a
//! turn (`[[case.script.score]]`): it is shown that answer and what was said before it, and people label the same.
//!
//! # Keys
//! - `rubric`: name of a rubric (shipped: `rubric`, `faithfulness`, `relevance`, `completeness`, `tone`).
//! - `questions`: yes/no questions for which yes is good; default: those of the rubric.
//! - `model` = `[judge] model`: the model that judges, as named in `regauge.toml`.
//! - `verdict` = "json": `"json"` or `"token"` (one last line; for models that are weak at JSON).
//! - `min` = 1.0: least share of questions or claims that must be good.
//! - `repeats` = 1: how often it is asked; an odd number. More than half must agree; the agreement is evidence.
//!
//! # Example
//! ```toml
//! [[score]]
//! kind      = "judge"
//! rubric    = "rubric"
//! questions = ["Does the answer say that the 30 days start at delivery?", "Is the answer free of blame?"]
//! ```
//!
//! # Caveats
//! A judge errs, prefers long answers and its own family of models, and may be talked round by an answer: fences and
//! strict verdicts make that harder, not impossible. Use a rule where a rule can tell. `min` is over all questions
//! of one scorer; what must hold by itself is a scorer of its own. An answer that only calls tools has nothing to judge.

mod bench;
mod combine;
mod fence;
mod pairwise;
mod request;
mod verdict;

use std::sync::Arc;

use serde_json::{Value, json};

use crate::prompt::{PromptSet, Shape};
use crate::provider::{ModelSpec, Request};
use crate::score::{
    Args, Asking, Built, Check, Finding, JudgeMark, Reply, ScoreInput, ScorerError, ScorerKind,
};

pub use bench::Bench;
pub use pairwise::{Comparison, Pair, Preference};
pub use request::listed;
pub use verdict::Side;

use verdict::Form;

/// Row of the scorer table.
pub(super) const KIND: ScorerKind = ScorerKind {
    name: "judge",
    summary: "a model judges the answer by a rubric, mostly yes/no questions",
    keys: &["rubric", "questions", "model", "verdict", "min", "repeats"],
    docs: docs!("mod.rs"),
    build,
};

/// Most times that a judge is asked about one answer.
pub const MOST_REPEATS: u32 = 9;

/// A judge, ready to ask.
struct Judge {
    prompts: Arc<PromptSet>,
    rubric: String,
    shape: Shape,
    needs: Vec<String>,
    questions: Vec<String>,
    spec: ModelSpec,
    form: Form,
    min: f64,
    repeats: u32,
    mark: JudgeMark,
    /// What the scorers fingerprint takes in besides the keys.
    facts: Value,
}

fn build(args: &Args<'_>) -> Built {
    let mut errors = Vec::new();
    let model = model(args, &mut errors);
    let rubric = args.require::<String>("rubric", &mut errors);
    let questions = args.strings("questions", &mut errors);
    let form = form(args, &mut errors);
    let min = args.number("min", &mut errors).unwrap_or(1.0);
    if !(0.0..=1.0).contains(&min) {
        errors.push(args.error_at("min", "`min` must be between 0 and 1"));
    }
    let repeats =
        args.bench.forced_repeats.or(args.get("repeats", &mut errors)).unwrap_or(args.bench.repeats);
    if repeats.is_multiple_of(2) || repeats > MOST_REPEATS {
        let error = args.error_at("repeats", format!("`repeats` must be odd and at most {MOST_REPEATS}"));
        errors.push(error.with_help("with an odd number there is a majority"));
    }
    let Some(rubric) = rubric else { return Err(errors) };
    let found = args.bench.prompts.as_deref().and_then(|prompts| prompts.rubric(&rubric));
    let Some(found) = found else {
        let known: Vec<&str> = args.bench.prompts.iter().flat_map(|p| p.rubrics()).collect();
        let error = args.error_at("rubric", format!("no rubric is named `{rubric}`"));
        let near = crate::diagnostic::did_you_mean(&rubric, known.iter().copied());
        errors.push(error.with_help(match near {
            Some(near) => format!("did you mean `{near}`?"),
            None if known.is_empty() => {
                "rubrics are templates in `judges/` below the folder of prompts".to_owned()
            }
            None => format!("rubrics: {}", known.join(", ")),
        }));
        return Err(errors);
    };
    let questions = match (found.shape, questions) {
        (Shape::Questions, Some(questions)) => questions,
        (Shape::Questions, None) if found.questions.is_empty() => {
            let help = "write narrow ones, for which yes is good: `questions = [\"Does the answer …?\"]`";
            errors.push(args.missing("questions", help));
            Vec::new()
        }
        (Shape::Questions, None) => found.questions.clone(),
        (Shape::Claims, None) => Vec::new(),
        (Shape::Claims, Some(_)) => {
            let message = format!("the rubric `{rubric}` asks for claims, not for questions");
            errors.push(args.error_at("questions", message));
            Vec::new()
        }
        (Shape::Preference, _) => {
            let message = format!("the rubric `{rubric}` compares two answers, and here is one");
            let error = args.error_at("rubric", message);
            errors
                .push(error.with_help("`regauge judge pairwise BASE CAND` compares the answers of two runs"));
            Vec::new()
        }
    };
    if found.shape == Shape::Claims && form == Form::Token {
        errors.push(args.error_at("verdict", "claims do not fit into one line: write `verdict = \"json\"`"));
    }
    let (Some(model), Some(prompts), true) = (model, args.bench.prompts.clone(), errors.is_empty()) else {
        return Err(errors);
    };
    let answering = model.answering();
    let identity = json!({
        "contract": verdict::VERSION, "rubric": found.hash, "questions": questions, "verdict": form.name(), "min": min,
        "provider": answering.provider, "model": answering.model, "params": answering.params,
    });
    let mark = args.bench.mark(&identity);
    let facts = json!({ "judge": mark.fingerprint, "decides": mark.standing, "repeats": repeats });
    let (shape, needs) = (found.shape, found.needs.clone());
    Ok(Box::new(Judge {
        prompts,
        rubric,
        shape,
        needs,
        questions,
        spec: model,
        form,
        min,
        repeats,
        mark,
        facts,
    }))
}

fn model(args: &Args<'_>, errors: &mut Vec<ScorerError>) -> Option<ModelSpec> {
    let written = args.get::<String>("model", errors);
    if args.value("model").is_some() && written.is_none() {
        return None;
    }
    let Some(name) = written.or_else(|| args.bench.model.clone()) else {
        errors.push(
            args.missing("model", "name a model of regauge.toml here, or for all judges under `[judge]`"),
        );
        return None;
    };
    let model = args.bench.models.get(&name);
    if model.is_none() {
        let error = args.error_at("model", format!("no model is named `{name}`"));
        let near = crate::diagnostic::did_you_mean(&name, args.bench.models.keys().map(String::as_str));
        errors.push(match near {
            Some(near) => error.with_help(format!("did you mean `{near}`?")),
            None => error.with_help("models are set in regauge.toml, under `[models.NAME]`"),
        });
    }
    model.cloned()
}

fn form(args: &Args<'_>, errors: &mut Vec<ScorerError>) -> Form {
    let Some(written) = args.get::<String>("verdict", errors) else { return Form::Json };
    let found = Form::ALL.into_iter().find(|form| form.name() == written);
    if found.is_none() {
        let error = args.error_at("verdict", format!("there is no verdict `{written}`"));
        errors.push(error.with_help("write \"json\" or \"token\""));
    }
    found.unwrap_or(Form::Json)
}

impl Check for Judge {
    fn check(&self, input: &ScoreInput<'_>) -> Finding {
        match self.requests(input) {
            Err(finding) => finding,
            Ok(_) => Finding::judge_error("the judge was not asked"),
        }
    }

    fn check_without_text(&self, _: &ScoreInput<'_>) -> Finding {
        Finding::not_applicable("the answer has no text, only tool calls")
    }

    fn read_from_files(&self) -> Option<&Value> {
        Some(&self.facts)
    }

    fn asking(&self) -> Option<&dyn Asking> {
        Some(self)
    }
}

impl Asking for Judge {
    fn model(&self) -> &str {
        let ModelSpec { name, .. } = &self.spec;
        name
    }

    fn rubric(&self) -> &str {
        &self.rubric
    }

    fn mark(&self) -> JudgeMark {
        self.mark
    }

    fn requests(&self, input: &ScoreInput<'_>) -> Result<Vec<Request>, Finding> {
        let texts = request::Texts::of(input);
        if !self.needs.is_empty() && self.needs.iter().all(|need| texts.get(need).trim().is_empty()) {
            let needs = self.needs.join(" or ");
            return Err(Finding::not_applicable(format!(
                "there is nothing to hold the answer against: no {needs}"
            )));
        }
        let (values, fence) = texts.fenced(&self.questions);
        let messages = request::messages(&self.prompts, &self.rubric, &values, &self.contract(fence.mark()))
            .map_err(|error| Finding::judge_error(error.0.message.clone()))?;
        Ok(request::repeated(&self.spec, &messages, self.repeats))
    }

    fn read(&self, input: &ScoreInput<'_>, replies: &[Reply]) -> Finding {
        let (_, fence) = request::Texts::of(input).fenced(&self.questions);
        let contract = self.contract(fence.mark());
        let known = request::passages(input);
        let reading = combine::Reading {
            answer: &input.completion.text,
            questions: &self.questions,
            known: &known,
            min: self.min,
        };
        combine::combine(&contract, &reading, replies)
    }
}

impl Judge {
    fn contract<'a>(&self, mark: &'a str) -> verdict::Contract<'a> {
        verdict::Contract { shape: self.shape, form: self.form, questions: self.questions.len(), mark }
    }
}

#[cfg(test)]
mod tests;
