//! `regauge accept`: answers become goldens, and nothing is overwritten silently.

use crate::fixture::Project;
use crate::server::Server;

#[test]
fn an_accepted_answer_becomes_a_golden_bound_to_its_passages() {
    let server = Server::saying("hello, you have 30 days");
    let project = Project::asking(&server);
    assert_eq!(project.run(&["run"]).code, 0);
    let args = [
        "accept",
        "--case",
        "window",
        "--prompt",
        "grounded",
        "--reason",
        "as the article says",
        "--author",
        "Ana",
    ];
    let done = project.run(&args);
    assert_eq!(done.code, 0, "{}", done.all());
    let golden = project.read("golden/answers/first/window.md");
    assert!(golden.contains("author = \"Ana\"") && golden.contains("\"returns#window\" = \"b3:"), "{golden}");
    assert!(golden.ends_with("hello, you have 30 days\n"), "{golden}");
    assert_eq!(project.run(&["check", "--strict"]).code, 0);

    // The same answer again changes nothing; another one is not written over it without --replace or --also.
    project.edit("golden/answers/first/window.md", "hello, you have 30 days", "thirty days");
    let refused = project.run(&args);
    assert_eq!(refused.code, 2, "{}", refused.all());
    assert!(project.read("golden/answers/first/window.md").contains("thirty days"));
    let also = project.run(&[&args[..], &["--also"]].concat());
    assert_eq!(also.code, 0, "{}", also.all());
    let both = project.read("golden/answers/first/window.md");
    assert!(both.contains("thirty days\n\n<!-- or -->\n\nhello, you have 30 days\n"), "{both}");
}

#[test]
fn an_error_is_never_accepted() {
    let server = Server::saying("");
    let project = Project::asking(&server);
    project.run(&["run"]);
    let done =
        project.run(&["accept", "--case", "window", "--prompt", "bare", "--reason", "x", "--author", "Ana"]);
    assert_eq!(done.code, 2, "{}", done.all());
    assert!(!project.path("golden/answers/first/window.md").exists());
}
