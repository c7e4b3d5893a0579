//! Scripted conversations: every turn is asked, judged and paid for once.

use serde_json::{Value, json};

use crate::fixture::{Project, wait_until};
use crate::server::{Asked, Reply, Server, body, fails, says};
use crate::snapshot;

const SUITE: &str = r#"
prompts = ["bare"]
models = ["mock"]

[[case]]
id = "parcel"
[[case.score]]
kind = "contains"
name = "promise"
any = ["refund"]
[[case.script]]
say = "My parcel is late."
expect = "clarify"
[[case.script.score]]
kind = "contains"
any = ["order number"]
[[case.script]]
say = "It is order 4471."
tools = [{ name = "find_order", result = { at = "depot", days = 2 } }]
[[case.script.score]]
kind = "number"
value = 2
unit = "days"
[[case.script]]
say = "And if it never comes?"
"#;

/// Calls a tool for the order, and says something for every customer's turn.
fn shop() -> Server {
    Server::new(|_, asked| reply(asked))
}

fn reply(asked: &Asked) -> Reply {
    let messages = asked.body["messages"].as_array().unwrap();
    let last = messages.last().unwrap();
    let text = last["content"].as_str().unwrap_or_default();
    match last["role"].as_str().unwrap() {
        "tool" => says(&format!("It waits: {text}. That is 2 days.")),
        _ if text.contains("4471") => body(&json!({
            "model": "mock-1-2026",
            "choices": [{"index": 0, "finish_reason": "tool_calls", "message": {
                "role": "assistant", "content": null,
                "tool_calls": [{"id": "call_1", "type": "function",
                    "function": {"name": "find_order", "arguments": "{\"order\":4471}"}}],
            }}],
            "usage": {"prompt_tokens": 10, "completion_tokens": 5},
        })),
        _ if text.contains("late") => says("Sorry. Which parcel do you mean?"),
        _ => says("Then you get a refund."),
    }
}

fn project(server: &Server) -> Project {
    let project = Project::asking(server);
    project.write("suites/first.toml", SUITE);
    project
}

/// Role and text of each message of a request.
fn spoken(asked: &Asked) -> Vec<String> {
    let messages = asked.body["messages"].as_array().unwrap();
    let line = |m: &Value| {
        let calls = if m.get("tool_calls").is_some() { " +call" } else { "" };
        format!("{}: {}{calls}", m["role"].as_str().unwrap(), m["content"].as_str().unwrap_or("-"))
    };
    messages.iter().map(line).collect()
}

#[test]
fn every_turn_is_asked_and_the_first_that_failed_is_named() {
    let server = shop();
    let project = project(&server);
    let done = project.run(&["run", "--concurrency", "1"]);
    snapshot!("talk_run", done.all());
    let asked = server.asked();
    assert_eq!(asked.len(), 4, "three turns, and one request more for the tool");
    assert_eq!(
        spoken(&asked[3]),
        [
            "system: Be brief.",
            "user: My parcel is late.",
            "assistant: Sorry. Which parcel do you mean?",
            "user: It is order 4471.",
            "assistant: - +call",
            "tool: {\"at\":\"depot\",\"days\":2}",
            "assistant: It waits: {\"at\":\"depot\",\"days\":2}. That is 2 days.",
            "user: And if it never comes?",
        ]
    );
    assert_eq!(asked[2].body["messages"][5]["tool_call_id"], "call_1");
    let report = project.run(&["report", "latest", "--format", "json"]);
    let report: Value = serde_json::from_str(&report.stdout).unwrap();
    let case = &report["failing"][0]["cases"][0];
    assert_eq!(
        (&case["failing_turn"], &case["turns"][1]["tools"][0]["source"]),
        (&json!(1), &json!("script"))
    );
    assert_eq!(report["variants"][0]["tokens_in"]["known"], json!(40.0), "{}", report["variants"][0]);
    snapshot!("talk_explain", project.run(&["explain", "parcel"]).all());
}

