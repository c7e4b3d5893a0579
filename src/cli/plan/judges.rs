//! What judges would be asked, before any answer is there.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;

use super::CHARS_PER_TOKEN;
use crate::outcome::TrialResult;
use crate::plan::{Plan, PlannedTrial, ReadyTrial};
use crate::project::Project;
use crate::provider::{Completion, ModelSpec};
use crate::report::usd;
use crate::score::{ScoreInput, begin};
use crate::stats;

/// Tokens of a reply where no stored run knows better: some words and a verdict for a handful of questions.
const REPLY_TOKENS: f64 = 150.0;

/// Characters of an answer where no stored run knows better.
const ANSWER_CHARS: f64 = 400.0;

/// What one judge would be asked.
#[derive(Serialize)]
pub(super) struct JudgeRow {
    pub(super) model: String,
    rubric: String,
    requests: u64,
    prompt_tokens: u64,
    answer_tokens: u64,
    cost_usd: Option<f64>,
}

/// Requests to judges, counted while a plan is read.
pub(super) struct Judges {
    /// An answer as long as answers are.
    stand_in: Completion,
    reply_tokens: Option<f64>,
    /// Requests and characters, by model and rubric.
    asked: BTreeMap<(String, String), (u64, f64)>,
}

impl Judges {
    /// Nothing counted yet; answers are taken to be as long as those of an earlier run.
    pub(super) fn new(history: &[TrialResult]) -> Self {
        let lengths: Vec<f64> =
            history.iter().filter_map(TrialResult::answer).map(|text| text.chars().count() as f64).collect();
        let chars = stats::mean(&lengths).unwrap_or(ANSWER_CHARS);
        let replies = history.iter().flat_map(|trial| &trial.judgements).filter_map(|j| j.reply.as_ref());
        let tokens: Vec<f64> = replies.filter_map(|reply| reply.usage.output).map(|n| n as f64).collect();
        let stand_in = Completion::of_text("word ".repeat((chars / 5.0).ceil().max(1.0) as usize));
        Self { stand_in, reply_tokens: stats::mean(&tokens), asked: BTreeMap::new() }
    }

    /// Counts what would be asked about the answer of one trial, and about those of its turns.
    pub(super) fn add(&mut self, plan: &Plan, trial: &PlannedTrial, ready: &ReadyTrial) {
        let suite = plan.suite(trial);
        let (case, question) = (trial.scored.case.as_ref(), trial.wording.phrasing.text.as_str());
        let of_turns =
            trial.scored.turns.iter().map(|turn| (&turn.scorers, turn.case.as_ref(), turn.case.input()));
        for (scorers, case, question) in of_turns.chain([(&trial.scored.scorers, case, question)]) {
            if scorers.iter().all(|scorer| scorer.check.asking().is_none()) {
                continue;
            }
            let input = ScoreInput {
                case,
                question,
                dialogue: &[],
                completion: &self.stand_in,
                cost: None,
                given: &ready.given,
                looked_up: ready.looked_up,
                sources: &ready.sources,
                knowledge: &suite.knowledge,
                markers: &suite.markers,
            };
            for pending in begin(scorers, &input).1 {
                let rubric = scorers[pending.scorer].check.asking().map_or("", |asking| asking.rubric());
                let messages = pending.requests.iter().flat_map(|request| &request.messages);
                let chars: usize = messages.map(|message| message.content.chars().count()).sum();
                let (requests, all) = self.asked.entry((pending.model, rubric.to_owned())).or_default();
                *requests += pending.requests.len() as u64;
                *all += chars as f64;
            }
        }
    }

    /// A row per model and rubric.
    pub(super) fn rows(self, project: &Project) -> Vec<JudgeRow> {
        let row = |((model, rubric), (requests, chars)): ((String, String), (u64, f64))| {
            let spec = project.config.models.get(&model).map(ModelSpec::answering);
            let most = spec.and_then(|spec| spec.params.max_tokens).map_or(f64::MAX, f64::from);
            let prompt_tokens = chars / CHARS_PER_TOKEN;
            let answer_tokens = self.reply_tokens.unwrap_or(REPLY_TOKENS).min(most) * requests as f64;
            let price = spec.and_then(ModelSpec::known_price).map(|known| known.price);
            let free = spec.is_some_and(ModelSpec::is_embedded);
            let cost = price.map(|p| (prompt_tokens * p.input + answer_tokens * p.output) / 1e6);
            JudgeRow {
                model,
                rubric,
                requests,
                prompt_tokens: prompt_tokens.round() as u64,
                answer_tokens: answer_tokens.round() as u64,
                cost_usd: cost.or(free.then_some(0.0)),
            }
        };
        self.asked.into_iter().map(row).collect()
    }
}

/// The rows as text.
pub(super) fn text(rows: &[JudgeRow]) -> String {
    let mut out = String::new();
    for row in rows {
        let cost = row.cost_usd.map_or_else(|| "cost unknown".to_owned(), usd);
        let _ = writeln!(
            out,
            "  {:<24} {:>5} requests {:>7} prompt + {:>7} answer tokens (estimate)  {cost}",
            format!("judge {} × {}", row.rubric, row.model),
            row.requests,
            row.prompt_tokens,
            row.answer_tokens,
        );
    }
    if rows.is_empty() { out } else { format!("\n{out}") }
}
