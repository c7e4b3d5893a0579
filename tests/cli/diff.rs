//! `regauge diff`: what moved among the five fingerprints is said, and what cannot be compared is shown apart.

use serde_json::Value;

use crate::fixture::{Done, Project};
use crate::server::{Server, says};
use crate::snapshot;

/// Thirty days before the word `new` is anywhere in a request, fourteen after.
fn project() -> (Server, Project) {
    let server = Server::new(|_, asked| match asked.body.to_string() {
        _ if asked.last().contains("hello") => says("hello"),
        body if body.contains("new") => says("You have 14 days from delivery."),
        _ => says("You have 30 days from delivery."),
    });
    let project = Project::asking(&server);
    // It is given passages and sends how many there are, so that an edited article moves nothing but the knowledge.
    project.write(
        "prompts/grounded.j2",
        "{% block system %}You know {{ passages|length }} articles.{% endblock %}\n\
         {% block user %}Q: {{ input }}{% endblock %}\n",
    );
    assert_eq!(project.run(&["run", "--tag", "base"]).code, 0);
    (server, project)
}

/// Edits a file, runs again, and compares.
fn after(project: &Project, path: &str, from: &str, to: &str) -> (Done, Value) {
    project.edit(path, from, to);
    project.run(&["run", "--tag", "cand"]);
    let done = project.run(&["diff", "base", "cand", "--json"]);
    (project.run(&["diff", "base", "cand"]), serde_json::from_str(&done.stdout).unwrap())
}

/// The fingerprints that moved.
fn moved(diff: &Value) -> Vec<&str> {
    let all = ["case", "prompt", "knowledge", "scorers", "model"];
    all.into_iter().filter(|part| diff["diff"]["moved"][part] == true).collect()
}

/// Cases of all columns that changed in one way.
fn count(diff: &Value, kind: &str) -> u64 {
    let columns = diff["diff"]["columns"].as_array().unwrap();
    columns.iter().filter_map(|column| column["counts"][kind].as_u64()).sum()
}

#[test]
fn an_edited_prompt_is_what_moved() {
    let (_server, project) = project();
    let (shown, diff) = after(&project, "prompts/bare.j2", "Be brief.", "Be new.");
    assert_eq!(moved(&diff), ["prompt"]);
    assert!(shown.stdout.contains("what moved: prompt"), "{}", shown.all());
    assert_eq!((shown.code, count(&diff, "regressed"), count(&diff, "same")), (0, 1, 3));
}

#[test]
fn an_edited_article_is_what_moved() {
    let (_server, project) = project();
    let (shown, diff) = after(&project, "golden/knowledge/returns.md", "30 days", "thirty days");
    assert_eq!(moved(&diff), ["knowledge"]);
    assert!(shown.stdout.contains("what moved: knowledge"), "{}", shown.all());
}

#[test]
fn another_parameter_of_the_model_is_what_moved() {
    let (_server, project) = project();
    let (shown, diff) = after(&project, "regauge.toml", "max_tokens = 50", "max_tokens = 60");
    assert_eq!(moved(&diff), ["model"]);
    assert!(shown.stdout.contains("what moved: model"), "{}", shown.all());
    assert_eq!((shown.code, count(&diff, "same")), (0, 4));
}

#[test]
fn an_edited_case_is_not_comparable_and_the_others_are() {
    let (_server, project) = project();
    let (shown, diff) =
        after(&project, "suites/first.toml", "How long can I return it?", "How long can I return a new one?");
    assert_eq!(moved(&diff), ["case", "prompt"], "the question is part of the messages");
    assert!(shown.stdout.contains("cases or scorers moved: verdicts of the cases marked"), "{}", shown.all());
    assert!(!shown.stdout.contains("regauge rescore"), "new scores would not make it comparable");
    assert_eq!((count(&diff, "not-comparable"), count(&diff, "same"), count(&diff, "regressed")), (2, 2, 0));
    assert_eq!(shown.code, 0, "the other case is compared");
    let only = project.run(&["run", "--case", "window", "--tag", "only"]);
    assert_ne!(only.code, 2, "{}", only.all());
    assert_eq!(project.run(&["diff", "base", "only"]).code, 4, "nothing is left to compare");
}

