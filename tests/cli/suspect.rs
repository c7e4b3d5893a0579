//! Goldens whose articles were edited: suspect until a person confirms them.

use crate::fixture::Project;
use crate::server::{Server, says};

fn answering() -> Server {
    Server::new(|_, asked| {
        says(if asked.last().contains("hello") { "hello" } else { "You have 30 days from delivery." })
    })
}

/// A text as if its lines were not broken.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A project with an accepted answer that was bound to its passage, and a gate.
fn accepted(server: &Server) -> Project {
    let project = Project::asking(server);
    assert_eq!(project.run(&["run"]).code, 0);
    let accept = [
        "accept",
        "--case",
        "window",
        "--prompt",
        "grounded",
        "--reason",
        "as the article",
        "--author",
        "Ana",
    ];
    let done = project.run(&accept);
    assert_eq!(done.code, 0, "{}", done.all());
    let settings = project.read("regauge.toml");
    project.write(
        "regauge.toml",
        &format!("{settings}\n[gate]\nmin_pass_rate = 1.0\nprompts = [\"grounded\"]\n"),
    );
    project
}

#[test]
fn an_edited_passage_takes_its_cases_out_of_the_gate_until_they_are_confirmed() {
    let server = answering();
    let project = accepted(&server);
    let sound = project.run(&["run"]);
    assert_eq!(sound.code, 0, "{}", sound.all());
    assert!(!sound.all().contains("suspect"), "{}", sound.all());

    // The article changes, so the answer fails; nobody has looked at the golden yet.
    project.edit("golden/knowledge/returns.md", "30 days", "20 days");
    let run = project.run(&["run"]);
    assert_eq!(run.code, 0, "{}", run.all());
    for words in [
        "returns#window was edited since goldens that rest on it were accepted: first/window",
        "1 suspect case, whose goldens rest on passages that were edited since: first/window",
        "1 of 1 judged trials passed",
        "1 suspect case whose goldens rest on edited passages, judged by no gate",
        "regauge accept --confirm",
    ] {
        assert!(flat(&run.all()).contains(words), "{words}\n{}", run.all());
    }
    let gate = project.run(&["gate", "latest"]);
    assert!(gate.all().contains("1 suspect case"), "{}", gate.all());
    let report = project.json(&["report", "latest", "--format", "json"]);
    assert_eq!(report["run"]["suspect"], 1);
    let explain = project.run(&["explain", "window"]);
    let words = "suspect: returns#window was edited since its golden was accepted";
    assert!(flat(&explain.stdout).contains(words), "{}", explain.all());

    // Nobody can be asked, so the list is shown and nothing is confirmed.
    let list = project.run(&["accept", "--confirm"]);
    assert_eq!(
        (list.code, list.stdout.as_str()),
        (2, "first/window  returns#window was edited\n"),
        "{}",
        list.all()
    );
    let slip = project.run(&["accept", "--confirm", "--case", "widnow", "--reason", "x"]);
    assert!(slip.stderr.contains("did you mean `window`?"), "{}", slip.all());

    let confirm =
        ["accept", "--confirm", "--case", "window", "--reason", "still 30 for old orders", "--author", "Ion"];
    let done = project.run(&confirm);
    assert_eq!(done.code, 0, "{}", done.all());
    assert!(done.stderr.contains("30 days against 20 days"), "{}", done.all());
    let golden = project.read("golden/answers/first/window.md");
    assert!(
        golden.contains("author = \"Ana, Ion\"") && golden.contains("still 30 for old orders"),
        "{golden}"
    );
    assert_eq!(project.run(&["accept", "--confirm"]).code, 0);

    // The stored answer is judged again, and now the case counts: it fails, and so does the gate.
    let again = project.run(&["rescore", "latest"]);
    assert_eq!(again.code, 0, "{}", again.all());
    let gate = project.run(&["gate", "latest"]);
    assert_eq!(gate.code, 1, "{}", gate.all());
    assert!(!again.all().contains("suspect"), "{}", again.all());
    assert!(again.all().contains("1 of 2 judged trials passed"), "{}", again.all());
}

#[test]
fn a_removed_passage_makes_its_cases_suspect_too() {
    let server = answering();
    let project = accepted(&server);
    project.edit("suites/first.toml", "returns#window", "returns");
    project.edit("golden/knowledge/returns.md", "## Window", "## Period");
    let check = project.run(&["check"]);
    assert_eq!(check.code, 0, "{}", check.all());
    assert!(
        check.stderr.contains("returns#window is gone since goldens that rest on it were accepted"),
        "{}",
        check.all()
    );
    let done =
        project.run(&["accept", "--confirm", "--case", "window", "--reason", "renamed", "--author", "Ion"]);
    assert_eq!(done.code, 0, "{}", done.all());
    let golden = project.read("golden/answers/first/window.md");
    assert!(golden.contains("returns#period") && !golden.contains("returns#window"), "{golden}");
}