#[test]
fn nothing_is_paid_for_twice() {
    let server = shop();
    let project = project(&server);
    project.run(&["run"]);
    assert_eq!(server.asked().len(), 4);
    let again = project.run(&["run"]);
    assert_eq!(server.asked().len(), 4, "{}", again.all());
    // What a later turn says leaves the earlier answers as they are.
    project.edit("suites/first.toml", "never comes", "does not come");
    project.run(&["run"]);
    assert_eq!(server.asked().len(), 5);
    let offline = project.run(&["run", "--offline"]);
    assert!(offline.stdout.contains("parcel") && server.asked().len() == 5, "{}", offline.all());
    // A cassette has the answers of every turn.
    assert_eq!(project.run(&["runs", "export", "latest", "answers.jsonl"]).code, 0);
    assert_eq!(project.read("answers.jsonl").lines().count(), 4);
    let fresh = Project::asking(&server);
    fresh.write("suites/first.toml", &project.read("suites/first.toml"));
    fresh.write("answers.jsonl", &project.read("answers.jsonl"));
    let replayed = fresh.run(&["run", "--replay", "answers.jsonl"]);
    assert_eq!(server.asked().len(), 5, "{}", replayed.all());
    assert!(replayed.stdout.contains("failed in turn 1 of 3"), "{}", replayed.all());
}

#[test]
fn a_turn_without_an_answer_is_an_error_and_the_rest_goes_on_from_there() {
    let server = Server::new(|n, asked| if n == 3 { fails(400, "no such thing") } else { reply(asked) });
    let project = project(&server);
    let done = project.run(&["run", "--concurrency", "1"]);
    snapshot!("talk_errored", done.all());
    assert_eq!(server.asked().len(), 4);
    let done = project.run(&["run", "--resume", "latest"]);
    assert_eq!(server.asked().len(), 5, "{}", done.all());
    assert!(done.stdout.contains("failed in turn 1 of 3"), "{}", done.all());
    assert_eq!(project.json(&["cache", "stats", "--json"])["answers"], 4);
}

#[test]
fn a_bot_with_sessions_hears_only_what_is_new() {
    let server = Server::new(|_, asked| {
        let said = asked.body["text"].as_str().unwrap();
        body(&json!({"text": format!("I heard: {said}. What is your order number?"), "id": "s0"}))
    });
    let project = project(&server);
    let toml = format!(
        "[models.mock]\nprovider = \"http\"\nurl = \"{}/chat/completions\"\n\
         body = '{{ \"text\": {{{{ input }}}}, \"session\": {{{{ session }}}}, \"before\": {{{{ history | length }}}} }}'\n\
         answer = \"$.text\"\nsession = \"$.id\"\n",
        server.url()
    );
    project.write("regauge.toml", &toml);
    let done = project.run(&["run"]);
    let asked = server.asked();
    let sent: Vec<String> = asked.iter().map(|a| a.body.to_string()).collect();
    assert_eq!(
        sent,
        [
            r#"{"text":"My parcel is late.","session":null,"before":0}"#,
            r#"{"text":"It is order 4471.","session":"s0","before":2}"#,
            r#"{"text":"And if it never comes?","session":"s0","before":4}"#,
        ],
        "{}",
        done.all()
    );
    project.run(&["run"]);
    assert_eq!(server.asked().len(), 3, "a whole conversation is taken from the stored answers");
    // A bot that has not heard the beginning hears all of it.
    project.edit("suites/first.toml", "never comes", "does not come");
    project.run(&["run"]);
    let asked = server.asked();
    assert_eq!((asked.len(), &asked[3].body["session"]), (6, &Value::Null));
}

#[test]
fn a_script_is_checked_with_everything_else() {
    let server = Server::saying("hello");
    let project = project(&server);
    project.edit("suites/first.toml", "say = \"It is order 4471.\"", "sya = \"It is order 4471.\"");
    project.edit("suites/first.toml", "id = \"parcel\"", "id = \"parcel\"\ninput = \"Hi\"");
    project.edit("suites/first.toml", "expect = \"clarify\"", "expect = \"clarfy\"");
    snapshot!("talk_check", project.run(&["check"]).all());
    let project = self::project(&server);
    assert_eq!(project.run(&["check"]).code, 0);
    let shown = project.run(&["plan", "--show", "parcel"]);
    assert!(shown.stdout.contains("then: It is order 4471."), "{}", shown.all());
}

