//! What judges a conversation: tools over several turns, judges of single turns, stored answers scored again, and
//! scripts out of foreign files.

use serde_json::{Value, json};

use crate::fixture::Project;
use crate::judge::{mark, verdict};
use crate::server::{Asked, Reply, Server, body, says};

/// A desk that looks an order up when it is named and refunds it when it is asked to.
fn desk(asked: &Asked) -> Reply {
    let messages = asked.body["messages"].as_array().unwrap();
    let last = messages.last().unwrap();
    let text = last["content"].as_str().unwrap_or_default();
    let call = |tool: &str| {
        body(&json!({
            "model": "mock-1-2026",
            "choices": [{"index": 0, "finish_reason": "tool_calls", "message": {
                "role": "assistant", "content": null,
                "tool_calls": [{"id": "call_1", "type": "function",
                    "function": {"name": tool, "arguments": "{\"order\":4471}"}}],
            }}],
            "usage": {"prompt_tokens": 10, "completion_tokens": 5},
        }))
    };
    match last["role"].as_str().unwrap() {
        "tool" if text.contains("depot") => says("Your parcel is at the depot."),
        "tool" => says("Done."),
        _ if text.contains("4471") => call("find_order"),
        _ if text.contains("money") => call("refund"),
        _ if text.contains("thank") => says("I have refunded your order."),
        _ => says("Which order do you mean?"),
    }
}

const SUITE: &str = r#"
prompts = ["bare"]
models = ["mock"]

[[case]]
id = "refund"
[[case.score]]
kind = "workflow"
calls = [{ tool = "find_order" }, { tool = "refund", args = { order = 4471 } }]
order = "strict"
[[case.script]]
say = "My parcel is late."
expect = "clarify"
[[case.script]]
say = "It is order 4471."
tools = [{ name = "find_order", result = { at = "depot" } }]
[[case.script.score]]
kind = "workflow"
calls = [{ tool = "find_order" }]
others = "forbid"
[[case.script]]
say = "I want my money back."
tools = [{ name = "refund", result = "ok" }]
[[case.script]]
say = "I thank you."
[[case.script.score]]
kind = "workflow"
name = "claim"
writes = ["refund"]
forbidden = ["find_order"]
"#;

fn scores(project: &Project, layer: Option<&str>) -> Vec<String> {
    let file = format!("scores-{}.jsonl", layer.unwrap_or("newest"));
    let mut report = vec!["report", "latest", "--format", "json"];
    report.extend(layer.map(|layer| ["--layer", layer]).into_iter().flatten());
    let done = project.run(&report);
    let report: Value =
        serde_json::from_str(&done.stdout).unwrap_or_else(|e| panic!("{e} {file}\n{}", done.all()));
    let rows = report["scorers"].as_array().unwrap().iter();
    rows.map(|row| format!("{} {}", row["name"].as_str().unwrap(), row["cells"][0]["passed"])).collect()
}

#[test]
fn tools_are_counted_over_all_turns() {
    let server = Server::new(|_, asked| desk(asked));
    let project = Project::asking(&server);
    project.write("suites/first.toml", SUITE);
    let done = project.run(&["run"]);
    assert_eq!(done.code, 0, "{}", done.all());
    assert_eq!(
        scores(&project, None),
        ["turn 1: action 1", "turn 2: workflow 1", "turn 4: claim 1", "workflow 1"],
        "the claim of the last turn is backed by the call of the third"
    );
    // Without the refund the claim stands alone, and the whole lacks a call.
    project.edit("suites/first.toml", "I want my money back.", "Hm.");
    let done = project.run(&["run"]);
    assert!(done.stdout.contains("failed in turn 4 of 4"), "{}", done.all());
    let shown = project.run(&["explain", "refund"]).stdout;
    assert!(shown.contains("claim-without-call") && shown.contains("`refund`"), "{shown}");
}

