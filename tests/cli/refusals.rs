//! Answers that an endpoint refuses, and answers that decline.

use crate::fixture::Project;
use crate::server::{Server, body, says};

/// What came of every trial adds up, and every format calls it the same.
#[test]
fn refusals_and_answers_that_decline_are_counted_once() {
    let server = Server::new(|_, asked| {
        let mut reply = says(if asked.last().contains("hello") { "hello" } else { "I don't know." });
        if asked.body.to_string().contains("brief") {
            reply = body(
                &serde_json::json!({"choices": [{"finish_reason": "content_filter", "message": {"role": "assistant", "content": ""}}]}),
            );
        }
        reply
    });
    let project = Project::asking(&server);
    let done = project.run(&["run", "--tag", "t"]);
    let report = project.json(&["report", "t", "--json"]);
    for row in report["variants"].as_array().unwrap() {
        let n = |key: &str| row[key].as_u64().unwrap();
        let all = n("passed") + n("failed") + n("refused") + n("errored") + n("skipped");
        assert_eq!(all, n("done"), "{row}");
    }
    let rows: Vec<(u64, u64, u64)> = report["variants"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| ["failed", "refused", "declined"].map(|key| row[key].as_u64().unwrap()).into())
        .collect();
    assert_eq!(rows, [(0, 2, 0), (1, 0, 1)], "{}", done.all());
    assert!(done.stdout.contains("refused") && !done.stdout.contains("refusals"), "{}", done.all());
    let words = done.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("grounded: 1 of the answers declines"), "{words}");
    let junit = project.run(&["report", "t", "--format", "junit"]).stdout;
    assert_eq!(junit.matches("type=\"refused\"").count(), 2, "{junit}");
    let markdown = project.run(&["report", "t", "--format", "markdown"]).stdout;
    assert_eq!(markdown.matches("refused 1 of 1").count(), 2, "{markdown}");
}
