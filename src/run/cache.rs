//! Which recorded answer may stand for a request that is not sent.

use std::sync::Arc;

use super::models::OpenedModel;
use crate::fingerprint::Fingerprint;
use crate::provider::{AnswerSource, ErrorKind, Provider, ProviderError, RecordedAnswer};

/// Most names of cases that a message lists.
const SHOWN: usize = 10;

/// How recorded answers are used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum CacheMode {
    /// An answer that is there is taken; everything else is sent.
    #[default]
    Use,
    /// An answer that is there is taken; nothing is sent.
    Offline,
    /// Everything is sent; the new answers are found from then on.
    Refresh,
    /// Everything is sent.
    Off,
}

/// What became of the look for an answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Found {
    /// An answer that may be taken.
    Hit(Box<RecordedAnswer>),
    /// There is none.
    Miss,
}

/// Recorded answers, and how they are used.
#[derive(Clone, Default)]
pub struct Cache {
    /// How.
    pub mode: CacheMode,
    /// Where they are; none: every look is a miss.
    pub source: Option<Arc<dyn AnswerSource>>,
}

impl Cache {
    /// The answer to a request, when there is one that ended by itself, says something, and comes from an engine
    /// that would have answered the same.
    ///
    /// # Errors
    /// The answers cannot be read.
    pub fn find(&self, key: Fingerprint, provider: &dyn Provider) -> Result<Found, String> {
        let looks = matches!(self.mode, CacheMode::Use | CacheMode::Offline);
        let Some(source) = self.source.as_ref().filter(|_| looks) else { return Ok(Found::Miss) };
        let answer = source.answer(key)?;
        let taken = answer.filter(|a| a.completion.is_usable() && provider.accepts(&a.identity));
        Ok(taken.map_or(Found::Miss, |answer| Found::Hit(Box::new(answer))))
    }

    /// The answer to a request to a model: [`Cache::find`], and what a miss means where nothing may be sent. What is
    /// replayed is recorded already.
    ///
    /// # Errors
    /// The answers cannot be read, or there is none and nothing may be sent.
    pub(super) fn look(&self, model: &OpenedModel, key: Fingerprint) -> Result<Found, ProviderError> {
        if model.spec.is_replay() && self.mode != CacheMode::Offline {
            return Ok(Found::Miss);
        }
        let found = self.find(key, &*model.provider);
        let found = found.map_err(|message| ProviderError::new(ErrorKind::Internal, message))?;
        match (&found, self.refusal(key)) {
            (Found::Miss, Some(refusal)) => Err(refusal),
            _ => Ok(found),
        }
    }

    /// What a miss means for its trial: an error where nothing may be sent.
    pub fn refusal(&self, key: Fingerprint) -> Option<ProviderError> {
        (self.mode == CacheMode::Offline).then(|| {
            let place = self.source.as_ref().map(|s| format!(" in {}", s.name())).unwrap_or_default();
            ProviderError::new(
                ErrorKind::Missing,
                format!(
                    "no recorded answer{place} for request {}, and --offline sends nothing: run without \
                     --offline, or bring the answers with `regauge cache import`",
                    key.hex(12)
                ),
            )
        })
    }
}

impl std::fmt::Debug for Cache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let source = self.source.as_ref().map(|s| s.name());
        f.debug_struct("Cache").field("mode", &self.mode).field("source", &source).finish()
    }
}

