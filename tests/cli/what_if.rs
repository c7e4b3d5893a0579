//! `run --overlay`: drafts over the articles, and what they fix and break.

use std::fmt::Write as _;

use serde_json::Value;

use crate::fixture::Project;
use crate::server::{Reply, Server, says};

/// A model that reads out the line of its passages that speaks of what is asked.
fn model(text: &str) -> Reply {
    let (passages, question) = text.rsplit_once("Q: ").unwrap_or(("", text));
    if question.contains("hello") {
        return says("hello");
    }
    let topic = ["warranty", "label", "return"].into_iter().find(|topic| question.contains(topic));
    let word = match topic {
        Some("return") => "days",
        Some(topic) => topic,
        None => "nothing",
    };
    says(passages.lines().find(|line| line.contains(word)).unwrap_or("I don't know."))
}

/// Cases that pass, one that fails for want of an article, and one that always fails.
fn project(server: &Server) -> Project {
    let project = Project::asking(server);
    project.write(
        "golden/knowledge/fees.md",
        "+++\nid = \"fees\"\ntitle = \"Fees\"\nvisibility = \"snippet\"\n+++\nThe label costs 5 euro.\n",
    );
    let mut suite = project.read("suites/first.toml");
    // `visibility` looks at all articles, and is the same rule whatever they say.
    suite = suite.replace(
        "knowledge = [\"help\"]\n",
        "knowledge = [\"help\"]\nretrieval = \"bm25\"\n\n[[score]]\nkind = \"visibility\"\nrequired = false\n",
    );
    for (id, input, value, sources) in [
        ("label", "What does the label cost?", 5, "sources = [\"fees\"]\n"),
        ("warranty", "Battery warranty length?", 24, ""),
        ("colour", "Which colours are there?", 7, ""),
    ] {
        let _ = write!(
            suite,
            "\n[[case]]\nid = \"{id}\"\ninput = \"{input}\"\n{sources}[[case.score]]\nkind = \"number\"\nvalue = {value}\n"
        );
    }
    project.write("suites/first.toml", &suite);
    project
}

fn drafts(project: &Project) {
    project.write(
        "drafts/returns.md",
        "# Returns\n\nSend it back.\n\n## Window\n\nYou can return it within 20 days from delivery.\n",
    );
    project.write("drafts/warranty.md", "# Battery warranty\n\nBattery warranty: 24 months.\n");
    project.write("drafts/fees.md", "+++\nwithdrawn = true\n+++\n");
    project.write("drafts/bags.md", "# Bags\n\nBlue bags.\n");
}

/// `case became by` of every case.
fn became(json: &Value) -> Vec<String> {
    let row = |row: &Value| {
        let by: Vec<&str> =
            row["by"].as_array().unwrap().iter().map(|cause| cause["article"].as_str().unwrap()).collect();
        let words = [row["case"].as_str().unwrap(), row["became"].as_str().unwrap(), &by.join(",")].join(" ");
        words.trim_end().to_owned()
    };
    json["cases"].as_array().unwrap().iter().map(row).collect()
}

fn runs(project: &Project) -> Vec<Value> {
    project.json(&["runs", "list", "--json"]).as_array().unwrap().clone()
}

