//! Articles that no case rests on.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::knowledge::{Article, Visibility};
use crate::lint::{Found, Lint, Rule};

/// Row of the table of rules.
pub(super) const RULE: Rule = Rule {
    name: "untested-article",
    doc: "no case declares an article as its source, so that no test fails when it is wrong",
    check,
};

fn check(lint: &Lint<'_>, found: &mut Found) {
    let mut used: BTreeMap<(&str, &str), &Arc<Article>> = BTreeMap::new();
    for article in lint.project.suites.iter().flat_map(|suite| suite.knowledge.articles()) {
        used.insert((&article.source, &article.id), article);
    }
    let mut tested: BTreeSet<(&str, &str)> = BTreeSet::new();
    for (suite, scored) in &lint.cases {
        let named = scored.case.sources.iter().filter_map(|s| suite.knowledge.article(&s.article));
        tested.extend(named.map(|article| (article.source.as_str(), article.id.as_str())));
    }
    let mut untested: Vec<&Arc<Article>> =
        used.iter().filter(|(key, _)| !tested.contains(*key)).map(|(_, article)| *article).collect();
    // What customers read most comes first.
    untested.sort_by_key(|article| (std::cmp::Reverse(article.views), &article.source, &article.id));
    for article in untested.into_iter().filter(|article| article.visibility != Visibility::Internal) {
        let views = article.views.map(|n| format!(" ({n} views)")).unwrap_or_default();
        let message = format!("no case tests article `{}`{views}", article.id);
        let help = format!("write a case with `sources = [\"{}\"]`", article.id);
        found.push(lint.at_article(article, "id", message).help(help));
    }
}