/// What `--offline` ends with when answers are missing: how many, and of which cases (each named once, at most
/// ten of them); empty when none is missing.
pub fn missing<'c>(cases: impl IntoIterator<Item = &'c str>) -> String {
    let mut trials = 0_u64;
    let mut names: Vec<&str> = Vec::new();
    let mut more = false;
    for case in cases {
        trials += 1;
        if !names.contains(&case) {
            if names.len() < SHOWN {
                names.push(case);
            } else {
                more = true;
            }
        }
    }
    if trials == 0 {
        return String::new();
    }
    let noun = if trials == 1 { "recorded answer is" } else { "recorded answers are" };
    let rest = if more { ", …" } else { "" };
    format!(
        "{trials} {noun} missing, of: {}{rest}\nrun without --offline to ask for them, or bring them with \
         `regauge cache import`",
        names.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::{Answered, Completion, Request, StopReason, ToolCall};
    use futures_util::future::BoxFuture;
    use serde_json::{Value, json};

    struct One(RecordedAnswer);

    impl AnswerSource for One {
        fn answer(&self, key: Fingerprint) -> Result<Option<RecordedAnswer>, String> {
            if key == Fingerprint::of("broken") {
                return Err("cannot read".into());
            }
            Ok((key == self.0.request).then(|| self.0.clone()))
        }

        fn identity(&self, _: &str, _: &str) -> Option<Value> {
            None
        }

        fn name(&self) -> String {
            "answers.jsonl".into()
        }
    }

    struct Engine(Value);

    impl Provider for Engine {
        fn complete<'a>(&'a self, _: &'a Request) -> BoxFuture<'a, Result<Answered, ProviderError>> {
            Box::pin(async { Err(ProviderError::new(ErrorKind::Internal, "not asked")) })
        }

        fn identity(&self) -> Value {
            self.0.clone()
        }
    }

    fn recorded(text: &str, stop: StopReason) -> RecordedAnswer {
        RecordedAnswer {
            request: Fingerprint::of("a"),
            provider: "openai".into(),
            model: "m".into(),
            identity: json!({"engine": 1}),
            cost: None,
            completion: Completion { stop, latency_ms: 1.5, ..Completion::of_text(text) },
        }
    }

    fn cache(mode: CacheMode, answer: &RecordedAnswer) -> Cache {
        Cache { mode, source: Some(Arc::new(One(answer.clone()))) }
    }

    fn hits(cache: &Cache, engine: i64) -> bool {
        let found = cache.find(Fingerprint::of("a"), &Engine(json!({"engine": engine}))).unwrap();
        matches!(found, Found::Hit(_))
    }

    #[test]
    fn an_answer_is_taken_when_it_is_whole_and_of_the_same_engine() {
        let answer = recorded("30 days", StopReason::End);
        assert!(hits(&cache(CacheMode::Use, &answer), 1) && hits(&cache(CacheMode::Offline, &answer), 1));
        assert!(!hits(&cache(CacheMode::Use, &answer), 2));
        assert!(!hits(&cache(CacheMode::Refresh, &answer), 1) && !hits(&cache(CacheMode::Off, &answer), 1));
        assert!(!hits(&Cache::default(), 1));
        let other = cache(CacheMode::Use, &answer).find(Fingerprint::of("b"), &Engine(json!({"engine": 1})));
        assert_eq!(other, Ok(Found::Miss));
        let broken = cache(CacheMode::Use, &answer).find(Fingerprint::of("broken"), &Engine(Value::Null));
        assert_eq!(broken, Err("cannot read".into()));
    }

    #[test]
    fn what_is_no_answer_is_asked_again() {
        use StopReason::{ContentFilter, End, Length, Other, Refusal, ToolCalls};
        for stop in [Length, ContentFilter, Refusal, Other("pause".into())] {
            assert!(!hits(&cache(CacheMode::Use, &recorded("x", stop.clone())), 1), "{stop:?}");
        }
        assert!(!hits(&cache(CacheMode::Use, &recorded(" \n", End)), 1));
        let mut calls = recorded("", ToolCalls);
        assert!(!hits(&cache(CacheMode::Use, &calls), 1));
        calls.completion.tool_calls =
            vec![ToolCall { id: "1".into(), name: "open".into(), arguments: Value::Null }];
        assert!(hits(&cache(CacheMode::Use, &calls), 1));
    }

    #[test]
    fn offline_a_miss_is_an_error_that_names_the_request() {
        let answer = recorded("x", StopReason::End);
        let key = Fingerprint::of("b");
        assert_eq!(cache(CacheMode::Use, &answer).refusal(key), None);
        let error = cache(CacheMode::Offline, &answer).refusal(key).unwrap();
        assert_eq!(error.kind, ErrorKind::Missing);
        assert!(
            error.message.contains("in answers.jsonl") && error.message.contains(&key.hex(12)),
            "{error}"
        );
    }

    #[test]
    fn missing_cases_are_named_once_and_cut() {
        assert_eq!(missing([]), "");
        assert!(missing(["a"]).starts_with("1 recorded answer is missing, of: a\n"));
        assert!(missing(["a", "b", "a"]).starts_with("3 recorded answers are missing, of: a, b\n"));
        let many: Vec<String> = (0..12).map(|n| format!("c{n}")).collect();
        let text = missing(many.iter().map(String::as_str));
        assert!(text.contains("c9, …\n") && !text.contains("c10"), "{text}");
    }
}
