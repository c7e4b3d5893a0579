//! `regauge coverage`: articles against cases, and the work list that follows.

use crate::fixture::Project;
use crate::server::{Server, says};

fn article(project: &Project, id: &str, keys: &str, text: &str) {
    project.write(
        &format!("golden/knowledge/{id}.md"),
        &format!(
            "+++\nid = \"{id}\"\ntitle = \"{id}\"\nurl = \"https://help.example/{id}\"\n{keys}\n+++\n{text}\n"
        ),
    );
}

/// One planted article of each kind, and two questions that no article answers.
fn project() -> (Server, Project) {
    let server = Server::new(|_, asked| match asked.last() {
        text if text.contains("hello") => says("hello"),
        text if text.contains("return") => {
            says("You have 14 days from delivery to send it back. See https://help.example/returns")
        }
        _ => says("I don't know."),
    });
    let project = Project::asking(&server);
    article(
        &project,
        "returns",
        "owner = \"maria\"\nviews = 900",
        "## Window\n\nYou have 30 days from delivery to send the bike back.",
    );
    let same = "Bags are blue and made of strong canvas in Lisbon. They hold twenty litres, resist rain, and come with \
                straps for every rack.";
    article(&project, "bags", "views = 5", same);
    article(&project, "bags-old", "", same);
    article(&project, "fax", "review_by = 2020-01-01", "Send a fax to the depot.");
    article(&project, "stale", "review_by = 2020-01-01\nviews = 70", "The depot closes at six.");
    article(
        &project,
        "policy",
        "",
        "Within thirty days of delivery the bike is yours. You have 20 days from delivery to send the bike back.",
    );
    let gap = |id: &str, input: &str, more: &str| {
        format!(
            "\n[[case]]\nid = \"{id}\"\ninput = \"{input}\"\nexpect = \"abstain\"\n{more}[[case.score]]\nkind = \"action\"\n"
        )
    };
    let suite = project.read("suites/first.toml");
    project.write(
        "suites/first.toml",
        &format!(
            "{suite}{}{}{}",
            gap("insurance", "Do you offer travel insurance abroad?", "weight = 5\nowner = \"ion\"\n"),
            gap("insure-trip", "Can I buy travel insurance for a trip?", ""),
            gap("colours", "=cmd|' /C calc'!A0 [x](http://evil.example) colours", "")
        ),
    );
    assert_eq!(project.run(&["run"]).code, 0);
    (server, project)
}

#[test]
fn every_article_has_its_figures_and_its_work() {
    let (_server, project) = project();
    let json = project.json(&["coverage", "--prompt", "grounded", "--json"]);
    let row =
        |id: &str| json["articles"].as_array().unwrap().iter().find(|a| a["article"] == id).unwrap().clone();
    let todo = |id: &str| row(id)["todo"].as_str().unwrap().to_owned();
    assert_eq!(
        ["fax", "stale", "bags", "bags-old", "policy", "returns"].map(todo),
        ["retire", "update", "merge", "merge", "update", "update"]
    );
    let returns = row("returns");
    let touches = &returns["touches"];
    for (key, n) in [("declared", 1), ("retrieved", 1), ("beside", 0), ("cited", 1), ("contradicted", 1)] {
        assert_eq!(touches[key], n, "{key}: {returns}");
    }
    assert_eq!((&returns["judged"], &returns["passed"]), (&1.into(), &0.into()));
    assert_eq!(returns["conflicts"][0]["with"], "policy#top");
    assert_eq!(returns["conflicts"][0]["facts"], "30 days against 20 days");
    let why = returns["evidence"].to_string();
    assert!(why.contains("answers contradict it: window") && why.contains("fails: window"), "{why}");
    let section =
        json["sections"].as_array().unwrap().iter().find(|s| s["section"] == "returns#window").unwrap();
    assert_eq!(section["touches"]["retrieved"], 1);
}

#[test]
fn gaps_are_put_together_and_ranked_by_what_they_cost() {
    let (_server, project) = project();
    let json = project.json(&["coverage", "--json"]);
    let gaps = json["gaps"].as_array().unwrap();
    let cases: Vec<String> = gaps.iter().map(|g| g["cases"].to_string()).collect();
    assert_eq!(cases, ["[\"first/insurance\",\"first/insure-trip\"]", "[\"first/colours\"]"]);
    assert_eq!(
        (&gaps[0]["weight"], &gaps[0]["unanswered"], &gaps[0]["loss"]),
        (&6.0.into(), &1.0.into(), &6.0.into())
    );
    assert!(gaps[0]["label"].as_str().unwrap().contains("insurance"), "{}", gaps[0]);
    assert_eq!((&gaps[0]["todo"], &gaps[0]["owners"][0]), (&"write".into(), &"ion".into()));
}

