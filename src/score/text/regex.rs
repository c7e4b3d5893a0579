//! # What it checks
//! A regular expression matches somewhere in the answer.
//!
//! # Keys
//! - `pattern`: an expression in the syntax of Rust's `regex` crate, without look-around; `(?i)`
//!   ignores case, `(?s)` lets `.` match line breaks, `^` and `$` are the ends of the answer.
//!
//! # Example
//! ```toml
//! [[score]]
//! kind = "regex"
//! pattern = 'VC-\d{6}'
//! ```
//!
//! # Caveats
//! The answer is matched as received; nothing is folded.

use regex::Regex;

use crate::score::words::char_span;
use crate::score::{Args, Built, Check, Evidence, Finding, ScoreInput, ScorerKind};

/// Row of the scorer table.
pub(in crate::score) const KIND: ScorerKind = ScorerKind {
    name: "regex",
    summary: "a regular expression matches somewhere in the answer",
    docs: docs!("regex.rs"),
    keys: &["pattern"],
    build,
};

/// Matches shown; a pattern may match everywhere.
const SHOWN: usize = 10;

struct Matches {
    pattern: Regex,
}

fn build(args: &Args<'_>) -> Built {
    let mut errors = Vec::new();
    let Some(source) = args.require::<String>("pattern", &mut errors) else { return Err(errors) };
    if source.is_empty() {
        return Err(vec![args.error_at("pattern", "`pattern` is empty, which matches every answer")]);
    }
    match Regex::new(&source) {
        Ok(pattern) => Ok(Box::new(Matches { pattern })),
        Err(error) => Err(vec![args.error_at("pattern", explain(&error)).with_help(
            "look-around and back-references are not part of this syntax; a TOML literal '…' keeps backslashes",
        )]),
    }
}

/// The last line of the message; the ones above draw the pattern, which the diagnostic does too.
fn explain(error: &regex::Error) -> String {
    let text = error.to_string();
    let last = text.lines().last().unwrap_or_default();
    format!("`pattern`: {}", last.trim_start_matches("error: "))
}

impl Check for Matches {
    fn check(&self, input: &ScoreInput<'_>) -> Finding {
        let text = &input.completion.text;
        let evidence: Vec<Evidence> = self
            .pattern
            .find_iter(text)
            .take(SHOWN)
            .map(|m| Evidence {
                span: Some(char_span(text, &m.range())),
                ..Evidence::new("matched", m.as_str())
            })
            .collect();
        if evidence.is_empty() {
            return Finding::scored(0.0, false, format!("`{}` matches nowhere", self.pattern));
        }
        Finding::scored(1.0, true, format!("`{}` matches", self.pattern)).with(evidence)
    }
}

#[cfg(test)]
mod tests {
    use crate::score::testing::{Setup, mistakes};

    #[test]
    fn matches_are_shown_by_characters() {
        let score = Setup::of("regex", r"pattern = 'VC-\d{2}'").score("€ VC-12 and VC-345");
        let spans: Vec<_> = score.evidence.iter().map(|e| e.span.clone().unwrap()).collect();
        assert_eq!((score.pass(), spans), (Some(true), vec![2..7, 12..17]));
    }

    #[test]
    fn no_match_fails_and_not_turns_it_round() {
        assert_eq!(Setup::of("regex", "pattern = '^x'").score("yx").pass(), Some(false));
        assert_eq!(Setup::of("regex", "pattern = '^x'\nnot = true").score("yx").pass(), Some(true));
    }

    #[test]
    fn many_matches_are_cut_off() {
        assert_eq!(Setup::of("regex", "pattern = 'a'").score(&"a".repeat(50)).evidence.len(), 10);
    }

    #[test]
    fn a_pattern_that_does_not_compile_is_a_mistake_at_its_place() {
        let found = mistakes("regex", "pattern = 'a('");
        assert_eq!(found[0].message, "`pattern`: unclosed group");
        assert!(found[0].span.start > 0 && found[0].help.is_some());
        assert_eq!(mistakes("regex", "pattern = '(?=a)'").len(), 1);
        assert_eq!(mistakes("regex", "pattern = ''").len(), 1);
        assert_eq!(mistakes("regex", "").len(), 1);
        assert_eq!(mistakes("regex", "pattern = 3").len(), 1);
    }
}
