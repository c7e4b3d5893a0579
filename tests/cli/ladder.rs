//! `regauge run --ladder` and `regauge ladder`: what is at fault with each case.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

use crate::fixture::Project;
use crate::server::{Reply, Server, fails, says};
use crate::snapshot;

const THINGS: [&str; 10] =
    ["saddle", "pedal", "bell", "lamp", "chain", "brake", "basket", "mirror", "pump", "stand"];

/// What is planted, with the word that its questions are about.
const PLANTED: [(&str, &str); 6] = [
    ("works", "warranty"),
    ("answered from general knowledge", "lifespan"),
    ("content missing", "insurance"),
    ("retrieval miss", "mileage"),
    ("prompt or model miss", "discount"),
    ("distracted by the rest", "delivery"),
];

/// Months that a case asks for.
fn months(topic: usize, thing: usize) -> usize {
    11 + topic * 20 + thing
}

/// A model that reads what it is given: it answers by the passages, knows lifespans by heart, cannot read discounts, and
/// believes whoever speaks of old parts.
fn model(text: &str) -> Reply {
    let (passages, question) = text.rsplit_once("Q: ").unwrap_or(("", text));
    let thing = THINGS.iter().position(|thing| question.contains(thing));
    let code = (0..THINGS.len()).find(|at| question.contains(&format!("zq{at}zq")));
    let topic = PLANTED.iter().position(|(_, topic)| question.contains(topic));
    let (topic, thing) = match (topic, thing, code) {
        (Some(topic), Some(thing), _) => (topic, thing),
        (_, _, Some(thing)) => (3, thing),
        _ => return says("I don't know."),
    };
    let told = |words: &str| {
        let at = passages.find(words)? + words.len();
        passages[at..].split(' ').find_map(|word| word.parse::<usize>().ok())
    };
    let (_, about) = PLANTED[topic];
    let right = told(&format!("The {about} of the {} is", THINGS[thing]));
    let old = told(&format!("The {about} of the old {} is", THINGS[thing]));
    let said = match about {
        "lifespan" => Some(months(topic, thing)),
        "discount" => None,
        _ => old.or(right),
    };
    said.map_or_else(|| says("I don't know."), |n| says(&format!("It is {n} months.")))
}

/// Ten cases of each kind, labelled by their area.
fn project(server: &Server) -> Project {
    let project = Project::asking(server);
    let mut suite = String::from(
        "title = \"First\"\nprompts = [\"bare\", \"grounded\"]\nmodels = [\"mock\"]\nknowledge = [\"help\"]\n\
         retrieval = \"bm25\"\n",
    );
    for (topic, (label, about)) in PLANTED.into_iter().enumerate() {
        for (at, thing) in THINGS.into_iter().enumerate() {
            let (id, n) = (format!("{about}-{thing}"), months(topic, at));
            let fact = format!("The {about} of the {thing} is {n} months.");
            let said =
                if about == "insurance" { format!("Ask for {about} of the {thing}.") } else { fact.clone() };
            let sourced = about != "insurance" || at % 2 == 0;
            if sourced {
                let head = format!("+++\nid = \"{id}\"\ntitle = \"{id}\"\nowner = \"maria\"\n+++\n");
                project.write(&format!("golden/knowledge/{id}.md"), &format!("{head}{said}\n"));
            }
            if about == "delivery" {
                let text = format!(
                    "+++\nid = \"old-{thing}\"\ntitle = \"Old {thing}\"\n+++\nThe {about} of the old {thing} is {} months.\n",
                    n + 500
                );
                project.write(&format!("golden/knowledge/old-{thing}.md"), &text);
            }
            let input = match about {
                "mileage" => format!("zq{at}zq please?"),
                _ => format!("What {about} has the {thing}?"),
            };
            let line = if sourced { format!("sources = [\"{id}\"]\n") } else { String::new() };
            let _ = write!(
                suite,
                "\n[[case]]\nid = \"{id}\"\narea = \"{label}\"\nowner = \"ion\"\ninput = \"{input}\"\n{line}expect = \"answer\"\n\
                 golden = \"{fact}\"\n[[case.score]]\nkind = \"number\"\nvalue = {n}\nunit = \"months\"\n"
            );
        }
    }
    project.write("suites/first.toml", &suite);
    project
}

fn rows(ladder: &Value) -> &Vec<Value> {
    ladder["columns"][0]["cases"].as_array().unwrap()
}

