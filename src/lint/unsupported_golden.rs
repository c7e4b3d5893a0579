//! Accepted answers that their declared sources do not support.

use std::sync::Arc;

use crate::knowledge::Passage;
use crate::lint::{Found, Lint, Rule, quoted};
use crate::score::accepted::{Doubt, doubts};
use crate::suite::{ScoredCase, Suite};

/// Row of the table of rules.
pub(super) const RULE: Rule = Rule {
    name: "unsupported-golden",
    doc: "an accepted answer states what the declared sources of its case do not say, or deny",
    check,
};

fn check(lint: &Lint<'_>, found: &mut Found) {
    for (suite, scored) in &lint.cases {
        let case = &scored.case;
        let sources = suite.knowledge.resolve_all(&case.sources);
        if sources.is_empty() {
            continue;
        }
        for answer in &case.goldens {
            let doubts = doubts_of(answer, suite, scored, &sources);
            let Some(first) = doubts.first() else { continue };
            let more = match doubts.len() - 1 {
                0 => String::new(),
                n => format!(" (and {n} more)"),
            };
            let names: Vec<String> = case.sources.iter().map(ToString::to_string).collect();
            let passage = first.passage.clone().unwrap_or_else(|| names.join("`, `"));
            let message = format!(
                "golden of `{}`: \"{}\": {}{more}",
                case.id,
                quoted(&first.quote),
                quoted(&first.why)
            );
            found.push(lint.at_golden(scored, answer, message).help(format!(
                "if the article is right, correct the golden; else correct `{passage}`, or name the source that says it"
            )));
        }
    }
}

/// What an accepted answer of a case states and these passages of its sources do not say, or deny.
pub fn doubts_of(answer: &str, suite: &Suite, scored: &ScoredCase, sources: &[Arc<Passage>]) -> Vec<Doubt> {
    let case = &scored.case;
    let lang = |tag: &str| tag.split('-').next().unwrap_or_default().to_lowercase();
    let articles = case.sources.iter().filter_map(|s| suite.knowledge.article(&s.article));
    let same_language = articles.into_iter().all(|article| lang(&article.lang) == lang(&case.lang));
    doubts(answer, case, sources, &suite.markers, (&ignored(scored), same_language))
}

/// Texts that the case's own scorers say need no support.
fn ignored(scored: &ScoredCase) -> Vec<String> {
    let own = scored.scorers.iter().filter(|s| matches!(s.kind, "grounded" | "contradicts"));
    let mut texts = Vec::new();
    for list in own.filter_map(|scorer| scorer.settings.get("ignore")) {
        match list {
            serde_json::Value::String(text) => texts.push(text.clone()),
            other => texts
                .extend(other.as_array().into_iter().flatten().filter_map(|t| Some(t.as_str()?.to_owned()))),
        }
    }
    texts
}
