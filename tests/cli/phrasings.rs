//! Phrasing groups: written wordings and wordings made by rule, in plan, report and gate.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::fixture::Project;
use crate::server::{Server, says};
use crate::snapshot;

const SUITE: &str = r#"
prompts = ["bare"]
models = ["mock"]

[perturbation]
seed = 7
terms = { order = "ticket" }
keep = ["Volta"]

[defaults]
perturb = ["typos", "case", "no-diacritics", "politeness", "anger", "shortening", "wrong-term"]

[[score]]
kind = "number"
value = 30
unit = ["days", "zile"]

[[case]]
id = "window"
input = "How long may I keep order RX-4471 with the “Volta One” before I return it?"
phrasings = ["return period for RX-4471?"]

[[case]]
id = "termen"
lang = "ro"
input = "În câte zile pot returna bicicleta Volta de la adresa ana@volta.example?"
tier = "critical"

[[case]]
id = "plain"
input = "Return window for the Volta?"
perturb = []
"#;

/// Knows the answer unless somebody shouts or writes without marks.
fn touchy() -> Server {
    Server::new(|_, asked| {
        let text = asked.last();
        let shouts = text.contains("!!") || text.contains("?!");
        if shouts || text.contains("In cate") {
            says("Please calm down.")
        } else {
            says("30 days, adică 30 zile.")
        }
    })
}

fn project(server: &Server) -> Project {
    let project = Project::asking(server);
    project.write("suites/first.toml", SUITE);
    let settings = project.read("regauge.toml");
    project.write("regauge.toml", &format!("{settings}\n[gate]\nmin_pass_rate = 0.5\ncritical = \"all\"\n"));
    project
}

#[test]
fn a_group_passes_only_if_all_its_wordings_do() {
    let server = touchy();
    let project = project(&server);
    let done = project.run(&["run", "--concurrency", "1"]);
    // Progress lines on stderr come by time.
    snapshot!("phrasings_run", format!("exit {}\n{}", done.code, done.stdout));
    let report = project.run(&["report", "latest", "--format", "json"]);
    let report: Value = serde_json::from_str(&report.stdout).unwrap();
    let row = &report["phrasings"][0];
    assert_eq!((&row["groups"], &row["failed"], &row["gap"]), (&2.into(), &2.into(), &1.0.into()), "{row}");
    assert_eq!(done.code, 1, "a critical case fails with one of its wordings");
}

#[test]
fn what_must_stay_stays_and_the_wordings_are_the_same_everywhere() {
    let server = touchy();
    let project = project(&server);
    let shown = project.json(&["plan", "--show", "window", "--json"]);
    let wordings: BTreeMap<&str, &str> = shown
        .as_array()
        .unwrap()
        .iter()
        .map(|s| (s["phrasing"].as_str().unwrap(), s["messages"][1]["content"].as_str().unwrap()))
        .collect();
    assert!(wordings.values().all(|text| text.contains("RX-4471")), "{wordings:#?}");
    let lines: Vec<String> = wordings.iter().map(|(key, text)| format!("{key}: {text}")).collect();
    snapshot!("phrasings_wordings", lines.join("\n"));
    assert_eq!(project.json(&["plan", "--show", "window", "--json"]), shown);
    snapshot!("phrasings_plan", project.run(&["plan"]).all());
    let checked = project.run(&["check"]);
    assert!(checked.stdout.ends_with("typos 2, wrong-term 1\n"), "{}", checked.all());
    project.edit("suites/first.toml", "seed = 7", "seed = 8");
    assert_ne!(project.json(&["plan", "--show", "window", "--json"]), shown);
}

#[test]
fn unknown_perturbers_are_named() {
    let server = touchy();
    let project = project(&server);
    project.edit("suites/first.toml", "\"no-diacritics\"", "\"no-diacritic\"");
    project.edit("suites/first.toml", "order = \"ticket\"", "order = \" \"");
    project.edit("suites/first.toml", "lang = \"ro\"", "lang = \"de\"\nperturb = [\"anger\", \"typos\"]");
    snapshot!("phrasings_check", project.run(&["check"]).all());
}
