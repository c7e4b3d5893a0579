//! Requests and tokens per minute, as the user allows them and as the endpoint's headers correct them.

use tokio::time::Instant;

use super::bucket::Bucket;
use crate::provider::{Limits, Quota, Request, Usage};

/// Tokens of an answer when neither the request nor anything else limits them.
const UNKNOWN_ANSWER: u64 = 256;
/// Bytes of English text per token, roughly.
const BYTES_PER_TOKEN: u64 = 4;

/// The tokens that a request may use: its prompt, and as many as its answer may have.
pub(in crate::run) fn estimate(request: &Request) -> u64 {
    let bytes: u64 = request.messages.iter().map(|m| m.content.len() as u64).sum();
    bytes / BYTES_PER_TOKEN + request.params.max_tokens.map_or(UNKNOWN_ANSWER, u64::from)
}

/// Two buckets, each only where there is an allowance.
#[derive(Debug, Default)]
pub(super) struct Budget {
    requests: Option<Bucket>,
    tokens: Option<Bucket>,
}

impl Budget {
    /// Takes over the smaller of the allowances that are known and these.
    pub(super) fn tighten(&mut self, limits: &Limits, now: Instant) {
        lower(&mut self.requests, limits.rpm.map(u64::from), now);
        lower(&mut self.tokens, limits.tpm, now);
    }

    /// What the endpoint says of its allowances. It may lower what the user set; it does not set what the
    /// user left open, because its window may be another than a minute.
    pub(super) fn adopt(&mut self, quota: &Quota, now: Instant) {
        if self.requests.is_some() {
            lower(&mut self.requests, quota.requests.limit, now);
        }
        if self.tokens.is_some() {
            lower(&mut self.tokens, quota.tokens.limit, now);
        }
    }

    /// When one request of so many tokens may be sent; `None` = now.
    pub(super) fn ready_at(&mut self, tokens: u64, now: Instant) -> Option<Instant> {
        let requests = self.requests.as_mut().and_then(|b| b.ready_at(1.0, now));
        let tokens = self.tokens.as_mut().and_then(|b| b.ready_at(tokens as f64, now));
        requests.max(tokens)
    }

    /// Takes one request of so many tokens.
    pub(super) fn take(&mut self, tokens: u64) {
        if let Some(bucket) = &mut self.requests {
            bucket.take(1.0);
        }
        if let Some(bucket) = &mut self.tokens {
            bucket.take(tokens as f64);
        }
    }

    /// Corrects the tokens that were taken by those that were used, where that is known.
    pub(super) fn settle(&mut self, taken: u64, usage: &Usage) {
        if let (Some(bucket), Some(input), Some(output)) = (&mut self.tokens, usage.input, usage.output) {
            bucket.give_back(taken as f64 - (input + output) as f64);
        }
    }
}

fn lower(bucket: &mut Option<Bucket>, per_minute: Option<u64>, now: Instant) {
    if let Some(allowed) = per_minute.filter(|n| *n > 0)
        && bucket.as_ref().is_none_or(|b| allowed < b.per_minute())
    {
        *bucket = Some(Bucket::new(allowed, now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fingerprint::Fingerprint;
    use crate::prompt::{ChatRole, Message};
    use crate::provider::{Params, Window};

    #[test]
    fn nothing_set_is_nothing_held() {
        let now = Instant::now();
        let mut budget = Budget::default();
        budget.take(1_000_000);
        assert_eq!(budget.ready_at(1_000_000, now), None);
        let quota =
            Quota { requests: Window { limit: Some(1), ..Window::default() }, tokens: Window::default() };
        budget.adopt(&quota, now);
        budget.take(1);
        assert_eq!(budget.ready_at(1, now), None, "a header alone sets no limit per minute");
    }

    #[test]
    fn the_smaller_allowance_counts() {
        let now = Instant::now();
        let mut budget = Budget::default();
        budget.tighten(&Limits { rpm: Some(6000), ..Limits::default() }, now);
        budget.tighten(&Limits { rpm: Some(60_000), tpm: Some(600), ..Limits::default() }, now);
        let limit = |n| Window { limit: Some(n), ..Window::default() };
        budget.adopt(&Quota { requests: limit(60), tokens: limit(9_000_000) }, now);
        assert_eq!(budget.requests.as_ref().map(Bucket::per_minute), Some(60));
        assert_eq!(budget.tokens.as_ref().map(Bucket::per_minute), Some(600));
    }

    #[test]
    fn tokens_that_were_not_used_are_given_back() {
        let now = Instant::now();
        let mut budget = Budget::default();
        budget.tighten(&Limits { tpm: Some(6000), ..Limits::default() }, now);
        budget.take(1000);
        assert!(budget.ready_at(10, now).is_some());
        budget.settle(1000, &Usage::default());
        assert!(budget.ready_at(10, now).is_some(), "unknown use keeps the estimate");
        budget.settle(1000, &Usage { input: Some(20), output: Some(5), ..Usage::default() });
        assert_eq!(budget.ready_at(10, now), None);
    }

    #[test]
    fn a_request_is_estimated_by_its_text_and_its_limit() {
        let message = Message::new(ChatRole::User, "x".repeat(400));
        let mut request = Request {
            messages: vec![message],
            params: Params { max_tokens: Some(50), ..Params::default() },
            key: Fingerprint::of("x"),
            lookup: None,
        };
        assert_eq!(estimate(&request), 150);
        request.params.max_tokens = None;
        assert_eq!(estimate(&request), 100 + UNKNOWN_ANSWER);
    }
}
