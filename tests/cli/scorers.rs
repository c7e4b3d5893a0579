//! Scorers through the built binary: their manuals, a program of the user's that judges, and facts of a reply.

use std::process::Command;

use serde_json::{Value, json};

use crate::fixture::Project;
use crate::server::{Server, body, says};

/// A project with one case, one prompt and these scorers.
fn scored_by(server: &Server, scores: &str) -> Project {
    let project = Project::asking(server);
    project.write(
        "suites/first.toml",
        &format!(
            "prompts = [\"bare\"]\nmodels = [\"mock\"]\nknowledge = [\"help\"]\n\n{scores}\n\n\
             [[case]]\nid = \"window\"\ninput = \"How long can I return it?\"\n"
        ),
    );
    project
}

/// The scores of the one trial of the last run, by name.
fn scores(project: &Project) -> serde_json::Map<String, Value> {
    let told = project.json(&["explain", "window", "--json"]);
    let scores = told["trials"][0]["scores"].as_array().unwrap_or_else(|| panic!("{told}"));
    scores.iter().map(|score| (score["name"].as_str().unwrap().to_owned(), score.clone())).collect()
}

/// The code blocks of a manual's example, by language.
fn blocks(example: &str, language: &str) -> String {
    let start = format!("```{language}\n");
    let block = example.split(&start).nth(1).unwrap_or_else(|| panic!("no {language} in {example}"));
    block.split("\n```").next().unwrap().to_owned() + "\n"
}

#[test]
fn manuals_are_printed_anywhere_and_slips_are_told() {
    let project = Project::empty();
    let all = project.run(&["explain", "scorer"]);
    assert_eq!(all.code, 0, "{}", all.all());
    let kinds = project.json(&["explain", "scorer", "--json"]);
    for kind in kinds.as_array().unwrap() {
        let name = kind["name"].as_str().unwrap();
        assert!(all.stdout.contains(&format!("{name} ")), "{name}: {}", all.all());
        let one = project.run(&["explain", "scorer", name]);
        assert_eq!(one.code, 0, "{}", one.all());
        for title in ["What it checks", "Keys", "Example", "Caveats"] {
            assert!(one.stdout.contains(&format!("\n\n{title}\n")), "{}", one.all());
        }
    }
    let slip = project.run(&["explain", "scorer", "json-shema"]);
    assert_eq!(slip.code, 2);
    assert_eq!(slip.stderr, "error: there is no scorer `json-shema`; did you mean `json-schema`?\n");
}

#[test]
#[cfg(unix)]
fn the_documented_programs_judge_answers() {
    let manual = Project::empty().json(&["explain", "scorer", "command", "--json"]);
    let example = manual["manual"]["Example"].as_str().unwrap();
    let toml = blocks(example, "toml");
    let python = Command::new("python3").arg("--version").output().is_ok_and(|done| done.status.success());
    let (with_python, with_sh) = toml.split_once("\n\n").unwrap();
    assert!(with_python.contains("python3") && with_sh.contains("\"sh\""), "{toml}");

    let server = Server::saying("Sure! Volta gives you 30 days – \"să știi\".");
    let project = scored_by(&server, if python { &toml } else { with_sh });
    project.write("scorers/names.py", &blocks(example, "python"));
    project.write("scorers/calm.sh", &blocks(example, "sh"));
    let done = project.run(&["run"]);
    assert_eq!(done.code, 0, "{}", done.all());
    let scores = scores(&project);
    assert_eq!(scores["calm"]["state"], json!({ "is": "scored", "value": 0.5, "pass": true }));
    assert_eq!(scores["calm"]["reason"], "1 exclamation marks");
    if python {
        assert_eq!(scores["names-the-brand"]["state"], json!({ "is": "scored", "value": 1.0, "pass": true }));
        let found = &scores["names-the-brand"]["evidence"][0];
        assert_eq!((&found["span"], &found["quote"]), (&json!({ "start": 6, "end": 11 }), &json!("Volta")));
    } else {
        println!("python3 is not on this machine: only the sh example was run");
    }
}

#[test]
#[cfg(unix)]
fn a_program_that_crashes_scores_nothing() {
    let server = Server::saying("30 days");
    let crash =
        "[[score]]\nkind = \"command\"\ncommand = [\"sh\", \"-c\", \"read -r l; echo boom >&2; exit 3\"]";
    let project = scored_by(&server, crash);
    let done = project.run(&["run"]);
    assert_eq!(done.code, 5, "{}", done.all());
    let scores = scores(&project);
    assert_eq!(scores["command"]["state"], json!({ "is": "judge-error" }));
    let reason = scores["command"]["reason"].as_str().unwrap();
    assert!(reason.ends_with("ended (exit status: 3) before it replied; it printed: boom"), "{reason}");
}

const FACTS: &str = "[[score]]\nkind = \"cost\"\nmax_usd = 0.00002\n[[score]]\nkind = \"tokens\"\nmax_output = 4\n\
    [[score]]\nkind = \"latency\"\nmax_ms = 60000\n[[score]]\nkind = \"stop\"\n[[score]]\nkind = \"links\"\n";

#[test]
fn facts_of_a_reply_are_scored() {
    let server =
        Server::new(|_, _| says("See [returns](returns.md#window) or https://volta.example/invented"));
    let project = scored_by(&server, FACTS);
    let done = project.run(&["run"]);
    assert_eq!(done.code, 0, "{}", done.all());
    let scores = scores(&project);
    let state = |name: &str| scores[name]["state"].clone();
    let judged = |value: f64, pass: bool| json!({ "is": "scored", "value": value, "pass": pass });
    assert_eq!(state("cost"), judged(1.0, true), "10 × 1 + 5 × 2 USD per million");
    assert_eq!(state("tokens"), judged(0.8, false));
    assert_eq!([state("latency"), state("stop")], [judged(1.0, true), judged(1.0, true)]);
    assert_eq!(state("links"), judged(0.5, false));
    assert_eq!(scores["links"]["evidence"][1]["quote"], "https://volta.example/invented");
}

#[test]
fn facts_of_a_filtered_reply_are_scored_and_its_text_is_not() {
    let server = Server::new(|_, _| {
        body(&json!({
            "choices": [{"index": 0, "finish_reason": "content_filter", "message": {"role": "assistant", "content": ""}}],
            "usage": {"prompt_tokens": 10, "completion_tokens": 5},
        }))
    });
    let project = scored_by(&server, FACTS);
    project.run(&["run"]);
    let scores = scores(&project);
    assert_eq!(scores["links"]["state"], json!({ "is": "unparsed" }));
    assert_eq!(scores["stop"]["state"], json!({ "is": "scored", "value": 0.0, "pass": false }));
    assert_eq!(scores["cost"]["state"], json!({ "is": "scored", "value": 1.0, "pass": true }));
}