const SIMULATED: &str = r#"
prompts = ["bare"]
models = ["mock"]

[[score]]
kind = "contains"
any = ["refund"]

[[case]]
id = "fixed"
input = "Do I get a refund?"

[[case]]
id = "impatient"
input = "My parcel is late."
[case.customer]
persona = "Impatient, writes in short sentences."
goal = "Wants to know when the money comes back."
model = "sim"
max_turns = 4
"#;

/// Plays both sides.
fn stage() -> Server {
    Server::new(|_, asked| {
        let system = asked.body["messages"][0]["content"].as_str().unwrap().to_owned();
        let last = asked.last();
        match system.contains("You play a customer") {
            true if last.contains("money") => says("[DONE]"),
            true => says("When do I get my money?"),
            false if last.contains("Do I get") => says("Yes, a refund."),
            false => says("Soon."),
        }
    })
}

fn simulated(server: &Server) -> Project {
    let project = Project::asking(server);
    project.write("suites/first.toml", SIMULATED);
    let settings = project.read("regauge.toml");
    project.write(
        "regauge.toml",
        &format!(
            "{settings}\n[models.sim]\nprovider = \"openai\"\nmodel = \"mock-1\"\nbase_url = \"{}\"\n\
             api_key_env = \"MOCK_KEY\"\n\n[gate]\nmin_pass_rate = 1.0\n",
            server.url()
        ),
    );
    project
}

#[test]
fn a_simulated_customer_explores_and_decides_nothing() {
    let server = stage();
    let project = simulated(&server);
    let done = project.run(&["run", "--concurrency", "1"]);
    snapshot!("talk_simulated", format!("exit {}\n{}", done.code, done.stdout));
    assert_eq!(done.code, 0, "its failure does not break the gate");
    assert_eq!(
        server.asked().len(),
        1 + 2 + 2,
        "the other case, two answers, and two replies of the customer"
    );
    let explained = project.run(&["explain", "impatient"]);
    assert!(explained.stdout.contains("simulated customer, gates nothing"), "{}", explained.all());
    assert!(explained.stdout.contains("2. When do I get my money?"), "{}", explained.all());
    project.run(&["run"]);
    assert_eq!(server.asked().len(), 5, "the customer's words are found again like every answer");
    project.run(&["runs", "export", "latest", "answers.jsonl"]);
    assert_eq!(project.read("answers.jsonl").lines().count(), 5);
    let replayed = project.run(&["run", "--replay", "answers.jsonl"]);
    assert_eq!((replayed.code, server.asked().len()), (0, 5), "{}", replayed.all());
    // Alone it is nothing to judge by.
    let alone = project.run(&["run", "--case", "impatient"]);
    assert!(alone.code == 3 && alone.stdout.contains("trials with a simulated customer"), "{}", alone.all());
    project.edit("suites/first.toml", "max_turns = 4", "max_turns = 4\nseed = 2");
    project.run(&["run"]);
    assert!(server.asked().len() > 5, "another customer says something else");
}

#[test]
fn a_simulated_customer_is_checked() {
    let server = stage();
    let project = simulated(&server);
    project.edit("suites/first.toml", "id = \"impatient\"", "id = \"impatient\"\ntier = \"critical\"");
    project.edit("suites/first.toml", "model = \"sim\"", "model = \"sin\"");
    project.edit("suites/first.toml", "max_turns = 4", "max_turns = 1");
    project.edit("suites/first.toml", "goal = \"Wants to know when the money comes back.\"", "goal = \"\"");
    snapshot!("talk_customer_check", project.run(&["check"]).all());
}

#[cfg(unix)]
#[test]
fn what_was_answered_before_an_interrupt_is_not_asked_again() {
    use std::io::Read as _;
    let server = Server::new(|n, asked| {
        let mut reply = reply(asked);
        reply.delay_ms = if n == 2 { 60_000 } else { 0 };
        reply
    });
    let project = project(&server);
    let mut command = project.command(&["run"]);
    let mut child =
        command.stderr(std::process::Stdio::piped()).stdout(std::process::Stdio::null()).spawn().unwrap();
    wait_until(|| server.asked().len() == 3);
    wait_until(|| project.json(&["cache", "stats", "--json"])["answers"] == 2);
    child.kill().unwrap();
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    child.wait().unwrap();
    let done = project.run(&["run", "--resume", "latest"]);
    assert_eq!(server.asked().len(), 5, "{said}{}", done.all());
    assert!(done.stdout.contains("failed in turn 1 of 3"), "{}", done.all());
}

