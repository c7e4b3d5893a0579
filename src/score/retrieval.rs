//! # What it checks
//! The passages that the answer was made from hold the case's sources, and stand where they should. What was given is
//! taken in its order, the best first. The value is one of these, with every source weighing the same:
//!
//! - `recall`: the share of the sources that were given;
//! - `precision`: the share of what was given that belongs to the sources;
//! - `mrr`: 1 / the place of the first that belongs to them;
//! - `ndcg`: the discounted gain (1 / log2(place + 1)) over that of the best order.
//!
//! Where a bot looks up by itself and no passages were given, the sources that it names beside its answer count.
//!
//! # Keys
//! - `metric`: `recall`, `precision`, `mrr` or `ndcg`.
//! - `k`: only the first so many count; absent: all that were given.
//! - `by` = `article`: what is compared. `passage` wants the very section where the case names one.
//! - `min`: the least value that passes. Default: 1 for `recall`, and anything above 0 for the others.
//!
//! # Example
//! ```toml
//! [[score]]
//! kind = "retrieval"
//! name = "recall@5"
//! metric = "recall"
//! k = 5
//! required = false
//! ```
//!
//! # Caveats
//! It looks at what was looked up, not at the answer: make it `required = false` to see retrieval beside the answers,
//! and required in a suite that tests retrieval alone. An article that is as good but not among the case's sources
//! counts as wrong. `gold` gives the sources themselves, in the order of the articles, so its figures say nothing
//! beyond the budget. `precision` is over what was given, at most `k`, also where that is less than `k`. Not applicable
//! where the case names no sources, or where the prompt takes no passages and the endpoint names none.

use std::collections::BTreeSet;

use crate::score::choice::{choice, share};
use crate::score::{Args, Built, Check, Evidence, Finding, ScoreInput, ScorerKind};

/// Row of the scorer table.
pub(super) const KIND: ScorerKind = ScorerKind {
    name: "retrieval",
    summary: "the passages given hold the case's sources: recall, precision, MRR, nDCG",
    docs: docs!("retrieval.rs"),
    keys: &["metric", "k", "by", "min"],
    build,
};

const METRICS: [&str; 4] = ["recall", "precision", "mrr", "ndcg"];

struct Retrieval {
    metric: &'static str,
    k: Option<usize>,
    by_passage: bool,
    min: Option<f64>,
}

fn build(args: &Args<'_>) -> Built {
    let mut errors = Vec::new();
    if args.value("metric").is_none() {
        errors.push(args.missing("metric", format!("add one of {}", METRICS.join(", "))));
    }
    let metric = choice(args, "metric", &METRICS, &mut errors).unwrap_or(METRICS[0]);
    let k = args.get::<usize>("k", &mut errors);
    if k == Some(0) {
        errors.push(args.error_at("k", "`k` must be 1 or more"));
    }
    let by_passage = choice(args, "by", &["article", "passage"], &mut errors) == Some("passage");
    let min = share(args, "min", &mut errors);
    if errors.is_empty() { Ok(Box::new(Retrieval { metric, k, by_passage, min })) } else { Err(errors) }
}