#[test]
fn stored_conversations_are_scored_again_without_a_question() {
    let server = Server::new(|_, asked| desk(asked));
    let project = Project::asking(&server);
    project.write("suites/first.toml", SUITE);
    assert_eq!(project.run(&["run", "--tag", "base"]).code, 0);
    let (asked, first) = (server.asked().len(), project.run(&["report", "base"]).stdout);
    let nothing = project.run(&["rescore", "base"]);
    assert!(nothing.stderr.contains("no layer was added"), "{}", nothing.all());

    // Other rules for a turn and for the whole; what was called in earlier turns is read from the store.
    project.edit(
        "suites/first.toml",
        "calls = [{ tool = \"find_order\" }]\n",
        "calls = [{ tool = \"find\" }]\n",
    );
    project.edit("suites/first.toml", "order = 4471 }", "order = 4472 }");
    let done = project.run(&["rescore", "base"]);
    assert_eq!((done.code, server.asked().len()), (0, asked), "{}", done.all());
    assert!(done.stderr.contains("layer 2 of run"), "{}", done.all());
    assert!(done.stderr.contains("1 trial scored again, 1 with another outcome"), "{}", done.all());
    assert!(done.stdout.contains("failed in turn 2 of 4"), "{}", done.all());
    assert_eq!(
        scores(&project, None),
        ["turn 1: action 1", "turn 2: workflow 0", "turn 4: claim 1", "workflow 0"]
    );
    // The earlier layer is whole, turns and all.
    let earlier = project.run(&["report", "base", "--layer", "1"]).stdout.replace(", layer 1", "");
    assert_eq!(earlier, first);
    // A third layer on the second, and each of them is still there.
    project.edit("suites/first.toml", "tool = \"find\"", "tool = \"find_order\"");
    let third = project.run(&["rescore", "base"]);
    assert!(third.stderr.contains("layer 3 of run"), "{}", third.all());
    assert!(third.stdout.contains("failed at the end of 4 turns"), "{}", third.all());
    assert_eq!(project.run(&["report", "base", "--layer", "2"]).stdout.replace(", layer 2", ""), done.stdout);
    assert_eq!(project.run(&["report", "base", "--layer", "1"]).stdout.replace(", layer 1", ""), first);

    // A conversation that would go another way today keeps its scores.
    for (from, to) in [("I thank you.", "Thanks."), ("at = \"depot\"", "at = \"shop\"")] {
        project.edit("suites/first.toml", from, to);
        let done = project.run(&["rescore", "base"]);
        assert!(
            done.stderr.contains("1 trials keep their scores: they answer another question"),
            "{}",
            done.all()
        );
        project.edit("suites/first.toml", to, from);
    }
    assert_eq!(server.asked().len(), asked);
    assert_eq!(project.run(&["runs", "delete", "base", "--yes"]).code, 0);
}

/// A judge of turns that finds everything polite but questions.
fn judged() -> Server {
    Server::new(|_, asked| match mark(asked) {
        Some(mark) => {
            let shown = asked.last();
            let answer = shown.split("The assistant answered:").nth(1).unwrap();
            verdict(&mark, if answer.contains("Which order") { "no" } else { "yes" })
        }
        None => desk(asked),
    })
}

const JUDGE: &str = "[[case.script.score]]\nkind = \"judge\"\nname = \"polite\"\nrubric = \"rubric\"\nquestions = [\"Is it polite?\"]\n";

#[test]
fn a_turn_is_judged_by_a_model_like_any_answer() {
    let server = judged();
    let project = crate::judge::project(&server, "");
    let first = format!("expect = \"clarify\"\n{JUDGE}");
    let last = format!("say = \"I thank you.\"\n{JUDGE}");
    project.write(
        "suites/first.toml",
        &SUITE.replace("expect = \"clarify\"\n", &first).replace("say = \"I thank you.\"\n", &last),
    );
    let planned = project.run(&["plan"]);
    assert!(
        planned.stdout.contains("judge rubric × referee") && planned.stdout.contains("2 requests"),
        "{}",
        planned.all()
    );
    let done = project.run(&["run", "--tag", "base"]);
    assert_eq!(done.code, 0, "{}", done.all());
    assert!(done.stderr.contains("this judge has no certificate"), "{}", done.stderr);
    let asked = server.asked().len();
    let all = scores(&project, None);
    assert!(
        all.contains(&"turn 1: polite 0".to_owned()) && all.contains(&"turn 4: polite 1".to_owned()),
        "{all:?}"
    );
    let report = project.run(&["report", "latest", "--format", "json"]);
    let report: Value = serde_json::from_str(&report.stdout).unwrap();
    assert_eq!(report["variants"][0]["judging"]["replies"], 2);
    assert_eq!(report["variants"][0]["judging"]["cost"]["known"], 2.0 * 0.0002, "its cost is shown apart");
    // Asked once: cached, and found again by `rescore` without the bot.
    assert_eq!((project.run(&["run"]).code, server.asked().len()), (0, asked));
    project.edit("suites/first.toml", "Is it polite?", "Is it kind?");
    let again = project.run(&["rescore", "base"]);
    assert!(again.stderr.contains("layer 2 of run"), "{}", again.all());
    let new = server.asked()[asked..].to_vec();
    assert!(new.len() == 2 && new.iter().all(|asked| mark(asked).is_some()), "only judges are asked");
    assert!(project.run(&["explain", "refund", "--run", "base"]).stdout.contains("Is it kind?"));

    // People see the turn, with what was said before it and without the verdict; one file for the scorer of all turns.
    assert_eq!(project.run(&["label", "base", "--out", "sample.jsonl"]).code, 0);
    let sample = project.read("sample.jsonl");
    assert_eq!(sample.lines().count(), 2, "{sample}");
    assert!(
        sample.contains("Which order do you mean?") && sample.contains("It is order 4471.\\nYour parcel"),
        "{sample}"
    );
    let labelled = sample.replace("\"label\":\"\"", "\"label\":\"pass\"");
    project.write("sample.jsonl", &labelled);
    let taken = project.run(&["label", "base", "--in", "sample.jsonl"]);
    assert!(
        taken.stdout.contains("2 labels taken into") && taken.stdout.contains("polite.jsonl"),
        "{}",
        taken.all()
    );
    let figures = project.run(&["calibrate", "base", "--json", "--dry-run"]);
    assert_eq!(figures.code, 3, "two labels are too few for a certificate");
    let figures: Value = serde_json::from_str(&figures.stdout).unwrap();
    assert_eq!((&figures[0]["scorer"], &figures[0]["labels"]), (&json!("polite"), &json!(2)), "{figures}");
}

