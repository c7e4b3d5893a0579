//! `regauge models`: what is listed, and what a ping says about keys, endpoints and models.

use serde_json::json;

use crate::fixture::Project;
use crate::server::{Server, fails, says};

#[test]
fn a_ping_is_one_cheap_call_to_every_model() {
    let server = Server::saying("OK");
    let project = Project::asking(&server);
    let done = project.run(&["models", "ping"]);
    assert_eq!(done.code, 0, "{}", done.all());
    assert!(done.stdout.contains("ok") && done.stdout.contains("mock-1-2026"), "{}", done.stdout);
    let asked = server.asked();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].body["max_tokens"], json!(16));

    let rows = project.json(&["models", "ping", "mock", "--json"]);
    assert_eq!(rows[0]["ok"], true);
    assert_eq!(rows[0]["input_tokens"], 10);
    // 10 tokens in at 1 USD and 5 out at 2 USD per million.
    assert!((rows[0]["cost_usd"].as_f64().unwrap() - 20e-6).abs() < 1e-12, "{rows}");
}

#[test]
fn a_failed_ping_says_what_to_do_and_ends_with_5() {
    let server = Server::new(|n, _| {
        if n == 0 {
            fails(401, r#"{"error": {"message": "Incorrect API key provided"}}"#)
        } else {
            says("OK")
        }
    });
    let project = Project::asking(&server);
    let done = project.run(&["models", "ping"]);
    assert_eq!(done.code, 5, "{}", done.all());
    assert!(done.stdout.contains("help: put a key that may use this model into MOCK_KEY"), "{}", done.stdout);
    assert_eq!(server.asked().len(), 1, "a ping does not ask twice");
    let unset = project.env("MOCK_KEY", "").run(&["models", "ping"]);
    assert_eq!(unset.code, 5);
    assert!(unset.stdout.contains("export MOCK_KEY="), "{}", unset.stdout);
}

#[test]
fn the_list_says_where_prices_come_from() {
    let project = Project::asking(&Server::saying("OK"));
    project.write(
        "regauge.toml",
        "[models.mini]\nprovider = \"openai\"\nmodel = \"gpt-4o-mini-2024-07-18\"\n\
         [models.claude]\nprovider = \"anthropic\"\nmodel = \"claude-next\"\n\
         [models.far]\nprovider = \"anthropic\"\nmodel = \"claude-far\"\n\
         [prices.claude-next]\ninput = 1\noutput = 2\n",
    );
    let rows = project.json(&["models", "list", "--json"]);
    let from = |name: &str| {
        let row = rows.as_array().unwrap().iter().find(|r| r["name"] == name).unwrap();
        row["price_from"].as_str().map(str::to_owned)
    };
    assert_eq!(from("claude").as_deref(), Some("regauge.toml"));
    assert!(from("mini").unwrap().starts_with("table of 20"), "{rows}");
    assert_eq!(from("far"), None);
    let refused = project.run(&["models", "ping", "clade"]);
    assert_eq!(refused.code, 2);
    assert!(refused.all().contains("did you mean `claude`?"), "{}", refused.all());
}