impl Check for Retrieval {
    fn check(&self, input: &ScoreInput<'_>) -> Finding {
        let targets = self.targets(input);
        if targets.is_empty() {
            return Finding::not_applicable("the case names no sources");
        }
        let mut given = self.given(input);
        if given.is_empty() && !input.looked_up {
            return Finding::not_applicable("no passages were looked up for this answer");
        }
        given.truncate(self.k.unwrap_or(usize::MAX));
        // For each place the sources that it adds; a second passage of the same source is right and adds none.
        let mut found = BTreeSet::new();
        let (mut right, mut adds) = (Vec::new(), Vec::new());
        for id in &given {
            let hits: Vec<&String> = targets.iter().filter(|target| covers(target, id)).collect();
            right.push(!hits.is_empty());
            adds.push(hits.into_iter().filter(|target| found.insert((*target).clone())).count());
        }
        let value = match self.metric {
            "precision" => ratio(right.iter().filter(|r| **r).count(), given.len()),
            "mrr" => right.iter().position(|r| *r).map_or(0.0, |at| 1.0 / (at + 1) as f64),
            "ndcg" => {
                let best = vec![1; targets.len().min(self.k.unwrap_or(usize::MAX))];
                (gain(&adds) / gain(&best)).min(1.0)
            }
            _ => ratio(found.len(), targets.len()),
        };
        let pass = match self.min {
            Some(min) => value >= min,
            None if self.metric == "recall" => value >= 1.0,
            None => value > 0.0,
        };
        let label = |at: usize| if right[at] { "supported" } else { "other" };
        let mut evidence: Vec<Evidence> = given
            .iter()
            .enumerate()
            .map(|(at, id)| Evidence {
                passage: Some(id.clone()),
                note: Some(format!("place {}", at + 1)),
                ..Evidence::new(label(at), id.as_str())
            })
            .collect();
        let missing = targets.iter().filter(|target| !found.contains(*target));
        evidence.extend(missing.map(|target| Evidence::new("missing", target.as_str())));
        let what = if self.by_passage { "passages" } else { "articles" };
        let reason = format!(
            "{} {value:.2}: {} of {} sources among {} {what}",
            self.title(),
            found.len(),
            targets.len(),
            given.len()
        );
        Finding::scored(value, pass, reason).with(evidence)
    }

    fn check_without_text(&self, input: &ScoreInput<'_>) -> Finding {
        self.check(input)
    }
}

impl Retrieval {
    fn title(&self) -> String {
        match self.k {
            Some(k) => format!("{}@{k}", self.metric),
            None => self.metric.to_owned(),
        }
    }

    /// What should be given, each once and in order.
    fn targets(&self, input: &ScoreInput<'_>) -> Vec<String> {
        let name = |source: &crate::case::SourceRef| {
            if self.by_passage { source.to_string() } else { source.article.clone() }
        };
        let all: BTreeSet<String> = input.case.sources.iter().map(name).collect();
        all.into_iter().collect()
    }

    /// What was given in its order, each once; what the endpoint names where nothing was given.
    fn given(&self, input: &ScoreInput<'_>) -> Vec<String> {
        let mut seen = BTreeSet::new();
        let named = |id: &str| {
            let at = input.knowledge.at_address(id).map(|article| article.id.clone());
            at.unwrap_or_else(|| id.to_owned())
        };
        let of_passage = |p: &std::sync::Arc<crate::knowledge::Passage>| {
            if self.by_passage { p.id.clone() } else { p.article.clone() }
        };
        let ids: Vec<String> = if input.given.is_empty() {
            let named = input.completion.citations.iter().map(|c| named(c));
            named.map(|id| if self.by_passage { id } else { article(input, &id) }).collect()
        } else {
            input.given.iter().map(of_passage).collect()
        };
        ids.into_iter().filter(|id| seen.insert(id.clone())).collect()
    }
}

/// The article of a passage's or an article's id.
fn article(input: &ScoreInput<'_>, id: &str) -> String {
    let cut =
        || id.rmatch_indices('#').map(|(at, _)| &id[..at]).find(|a| input.knowledge.article(a).is_some());
    if input.knowledge.article(id).is_some() { id.to_owned() } else { cut().unwrap_or(id).to_owned() }
}

/// Whether a source is this article or passage, or the article that the passage is of.
fn covers(target: &str, id: &str) -> bool {
    id.strip_prefix(target).is_some_and(|rest| rest.is_empty() || rest.starts_with('#'))
}

fn ratio(part: usize, all: usize) -> f64 {
    if all == 0 { 0.0 } else { part as f64 / all as f64 }
}

/// Discounted cumulative gain (Järvelin and Kekäläinen 2002).
fn gain(adds: &[usize]) -> f64 {
    adds.iter().zip(2_u32..).map(|(gain, place)| *gain as f64 / f64::from(place).log2()).sum()
}

