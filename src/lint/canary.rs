//! Canaries of articles that cannot do their work: nothing would surface, an honest answer may hold one, or nobody
//! looks for them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::knowledge::{Article, Visibility};
use crate::lint::{Found, Lint, Rule, listed};
use crate::score::{CanaryFault, LEAST_CHARACTERS, canary_faults};

/// Row of the table of rules.
pub(super) const RULE: Rule = Rule {
    name: "canary",
    doc: "a canary of an article stands in a public article, in two, or in none, is short or common, or no case looks for it",
    check,
};

fn check(lint: &Lint<'_>, found: &mut Found) {
    let mut articles: BTreeMap<(&str, &str), &Arc<Article>> = BTreeMap::new();
    let mut watched: BTreeSet<(&str, &str)> = BTreeSet::new();
    let watch: BTreeSet<&str> = lint
        .cases
        .iter()
        .filter(|(_, case)| case.scorers.iter().any(|scorer| scorer.kind == "visibility"))
        .map(|(suite, _)| suite.id.as_str())
        .collect();
    for suite in &lint.project.suites {
        for article in suite.knowledge.articles() {
            let key = (article.source.as_str(), article.id.as_str());
            articles.insert(key, article);
            if watch.contains(suite.id.as_str()) {
                watched.insert(key);
            }
        }
    }
    let mut say = |article: &Article, message: String, help: &str| {
        found.push(lint.at_article(article, "canaries", message).help(help));
    };
    for (key, article) in articles.iter().filter(|(_, article)| !article.canaries.is_empty()) {
        if article.visibility == Visibility::Public {
            let message = format!("the public article `{}` has canaries, and customers read it", article.id);
            say(article, message, "make it a `snippet` or `internal`, or take the canaries out");
        } else if !watched.contains(key) {
            let message = format!("no case looks for the canaries of article `{}`", article.id);
            say(article, message, "add the scorer `visibility` to a suite that uses the article");
        }
    }
    let articles: Vec<&Arc<Article>> = articles.into_values().collect();
    for (at, canary, fault) in canary_faults(&articles) {
        let article = articles[at];
        let (what, help) = told(&fault);
        say(article, format!("the canary `{canary}` of article `{}` {what}", article.id), &help);
    }
}

/// What is wrong, and what to do.
fn told(fault: &CanaryFault) -> (String, String) {
    match fault {
        CanaryFault::Short => (
            "is so short that an answer may hold it by chance".to_owned(),
            format!("take one of {LEAST_CHARACTERS} letters and digits or more"),
        ),
        CanaryFault::Common => (
            "is made of words that public articles have too".to_owned(),
            "take a word or a code that stands nowhere else".to_owned(),
        ),
        CanaryFault::Absent => (
            "does not stand in its text".to_owned(),
            "write it into the text: what no model reads cannot surface".to_owned(),
        ),
        CanaryFault::InPublic(others) => (
            format!("stands in a public article: {}", listed(others)),
            "take another one: an answer that quotes the public article would fail".to_owned(),
        ),
        CanaryFault::InOther(others) => (
            format!("stands in another article too: {}", listed(others)),
            "give each article its own, so that it tells which one surfaced".to_owned(),
        ),
    }
}
