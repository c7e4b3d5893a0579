//! Limits on cost: one for everything that a command asks, refused where it could not be kept, and not spent by what
//! nobody pays.

use std::process::Stdio;

use crate::fixture::Project;
use crate::judge::{mark, project, verdict};
use crate::server::{Server, says};

const TWO_JUDGES: &str =
    "\n[[score]]\nkind = \"judge\"\nrubric = \"rubric\"\nquestions = [\"Is it kind?\"]\nmodel = \"second\"\n";

/// A bot that says the same to everybody, and judges that agree and take their time.
fn server(delay_ms: u64) -> Server {
    Server::new(move |_, asked| match mark(asked) {
        Some(mark) => {
            let mut reply = verdict(&mark, "yes");
            reply.delay_ms = delay_ms;
            reply
        }
        None => says("You have 30 days from delivery. hello"),
    })
}

/// A run that is stored, and another question for its two judges, each of which costs 0.0002 USD a reply.
fn asked_anew(server: &Server) -> Project {
    let project = project(server, TWO_JUDGES);
    let settings = project.read("regauge.toml");
    let second = settings.split("[models.referee]").nth(1).unwrap().split("[judge]").next().unwrap();
    project.write("regauge.toml", &format!("{settings}\n[models.second]{second}"));
    assert_eq!(project.run(&["run", "--tag", "base"]).code, 0);
    project.edit("suites/first.toml", "Is it polite?", "Is it short?");
    project.edit("suites/first.toml", "Is it kind?", "Is it warm?");
    project.edit("regauge.toml", "concurrency = 4", "concurrency = 1");
    project
}

#[test]
fn new_scores_keep_one_limit_for_all_judges() {
    let server = server(0);
    let project = asked_anew(&server);
    let before = server.asked().len();
    // Two replies of each of the two judges are wanted, and three are paid.
    let done = project.run(&["rescore", "base", "--max-cost", "0.0006"]);
    assert_eq!((done.code, server.asked().len()), (5, before + 3), "{}", done.all());
    assert!(done.stderr.contains("the cost limit of 0.0006 USD is reached"), "{}", done.all());
    assert!(done.stderr.contains("no layer was added, and what was asked is kept"), "{}", done.all());
    let done = project.run(&["rescore", "base", "--max-cost", "0.0006"]);
    assert_eq!((done.code, server.asked().len()), (0, before + 4), "{}", done.all());
}

#[test]
#[cfg(unix)]
fn new_scores_that_are_interrupted_say_so() {
    let server = server(400);
    let project = asked_anew(&server);
    let before = server.asked().len();
    let mut child = project.command(&["rescore", "base"]).stdout(Stdio::null()).spawn().unwrap();
    while server.asked().len() == before {
        std::thread::yield_now();
    }
    let id = child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(server.asked().len() < before + 4);
}

#[test]
fn a_limit_over_an_unknown_price_is_refused_everywhere() {
    let server = server(0);
    let project = asked_anew(&server);
    project.edit("prompts/bare.j2", "Be brief.", "Be polite.");
    assert_eq!(project.run(&["run", "--tag", "cand"]).code, 0);
    let (asked, settings) = (server.asked().len(), project.read("regauge.toml"));
    let unpriced = settings.replace("price = { input = 10.0, output = 20.0 }\n", "");
    project.write("regauge.toml", &unpriced.replace("[defaults]\n", "[defaults]\nmax_cost = 1.0\n"));
    let refused = |args: &[&str], models: &str| {
        let done = project.run(args);
        assert_eq!(done.code, 2, "{}", done.all());
        let why = format!("the cost limit of 1 USD cannot be kept: the price of {models} is unknown");
        assert!(done.stderr.contains(&why), "{}", done.all());
    };
    refused(&["run"], "model `referee` and model `second`");
    project.write("regauge.toml", &unpriced);
    refused(&["rescore", "base", "--max-cost", "1"], "model `referee` and model `second`");
    refused(&["judge", "pairwise", "base", "cand", "--max-cost", "1"], "model `referee`");
    assert_eq!(server.asked().len(), asked);
}

#[test]
fn a_limit_that_is_no_amount_is_refused() {
    let project = Project::asking(&server(0));
    for limit in ["NaN", "inf", "-1", "much"] {
        let done = project.run(&["run", &format!("--max-cost={limit}")]);
        assert!(done.code == 2 && done.stderr.contains("0 or more"), "{}", done.all());
    }
}

#[test]
fn what_is_replayed_spends_nothing() {
    let server = server(0);
    let project = Project::asking(&server);
    assert_eq!(project.run(&["run"]).code, 0);
    for limit in ["0", "0.00001"] {
        let done = project.run(&["run", "--replay", "--max-cost", limit]);
        assert_eq!(done.code, 0, "{}", done.all());
        assert!(!done.stderr.contains("is reached"), "{}", done.all());
    }
    // What it had cost is still said.
    let report = project.json(&["report", "latest", "--json"]);
    assert_eq!(report["variants"][0]["cost"]["known"], 2.0 * 0.00002);
}