#[cfg(test)]
mod tests {
    use crate::case::SourceRef;
    use crate::score::ScoreState;
    use crate::score::testing::{Setup, mistakes};

    fn setup(toml: &str, sources: &[&str]) -> Setup {
        let mut setup = Setup::of("retrieval", toml);
        setup.case.sources = sources.iter().map(|s| SourceRef::parse(s)).collect();
        for id in ["fees#top", "returns#top", "returns#window", "delivery#price"] {
            setup = setup.given(id, "text");
        }
        setup
    }

    fn value(toml: &str, sources: &[&str]) -> f64 {
        setup(toml, sources).score("Yes.").value().unwrap()
    }

    fn near(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-9
    }

    #[test]
    fn metrics_by_article() {
        // The articles given are fees, returns, delivery.
        let sources = ["returns#window", "delivery", "helmets"];
        assert!(near(value("metric = 'recall'", &sources), 2.0 / 3.0));
        assert!(near(value("metric = 'recall'\nk = 2", &sources), 1.0 / 3.0));
        assert!(near(value("metric = 'precision'", &sources), 2.0 / 3.0));
        assert!(near(value("metric = 'precision'\nk = 1", &sources), 0.0));
        assert!(near(value("metric = 'mrr'", &sources), 0.5));
        assert!(near(value("metric = 'mrr'\nk = 1", &sources), 0.0));
        let log = |n: f64| 1.0 / n.log2();
        let wanted = (log(3.0) + log(4.0)) / (log(2.0) + log(3.0) + log(4.0));
        assert!(near(value("metric = 'ndcg'", &sources), wanted));
    }

    #[test]
    fn metrics_by_passage() {
        let by =
            |metric: &str, sources: &[&str]| value(&format!("metric = '{metric}'\nby = 'passage'"), sources);
        assert!(near(by("recall", &["returns#window", "delivery#top"]), 0.5));
        assert!(near(by("mrr", &["returns#window"]), 1.0 / 3.0));
        // Any section of a whole article is right, and the article is found once.
        assert!(near(by("precision", &["returns"]), 0.5));
        assert!(near(by("recall", &["returns"]), 1.0));
        assert!(near(by("ndcg", &["returns"]), 1.0 / 3_f64.log2()));
    }

    #[test]
    fn what_passes_and_what_does_not_apply() {
        let pass = |toml: &str, sources: &[&str]| setup(toml, sources).score("Yes.").pass();
        assert_eq!(pass("metric = 'recall'", &["returns", "gone"]), Some(false));
        assert_eq!(pass("metric = 'recall'\nmin = 0.5", &["returns", "gone"]), Some(true));
        assert_eq!(pass("metric = 'mrr'", &["returns"]), Some(true));
        assert_eq!(pass("metric = 'mrr'", &["gone"]), Some(false));
        assert_eq!(pass("metric = 'mrr'", &[]), None);
        let mut setup = setup("metric = 'recall'", &["returns"]);
        setup.given.clear();
        assert_eq!(setup.score("Yes.").pass(), Some(false));
        setup.looked_up = false;
        assert_eq!(setup.score("Yes.").state, ScoreState::NotApplicable);
        setup.completion.citations = vec!["fees".to_owned()];
        assert_eq!(setup.score("Yes.").value(), Some(0.0));
        let mut setup = setup.article("returns", "Returns", crate::knowledge::Visibility::Public, "x");
        setup.completion.citations = vec!["returns#window".to_owned()];
        assert_eq!(setup.score("Yes.").pass(), Some(true));
    }

    #[test]
    fn mistakes_are_reported() {
        assert_eq!(mistakes("retrieval", "").len(), 1);
        assert_eq!(mistakes("retrieval", "metric = 'recal'\nk = 0\nby = 'chunk'\nmin = 2").len(), 4);
    }
}