#[test]
fn sixty_planted_cases_get_their_verdicts() {
    let server = Server::new(|_, asked| model(&asked.last()));
    let project = project(&server);
    let done = project.run(&["run", "--ladder", "--limit", "1"]);
    assert_eq!(done.code, 0, "{}", done.all());
    for words in ["Knowledge ladder", "grounded × mock: 60 cases", "content lift", "left out: bare × mock"]
    {
        assert!(done.stdout.contains(words), "{words}\n{}", done.all());
    }
    let ladder = project.json(&["ladder", "--json"]);
    let mut confused: BTreeMap<(String, String), usize> = BTreeMap::new();
    for row in rows(&ladder) {
        let said = row["verdict"].as_str().unwrap().replace('-', " ");
        *confused.entry((row["area"].as_str().unwrap().to_owned(), said)).or_default() += 1;
    }
    let right: usize = confused.iter().filter(|((label, said), _)| label == said).map(|(_, n)| n).sum();
    assert_eq!(right, 60, "{confused:#?}");

    // Each verdict has its evidence and somebody to go to.
    let row = |case: &str| rows(&ladder).iter().find(|row| row["case"] == case).unwrap().clone();
    let missing = row("insurance-saddle");
    assert_eq!((&missing["goes_to"], &missing["owner"]), (&"content".into(), &"maria".into()));
    assert!(missing["evidence"].to_string().contains("does not say"), "{missing}");
    let missed = row("mileage-bell");
    assert_eq!((&missed["goes_to"], &missed["owner"]), (&"retrieval".into(), &"ion".into()));
    assert!(missed["evidence"].to_string().contains("not found: mileage-bell"), "{missed}");
    let lamp = row("delivery-lamp");
    assert!(lamp["evidence"].to_string().contains("old-lamp#top"), "{lamp}");
    assert_eq!(row("discount-pump")["goes_to"], "prompt");

    let name = ladder["ladder"].as_str().unwrap();
    let shown = project.run(&["ladder", name, "--limit", "3"]).all();
    snapshot!("ladder", shown.replace(name, "[ladder]"));

    // The same for tickets, spreadsheets and browsers; what is not for a terminal is whole.
    let markdown = project.run(&["ladder", "--format", "markdown", "--limit", "3"]).stdout;
    assert!(markdown.starts_with("### Knowledge ladder "), "{markdown}");
    assert_eq!(markdown.matches("- **content missing** <code>first").count(), 10, "{markdown}");
    let csv = project.run(&["ladder", "--format", "csv"]).stdout;
    let lines: Vec<&str> = csv.split("\r\n").collect();
    assert!(
        lines[0].starts_with("prompt,model,suite,case,area,weight,verdict,goes_to,owner,none_passed,"),
        "{csv}"
    );
    assert_eq!(lines.len(), 62, "{csv}");
    let bell = lines.iter().find(|line| line.contains(",mileage-bell,")).unwrap();
    assert!(bell.contains(",retrieval miss,retrieval,ion,0,1,0,1,1,0,"), "{bell}");
    let lifts = project.run(&["ladder", "--format", "csv", "--table", "lifts"]).stdout;
    assert!(lifts.contains("grounded,mock,area,works,1.000,"), "{lifts}");
    let out = project.run(&["ladder", "--format", "html", "--output", "ladder.html"]);
    assert_eq!((out.code, out.stdout.as_str()), (0, ""), "{}", out.all());
    let html = project.read("ladder.html");
    assert_eq!(html.matches("<b class=\"bad\">retrieval miss</b>").count(), 11, "the count and ten cases");

    // Content and retrieval, by area.
    let areas = ladder["columns"][0]["areas"].as_array().unwrap();
    let area = |name: &str| areas.iter().find(|area| area["name"] == name).unwrap();
    assert_eq!(area("works")["content_lift"]["difference"], 1.0);
    assert_eq!(area("works")["retrieval_loss"]["difference"], 0.0);
    assert_eq!(area("retrieval miss")["retrieval_loss"]["difference"], 1.0);
    assert!(area("retrieval miss")["retrieval_loss"]["interval"]["low"].as_f64().unwrap() > 0.4);

    // Nothing is asked twice, and an edited case is left out and named.
    let asked = server.asked().len();
    assert_eq!(project.run(&["run", "--ladder"]).code, 0);
    assert_eq!(server.asked().len(), asked);
    project.edit("suites/first.toml", "What warranty has the bell?", "Which warranty has the bell?");
    let edited = project.run(&["ladder"]);
    assert!(edited.stdout.contains("1 cases were edited since"), "{}", edited.all());
    let runs = project.json(&["runs", "list", "--json"]);
    assert_eq!(runs.as_array().map(Vec::len), Some(8), "{runs:#}");

    // Rungs stand before no other run: the next one has none to be compared with, and the history begins with it.
    assert_eq!(runs[0]["rung"], "retrieved");
    assert_eq!(project.run(&["report"]).code, 2);
    assert_eq!(project.run(&["run", "--prompt", "grounded"]).code, 0);
    let report = project.json(&["report", "--json"]);
    assert!(report["since"].is_null(), "{:#}", report["since"]);
    let trend = project.json(&["runs", "trend", "--json"]);
    assert_eq!(trend["rows"].as_array().map(Vec::len), Some(1), "{trend:#}");
}