#[test]
fn drafts_fix_and_break_cases_and_nothing_else_moves() {
    let server = Server::new(|_, asked| model(&asked.last()));
    let project = project(&server);
    drafts(&project);
    let before: Vec<String> =
        ["returns", "warranty", "fees", "bags"].map(|id| project.read(&format!("drafts/{id}.md"))).into();
    let accept = |case: &str| {
        let args =
            ["accept", "--case", case, "--prompt", "grounded", "--reason", "as written", "--author", "Ana"];
        let done = project.run(&args);
        assert_eq!(done.code, 0, "{}", done.all());
    };
    assert_eq!(project.run(&["run"]).code, 0);
    accept("window");
    assert_eq!(project.run(&["run"]).code, 0);
    let newest = runs(&project)[0]["id"].as_str().unwrap().to_owned();
    let asked = server.asked().len();

    let json = project.json(&["run", "--overlay", "drafts", "--json"]);
    assert_eq!(
        became(&json),
        [
            "label newly-broken fees",
            "window newly-broken returns",
            "warranty fixed warranty",
            "colour still-failing"
        ],
        "{json:#}"
    );
    assert_eq!(json["without"], Value::from(newest.clone()), "the newest run has it all");
    assert_eq!(json["suspect"][0]["case"], "window");
    assert_eq!(json["suspect"][0]["passages"][0], "returns#window was edited");
    let untested: Vec<&str> =
        json["untested"].as_array().unwrap().iter().map(|u| u["passage"].as_str().unwrap()).collect();
    assert_eq!(untested, ["bags#top"]);
    // Only what moved was asked, in the column that takes passages.
    assert_eq!(server.asked().len(), asked + 3);

    let shown = project.run(&["run", "--overlay", "drafts"]);
    assert_eq!(shown.code, 0, "{}", shown.all());
    assert_eq!(server.asked().len(), asked + 3, "nothing is asked twice");
    for words in [
        "What if: drafts over the articles",
        "fees withdrawn",
        "newly broken  first/window",
        "by        returns (replaced: returns#window edited)",
        "golden    is suspect: returns#window was edited",
        "fixed  first/warranty  grounded × mock  0 of 1 → 1 of 1",
        "no draft touches it",
        "1 golden would be suspect",
        "bags#top  added",
    ] {
        assert!(shown.stdout.contains(words), "{words}\n{}", shown.all());
    }

    // The same as pages, several at once.
    let pages = ["--format", "html", "--output", "what-if.html", "--format", "markdown"];
    let pages = project.run(&[&["run", "--overlay", "drafts"][..], &pages].concat());
    assert_eq!(pages.code, 0, "{}", pages.all());
    assert!(pages.stdout.contains("- **newly broken** <code>first&#47;window</code>"), "{}", pages.all());
    let page = project.read("what-if.html");
    assert!(page.contains("What if: drafts over the articles") && page.contains("is suspect"), "{page}");

    // It is marked, and it is nobody's run before.
    let list = runs(&project);
    assert_eq!(list[0]["what_if"]["drafts"], "drafts");
    assert!(list[3].get("what_if").is_none());
    let with = json["with"].as_str().unwrap();
    let table = project.run(&["runs", "list"]);
    let flat = table.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat.contains("what if"), "{}", table.all());
    let report = project.json(&["report", "latest", "--json"]);
    assert_eq!(report["run"]["id"], Value::from(newest.clone()));
    let diff = project.run(&["diff", &newest, with]);
    let flat = diff.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        flat.contains("knowledge is moved by a what-if, the drafts of drafts (bags added, fees withdrawn"),
        "{}",
        diff.all()
    );
    assert_eq!(project.run(&["run"]).code, 0);
    let next = project.json(&["report", "latest", "--json"]);
    assert_eq!(next["since"]["base"], Value::from(newest));
    for refused in [
        &["gate", with][..],
        &["baseline", "set", "main", with],
        &["accept", "--run", with, "--case", "window", "--reason", "x", "--author", "Ana"],
        &["rescore", with],
    ] {
        let done = project.run(refused);
        assert_eq!(done.code, 2, "{}", done.all());
        assert!(done.stderr.contains("is one side of a what-if over drafts"), "{}", done.all());
    }
    let after: Vec<String> =
        ["returns", "warranty", "fees", "bags"].map(|id| project.read(&format!("drafts/{id}.md"))).into();
    assert_eq!(before, after);
}

#[test]
fn without_an_earlier_run_both_sides_are_run() {
    let server = Server::new(|_, asked| model(&asked.last()));
    let project = project(&server);
    project.write("drafts/warranty.md", "# Battery warranty\n\nBattery warranty: 24 months.\n");
    let json = project.json(&["run", "--overlay", "drafts", "--json"]);
    assert_eq!(became(&json), ["warranty fixed warranty"]);
    let list = runs(&project);
    assert_eq!(list.len(), 2);
    assert_eq!(list[1]["what_if"]["laid"], serde_json::json!([]));
    // Neither is a run to compare with.
    let none = project.run(&["report"]);
    assert_eq!(none.code, 2, "{}", none.all());
}

