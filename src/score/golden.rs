//! # What it checks
//! How close the answer comes to the closest accepted answer. The value is the best, over the
//! accepted answers, of the larger of two figures: token F1 (words in common, in any order) and
//! edit ratio (1 − Levenshtein distance of the characters / the longer length).
//!
//! # Keys
//! - `min` = 0.5: the least value that passes.
//!
//! # Example
//! ```toml
//! [[score]]
//! kind = "golden"
//! min = 0.45
//! ```
//!
//! # Caveats
//! It compares words, not meaning: a paraphrase scores low, and `30 days` for `14 days` scores high;
//! pair it with `number` or `grounded`. Case, punctuation and Romanian diacritics are ignored. For
//! answers so long that their product exceeds 16 million characters the edit ratio counts words.
//! Not applicable to a case without a golden.

use std::collections::HashMap;
use std::ops::Range;

use similar::{Algorithm, DiffTag, capture_diff_slices};

use crate::score::text::{Word, quote, words};
use crate::score::{Args, Built, Check, Evidence, Finding, ScoreInput, ScorerKind};

/// Row of the scorer table.
pub(super) const KIND: ScorerKind = ScorerKind {
    name: "golden",
    summary: "the answer is close to an accepted answer (token F1 or edit ratio)",
    keys: &["min"],
    build,
};

const DEFAULT_MIN: f64 = 0.5;
/// Character pairs above which the edit distance counts words: about a quarter of a second.
const MOST_PAIRS: usize = 16_000_000;
/// Differences shown, and words compared for them.
const SHOWN: usize = 40;
const MOST_DIFFED: usize = 2_000;

struct Closeness {
    min: f64,
}

fn build(args: &Args<'_>) -> Built {
    let mut errors = Vec::new();
    let min = args.number("min", &mut errors).unwrap_or(DEFAULT_MIN);
    if !(0.0..=1.0).contains(&min) {
        errors.push(args.error_at("min", format!("`min` = {min} is outside 0 to 1")));
    }
    if errors.is_empty() { Ok(Box::new(Closeness { min })) } else { Err(errors) }
}

/// An accepted answer held against the answer.
struct Compared<'a> {
    index: usize,
    text: &'a str,
    words: Vec<Word>,
    token_f1: f64,
    edit_ratio: f64,
}

impl Compared<'_> {
    fn value(&self) -> f64 {
        self.token_f1.max(self.edit_ratio)
    }
}

impl Check for Closeness {
    fn check(&self, input: &ScoreInput<'_>) -> Finding {
        let answer = words(&input.completion.text);
        let compared = input.case.goldens.iter().enumerate().map(|(index, text)| {
            let golden = words(text);
            Compared {
                index,
                text,
                token_f1: token_f1(&answer, &golden),
                edit_ratio: edit_ratio(&answer, &golden),
                words: golden,
            }
        });
        // Of equals the first one stays.
        let Some(best) = compared.reduce(|best, next| if next.value() > best.value() { next } else { best })
        else {
            return Finding::not_applicable("the case has no golden");
        };
        let which = match input.case.goldens.len() {
            1 => "the accepted answer".to_owned(),
            n => format!("accepted answer {} of {n}", best.index + 1),
        };
        let value = best.value();
        let reason = format!(
            "{value:.2} to {which} (token F1 {:.2}, edit ratio {:.2}); at least {:.2} asked",
            best.token_f1, best.edit_ratio, self.min
        );
        Finding::scored(value, value >= self.min, reason).with(differences(
            &input.completion.text,
            &answer,
            &best,
        ))
    }
}

/// Harmonic mean of precision and recall of words, as multisets.
fn token_f1(answer: &[Word], golden: &[Word]) -> f64 {
    if answer.is_empty() || golden.is_empty() {
        return f64::from(u8::from(answer.is_empty() && golden.is_empty()));
    }
    let mut left: HashMap<&str, usize> = HashMap::new();
    for word in golden {
        *left.entry(word.folded.as_str()).or_default() += 1;
    }
    let common = answer
        .iter()
        .filter(|word| match left.get_mut(word.folded.as_str()) {
            Some(count) if *count > 0 => {
                *count -= 1;
                true
            }
            _ => false,
        })
        .count();
    2.0 * common as f64 / (answer.len() + golden.len()) as f64
}

fn edit_ratio(answer: &[Word], golden: &[Word]) -> f64 {
    let text = |words: &[Word]| words.iter().map(|w| w.folded.as_str()).collect::<Vec<_>>().join(" ");
    let (a, b) = (text(answer), text(golden));
    if a.len().saturating_mul(b.len()) <= MOST_PAIRS {
        return strsim::normalized_levenshtein(&a, &b);
    }
    let longer = answer.len().max(golden.len());
    let cap = MOST_PAIRS / answer.len().min(golden.len()).max(1);
    if longer > cap {
        return 0.0;
    }
    let keys = |words: &[Word]| words.iter().map(|w| w.folded.clone()).collect::<Vec<_>>();
    let distance = strsim::generic_levenshtein(&keys(answer), &keys(golden));
    1.0 - distance as f64 / longer as f64
}

