//! Sources of cases: missing, past their review date, or not for customers.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::case::{Action, Case};
use crate::knowledge::{Article, Visibility};
use crate::lint::place::at_suite;
use crate::lint::{Found, Lint, Rule, listed};

/// Row of the table of rules.
pub(super) const MISSING: Rule = Rule {
    name: "missing-source",
    doc: "a case expects an answer and declares no source, so that nobody sees which article it rests on",
    check: missing,
};

/// Row of the table of rules.
pub(super) const EXPIRED: Rule = Rule {
    name: "expired-source",
    doc: "cases rest on an article whose `review_by` has passed",
    check: expired,
};

/// Row of the table of rules.
pub(super) const INTERNAL: Rule = Rule {
    name: "internal-source",
    doc: "a case expects an answer that rests on an internal article, which must never surface",
    check: internal,
};

/// Whether an answer in words is wanted.
fn wants_answer(case: &Case) -> bool {
    case.expect.contains(&Action::Answer) || (case.expect.is_empty() && !case.goldens.is_empty())
}

fn missing(lint: &Lint<'_>, found: &mut Found) {
    for suite in &lint.project.suites {
        if suite.knowledge.articles().next().is_none() {
            continue;
        }
        let wanting = lint.cases.iter().filter(|(own, s)| own.id == suite.id && wants_answer(&s.case));
        let (without, with): (Vec<_>, Vec<_>) = wanting.partition(|(_, s)| s.case.sources.is_empty());
        if with.is_empty() && without.len() > 1 {
            let message = format!("none of {} cases that expect an answer declares a source", without.len());
            found.push(at_suite(suite, message).help(
                "write `sources = [\"article#section\"]` into the cases: coverage, impact and `gold` retrieval rest on it",
            ));
            continue;
        }
        for (_, scored) in without {
            let message = format!("`{}` expects an answer and declares no source", scored.case.id);
            found.push(lint.at_case(scored, message).help(
                "write `sources = [\"article#section\"]`, or `expect = \"abstain\"` when no article says it",
            ));
        }
    }
}

/// An article and the ids of the cases that declare it.
type Declared<'a> = (&'a Arc<Article>, Vec<&'a str>);

/// The articles that cases declare, in the order of their ids.
fn declared<'a>(lint: &'a Lint<'_>) -> Vec<Declared<'a>> {
    let mut articles: BTreeMap<(&str, &str), Declared<'_>> = BTreeMap::new();
    for (suite, scored) in &lint.cases {
        for source in &scored.case.sources {
            if let Some(article) = suite.knowledge.article(&source.article) {
                let key = (article.source.as_str(), article.id.as_str());
                let cases = &mut articles.entry(key).or_insert((article, Vec::new())).1;
                if cases.last() != Some(&scored.case.id.as_str()) {
                    cases.push(&scored.case.id);
                }
            }
        }
    }
    articles.into_values().collect()
}

fn expired(lint: &Lint<'_>, found: &mut Found) {
    for (article, cases) in declared(lint) {
        let Some(due) = article.review_by.filter(|due| *due < lint.today) else { continue };
        let message = format!(
            "article `{}` was to be reviewed by {due}, and {} on it: {}",
            article.id,
            if cases.len() == 1 { "a case rests".to_owned() } else { format!("{} cases rest", cases.len()) },
            listed(&cases)
        );
        let who = article.owner.as_ref().map(|owner| format!(" ({owner})")).unwrap_or_default();
        found.push(lint.at_article(article, "review_by", message).help(format!(
            "let its owner{who} read it again, then move `review_by`; goldens that rest on it may be out of date too"
        )));
    }
}

fn internal(lint: &Lint<'_>, found: &mut Found) {
    for (suite, scored) in lint.cases.iter().filter(|(_, scored)| wants_answer(&scored.case)) {
        let named = scored.case.sources.iter().filter_map(|s| suite.knowledge.article(&s.article));
        for article in named.filter(|article| article.visibility == Visibility::Internal) {
            let message =
                format!("`{}` expects an answer from the internal article `{}`", scored.case.id, article.id);
            found.push(lint.at_case(scored, message).help(
                "name a public source, make the article a `snippet`, or expect `abstain` or `escalate` instead",
            ));
        }
    }
}
