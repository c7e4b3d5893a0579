//! What the tests of this folder share: a folder of prompts from texts, and a plain case.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use crate::case::{Case, Origin, Speaker, Tier, Turn};
use crate::knowledge::{Passage, Visibility};
use crate::prompt::{Message, PromptSet, RenderInput};

/// Loads prompts from (name, text); findings as `file:line:column severity message [help; help]`.
pub(super) fn load(files: &[(&str, &str)]) -> (PromptSet, Vec<String>) {
    let root = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = root.path().join("prompts").join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let (set, findings) = PromptSet::load(root.path(), Path::new("prompts"));
    let rows = findings.iter().map(|finding| {
        let row = finding.to_row();
        let path = row.path.unwrap_or_default().replace('\\', "/");
        let path = path.strip_prefix("prompts/").unwrap_or(&path).to_owned();
        let mark = finding.location.as_ref().map_or("", |l| &l.file.text[l.span.clone()]);
        let severity = format!("{:?}", row.severity).to_lowercase();
        let (line, column) = (row.line.unwrap_or(0), row.column.unwrap_or(0));
        format!("{path}:{line}:{column} {severity}: {} <{mark}> [{}]", row.message, row.help.join("; "))
    });
    let rows = rows.collect();
    (set, rows)
}

/// A one-turn case with one value in `vars`.
pub(super) fn case(input: &str) -> Case {
    Case {
        suite: "top10".to_owned(),
        id: "return-window".to_owned(),
        turns: vec![Turn { role: Speaker::Customer, text: input.to_owned() }],
        script: Vec::new(),
        customer: None,
        phrasings: Vec::new(),
        vars: [("product".to_owned(), "Volta".into()), ("secret".to_owned(), "s3cret".into())].into(),
        sources: Vec::new(),
        expect: Vec::new(),
        tags: BTreeSet::from(["faq".to_owned()]),
        owner: None,
        area: Some("returns".to_owned()),
        tier: Tier::Critical,
        weight: 1.0,
        lang: "en".to_owned(),
        goldens: Vec::new(),
        origin: Origin::default(),
    }
}

/// A passage with this text.
pub(super) fn passage(text: &str) -> Arc<Passage> {
    Arc::new(Passage {
        id: "returns#top".to_owned(),
        article: "returns".to_owned(),
        title: "Return a bike".to_owned(),
        heading: String::new(),
        text: text.to_owned(),
        url: None,
        visibility: Visibility::Public,
        updated: None,
        hash: Passage::hash_of("", text),
    })
}

/// Renders; an error as the text that a user sees.
pub(super) fn render(set: &PromptSet, name: &str, case: &Case) -> Result<Vec<Message>, String> {
    let passages = [passage("You have 30 days.")];
    let input = RenderInput { case, input: case.input(), passages: &passages };
    set.render(name, &input).map_err(|error| error.0.render(false))
}

/// Messages as `role: text` lines.
pub(super) fn shown(messages: &[Message]) -> String {
    let lines: Vec<_> = messages.iter().map(|m| format!("{}: {}", m.role.name(), m.content)).collect();
    lines.join("\n")
}
