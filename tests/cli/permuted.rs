//! Concurrency and the order of cases in a suite change nothing in what is said of a run.

use serde_json::Value;

use crate::fixture::Project;
use crate::server::{Server, says};

/// What two runs compare to, without what is another thing each time: ids, times and latencies.
fn compared(concurrency: u32, backwards: bool) -> Value {
    let server = Server::new(|_, asked| {
        let text = asked.last();
        let number: usize = text.rsplit(' ').next().unwrap().trim_end_matches('.').parse().unwrap();
        let hurt = asked.body.to_string().contains("very brief");
        let mut reply = says(if number.is_multiple_of(if hurt { 3 } else { 5 }) { "no" } else { "hello" });
        reply.delay_ms = (number as u64 * 7) % 20;
        reply
    });
    let project = Project::asking(&server);
    project.edit("regauge.toml", "concurrency = 4", &format!("concurrency = {concurrency}"));
    if backwards {
        project.greet((0..24).rev());
    } else {
        project.greet(0..24);
    }
    project.run(&["run", "--repeats", "2", "--seed", "5", "--tag", "base"]);
    project.edit("prompts/bare.j2", "Be brief.", "Be very brief.");
    project.run(&["run", "--repeats", "2", "--seed", "5", "--tag", "cand"]);
    let done = project.run(&["diff", "base", "cand", "--json"]);
    let found: Value = serde_json::from_str(&done.stdout).unwrap_or_else(|e| panic!("{e}: {}", done.all()));
    scrubbed(found)
}

fn scrubbed(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let volatile = |key: &str| key == "started" || key.contains("ms") || key.contains("latency");
            map.into_iter()
                .filter(|(key, _)| !volatile(key))
                .map(|(key, value)| (key, scrubbed(value)))
                .collect()
        }
        Value::Array(list) => list.into_iter().map(scrubbed).collect(),
        Value::String(text) if text.len() == 36 && text.matches('-').count() == 4 => Value::Null,
        other => other,
    }
}

#[test]
fn concurrency_and_the_order_of_cases_change_nothing() {
    let first = compared(1, false);
    assert!(first.to_string().contains("case-03"), "{first}");
    assert_eq!(first, compared(16, false));
    assert_eq!(first, compared(8, true));
}
