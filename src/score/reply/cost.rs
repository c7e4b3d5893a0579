//! # What it checks
//! The reply cost no more than a limit. The value is 1 within it, and the limit divided by the cost beyond it.
//!
//! # Keys
//! - `max_usd`: the most that one reply may cost, in USD.
//!
//! # Example
//! ```toml
//! [[score]]
//! kind = "cost"
//! max_usd = 0.005
//! ```
//!
//! # Caveats
//! Not applicable where the cost is not known: the model has no price, or its endpoint tells no tokens. An unknown cost
//! is never taken for 0. An answer from the cache counts with what it cost when it was asked for. What failed attempts
//! cost is not in it.

use crate::score::reply::limits::{Limit, judge, read};
use crate::score::{Args, Built, Check, Finding, ScoreInput, ScorerKind};

/// Row of the scorer table.
pub(in crate::score) const KIND: ScorerKind = ScorerKind {
    name: "cost",
    summary: "the reply cost no more than a limit",
    docs: docs!("cost.rs"),
    keys: &["max_usd"],
    build,
};

struct Cost {
    max_usd: f64,
}

fn build(args: &Args<'_>) -> Built {
    let mut errors = Vec::new();
    match read(args, KIND.keys, &mut errors)[..] {
        [Some(max_usd)] if errors.is_empty() => Ok(Box::new(Cost { max_usd })),
        _ => Err(errors),
    }
}

impl Check for Cost {
    fn check(&self, input: &ScoreInput<'_>) -> Finding {
        let limit = Limit { what: "cost", unit: "USD", most: self.max_usd, found: input.cost };
        judge(&[limit])
    }

    fn needs_answer(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use crate::provider::StopReason;
    use crate::score::testing::{Setup, mistakes};
    use crate::score::{Score, ScoreState};

    fn score(toml: &str, cost: Option<f64>) -> Score {
        let mut setup = Setup::of("cost", toml);
        setup.cost = cost;
        setup.score("Yes.")
    }

    #[test]
    fn the_limit_itself_passes() {
        assert_eq!(score("max_usd = 0.5", Some(0.5)).state, ScoreState::Scored { value: 1.0, pass: true });
        assert_eq!(score("max_usd = 0", Some(0.0)).state, ScoreState::Scored { value: 1.0, pass: true });
        let over = score("max_usd = 0.5", Some(2.0));
        assert_eq!(over.state, ScoreState::Scored { value: 0.25, pass: false });
        assert_eq!(over.reason, "cost 2 USD, not at most 0.5");
        assert_eq!(score("max_usd = 0", Some(0.1)).state, ScoreState::Scored { value: 0.0, pass: false });
    }

    #[test]
    fn an_unknown_cost_is_not_zero() {
        for toml in ["max_usd = 0.5", "max_usd = 0.5\nnot = true"] {
            assert_eq!(score(toml, None).state, ScoreState::NotApplicable);
        }
        assert_eq!(score("max_usd = 1", Some(f64::NAN)).state, ScoreState::NotApplicable);
    }

    #[test]
    fn empty_and_refused_replies_cost_too() {
        let mut setup = Setup::of("cost", "max_usd = 0.5");
        setup.cost = Some(1.0);
        assert_eq!(setup.score(" ").pass(), Some(false));
        setup.completion.stop = StopReason::Refusal;
        assert_eq!(setup.score("").pass(), Some(false));
    }

    #[test]
    fn all_mistakes_are_reported() {
        for toml in ["", "max_usd = -1", "max_usd = inf", "max_usd = '1'"] {
            assert_eq!(mistakes("cost", toml).len(), 1, "{toml}");
        }
    }
}
