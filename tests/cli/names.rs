//! What is printed of a case can be typed: its id, `suite/case`, and one wording of it.

use serde_json::Value;

use crate::fixture::Project;
use crate::server::Server;

/// Two suites with a case of the same id, one of them in two wordings; the key of the second wording.
fn project(server: &Server) -> (Project, String) {
    let project = Project::asking(server);
    let suite = project.read("suites/first.toml");
    project.write("suites/second.toml", &suite.replace("Say hello.", "Say hello again."));
    project.edit(
        "suites/second.toml",
        "input = \"How long can I return it?\"",
        "input = \"How long can I return it?\"\nphrasings = [\"Return period?\"]",
    );
    assert_eq!(project.run(&["run", "--prompt", "bare", "--tag", "t"]).code, 0);
    let report = project.json(&["explain", "second/window", "--run", "t", "--json"]);
    let keys = report["trials"].as_array().unwrap().iter();
    let keys: Vec<&str> =
        keys.filter_map(|t| t["key"]["phrasing"].as_str()).filter(|key| !key.is_empty()).collect();
    (project, keys[0].to_owned())
}

#[test]
fn a_case_is_named_as_it_is_printed() {
    let server = Server::saying("Hello, you have 14 days.");
    let (project, wording) = project(&server);
    let printed = format!("second/window [{wording}]");
    let planned = |case: &str| -> u64 {
        let plan: Value = project.json(&["plan", "--prompt", "bare", "--case", case, "--json"]);
        plan["trials"].as_u64().unwrap_or_else(|| panic!("{plan}"))
    };
    assert_eq!(planned("window"), 3);
    assert_eq!(planned("second/window"), 2);
    assert_eq!(planned(&printed), 2, "a case is run in all its wordings");
    for case in ["second/window", &printed] {
        let done = project.run(&["plan", "--prompt", "bare", "--show", case]);
        assert_eq!(done.code, 0, "{}", done.all());
    }
    let trials = |case: &str| {
        let report = project.json(&["explain", case, "--run", "t", "--json"]);
        report["trials"].as_array().unwrap().len()
    };
    assert_eq!((trials("window"), trials("second/window"), trials(&printed)), (3, 2, 1));
    assert_eq!(trials(&format!("window~{wording}")), 1);
    let done = project.run(&["run", "--case", "second/widnow"]);
    assert_eq!(done.code, 2, "{}", done.all());
    assert!(done.stderr.contains("did you mean `second/window`?"), "{}", done.all());
}

#[test]
fn it_is_accepted_and_promoted_by_the_same_names() {
    let server = Server::saying("Hello, you have 14 days.");
    let (project, wording) = project(&server);
    let printed = format!("second/window [{wording}]");
    let reason = ["--reason", "it is right", "--author", "Ana", "--run", "t"];
    let done = project.run(&[&["accept", "--case", "second/greeting", "--failed"][..], &reason].concat());
    assert_eq!(done.code, 0, "{}", done.all());
    assert!(project.path("golden/answers/second/greeting.md").exists());
    let done = project.run(&["promote", "--case", &printed, "--run", "t"]);
    assert!(done.stderr.contains("second/window asks this already"), "{}", done.all());
    assert!(done.stderr.contains("Return period?"), "the wording that was named: {}", done.all());
    let done = project.run(&["accept", "--case", "third/window", "--reason", "x", "--author", "Ana"]);
    assert!(done.stderr.contains("has no case `third/window`"), "{}", done.all());
}