#[test]
fn moved_scorers_are_not_comparable_until_the_stored_answers_are_scored_again() {
    let (_server, project) = project();
    let (shown, diff) = after(&project, "suites/first.toml", "value = 30", "value = 14");
    assert_eq!(moved(&diff), ["scorers"]);
    assert_eq!((count(&diff, "not-comparable"), count(&diff, "regressed")), (2, 0));
    assert!(shown.stdout.contains("regauge rescore"), "{}", shown.all());
    snapshot!("diff_of_moved_scorers", shown.all());
    let rescored = project.run(&["rescore", "base"]);
    assert_eq!(rescored.code, 0, "{}", rescored.all());
    let again = project.json(&["diff", "base", "cand", "--json"]);
    assert_eq!(moved(&again), [""; 0]);
    assert_eq!((count(&again, "same"), count(&again, "not-comparable")), (4, 0), "{again}");
}

#[test]
fn added_and_removed_cases_are_shown_apart() {
    let (_server, project) = project();
    let (shown, diff) = after(&project, "suites/first.toml", "id = \"greeting\"", "id = \"welcome\"");
    assert_eq!((count(&diff, "added"), count(&diff, "removed"), count(&diff, "same")), (2, 2, 2));
    for words in ["added  first/welcome", "removed  first/greeting"] {
        assert!(shown.stdout.contains(words), "{words}\n{}", shown.all());
    }
    let versus = &diff["diff"]["columns"][0]["versus"];
    assert_eq!(
        (&versus["pairs"], &versus["broke"]),
        (&1.into(), &0.into()),
        "what is alone counts for nothing"
    );
}

#[test]
fn a_run_is_the_same_as_itself_and_the_other_way_round_is_turned() {
    let (_server, project) = project();
    let (_, there) = after(&project, "prompts/bare.j2", "Be brief.", "Be new.");
    let itself = project.json(&["diff", "cand", "cand", "--json"]);
    assert_eq!((moved(&itself), count(&itself, "same")), (vec![], 4));
    assert!(
        itself["diff"]["columns"]
            .as_array()
            .unwrap()
            .iter()
            .all(|c| c["counts"].as_object().unwrap().len() == 1)
    );
    let back = project.json(&["diff", "cand", "base", "--json"]);
    assert_eq!((count(&there, "regressed"), count(&there, "improved")), (1, 0));
    assert_eq!((count(&back, "regressed"), count(&back, "improved")), (0, 1));
    let difference = |diff: &Value| diff["diff"]["columns"][0]["versus"]["difference"].as_f64().unwrap();
    assert!((difference(&there) + difference(&back)).abs() < 1e-12 && difference(&there) < 0.0);
}

#[test]
fn a_diff_names_what_regressed() {
    let server = Server::new(|n, asked| match n {
        _ if asked.last().contains("hello") => says("hello"),
        0..4 => says("You have 30 days from delivery."),
        _ => says("You have 14 days from delivery."),
    });
    let project = Project::asking(&server);
    assert_eq!(project.run(&["run", "--tag", "base"]).code, 0);
    assert_eq!(project.run(&["run", "--refresh", "--tag", "cand"]).code, 0);
    snapshot!("diff", project.run(&["diff", "base", "cand"]).all());
}

#[test]
fn runs_without_a_common_variant_name_the_command_that_compares_them() {
    let (_server, project) = project();
    let settings = project.read("regauge.toml");
    let block =
        settings[settings.find("[models.mock]").unwrap()..settings.find("[knowledge").unwrap()].to_owned();
    let other = block.replace("[models.mock]", "[models.other]").replace("mock-1", "mock-2");
    project.write("regauge.toml", &format!("{settings}\n{other}"));
    project.run(&["run", "--model", "other", "--tag", "cand"]);
    let done = project.run(&["diff", "base", "cand"]);
    assert_eq!(done.code, 4, "{}", done.all());
    let words = done.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("the runs share no variant: bare × mock, grounded × mock"), "{words}");
    assert!(!words.contains("what moved"), "{words}");
    let command = &words[words.find("regauge diff").unwrap()..];
    let command: Vec<&str> = command.split(' ').skip(1).take(5).collect();
    assert_eq!((command[3], command[4]), ("--control", "mock"), "{words}");
    let compared = project.run(&command);
    assert_eq!(compared.code, 0, "{}", compared.all());
    let markdown = project.run(&["report", "cand", "--previous", "base", "--format", "markdown"]);
    assert!(markdown.stdout.contains("the runs share no variant"), "{}", markdown.all());
    assert!(!markdown.stdout.contains("Fingerprints since"), "{}", markdown.all());
}
