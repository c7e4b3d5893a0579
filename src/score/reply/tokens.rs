//! # What it checks
//! The request and the reply used no more tokens than limits allow. The value is 1 within them, and the limit divided
//! by the tokens beyond them, for the worst of them.
//!
//! # Keys
//! - `max_input`: the most tokens of the prompt, cached ones included.
//! - `max_output`: the most tokens of the answer, reasoning included.
//! - `max_reasoning`: the most hidden reasoning tokens.
//!
//! # Example
//! ```toml
//! [[score]]
//! kind = "tokens"
//! max_input = 3000
//! max_output = 300
//! ```
//!
//! # Caveats
//! Not applicable where the endpoint does not tell the number; nothing is estimated. Tokens of different models are
//! not comparable: for the length of an answer use `length`.

use crate::score::reply::limits::{Limit, judge, read};
use crate::score::{Args, Built, Check, Finding, ScoreInput, ScorerKind};

/// Row of the scorer table.
pub(in crate::score) const KIND: ScorerKind = ScorerKind {
    name: "tokens",
    summary: "prompt, answer and reasoning used no more tokens than allowed",
    docs: docs!("tokens.rs"),
    keys: &["max_input", "max_output", "max_reasoning"],
    build,
};

struct Tokens {
    input: Option<f64>,
    output: Option<f64>,
    reasoning: Option<f64>,
}

fn build(args: &Args<'_>) -> Built {
    let mut errors = Vec::new();
    let limits = read(args, KIND.keys, &mut errors);
    match limits[..] {
        [input, output, reasoning] if errors.is_empty() => Ok(Box::new(Tokens { input, output, reasoning })),
        _ => Err(errors),
    }
}

impl Check for Tokens {
    fn check(&self, input: &ScoreInput<'_>) -> Finding {
        let usage = input.completion.usage;
        let all = [
            ("prompt", self.input, usage.input),
            ("answer", self.output, usage.output),
            ("reasoning", self.reasoning, usage.reasoning),
        ];
        let limit = |(what, most, found): (_, Option<f64>, Option<u64>)| {
            Some(Limit { what, unit: "tokens", most: most?, found: found.map(|n| n as f64) })
        };
        judge(&all.into_iter().filter_map(limit).collect::<Vec<_>>())
    }

    fn needs_answer(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use crate::provider::Usage;
    use crate::score::ScoreState;
    use crate::score::testing::{Setup, mistakes};

    #[test]
    fn each_limit_is_held_against_its_own_number() {
        let mut setup = Setup::of("tokens", "max_input = 100\nmax_output = 50");
        setup.completion.usage = Usage { input: Some(100), output: Some(200), ..Usage::default() };
        let score = setup.score("Yes.");
        assert_eq!(score.state, ScoreState::Scored { value: 0.25, pass: false });
        assert_eq!(score.reason, "prompt 100 tokens; answer 200 tokens, not at most 50");
    }

    #[test]
    fn unknown_numbers_are_not_zero() {
        let mut setup = Setup::of("tokens", "max_reasoning = 100");
        assert_eq!(setup.score("Yes.").state, ScoreState::NotApplicable);
        setup.completion.usage.reasoning = Some(0);
        assert_eq!(setup.score("").pass(), Some(true));
    }

    #[test]
    fn all_mistakes_are_reported() {
        assert_eq!(mistakes("tokens", "").len(), 1);
        assert_eq!(mistakes("tokens", "max_input = -1\nmax_output = nan").len(), 2);
    }
}
