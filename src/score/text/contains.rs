//! # What it checks
//! The answer contains all, or any, of some texts. The value is the share of conditions that hold:
//! each text of `all` is one condition, `any` as a whole is one.
//!
//! # Keys
//! - `all`: a list of texts that must each be there.
//! - `any`: a list of texts of which one must be there.
//! - `ignore_case` = true: whether letter case is ignored.
//!
//! # Example
//! ```toml
//! [[score]]
//! kind = "contains"
//! all = ["return label"]
//! any = ["30 days", "30-day"]
//! ```
//!
//! # Caveats
//! Texts are found inside words too: `art` is in `start`. For amounts use `number`, which knows
//! how they are written.

use crate::score::words::{Folded, Folding, fold};
use crate::score::{Args, Built, Check, Evidence, Finding, ScoreInput, ScorerKind};

/// Row of the scorer table.
pub(in crate::score) const KIND: ScorerKind = ScorerKind {
    name: "contains",
    summary: "the answer contains all, or any, of some texts",
    docs: docs!("contains.rs"),
    keys: &["any", "all", "ignore_case"],
    build,
};

/// A text to look for.
struct Needle {
    written: String,
    folded: String,
}

struct Contains {
    all: Vec<Needle>,
    any: Vec<Needle>,
    folding: Folding,
}

fn build(args: &Args<'_>) -> Built {
    let mut errors = Vec::new();
    if args.value("any").is_none() && args.value("all").is_none() {
        errors.push(
            args.error("neither `any` nor `all` is given")
                .with_help("add `any = [\"…\"]` or `all = [\"…\"]`"),
        );
    }
    let all = args.strings("all", &mut errors).unwrap_or_default();
    let any = args.strings("any", &mut errors).unwrap_or_default();
    let ignore_case = args.get::<bool>("ignore_case", &mut errors).unwrap_or(true);
    let folding = if ignore_case { Folding::Case } else { Folding::Typing };
    let needles = |texts: Vec<String>| {
        texts.into_iter().map(|written| Needle { folded: fold(&written, folding), written }).collect()
    };
    if !errors.is_empty() {
        return Err(errors);
    }
    Ok(Box::new(Contains { all: needles(all), any: needles(any), folding }))
}

impl Check for Contains {
    fn check(&self, input: &ScoreInput<'_>) -> Finding {
        let answer = Folded::new(&input.completion.text, self.folding);
        let places = |needle: &Needle| -> Vec<Evidence> {
            answer
                .find_all(&needle.folded)
                .iter()
                .map(|bytes| {
                    let span = answer.chars(bytes);
                    Evidence { span: Some(span.clone()), ..Evidence::new("matched", answer.quote(&span)) }
                })
                .collect()
        };
        let mut evidence = Vec::new();
        let mut missing = Vec::new();
        for needle in &self.all {
            let found = places(needle);
            if found.is_empty() {
                missing.push(format!("`{}`", needle.written));
                evidence.push(Evidence::new("missing", needle.written.as_str()));
            }
            evidence.extend(found);
        }
        let any: Vec<Evidence> = self.any.iter().flat_map(places).collect();
        let any_missing = any.is_empty() && !self.any.is_empty();
        if any_missing {
            missing.push(format!(
                "any of {}",
                self.any.iter().map(|n| format!("`{}`", n.written)).collect::<Vec<_>>().join(", ")
            ));
            evidence.extend(self.any.iter().map(|n| Evidence::new("missing", n.written.as_str())));
        }
        evidence.extend(any);
        let conditions = self.all.len() + usize::from(!self.any.is_empty());
        let value = (conditions - missing.len()) as f64 / conditions as f64;
        let reason = if missing.is_empty() {
            "contains what it should".to_owned()
        } else {
            format!("does not contain {}", missing.join(" nor "))
        };
        Finding::scored(value, missing.is_empty(), reason).with(evidence)
    }
}

#[cfg(test)]
mod tests {
    use crate::score::ScoreState;
    use crate::score::testing::{Setup, mistakes};

    #[test]
    fn all_counts_each_and_any_counts_once() {
        let score = Setup::of("contains", "all = ['label', 'box']\nany = ['30 days', '30-day']")
            .score("Print the LABEL: 30-day window.");
        assert_eq!(score.state, ScoreState::Scored { value: 2.0 / 3.0, pass: false });
        assert_eq!(score.reason, "does not contain `box`");
        let labels: Vec<_> = score.evidence.iter().map(|e| (e.label.as_str(), e.quote.as_str())).collect();
        assert_eq!(labels, [("matched", "LABEL"), ("missing", "box"), ("matched", "30-day")]);
        assert_eq!(score.evidence[0].span, Some(10..15));
    }

    #[test]
    fn spans_count_characters() {
        let score = Setup::of("contains", "all = ['zile']").score("€ — 30 de zile");
        assert_eq!(score.evidence[0].span, Some(10..14));
    }

    #[test]
    fn case_counts_when_asked_and_apostrophes_never() {
        assert_eq!(
            Setup::of("contains", "any = ['EUR']\nignore_case = false").score("5 eur").pass(),
            Some(false)
        );
        assert_eq!(Setup::of("contains", "any = [\"don't\"]").score("we don’t").pass(), Some(true));
    }

    #[test]
    fn not_turns_it_round() {
        let score = Setup::of("contains", "any = ['refund']\nnot = true").score("no such word");
        assert_eq!(score.pass(), Some(true));
        assert!(score.reason.starts_with("not: "));
    }

    #[test]
    fn all_mistakes_are_reported() {
        assert_eq!(mistakes("contains", "").len(), 1);
        assert_eq!(mistakes("contains", "any = []\nall = [1]\nignore_case = 'x'").len(), 3);
    }
}
