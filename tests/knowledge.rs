//! Exports of help centres in their public formats are read with everything that is known of an article.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use regauge::diagnostic::SourceFile;
use regauge::knowledge::{SourceSpec, load, reader};

/// All articles of a fixture, and what was found about them.
fn read(kind: &str, path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/knowledge");
    let spec = SourceSpec {
        name: "help".into(),
        kind: reader(kind),
        path: path.into(),
        fields: BTreeMap::new(),
        values: BTreeMap::new(),
        file: SourceFile::new("regauge.toml", ""),
        span: 0..0,
    };
    let (articles, findings) = load(&root, &spec);
    let mut text = String::new();
    for article in articles {
        let day = |date: Option<jiff::civil::Date>| date.map_or("-".to_owned(), |date| date.to_string());
        let _ = writeln!(
            text,
            "{} | {} | {} | {} | updated {} | review {} | owner {} | views {:?} | area {} | {}",
            article.id,
            article.title,
            article.lang,
            article.visibility.name(),
            day(article.updated),
            day(article.review_by),
            article.owner.as_deref().unwrap_or("-"),
            article.views,
            article.area.as_deref().unwrap_or("-"),
            article.url.as_deref().unwrap_or("-"),
        );
        for passage in &article.passages {
            let _ = writeln!(text, "  {}: {:?}", passage.id, passage.text);
        }
    }
    for finding in findings.iter() {
        text.push_str(&finding.render(false));
        text.push('\n');
    }
    text
}

#[test]
fn zendesk() {
    insta::assert_snapshot!(read("zendesk", "zendesk/articles.json"));
}

#[test]
fn intercom() {
    insta::assert_snapshot!(read("intercom", "intercom"));
}

#[test]
fn html() {
    insta::assert_snapshot!(read("html", "html"));
}

#[test]
fn sitemap() {
    insta::assert_snapshot!(read("sitemap", "sitemap"));
}

#[test]
fn a_folder_of_another_kind_is_said_to_be_empty() {
    assert!(read("zendesk", "html").contains("there are no articles here"));
    assert!(read("sitemap", "html").contains("failed to read the file"));
}