#[test]
fn scripts_come_from_foreign_files_too() {
    let server = Server::new(|_, asked| desk(asked));
    let project = Project::asking(&server);
    project.write(
        "suites/first.toml",
        "prompts = [\"bare\"]\nmodels = [\"mock\"]\n[[cases]]\nfile = \"talks.jsonl\"\n",
    );
    let turns = json!([
        {"say": "My parcel is late.", "expect": "clarify"},
        {"say": "It is order 4471.", "tools": [{"name": "find_order", "result": {"at": "depot", "eta": null}}],
         "score": [{"kind": "contains", "any": ["depot"]}, {"kind": "workflow", "calls": [{"tool": "find_order"}]}]},
    ]);
    let row = json!({"id": "late", "script": turns});
    project.write("talks.jsonl", &format!("{row}\n"));
    let done = project.run(&["run", "--tag", "base"]);
    assert_eq!(done.code, 0, "{}", done.all());
    assert_eq!(scores(&project, None), ["turn 1: action 1", "turn 2: contains 1", "turn 2: workflow 1"]);
    let asked = server.asked();
    assert_eq!(asked[2].last(), "{\"at\":\"depot\",\"eta\":null}");
    // Scored again like a written one.
    project.write("talks.jsonl", &format!("{row}\n").replace("[\"depot\"]", "[\"shop\"]"));
    let again = project.run(&["rescore", "base"]);
    assert!(
        again.stdout.contains("failed in turn 2 of 2") && server.asked().len() == asked.len(),
        "{}",
        again.all()
    );

    // In CSV the same list is JSON in a cell.
    project.write(
        "suites/first.toml",
        "prompts = [\"bare\"]\nmodels = [\"mock\"]\n[[cases]]\nfile = \"talks.csv\"\n",
    );
    project.write("talks.csv", &format!("id,script\nlate,\"{}\"\n", turns.to_string().replace('"', "\"\"")));
    assert_eq!(project.run(&["run", "--offline"]).code, 0);
}

#[test]
fn mistakes_in_a_rows_script_are_shown_at_its_line() {
    let server = Server::saying("hello");
    let project = Project::asking(&server);
    project.write(
        "suites/first.toml",
        "prompts = [\"bare\"]\nmodels = [\"mock\"]\n[[cases]]\nfile = \"talks.jsonl\"\n",
    );
    let rows = [
        json!({"id": "a", "script": [{"say": "Hi", "expect": "answer"}]}),
        json!({"id": "b", "script": [{"sya": "Hi"}]}),
        json!({"id": "c", "script": [{"say": "Hi", "expect": "answr"}]}),
        json!({"id": "d", "script": [{"say": "Hi", "score": [{"kind": "contains", "anny": ["x"]}]}]}),
        json!({"id": "e", "script": [{"say": "Hi", "score": [{"kind": "number", "value": null}]}]}),
        json!({"id": "f", "script": "Hi", "input": "x"}),
        json!({"id": "g", "script": [{"say": " "}], "input": "x"}),
    ];
    project.write("talks.jsonl", &rows.map(|row| row.to_string() + "\n").concat());
    let done = project.run(&["check"]);
    crate::snapshot!("conversations_rows", done.all());
}

#[test]
fn a_perturber_varies_what_the_customer_says_in_every_turn() {
    let server = Server::new(|_, asked| desk(asked));
    let project = Project::asking(&server);
    project.write(
        "suites/first.toml",
        &SUITE.replace("id = \"refund\"\n", "id = \"refund\"\nperturb = [\"case\"]\n"),
    );
    let done = project.run(&["run", "--concurrency", "1"]);
    assert!(done.stdout.contains("1 case · 2 trials"), "{}", done.all());
    let said = |asked: &Asked| {
        asked.body["messages"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|m| m["role"] == "user")
            .map(|m| m["content"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let mut longest: Vec<Vec<String>> =
        server.asked().iter().map(said).filter(|said| said.len() == 4).collect();
    longest.dedup();
    assert_eq!(longest.len(), 2, "{longest:?}");
    let (own, other) = (&longest[0], &longest[1]);
    for (own, other) in own.iter().zip(other) {
        assert!(own != other && own.to_lowercase() == other.to_lowercase(), "{own} {other}");
    }
    // The same wording again, from the stored answers; and scored again like the case's own.
    let asked = server.asked().len();
    assert_eq!((project.run(&["run"]).code, server.asked().len()), (done.code, asked));
    project.edit("suites/first.toml", "order = 4471 }", "order = 4472 }");
    let again = project.run(&["rescore"]);
    assert!(again.stderr.contains("2 trials scored again"), "{}", again.all());
}
