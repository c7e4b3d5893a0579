//! `regauge impact` and `run --impacted`: exactly the cases that an edit touches.

use std::process::Command;

use crate::fixture::Project;
use crate::server::Server;

/// Three articles, of which two are tested, and two prompts of which one uses passages.
fn project(server: &Server) -> Project {
    let project = Project::asking(server);
    project.write(
        "golden/knowledge/fees.md",
        "+++\nid = \"fees\"\ntitle = \"Fees\"\n+++\nThe label costs 5 euro.\n\n## Cash\n\nNo cash.\n",
    );
    project.write("golden/knowledge/bags.md", "+++\nid = \"bags\"\ntitle = \"Bags\"\n+++\nBags are blue.\n");
    let suite = project.read("suites/first.toml");
    project.write(
        "suites/first.toml",
        &format!(
            "{suite}\n[[case]]\nid = \"label\"\ninput = \"What does the label cost?\"\nsources = [\"fees#top\"]\n\
             [[case.score]]\nkind = \"number\"\nvalue = 5\n"
        ),
    );
    project
}

fn git(project: &Project, args: &[&str]) {
    let mut git = Command::new("git");
    git.args(["-c", "user.name=Ana", "-c", "user.email=ana@example.com", "-c", "commit.gpgsign=false"]);
    let done = git.args(args).current_dir(project.path("")).output().unwrap();
    assert!(done.status.success(), "{args:?}: {}", String::from_utf8_lossy(&done.stderr));
}

fn commit(project: &Project) {
    project.write(".gitignore", ".regauge\ncache\n");
    git(project, &["init", "--quiet"]);
    git(project, &["add", "."]);
    git(project, &["commit", "--quiet", "-m", "first"]);
}

/// `suite/case why` of every touched case.
fn touched(json: &serde_json::Value) -> Vec<String> {
    let case = |c: &serde_json::Value| {
        let why: Vec<&str> = c["why"].as_array().unwrap().iter().map(|w| w.as_str().unwrap()).collect();
        format!("{} {}", c["case"].as_str().unwrap(), why.join(", "))
    };
    json["cases"].as_array().unwrap().iter().map(case).collect()
}

fn untested(json: &serde_json::Value) -> Vec<String> {
    let one =
        |u: &serde_json::Value| format!("{} {}", u["passage"].as_str().unwrap(), u["edit"].as_str().unwrap());
    json["untested"].as_array().unwrap().iter().map(one).collect()
}

#[test]
fn since_a_revision_the_edited_article_touches_its_cases_and_nothing_else() {
    let project = project(&Server::saying("hello"));
    commit(&project);
    let none = project.json(&["impact", "--since", "HEAD", "--json"]);
    assert_eq!((touched(&none), untested(&none)), (vec![], vec![]));

    project.edit("golden/knowledge/returns.md", "30 days", "20 days");
    project.edit("golden/knowledge/bags.md", "blue", "red");
    project.edit("golden/knowledge/fees.md", "No cash", "Cash is fine");
    let json = project.json(&["impact", "--since", "HEAD", "--json"]);
    assert_eq!(touched(&json), ["window passage returns#window edited"]);
    assert_eq!(untested(&json), ["bags#top edited", "fees#cash edited"]);
    assert_eq!(json["untested"][0]["file"], "golden/knowledge/bags.md");

    project.edit("prompts/bare.j2", "Be brief.", "Be very brief.");
    let done = project.run(&["impact", "--since", "HEAD"]);
    assert_eq!(done.code, 0, "{}", done.all());
    assert!(done.stdout.contains("3 of 3 cases touched"), "{}", done.all());
    assert!(done.stdout.contains("first/label  prompt bare edited"), "{}", done.all());
    // The repository is as it was.
    let status =
        Command::new("git").args(["status", "--porcelain"]).current_dir(project.path("")).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&status.stdout).lines().count(), 4);
    let slip = project.run(&["impact", "--since", "no-such-thing"]);
    assert_eq!(slip.code, 2);
    assert!(slip.stderr.contains("neither a run nor a git revision"), "{}", slip.all());
}

#[test]
fn since_the_last_runs_only_what_moved_is_run_again() {
    let server = Server::saying("hello");
    let project = project(&server);
    let early = project.run(&["impact"]);
    assert_eq!(early.code, 2, "{}", early.all());
    assert!(early.stderr.contains("there is no run yet"), "{}", early.all());
    commit(&project);
    assert_eq!(project.run(&["run"]).code, 0);
    let nothing = project.run(&["run", "--impacted"]);
    assert_eq!(nothing.code, 2, "{}", nothing.all());
    assert!(nothing.stderr.contains("nothing to run"), "{}", nothing.all());
    assert_eq!(project.run(&["impact"]).code, 0);

    project.edit("golden/knowledge/returns.md", "30 days", "20 days");
    project.edit("golden/knowledge/bags.md", "blue", "red");
    let json = project.json(&["impact", "--json"]);
    assert_eq!(touched(&json), ["window passage returns#window edited"]);
    assert_eq!(untested(&json), ["bags#top edited"]);
    let run = project.run(&["run", "--impacted", "--json"]);
    assert_eq!(run.code, 0, "{}", run.all());
    let report: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!((&report["run"]["cases"], &report["run"]["planned"]), (&1.into(), &2.into()));

    // That run knows one case only; the others are as the run before it left them.
    assert_eq!(touched(&project.json(&["impact", "--json"])), [""; 0]);
    project.edit("suites/first.toml", "Say hello.", "Say hello!");
    assert_eq!(touched(&project.json(&["impact", "--json"])), ["greeting case edited"]);
    let first = project.json(&["impact", "--since", "latest~1", "--json"]);
    assert_eq!(touched(&first).len(), 2, "{first}");
}

#[test]
fn later_turns_of_a_script_are_looked_up_too() {
    let server = Server::saying("It is 5 euro.");
    let project = project(&server);
    let suite = project.read("suites/first.toml").replace("[[score]]", "retrieval = \"bm25\"\n\n[[score]]");
    project.write(
        "suites/first.toml",
        &format!(
            "{suite}\n[[case]]\nid = \"talk\"\n[[case.script]]\nsay = \"Say hello.\"\n[[case.script]]\n\
             say = \"What does the label cost?\"\n[[case.score]]\nkind = \"number\"\nvalue = 5\n"
        ),
    );
    commit(&project);
    project.edit("golden/knowledge/fees.md", "5 euro", "6 euro");
    let cases: Vec<String> = touched(&project.json(&["impact", "--since", "HEAD", "--json"]));
    assert_eq!(cases, ["label passage fees#top edited", "talk passage fees#top edited"]);
    // What a run was given in its later turns is no edit.
    assert_eq!(project.run(&["run"]).code, 0);
    assert_eq!(touched(&project.json(&["impact", "--json"])), [""; 0]);
    project.edit("golden/knowledge/fees.md", "6 euro", "7 euro");
    assert_eq!(touched(&project.json(&["impact", "--json"])).len(), 2);
}