/// What the golden has and the answer lacks (`missing`), and the other way round (`extra`).
fn differences(original: &str, answer: &[Word], best: &Compared<'_>) -> Vec<Evidence> {
    let keys = |words: &[Word]| words.iter().take(MOST_DIFFED).map(|w| w.folded.clone()).collect::<Vec<_>>();
    let (golden_keys, answer_keys) = (keys(&best.words), keys(answer));
    let mut found = Vec::new();
    let mut more = 0;
    for op in capture_diff_slices(Algorithm::Myers, &golden_keys, &answer_keys) {
        if op.tag() == DiffTag::Equal {
            continue;
        }
        if found.len() >= SHOWN {
            more += 1;
            continue;
        }
        if let Some(span) = whole(&best.words, &op.old_range()) {
            found.push(Evidence::new("missing", quote(best.text, &span)));
        }
        if let Some(span) = whole(answer, &op.new_range()) {
            found.push(Evidence {
                span: Some(span.clone()),
                ..Evidence::new("extra", quote(original, &span))
            });
        }
    }
    if more > 0
        && let Some(last) = found.last_mut()
    {
        last.note = Some(format!("and {more} more differences"));
    }
    found
}

fn whole(words: &[Word], range: &Range<usize>) -> Option<Range<usize>> {
    let part = words.get(range.clone())?;
    Some(part.first()?.span.start..part.last()?.span.end)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::score::ScoreState;
    use crate::score::testing::{Setup, mistakes};

    #[test]
    fn an_equal_answer_is_one_without_differences() {
        let score = Setup::of("golden", "").goldens(&["Ai 30 de zile."]).score("ai 30 de ZILE");
        assert_eq!(score.state, ScoreState::Scored { value: 1.0, pass: true });
        assert!(score.evidence.is_empty());
    }

    #[test]
    fn romanian_diacritics_do_not_matter() {
        let setup = Setup::of("golden", "").goldens(&["Știți că returnați în două săptămâni"]);
        assert_eq!(setup.score("stiti ca returnati in doua saptamani").value(), Some(1.0));
    }

    #[test]
    fn the_closest_golden_counts_and_is_named() {
        let setup = Setup::of("golden", "min = 0.9").goldens(&["no", "you have 30 days from delivery"]);
        let score = setup.score("you have 14 days");
        assert_eq!(score.pass(), Some(false));
        assert!((score.value().unwrap() - 0.6).abs() < 1e-12, "{}", score.reason);
        assert_eq!(
            score.reason,
            "0.60 to accepted answer 2 of 2 (token F1 0.60, edit ratio 0.47); at least 0.90 asked"
        );
        let shown: Vec<_> = score.evidence.iter().map(|e| (e.label.as_str(), e.quote.as_str())).collect();
        assert_eq!(shown, [("missing", "30"), ("extra", "14"), ("missing", "from delivery")]);
        assert_eq!(score.evidence[1].span, Some(9..11));
    }

    #[test]
    fn the_minimum_itself_passes() {
        assert_eq!(Setup::of("golden", "min = 1").goldens(&["a b"]).score("a b").pass(), Some(true));
        assert_eq!(Setup::of("golden", "min = 0").goldens(&["a b"]).score("x").pass(), Some(true));
    }

    #[test]
    fn no_golden_nothing_to_judge() {
        assert_eq!(Setup::of("golden", "").score("x").state, ScoreState::NotApplicable);
    }

    #[test]
    fn long_answers_stay_fast() {
        let long = "ab ".repeat(60_000);
        let score = Setup::of("golden", "").goldens(&[&"cd ".repeat(60_000)]).score(&long);
        assert_eq!(score.value(), Some(0.0));
    }

    #[test]
    fn a_minimum_outside_its_range_is_a_mistake() {
        for toml in ["min = 1.5", "min = -0.1", "min = nan", "min = 'x'"] {
            assert_eq!(mistakes("golden", toml).len(), 1, "{toml}");
        }
    }

    proptest! {
        #[test]
        fn both_figures_are_symmetric_shares(a in "[a-c ]{0,12}", b in "[a-c ]{0,12}") {
            let (a, b) = (words(&a), words(&b));
            for figure in [token_f1, edit_ratio] {
                let value = figure(&a, &b);
                prop_assert!((0.0..=1.0).contains(&value));
                prop_assert!((value - figure(&b, &a)).abs() < 1e-12);
                prop_assert!((figure(&a, &a) - 1.0).abs() < 1e-12);
            }
        }
    }
}