#[test]
fn every_format_shows_it_and_hostile_texts_stay_texts() {
    let (_server, project) = project();
    let terminal = project.run(&["coverage"]);
    assert_eq!(terminal.code, 0, "{}", terminal.all());
    for words in ["retire  fax", "update  returns  maria", "6 articles", "Gaps", "5 of 6 are never touched"] {
        assert!(terminal.stdout.contains(words), "{words}\n{}", terminal.all());
    }
    assert_eq!(terminal.stdout, project.run(&["coverage"]).stdout, "the same bytes");
    let markdown = project.run(&["coverage", "--format", "markdown"]).stdout;
    assert!(markdown.contains("- **retire** <code>fax</code>"), "{markdown}");
    assert!(!markdown.contains("[x](http"), "{markdown}");
    let html = project.run(&["coverage", "--format", "html"]).stdout;
    assert!(html.starts_with("<!doctype html>") && html.contains("<b class=\"warn\">retire</b>"), "{html}");
    assert!(!html.contains("href=\"http") && !html.contains("<script"), "{html}");
    let csv = project.run(&["coverage", "--format", "csv", "--table", "gaps"]).stdout;
    assert!(csv.starts_with("gap,do,cases,weight,"), "{csv}");
    assert!(csv.lines().all(|line| !line.contains(",=cmd") && !line.contains(",\"=cmd")), "{csv}");
    let articles = project.run(&["coverage", "--format", "csv"]).stdout;
    assert_eq!(articles.lines().count(), 7, "{articles}");
    let out = project.run(&["coverage", "--format", "csv", "--table", "sections", "--output", "s.csv"]);
    assert_eq!((out.code, out.stdout.as_str()), (0, ""), "{}", out.all());
    assert!(project.read("s.csv").contains("returns#window,1,"), "{}", project.read("s.csv"));
    let none = project.run(&["coverage", "--prompt", "nope"]);
    assert_eq!(none.code, 2);
    assert!(none.stderr.contains("it has bare × mock, grounded × mock"), "{}", none.all());
}

#[test]
fn what_other_suites_test_is_not_called_untested_after_a_part_of_them_ran() {
    let (_server, project) = project();
    project.write(
        "suites/second.toml",
        "title = \"Second\"\nprompts = [\"grounded\"]\nmodels = [\"mock\"]\nknowledge = [\"help\"]\n\n[[score]]\nkind = \"grounded\"\n\n\
         [[case]]\nid = \"canvas\"\ninput = \"What are the bags made of?\"\nsources = [\"bags\"]\n",
    );
    let json = project.json(&["coverage", "--prompt", "grounded", "--json"]);
    let row = json["articles"].as_array().unwrap().iter().find(|a| a["article"] == "bags").unwrap();
    assert_eq!(
        (&row["touches"]["declared"], &row["touches"]["elsewhere"]),
        (&0.into(), &1.into()),
        "{row:#}"
    );
    let why: Vec<&str> =
        row["evidence"].as_array().unwrap().iter().map(|why| why.as_str().unwrap()).collect();
    assert!(why.contains(&"its cases were not run here: 1") && !why.contains(&"no case tests it"), "{why:?}");
    let shown = project.run(&["coverage", "--prompt", "grounded"]);
    let flat = shown.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat.contains("1 that only suites test which are not in this run"), "{}", shown.all());
    let page = project.run(&["report", "--for", "knowledge"]);
    let untested = page.stdout.split("Articles that no case tests").nth(1).unwrap_or_default();
    assert!(
        untested.contains("stale") && !untested.lines().any(|line| line.trim().starts_with("bags ")),
        "{}",
        page.all()
    );
}

#[test]
fn an_article_to_keep_whose_cases_fail_is_listed_with_the_reason() {
    let (_server, project) = project();
    project.write("golden/knowledge/policy.md", "+++\nid = \"policy\"\n+++\nThe bike is yours.\n");
    let shown = project.run(&["coverage", "--prompt", "grounded"]);
    let (_, list) = shown.stdout.split_once("To keep, and answers from them fail").unwrap_or_default();
    for words in ["returns  0 of 1", "fails: window"] {
        assert!(list.contains(words), "{words}\n{}", shown.all());
    }
    let page = project.run(&["coverage", "--format", "html", "--output", "coverage.html"]);
    assert_eq!(page.code, 0, "{}", page.all());
    assert!(project.read("coverage.html").contains("fails: window"));
}