#[test]
fn a_model_that_only_calls_tools_comes_to_an_end() {
    let server = Server::new(|n, _| {
        let name = if n == 1 { "refund_now" } else { "find_order" };
        body(&json!({
            "model": "mock-1-2026",
            "choices": [{"index": 0, "finish_reason": "tool_calls", "message": {
                "role": "assistant", "content": "Let me look.",
                "tool_calls": [{"id": format!("call_{n}"), "type": "function",
                    "function": {"name": name, "arguments": "{}"}}],
            }}],
            "usage": {"prompt_tokens": 10, "completion_tokens": 5},
        }))
    });
    let project = Project::asking(&server);
    project.write(
        "suites/first.toml",
        "prompts = [\"bare\"]\nmodels = [\"mock\"]\n\n[[case]]\nid = \"loop\"\n[[case.script]]\nsay = \"Where is it?\"\n\
         tools = [{ name = \"find_order\", result = \"not yet\" }, { name = \"find_order\", result = \"at the depot\" }]\n\
         [[case.script.score]]\nkind = \"contains\"\nany = [\"depot\"]\n\
         [[case.script]]\nsay = \"Hello?\"\n",
    );
    let done = project.run(&["run"]);
    let asked = server.asked();
    assert_eq!(
        asked.len(),
        8 + 1,
        "a turn ends after eight requests, the next one is asked all the same: {}",
        done.all()
    );
    let messages = asked[7].body["messages"].as_array().unwrap();
    let told: Vec<&str> =
        messages.iter().filter(|m| m["role"] == "tool").map(|m| m["content"].as_str().unwrap()).collect();
    assert_eq!(
        told[..4],
        ["not yet", r#"{"error":"there is no tool `refund_now`"}"#, "at the depot", "at the depot"]
    );
    // Every call has its answer, or the endpoint would reject the next turn.
    let last = asked[8].body["messages"].as_array().unwrap();
    assert_eq!(last[last.len() - 2]["content"], r#"{"error":"the tool returned nothing"}"#);
    let shown = project.run(&["explain", "loop"]).stdout;
    for part in
        ["refund_now {} → not in the script", "find_order {} → nothing, the turn ended", "turn 1 failed"]
    {
        assert!(shown.contains(part), "{part}: {shown}");
    }
}

#[test]
fn a_judge_sees_the_whole_conversation() {
    let server = Server::new(|_, asked| {
        if asked.body["model"] == "referee-1" {
            let text = asked.last();
            for part in [
                "Customer: My parcel is late.",
                "Assistant called `find_order`: {\"order\":4471}",
                "`find_order` returned: {\"at\":\"depot\",\"days\":2}",
                "And if it never comes?",
                "Then you get a refund.",
            ] {
                assert!(text.contains(part), "{part}: {text}");
            }
            return says("no verdict");
        }
        reply(asked)
    });
    let project = project(&server);
    project.write("prompts/judges/tone.j2", &std::fs::read_to_string("prompts/judges/tone.j2").unwrap());
    let settings = project.read("regauge.toml");
    let referee = settings
        .split("[models.mock]")
        .nth(1)
        .unwrap()
        .split("[knowledge")
        .next()
        .unwrap()
        .replace("mock-1", "referee-1");
    project.write(
        "regauge.toml",
        &format!("{settings}\n[models.referee]{referee}\n[judge]\nmodel = \"referee\"\n"),
    );
    project.edit(
        "suites/first.toml",
        "[[case.script]]\nsay = \"My",
        "[[case.score]]\nkind = \"judge\"\nrubric = \"tone\"\n[[case.script]]\nsay = \"My",
    );
    let done = project.run(&["run"]);
    let asked: Vec<Asked> = server.asked().into_iter().filter(|a| a.body["model"] == "referee-1").collect();
    assert_eq!(asked.len(), 1, "{}", done.all());
}
