//! Everything the repository ships loads, plans, replays and validates, through the built binary.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A copy of the shipped project, so that no test writes into the repository.
fn copy() -> tempfile::TempDir {
    fn tree(from: &Path, to: &Path) {
        std::fs::create_dir_all(to).unwrap();
        for entry in std::fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            let target = to.join(entry.file_name());
            if entry.path().is_dir() {
                tree(&entry.path(), &target);
            } else {
                std::fs::copy(entry.path(), target).unwrap();
            }
        }
    }
    let dir = tempfile::tempdir().unwrap();
    for folder in ["prompts", "suites", "golden"] {
        tree(&root().join(folder), &dir.path().join(folder));
    }
    std::fs::copy(root().join("regauge.toml"), dir.path().join("regauge.toml")).unwrap();
    dir
}

fn regauge(dir: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_regauge")).args(args).current_dir(dir).output().unwrap()
}

fn json(dir: &Path, args: &[&str]) -> Value {
    let output = regauge(dir, args);
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&output.stderr)))
}

/// What a report has that its schema does not allow.
fn wrong(report: &Value) -> Vec<String> {
    let schema = std::fs::read_to_string(root().join("schemas/report.json")).unwrap();
    let validator = jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap();
    validator.iter_errors(report).map(|e| format!("{}: {e}", e.instance_path())).collect()
}

fn answers() -> PathBuf {
    root().join("tests/shipped/answers.jsonl")
}

/// Rule and file of every finding.
fn findings(check: &Value) -> Vec<(&str, &str)> {
    let all = check["findings"].as_array().unwrap();
    all.iter().map(|f| (f["rule"].as_str().unwrap_or_default(), f["path"].as_str().unwrap())).collect()
}

#[test]
fn what_check_finds_in_the_shipped_project_is_planted() {
    let dir = copy();
    let check = json(dir.path(), &["check", "--deep", "--json"]);
    let (article, golden) =
        ("golden/knowledge/app/requirements.md", "golden/answers/knowledge/app/android-version.md");
    let planted = [
        ("", article),
        ("unsupported-golden", golden),
        ("failing-golden", golden),
        ("expired-source", article),
    ];
    assert_eq!(findings(&check), planted, "{check:#}");
}

#[test]
fn each_planted_fault_is_found() {
    let dir = copy();
    let answers = answers();
    let ran = regauge(dir.path(), &["run", "--replay", answers.to_str().unwrap(), "--json"]);
    let report: Value = serde_json::from_slice(&ran.stdout).unwrap();
    // The leak: of the draft, and of no prompt that the gate names.
    let prompts: Vec<&str> = report["variants"]
        .as_array()
        .unwrap()
        .iter()
        .map(|v| v["variant"]["prompt"].as_str().unwrap())
        .collect();
    let scorers = report["scorers"].as_array().unwrap();
    let leaks = &scorers.iter().find(|s| s["name"] == "visibility").unwrap()["cells"];
    for (place, prompt) in prompts.iter().enumerate() {
        let leaked = leaks[place]["scored"].as_u64().unwrap() - leaks[place]["passed"].as_u64().unwrap();
        assert_eq!(leaked > 0, *prompt == "draft", "{prompt}: {leaks}");
    }
    let gate = report["gate"]["rules"].as_array().unwrap();
    let never = gate.iter().find(|rule| rule["rule"] == "never = \"visibility\" (suite inside)").unwrap();
    assert_eq!(never["verdict"], "pass");
    // The stale article, the conflict and the missing topic.
    let coverage = json(dir.path(), &["coverage", "--json"]);
    let articles = coverage["articles"].as_array().unwrap();
    let work: Vec<&Value> = articles.iter().filter(|article| article["todo"] != "keep").collect();
    let ids: Vec<&str> = work.iter().map(|article| article["article"].as_str().unwrap()).collect();
    assert_eq!(ids, ["deposits", "end-of-subscription", "app-requirements"], "{work:#?}");
    assert_eq!(work[0]["conflicts"][0]["facts"], "10 business days against 15 business days");
    assert_eq!((&work[2]["overdue"], &work[2]["suspect"]), (&"2025-10-02".into(), &1.into()));
    let gap = &coverage["gaps"][0];
    assert_eq!((&gap["todo"], &gap["owners"][0]), (&"write".into(), &"andrei".into()));
    assert!(gap["label"].as_str().unwrap().starts_with("winter tyres"), "{gap}");
}