#[test]
fn limits_hold_for_the_whole_ladder_and_finished_rungs_stay() {
    let server = Server::new(|_, asked| model(&asked.last()));
    let project = project(&server);
    let two =
        ["run", "--ladder", "--prompt", "grounded", "--case", "warranty-bell", "--case", "mileage-bell"];
    // Two answers of 0.00002 USD a rung: no rung alone reaches the limit.
    let stopped = project.run(&[&two[..], &["--max-cost", "0.00005"]].concat());
    assert_eq!(stopped.code, 5, "{}", stopped.all());
    assert!(stopped.stderr.contains("the cost limit of 0.00005 USD is reached"), "{}", stopped.all());
    assert!(stopped.stderr.contains("rung 2 of 4"), "{}", stopped.all());
    assert!(!stopped.stderr.contains("rung 3 of 4"), "{}", stopped.all());
    let first = project.json(&["runs", "list", "--json"]).as_array().map(Vec::len);
    assert_eq!(first, Some(2));
    let done = project.run(&two);
    assert_eq!(done.code, 0, "{}", done.all());
    assert!(done.stderr.contains("has it all"), "{}", done.all());
    let all = project.json(&["runs", "list", "--json"]).as_array().map(Vec::len);
    assert_eq!(all, Some(4));
    // A whole ladder is done: the next one is another.
    assert_eq!(project.run(&two).code, 0);
    assert_eq!(project.json(&["runs", "list", "--json"]).as_array().map(Vec::len), Some(8));
}

#[test]
fn a_rung_that_errors_decides_nothing() {
    // Without passages the endpoint fails.
    let server = Server::new(|_, asked| match asked.last() {
        text if text.starts_with("Q: ") => fails(400, "no"),
        text => model(&text),
    });
    let project = project(&server);
    let done = project.run(&[
        "run",
        "--ladder",
        "--prompt",
        "grounded",
        "--case",
        "warranty-bell",
        "--case",
        "mileage-bell",
    ]);
    assert_eq!(done.code, 0, "{}", done.all());
    let ladder = project.json(&["ladder", "--json"]);
    let verdict =
        |case: &str| rows(&ladder).iter().find(|row| row["case"] == case).unwrap()["verdict"].clone();
    // It works as it is retrieved, but perhaps without any passage too.
    assert_eq!(verdict("warranty-bell"), "cannot-tell");
    assert!(done.stdout.contains("no result that decides on: none"), "{}", done.all());
}

#[test]
fn mistakes_are_said_before_anything_is_asked() {
    let server = Server::new(|_, asked| model(&asked.last()));
    let project = project(&server);
    let none = project.run(&["ladder"]);
    assert_eq!(none.code, 2);
    project.edit("suites/first.toml", "retrieval = \"bm25\"\n", "");
    let own = project.run(&["run", "--ladder"]);
    assert_eq!(own.code, 2);
    assert!(
        own.stderr.contains("suite `first` retrieves by `gold`") && own.stderr.contains("--retrieval bm25"),
        "{}",
        own.all()
    );
    let bare = project.run(&["run", "--ladder", "--retrieval", "bm25", "--prompt", "bare"]);
    assert!(bare.code == 2 && bare.stderr.contains("none of the prompts takes passages"), "{}", bare.all());
    let json = project.run(&["run", "--ladder", "--json"]);
    assert!(json.code == 2 && json.stderr.contains("regauge ladder --json"), "{}", json.all());
    assert!(server.asked().is_empty());
    let done = project.run(&["run", "--ladder", "--retrieval", "bm25", "--case", "warranty-bell"]);
    assert!(done.code == 0 && done.stdout.contains("retrieved by bm25"), "{}", done.all());
    let typed = project.run(&["ladder", "nope"]);
    assert!(typed.code == 2 && typed.stderr.contains("no ladder is named `nope`"), "{}", typed.all());
}
