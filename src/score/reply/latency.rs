//! # What it checks
//! The reply came in time. The value is 1 within the limits, and the limit divided by the time beyond them, for the
//! worse of the two.
//!
//! # Keys
//! - `max_ms`: the most milliseconds until the whole reply was there.
//! - `max_first_token_ms`: the most milliseconds until its first piece of text was there.
//!
//! # Example
//! ```toml
//! [[score]]
//! kind = "latency"
//! max_ms = 4000
//! required = false
//! ```
//!
//! # Caveats
//! Times depend on the network and on what else runs, so a limit near the usual time makes a case flaky. The time is
//! that of the attempt that succeeded; an answer from the cache counts with its time when it was asked for. The first
//! piece is known only where the answer was streamed (`stream = true`), and not applicable elsewhere.

use crate::score::reply::limits::{Limit, judge, read};
use crate::score::{Args, Built, Check, Finding, ScoreInput, ScorerKind};

/// Row of the scorer table.
pub(in crate::score) const KIND: ScorerKind = ScorerKind {
    name: "latency",
    summary: "the reply came in time",
    docs: docs!("latency.rs"),
    keys: &["max_ms", "max_first_token_ms"],
    build,
};

struct Latency {
    all: Option<f64>,
    first: Option<f64>,
}

fn build(args: &Args<'_>) -> Built {
    let mut errors = Vec::new();
    let limits = read(args, KIND.keys, &mut errors);
    match limits[..] {
        [all, first] if errors.is_empty() => Ok(Box::new(Latency { all, first })),
        _ => Err(errors),
    }
}

impl Check for Latency {
    fn check(&self, input: &ScoreInput<'_>) -> Finding {
        let limit = |what, most: Option<f64>, found| most.map(|most| Limit { what, unit: "ms", most, found });
        let all = limit("reply after", self.all, Some(input.completion.latency_ms));
        let first = limit("first text after", self.first, input.completion.first_token_ms);
        judge(&all.into_iter().chain(first).collect::<Vec<_>>())
    }

    fn needs_answer(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use crate::score::ScoreState;
    use crate::score::testing::{Setup, mistakes};

    #[test]
    fn both_times_count() {
        let mut setup = Setup::of("latency", "max_ms = 1000\nmax_first_token_ms = 200");
        setup.completion.latency_ms = 800.0;
        assert_eq!(setup.score("Yes.").state, ScoreState::NotApplicable);
        setup.completion.first_token_ms = Some(400.0);
        let score = setup.score("");
        assert_eq!(score.state, ScoreState::Scored { value: 0.5, pass: false });
        assert_eq!(score.reason, "reply after 800 ms; first text after 400 ms, not at most 200");
        setup.completion.first_token_ms = Some(150.0);
        assert_eq!(setup.score("Yes.").pass(), Some(true));
    }

    #[test]
    fn all_mistakes_are_reported() {
        assert_eq!(mistakes("latency", "").len(), 1);
        assert_eq!(mistakes("latency", "max_ms = -1\nmax_first_token_ms = 'x'").len(), 2);
    }
}