#[test]
fn it_holds_what_the_readme_promises() {
    let dir = copy();
    let check = json(dir.path(), &["check", "--json"]);
    assert!(check["articles"].as_u64().unwrap() >= 40, "{check}");
    assert_eq!(check["suites"], 5);
    let plan = json(dir.path(), &["plan", "--json"]);
    let cases = |suite: &str| {
        let row = plan["suites"].as_array().unwrap().iter().find(|s| s["suite"] == suite).unwrap().clone();
        row["cases"].as_u64().unwrap()
    };
    assert_eq!(cases("top10"), 10);
    assert!(cases("knowledge") >= 40);
    assert!(cases("escalation") >= 10);
    let romanian = json(dir.path(), &["plan", "--json", "--case-tag", "ro"]);
    assert!(romanian["cases"].as_u64().unwrap() >= 10, "{romanian}");
}

#[test]
fn every_shipped_trial_replays_from_the_cassette() {
    let dir = copy();
    let answers = answers();
    let ran = regauge(dir.path(), &["run", "--replay", answers.to_str().unwrap(), "--json"]);
    let report: Value = serde_json::from_slice(&ran.stdout)
        .unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&ran.stderr)));
    assert_eq!(ran.status.code(), Some(0), "{}", String::from_utf8_lossy(&ran.stderr));
    assert_eq!(wrong(&report), [""; 0]);
    let variants = report["variants"].as_array().unwrap();
    assert_eq!(variants.len(), 3);
    for variant in variants {
        assert_eq!(variant["errored"], 0, "{variant}");
        assert_eq!(variant["skipped"], 0, "no shipped case may go unjudged: {variant}");
    }
    let passed = |prompt: &str| {
        variants.iter().find(|v| v["variant"]["prompt"] == prompt).unwrap()["passed"].as_u64().unwrap()
    };
    let (bare, grounded) = (passed("bare"), passed("grounded"));
    assert!(grounded > bare, "the two prompts differ in result: grounded {grounded}, bare {bare}");
}

#[test]
fn shipped_schemas_are_the_programs_own() {
    for name in ["regauge", "suite", "report"] {
        let output = regauge(root(), &["schema", name]);
        let shipped = std::fs::read_to_string(root().join(format!("schemas/{name}.json"))).unwrap();
        assert_eq!(
            String::from_utf8(output.stdout).unwrap(),
            shipped,
            "run: regauge schema {name} > schemas/{name}.json"
        );
    }
}

#[test]
fn shipped_and_scaffolded_files_name_their_schema_and_keep_it() {
    let scaffold = root().join("src/cli/scaffold");
    let mut files =
        vec![(root().join("regauge.toml"), "regauge"), (scaffold.join("regauge.toml"), "regauge")];
    for folder in [root().join("suites"), scaffold.join("suites")] {
        for entry in std::fs::read_dir(folder).unwrap() {
            files.push((entry.unwrap().path(), "suite"));
        }
    }
    for (path, schema) in files {
        let text = std::fs::read_to_string(&path).unwrap();
        let first = text.lines().next().unwrap();
        assert!(
            first.starts_with("#:schema ") && first.ends_with(&format!("schemas/{schema}.json")),
            "{}",
            path.display()
        );
        let value: toml::Value = toml::from_str(&text).unwrap();
        let schema = std::fs::read_to_string(root().join(format!("schemas/{schema}.json"))).unwrap();
        let validator = jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap();
        let value = serde_json::to_value(value).unwrap();
        let errors: Vec<String> =
            validator.iter_errors(&value).map(|e| format!("{}: {e}", e.instance_path())).collect();
        assert!(errors.is_empty(), "{}:\n{}", path.display(), errors.join("\n"));
    }
}
