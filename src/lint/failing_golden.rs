//! Accepted answers that the case's own scorers would fail.

use std::collections::{BTreeMap, BTreeSet};

use crate::case::Action;
use crate::lint::{Found, Lint, Rule, quoted};
use crate::provider::Completion;
use crate::score::accepted::tells_of_text;
use crate::score::{self, ScoreInput, ScoreState, Scorer};

/// Row of the table of rules.
pub(super) const RULE: Rule =
    Rule { name: "failing-golden", doc: "an accepted answer fails the scorers of its own case", check };

/// Why a conversation's golden is not judged.
const TALK: &str = "of conversations: what was said before is not there";

fn check(lint: &Lint<'_>, found: &mut Found) {
    let mut skipped: BTreeMap<&'static str, BTreeSet<String>> = BTreeMap::new();
    for (suite, scored) in &lint.cases {
        let case = &scored.case;
        if case.goldens.is_empty() {
            continue;
        }
        if case.is_talk() {
            skipped.entry(TALK).or_default().insert(case.suite.clone());
            continue;
        }
        let mut own: Vec<Scorer> = Vec::new();
        for scorer in scored.scorers.iter() {
            let acts = scorer.kind == "action" && case.expect == [Action::Act];
            match tells_of_text(scorer) {
                Ok(()) if acts => {
                    skipped.entry("it judges tool calls").or_default().insert(scorer.name.clone());
                }
                Ok(()) => own.push(scorer.clone()),
                Err(why) => {
                    skipped.entry(why).or_default().insert(scorer.name.clone());
                }
            }
        }
        let sources = suite.knowledge.resolve_all(&case.sources);
        for answer in &case.goldens {
            let completion = Completion::of_text(answer);
            let input = ScoreInput {
                case,
                question: case.input(),
                dialogue: &[],
                completion: &completion,
                cost: None,
                given: &sources,
                looked_up: false,
                sources: &sources,
                knowledge: &suite.knowledge,
                markers: &suite.markers,
            };
            let scores = score::judge(&own, &input);
            for score in scores.iter().filter(|s| s.state == ScoreState::JudgeError) {
                skipped.entry("it could not judge").or_default().insert(score.name.clone());
            }
            let failed = |required: bool| {
                scores.iter().find(move |s| {
                    s.required == required
                        && !s.broke()
                        && (s.pass() == Some(false) || s.state == ScoreState::Unparsed)
                })
            };
            let Some(score) = failed(true).or_else(|| failed(false)) else { continue };
            let kind = if score.required { "" } else { ", which is only reported" };
            let message = format!(
                "golden of `{}` fails scorer `{}`{kind}: {}",
                case.id,
                score.name,
                quoted(&score.reason)
            );
            found.push(lint.at_golden(scored, answer, message).help(
                "an answer that a person accepted must pass: correct the scorer, the expectation or the golden",
            ));
        }
    }
    for (why, names) in skipped {
        let names: Vec<String> = names.into_iter().collect();
        found.note(format!("{}: goldens not judged by {} ({why})", RULE.name, names.join(", ")));
    }
}
