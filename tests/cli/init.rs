//! `regauge init`: a working project in an empty folder.

use crate::fixture::Project;
use crate::snapshot;

#[test]
fn scaffolds_a_project_that_checks_and_plans() {
    let project = Project::empty();
    snapshot!("init", project.run(&["init"]).all());
    let done = project.run(&["check", "--strict"]);
    assert_eq!(done.code, 0, "{}", done.all());
    assert_eq!(project.json(&["plan", "--json"])["cases"], 3);
}

#[test]
fn refuses_to_overwrite_anything() {
    let project = Project::empty();
    project.write("prompts/bare.j2", "mine");
    let done = project.run(&["init"]);
    assert_eq!(done.code, 2, "{}", done.all());
    assert!(done.stderr.contains("prompts/bare.j2 would be overwritten"), "{}", done.all());
    assert_eq!(project.read("prompts/bare.j2"), "mine");
    assert!(!project.path("regauge.toml").exists(), "nothing is written when anything is refused");
}
