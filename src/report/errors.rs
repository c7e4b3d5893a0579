//! Errored trials, grouped by the kind of error: the harness's or the endpoint's fault, never the model's.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::diff::CaseGroup;
use crate::outcome::{Outcome, ReadError, Recorded, TrialDigest, TrialKey};
use crate::provider::ErrorKind;
use crate::report::kept::{First, KEPT};

/// Errored trials of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct ErrorGroup {
    /// Kind of error; `judge` when a scorer failed itself.
    pub kind: String,
    /// What to do about it.
    pub help: String,
    /// Trials.
    pub trials: u64,
    /// Distinct messages, the most frequent first; when there are many, those that came first in key order.
    pub messages: Vec<ErrorMessage>,
    /// Trials with a message that is not among them.
    pub other_messages: u64,
    /// The cases as `suite/case`, in key order, each once; the first of them when there are many.
    pub cases: Vec<String>,
    /// How many cases there are.
    pub cases_total: u64,
}

/// One message of a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct ErrorMessage {
    /// What happened.
    pub message: String,
    /// Trials that ended with it.
    pub trials: u64,
}

/// The errors of all columns while the run is read.
#[derive(Default)]
pub(super) struct ErrorsFold(BTreeMap<&'static str, KindFold>);

#[derive(Default)]
struct KindFold {
    help: &'static str,
    trials: u64,
    messages: BTreeMap<String, u64>,
    /// Trials whose message only the whole trial knows.
    unread: First<TrialKey>,
    cases: First<String>,
    /// The case that was counted last.
    last: u64,
}

impl KindFold {
    fn count(&mut self, message: &str) {
        if let Some(trials) = self.messages.get_mut(message) {
            *trials += 1;
        } else if self.messages.len() < KEPT {
            self.messages.insert(message.to_owned(), 1);
        }
    }
}

impl ErrorsFold {
    /// Takes in the case at this place in key order, counted from 1.
    pub(super) fn add(&mut self, group: &CaseGroup, place: u64) {
        for (_, trial) in group.run.trials().filter(|(_, t)| t.outcome == Outcome::Errored) {
            let fold = self.0.entry(kind_of(trial)).or_default();
            fold.trials += 1;
            if let Some(error) = &trial.error {
                fold.help = help(error.kind);
                fold.count(&error.message);
            } else {
                fold.help = "a scorer failed on these answers; `regauge explain CASE` shows which";
                fold.unread.add(|| trial.key.clone());
            }
            if fold.last != place {
                fold.last = place;
                fold.cases.add(|| format!("{}/{}", group.suite, group.case));
            }
        }
    }

    /// Errored trials of all columns, largest group first.
    pub(super) fn finish(self, run: &dyn Recorded) -> Result<Vec<ErrorGroup>, ReadError> {
        let groups = self.0.into_iter().map(|(kind, fold)| fold.finish(kind, run));
        let mut groups: Vec<ErrorGroup> = groups.collect::<Result<_, _>>()?;
        groups.sort_by_key(|g| std::cmp::Reverse(g.trials));
        Ok(groups)
    }
}

/// The name of the kind of error of a trial that errored; without one a scorer failed itself.
pub(super) fn kind_of(trial: &TrialDigest) -> &'static str {
    trial.error.as_ref().map_or("judge", |error| error.kind.name())
}

impl KindFold {
    fn finish(mut self, kind: &str, run: &dyn Recorded) -> Result<ErrorGroup, ReadError> {
        for key in std::mem::take(&mut self.unread).into_kept() {
            let trial = run.trial(&key)?;
            let failed = trial.scores.iter().find(|s| s.broke());
            self.count(failed.map_or("no reason was recorded", |s| &s.reason));
        }
        let listed: u64 = self.messages.values().sum();
        let mut messages: Vec<ErrorMessage> =
            self.messages.into_iter().map(|(message, trials)| ErrorMessage { message, trials }).collect();
        messages.sort_by_key(|m| std::cmp::Reverse(m.trials));
        let cases_total = self.cases.total();
        let mut cases = self.cases.into_kept();
        cases.sort();
        Ok(ErrorGroup {
            kind: kind.to_owned(),
            help: self.help.to_owned(),
            trials: self.trials,
            messages,
            other_messages: self.trials - listed,
            cases,
            cases_total,
        })
    }
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
        ErrorKind::Retrieval => "the passages could not be looked up; check the suite's `retrieval`",
        ErrorKind::Missing => "no answer was recorded for these; run them on the real model once",
        ErrorKind::Internal => "this is a fault in regauge; please report it",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::{RunBuilder, report, trial};
    use crate::score::ScoreState;

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
        let groups = report(&run).errors;
        let names: Vec<_> = groups.iter().map(|g| (g.kind.as_str(), g.trials)).collect();
        assert_eq!(names, [("server", 3), ("judge", 1), ("timeout", 1)]);
        assert_eq!(groups[0].messages[0], ErrorMessage { message: "503".into(), trials: 2 });
        assert_eq!(groups[1].messages[0].message, "judge said nothing");
        assert_eq!(groups[0].cases, ["top-ten/b", "top-ten/c", "top-ten/d"]);
        assert_eq!((groups[0].cases_total, groups[0].other_messages), (3, 0));
    }

    #[test]
    fn a_case_counts_once_and_messages_are_bounded() {
        let failed = |i: usize, index: u32| {
            let message = format!("request {i}-{index} is gone");
            trial(&format!("c{i:04}"), "bare").index(index).errored(ErrorKind::Server, &message)
        };
        let run = RunBuilder::new("r").trials((0..KEPT).flat_map(|i| [failed(i, 1), failed(i, 2)])).build();
        let group = report(&run).errors.remove(0);
        assert_eq!((group.trials, group.messages.len(), group.other_messages), (2000, KEPT, 1000));
        assert_eq!((group.cases.len(), group.cases_total), (KEPT, 1000));
    }
}
