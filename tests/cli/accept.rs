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

const ANA: [&str; 4] = ["--reason", "as the article says", "--author", "Ana"];

#[test]
fn an_answer_that_failed_is_accepted_only_when_somebody_says_so() {
    let server = Server::saying("It costs 9.99 euro.");
    let project = Project::asking(&server);
    assert_eq!(project.run(&["run"]).code, 0);
    let accept = [&["accept", "--case", "window", "--prompt", "grounded"][..], &ANA].concat();
    let refused = project.run(&accept);
    assert_eq!(refused.code, 2, "{}", refused.all());
    for words in
        ["note: it failed `number`", "note: it failed `grounded`", "nobody can be asked here", "--failed"]
    {
        assert!(refused.stderr.contains(words), "{words}\n{}", refused.all());
    }
    assert!(!project.path("golden/answers/first/window.md").exists());
    let meant = project.run(&[&accept[..], &["--failed"]].concat());
    assert_eq!(meant.code, 0, "{}", meant.all());
    assert!(meant.stderr.contains("note: it failed `number`"), "{}", meant.all());
    assert!(project.read("golden/answers/first/window.md").ends_with("It costs 9.99 euro.\n"));
}

#[test]
fn a_person_gives_the_answer_of_a_case_without_any_run() {
    let server = Server::saying("hello, you have 30 days");
    let project = Project::asking(&server);
    let suite = project.read("suites/first.toml");
    project.write(
        "suites/first.toml",
        &format!(
            "{suite}\n[[score]]\nkind = \"golden\"\n\n[[case]]\nid = \"missing\"\ninput = \"Do you ship to Spain?\"\nexpect = \"abstain\"\n"
        ),
    );
    let give = |case: &str, answer: &str| {
        project.run(&[&["accept", "--case", case, "--answer", answer][..], &ANA].concat())
    };
    let done = give("window", "You have\u{1b}[31m 30 days\u{202e} from delivery.");
    assert_eq!(
        (done.code, done.stdout.as_str()),
        (0, "wrote golden/answers/first/window.md\n"),
        "{}",
        done.all()
    );
    assert!(!done.stderr.contains("note: "), "{}", done.all());
    let golden = project.read("golden/answers/first/window.md");
    assert!(golden.contains("\"returns#window\" = \"b3:"), "{golden}");
    assert!(golden.ends_with("You have 30 days from delivery.\n"), "{golden:?}");
    // Nothing is written over, and what speaks against an answer is said.
    let other = give("window", "You have 20 days from delivery.");
    assert_eq!(other.code, 2, "{}", other.all());
    assert!(other.stderr.contains("30 days") && other.stderr.contains("say --also"), "{}", other.all());
    assert!(other.stderr.contains("note: \"20 days\""), "{}", other.all());
    let missing = give("first/missing", "Yes, we ship to Spain.");
    assert_eq!(missing.code, 0, "{}", missing.all());
    assert!(
        missing
            .stderr
            .contains("the case expects `abstain` and the answer is `answer`: change `expect` in suites"),
        "{}",
        missing.all()
    );
    let slip = give("widnow", "x");
    assert!(slip.code == 2 && slip.stderr.contains("did you mean `window`?"), "{}", slip.all());
    let alone = project.run(&["accept", "--answer", "x"]);
    assert_eq!(alone.code, 2, "{}", alone.all());
    assert!(server.asked().is_empty());
}

#[test]
fn a_case_with_its_own_golden_scorer_and_a_golden_file_has_something_to_judge() {
    let server = Server::saying("hello");
    let project = Project::asking(&server);
    project.edit("suites/first.toml", "kind = \"number\"\nvalue = 30\nunit = \"days\"", "kind = \"golden\"");
    let without = project.run(&["check", "--strict"]);
    assert!(without.code == 2 && without.stderr.contains("no golden answers"), "{}", without.all());
    let done =
        project.run(&[&["accept", "--case", "window", "--answer", "You have 30 days."][..], &ANA].concat());
    assert_eq!(done.code, 0, "{}", done.all());
    let with = project.run(&["check", "--strict"]);
    assert_eq!(with.code, 0, "{}", with.all());
}
