//! One mistake per file in `suites_bad/` and `regauge_bad/`: what a user is shown for it.
//!
//! Every file is put into a small sound project; the findings, drawn as on a terminal, are held to
//! the snapshot beside it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may panic anywhere")]

use std::path::{Path, PathBuf};

use regauge::project;

const SETTINGS: &str = r#"
[models.small]
provider = "openai"
model = "mock"
base_url = "http://localhost:9/v1"

[knowledge.help]
path = "golden/knowledge"

[knowledge.other]
path = "data/articles.jsonl"
"#;

const SUITE: &str = r#"
prompts = ["bare"]
models = ["small"]
knowledge = ["help"]

[[score]]
kind = "contains"
any = ["30"]

[[case]]
id = "return-window"
input = "How long?"
sources = ["returns#return-window"]
"#;

const FILES: &[(&str, &str)] = &[
    ("prompts/bare.j2", "{{ input }}\n"),
    ("prompts/planned.j2", "Plan: {{ vars.plan }}\n\n{{ input }}\n"),
    ("golden/answers/.keep", ""),
    (
        "golden/knowledge/returns.md",
        "+++\ntitle = \"Return a bike\"\n+++\nSend it back.\n\n## Return window\n\nYou have 30 days.\n",
    ),
    ("data/articles.jsonl", "{\"id\": \"returns\", \"title\": \"Returns\", \"text\": \"Send it back.\"}\n"),
    (
        "data/questions.jsonl",
        "{\"key\": \"q1\", \"question\": \"How long?\", \"label\": \"YES\", \"refs\": [\"returns\"]}\n\
         {\"key\": \"q2\", \"question\": \"How much?\", \"label\": \"NO\", \"refs\": [\"retruns\"]}\n\
         {\"key\": \"q1\", \"question\": \"How often?\", \"label\": \"MAYBE\", \"refs\": []}\n",
    ),
    ("data/asked.csv", "question,label\nHow long?,YES\nHow long?,YES\nHow, much?,NO\n"),
    ("data/broken.jsonl", "{\"input\": \"How long?\"}\n{\"input\": \"How much?\"\n[1, 2]\n"),
];

fn shown(dir: &Path) -> String {
    let (loaded, findings) = project::load(dir, &|_| None);
    assert_eq!(loaded.is_none(), findings.has_errors());
    findings.iter().map(|f| f.render(false)).collect::<Vec<_>>().join("\n\n")
}

fn sound_project() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let base = [("regauge.toml", SETTINGS), ("suites/sound.toml", SUITE)];
    for (path, text) in FILES.iter().chain(&base) {
        let path = dir.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    dir
}

/// Puts every file of `folder` into a sound project as `to` and holds the findings to snapshots.
fn each(folder: &str, to: &str) {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(folder);
    let mut files: Vec<PathBuf> = std::fs::read_dir(&source).unwrap().map(|e| e.unwrap().path()).collect();
    files.retain(|p| p.extension().is_some_and(|e| e == "toml"));
    files.sort();
    assert!(!files.is_empty());
    for file in files {
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        let dir = sound_project();
        std::fs::copy(&file, dir.path().join(to)).unwrap();
        let text = shown(dir.path());
        assert!(!text.is_empty(), "{name} has no findings");
        assert!(!text.contains("canary"), "{name} shows a key:\n{text}");
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(&source);
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!(name, text));
    }
}

#[test]
fn a_sound_project_has_no_findings() {
    assert_eq!(shown(sound_project().path()), "");
}

#[test]
fn suites() {
    each("suites_bad", "suites/bad.toml");
}

#[test]
fn settings() {
    each("regauge_bad", "regauge.toml");
}

#[test]
fn goldens_without_a_case() {
    let dir = sound_project();
    for (suite, case) in [("sound", "return-windw"), ("sond", "return-window")] {
        let folder = dir.path().join("golden/answers").join(suite);
        std::fs::create_dir_all(&folder).unwrap();
        let text = "+++\nauthor = \"Maria\"\nreason = \"right\"\n[passages]\n+++\n30 days.\n";
        std::fs::write(folder.join(format!("{case}.md")), text).unwrap();
    }
    insta::assert_snapshot!(shown(dir.path()).replace('\\', "/"), @r"
    warning: golden/answers/sond/return-window.md: golden without a suite: no suite is named `sond`
     |
     = help: did you mean `sound`?
     = help: rename the file after its case, or delete it

    warning: golden/answers/sound/return-windw.md: golden without a case: suite `sound` has no case `return-windw`
     |
     = help: did you mean `return-window`?
     = help: rename the file after its case, or delete it
    ");
}