#[test]
fn a_new_article_is_held_against_the_gaps_that_it_answers() {
    let server = Server::new(|_, asked| model(&asked.last()));
    let project = Project::asking(&server);
    let suite = project.read("suites/first.toml");
    project.write(
        "suites/first.toml",
        &format!(
            "{suite}\n[[score]]\nkind = \"action\"\n\n[[case]]\nid = \"warranty\"\ninput = \"Battery warranty length?\"\n\
             expect = \"abstain\"\n"
        ),
    );
    project.write(
        "drafts/warranty.md",
        "# Battery warranty\n\nThe battery warranty has a length of 24 months.\n",
    );
    // Each case is given the sources that it names, so nothing can reach the gap; that is said, and it is run.
    let gold = project.run(&["run", "--overlay", "drafts", "--case", "warranty"]);
    assert_eq!(gold.code, 0, "{}", gold.all());
    let all = gold.all().split_whitespace().collect::<Vec<_>>().join(" ");
    for words in [
        "0 cases touched, 1 gap that a new article answers",
        "warranty#top answers first/warranty by its words and is not given to it: retrieval `gold`",
        "--retrieval bm25",
    ] {
        assert!(all.contains(words), "{words}\n{}", gold.all());
    }
    let args = ["run", "--overlay", "drafts", "--case", "warranty", "--retrieval", "bm25"];
    let json = project.json(&[&args[..], &["--json"]].concat());
    assert_eq!(became(&json), ["warranty now-answered warranty"], "{json:#}");
    assert_eq!(json["cases"][0]["answered_by"], "warranty#top");
    assert_eq!(json["cases"][0]["beside"], serde_json::json!([]));
    let shown = project.run(&args);
    for words in ["now answered  first/warranty", "it expects `abstain`: change `expect`"] {
        assert!(shown.stdout.contains(words), "{words}\n{}", shown.all());
    }
}

#[test]
fn mistakes_in_drafts_are_said_at_once_and_nothing_is_run() {
    let server = Server::new(|_, asked| model(&asked.last()));
    let project = project(&server);
    let missing = project.run(&["run", "--overlay", "drafts"]);
    assert_eq!(missing.code, 2);
    assert!(missing.stderr.contains("there is no such folder"), "{}", missing.all());
    project.write("drafts/a.md", "+++\nid = \"retuns\"\nwithdrawn = true\n+++\n");
    project.write("drafts/b.md", "+++\nsource = \"halp\"\nid = \"x\"\n+++\ntext\n");
    project.write("drafts/c.md", "+++\nid = \"fees\"\nvisibilty = \"public\"\n+++\n");
    let done = project.run(&["run", "--overlay", "drafts"]);
    assert_eq!(done.code, 2);
    for words in [
        "no article has the id `retuns`, so there is none to withdraw",
        "did you mean `returns`?",
        "no knowledge source is named `halp`",
        "unknown key `visibilty`",
        "the draft has no text",
        "drafts/c.md:3",
    ] {
        assert!(done.stderr.contains(words), "{words}\n{}", done.all());
    }
    let inside = project.run(&["run", "--overlay", "golden/knowledge"]);
    assert!(inside.stderr.contains("part of the knowledge source `help` already"), "{}", inside.all());
    project.write("other/bags.md", "# Bags\n\nBlue bags.\n");
    let flags = project.run(&["run", "--overlay", "other", "--format", "junit"]);
    assert_eq!(flags.code, 2, "{}", flags.all());
    assert!(flags.stderr.contains("there are: terminal, markdown, html, json"), "{}", flags.all());
    let nothing = project.run(&["run", "--overlay", "other", "--case", "greeting"]);
    assert_eq!(nothing.code, 2, "{}", nothing.all());
    assert!(nothing.stderr.contains("nothing to run; nobody tests bags#top"), "{}", nothing.all());
    assert!(server.asked().is_empty());
}
