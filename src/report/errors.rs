//! Errored trials, grouped by the kind of error: the harness's or the endpoint's fault, never the model's.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::outcome::{Outcome, TrialResult};
use crate::provider::ErrorKind;
use crate::report::columns::Column;
use crate::score::ScoreState;

/// Errored trials of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ErrorGroup {
    /// Kind of error; `judge` when a scorer failed itself.
    pub kind: String,
    /// What to do about it.
    pub help: String,
    /// Trials.
    pub trials: u64,
    /// Distinct messages, the most frequent first.
    pub messages: Vec<ErrorMessage>,
    /// The cases as `suite/case`, in key order, each once.
    pub cases: Vec<String>,
}

/// One message of a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ErrorMessage {
    /// What happened.
    pub message: String,
    /// Trials that ended with it.
    pub trials: u64,
}

/// Errored trials of all columns, largest group first.
pub fn error_groups(columns: &[Column<'_>]) -> Vec<ErrorGroup> {
    let mut kinds: BTreeMap<&str, (&'static str, Vec<&TrialResult>)> = BTreeMap::new();
    for &trial in columns.iter().flat_map(|c| &c.trials) {
        if trial.outcome == Outcome::Errored {
            let (kind, help) = match &trial.error {
                Some(error) => (error.kind.name(), help(error.kind)),
                None => ("judge", "a scorer failed on these answers; `regauge explain CASE` shows which"),
            };
            kinds.entry(kind).or_insert((help, Vec::new())).1.push(trial);
        }
    }
    let mut groups: Vec<ErrorGroup> =
        kinds.into_iter().map(|(kind, (help, trials))| group(kind, help, &trials)).collect();
    groups.sort_by_key(|g| std::cmp::Reverse(g.trials));
    groups
}

fn group(kind: &str, help: &str, trials: &[&TrialResult]) -> ErrorGroup {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for trial in trials {
        *counts.entry(message(trial)).or_default() += 1;
    }
    let mut messages: Vec<ErrorMessage> =
        counts.into_iter().map(|(m, trials)| ErrorMessage { message: m.to_owned(), trials }).collect();
    messages.sort_by_key(|m| std::cmp::Reverse(m.trials));
    let mut cases: Vec<String> = trials.iter().map(|t| format!("{}/{}", t.key.suite, t.key.case)).collect();
    cases.sort();
    cases.dedup();
    ErrorGroup { kind: kind.to_owned(), help: help.to_owned(), trials: trials.len() as u64, messages, cases }
}

fn message(trial: &TrialResult) -> &str {
    if let Some(error) = &trial.error {
        return &error.message;
    }
    let failed = trial.scores.iter().find(|s| s.state == ScoreState::JudgeError);
    failed.map_or("no reason was recorded", |s| &s.reason)
}

fn help(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Auth => "check the key in the environment variable named by `api_key_env`",
        ErrorKind::UnknownModel => "check `model` and `base_url` in regauge.toml",
        ErrorKind::RateLimited => "lower `concurrency`, or wait and finish the run",
        ErrorKind::Server | ErrorKind::Network => "the endpoint was not well; finish the run later",
        ErrorKind::Timeout => "raise the model's `timeout_s`, or finish the run later",
        ErrorKind::BadResponse => "the endpoint does not speak the provider's dialect; check `base_url`",
        ErrorKind::BadRequest => "the endpoint rejected the request; check the model's parameters",
        ErrorKind::TooLong => "shorten the prompt or lower the suite's `[retrieval_budget]`",
        ErrorKind::Missing => "no answer was recorded for these; run them on the real model once",
        ErrorKind::Internal => "this is a fault in regauge; please report it",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::columns::columns;
    use crate::report::sample::{RunBuilder, trial};

    #[test]
    fn errors_are_grouped_by_kind_and_counted_by_message() {
        let run = RunBuilder::new("r")
            .trial(trial("a", "bare").errored(ErrorKind::Timeout, "no answer in 60 s"))
            .trial(trial("b", "bare").errored(ErrorKind::Server, "502"))
            .trial(trial("c", "bare").errored(ErrorKind::Server, "503"))
            .trial(trial("d", "bare").errored(ErrorKind::Server, "503"))
            .trial(trial("e", "bare").score("tone", ScoreState::JudgeError, "judge said nothing").with(|t| {
                t.outcome = Outcome::Errored;
            }))
            .trial(trial("f", "bare").failed("number", "differs"))
            .build();
        let groups = error_groups(&columns(&run));
        let names: Vec<_> = groups.iter().map(|g| (g.kind.as_str(), g.trials)).collect();
        assert_eq!(names, [("server", 3), ("judge", 1), ("timeout", 1)]);
        assert_eq!(groups[0].messages[0], ErrorMessage { message: "503".into(), trials: 2 });
        assert_eq!(groups[1].messages[0].message, "judge said nothing");
        assert_eq!(groups[0].cases, ["top-ten/b", "top-ten/c", "top-ten/d"]);
    }
}
