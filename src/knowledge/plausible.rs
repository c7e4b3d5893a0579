//! What an article says of itself and cannot be.

use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::knowledge::Article;

/// Warns of addresses that are no pages, and of reviews before the last change.
pub(super) fn warnings(articles: &[Arc<Article>]) -> Diagnostics {
    let mut findings = Diagnostics::new();
    for article in articles {
        let mut warn = |message: String, help: &str| {
            findings.push(Diagnostic::warning(message).in_path(&article.path).help(help));
        };
        if let Some(url) = article.url.as_deref().filter(|url| !is_page(url)) {
            warn(format!("`{url}` is no address of a page"), "write `url` as https://…, or as a path");
        }
        if let (Some(review_by), Some(updated)) = (article.review_by, article.updated)
            && review_by < updated
        {
            warn(
                format!("`review_by` {review_by} is before `updated` {updated}"),
                "the article was edited since: set the day of its next review",
            );
        }
    }
    findings
}

/// Whether an address is of the web, or a path without a scheme.
fn is_page(url: &str) -> bool {
    let scheme =
        url.split(['/', '?', '#']).next().unwrap_or_default().split_once(':').map(|(scheme, _)| scheme);
    scheme.is_none_or(|scheme| ["http", "https"].contains(&scheme.to_ascii_lowercase().as_str()))
}
