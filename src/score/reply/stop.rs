//! # What it checks
//! The model stopped for a reason that is fine: it finished, and was not cut off at the token limit, filtered or
//! refused.
//!
//! # Keys
//! - `accept` = `["end", "tool-calls"]`: the reasons that are fine, of `end`, `length`, `tool-calls`, `content-filter`
//!   and `refusal`, or any other word that an endpoint uses.
//!
//! # Example
//! ```toml
//! [[score]]
//! kind = "stop"
//! accept = ["end"]
//! ```
//!
//! # Caveats
//! A trial that was filtered or refused has the outcome `Refused` whatever this scorer says. A model that refuses in
//! its own words stops like any other: `action` sees that.

use crate::diagnostic::did_you_mean;
use crate::score::{Args, Built, Check, Evidence, Finding, ScoreInput, ScorerKind};

/// Row of the scorer table.
pub(in crate::score) const KIND: ScorerKind = ScorerKind {
    name: "stop",
    summary: "the model stopped for an accepted reason",
    docs: docs!("stop.rs"),
    keys: &["accept"],
    build,
};

/// The reasons that every endpoint's words are mapped to.
const REASONS: [&str; 5] = ["end", "length", "tool-calls", "content-filter", "refusal"];

struct Stop {
    accept: Vec<String>,
}

fn build(args: &Args<'_>) -> Built {
    let mut errors = Vec::new();
    let accept = args.strings("accept", &mut errors);
    for word in accept.iter().flatten().filter(|word| !REASONS.contains(&word.as_str())) {
        // Any word may be an endpoint's own; one that is nearly a known one is a slip.
        if let Some(near) = did_you_mean(word, REASONS) {
            let error = args.error_at("accept", format!("`{word}` is no reason to stop"));
            errors.push(error.with_help(format!("did you mean `{near}`?")));
        }
    }
    let accept = accept.unwrap_or_else(|| vec!["end".to_owned(), "tool-calls".to_owned()]);
    if errors.is_empty() { Ok(Box::new(Stop { accept })) } else { Err(errors) }
}

impl Check for Stop {
    fn check(&self, input: &ScoreInput<'_>) -> Finding {
        let reason = input.completion.stop.name();
        let holds = self.accept.iter().any(|word| word == reason);
        let told = if holds {
            format!("stopped: {reason}")
        } else {
            format!("stopped: {reason}, not {}", self.accept.join(" or "))
        };
        let evidence = Evidence::new(if holds { "matched" } else { "differs" }, reason);
        Finding::scored(f64::from(u8::from(holds)), holds, told).with(vec![evidence])
    }

    fn needs_answer(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use crate::provider::StopReason;
    use crate::score::testing::{Setup, mistakes};

    #[test]
    fn reasons_are_accepted_by_name() {
        let mut setup = Setup::of("stop", "");
        assert_eq!(setup.score("Yes.").pass(), Some(true));
        for stop in [StopReason::Length, StopReason::ContentFilter, StopReason::Refusal] {
            setup.completion.stop = stop;
            assert_eq!(setup.score("").pass(), Some(false));
        }
        assert_eq!(setup.score("x").reason, "stopped: refusal, not end or tool-calls");
        let mut own = Setup::of("stop", "accept = ['eos', 'length']");
        own.completion.stop = StopReason::Other("eos".to_owned());
        assert_eq!(own.score("Yes.").pass(), Some(true));
        own.completion.stop = StopReason::End;
        assert_eq!(own.score("Yes.").pass(), Some(false));
    }

    #[test]
    fn all_mistakes_are_reported() {
        let found = mistakes("stop", "accept = ['lenght', 'ned-of-turn-word']");
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(mistakes("stop", "accept = []").len(), 1);
    }
}
