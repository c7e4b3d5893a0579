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

use rapidfuzz::distance::levenshtein;
use similar::{Algorithm, DiffTag, capture_diff_slices};

use crate::score::text::Words;
use crate::score::{Args, Built, Check, Evidence, Finding, ScoreInput, ScorerKind};

/// Row of the scorer table.
pub(super) const KIND: ScorerKind = ScorerKind {
    name: "golden",
    summary: "the answer is close to an accepted answer (token F1 or edit ratio)",
    docs: docs!("golden.rs"),
    keys: &["min"],
    build,
};

const DEFAULT_MIN: f64 = 0.5;
/// Character pairs above which the edit distance counts words.
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
    words: Words<'a>,
    numbers: Numbers,
    token_f1: f64,
    edit_ratio: f64,
}

impl<'a> Compared<'a> {
    fn new(index: usize, golden: &'a str, answer: &Words<'_>, answer_line: &str) -> Self {
        let words = Words::new(golden);
        if answer.iter().eq(words.iter()) {
            return Self { index, words, numbers: Numbers::default(), token_f1: 1.0, edit_ratio: 1.0 };
        }
        let numbers = Numbers::of(answer, &words);
        let token_f1 = numbers.token_f1();
        let edit_ratio = edit_ratio((answer, answer_line), (&words, &line(&words)), 1.0 - token_f1);
        Self { index, words, numbers, token_f1, edit_ratio }
    }

    fn value(&self) -> f64 {
        self.token_f1.max(self.edit_ratio)
    }
}

impl Check for Closeness {
    fn check(&self, input: &ScoreInput<'_>) -> Finding {
        let goldens = &input.case.goldens;
        let answer = Words::new(&input.completion.text);
        let answer_line = line(&answer);
        let mut best: Option<Compared<'_>> = None;
        for (index, golden) in goldens.iter().enumerate() {
            let next = Compared::new(index, golden, &answer, &answer_line);
            // Of equals the first one stays.
            if best.as_ref().is_none_or(|best| next.value() > best.value()) {
                best = Some(next);
            }
            if best.as_ref().is_some_and(|best| best.value() >= 1.0) {
                break;
            }
        }
        let Some(best) = best else {
            return Finding::not_applicable("the case has no golden");
        };
        let which = match goldens.len() {
            1 => "the accepted answer".to_owned(),
            n => format!("accepted answer {} of {n}", best.index + 1),
        };
        let value = best.value();
        let reason = format!(
            "{value:.2} to {which} (token F1 {:.2}, edit ratio {:.2}); at least {:.2} asked",
            best.token_f1, best.edit_ratio, self.min
        );
        Finding::scored(value, value >= self.min, reason).with(differences(&answer, &best))
    }
}

/// The words of two texts as numbers, equal for equal words: cheaper to count and to compare.
#[derive(Default)]
struct Numbers {
    answer: Vec<u32>,
    golden: Vec<u32>,
    different: u32,
}

impl Numbers {
    fn of(answer: &Words<'_>, golden: &Words<'_>) -> Self {
        let mut known: HashMap<&str, u32> = HashMap::with_capacity(answer.len() + golden.len());
        let mut different = 0;
        let mut number = |word| {
            *known.entry(word).or_insert_with(|| {
                different += 1;
                different - 1
            })
        };
        let answer = answer.iter().map(&mut number).collect();
        let golden = golden.iter().map(&mut number).collect();
        Self { answer, golden, different }
    }

    /// Harmonic mean of precision and recall of words, as multisets.
    fn token_f1(&self) -> f64 {
        if self.answer.is_empty() || self.golden.is_empty() {
            return f64::from(u8::from(self.answer.is_empty() && self.golden.is_empty()));
        }
        let mut left = vec![0_usize; self.different as usize];
        for word in &self.golden {
            left[*word as usize] += 1;
        }
        let mut common = 0;
        for word in &self.answer {
            let count = &mut left[*word as usize];
            common += usize::from(*count > 0);
            *count = count.saturating_sub(1);
        }
        2.0 * common as f64 / (self.answer.len() + self.golden.len()) as f64
    }
}

/// The words with one blank between them.
fn line(words: &Words<'_>) -> String {
    words.iter().collect::<Vec<_>>().join(" ")
}

/// 1 − edit distance / longer length, of two texts given as words and as one line each.
///
/// `guess` is the share of the longer text that probably differs; it changes no result.
fn edit_ratio((answer, a): (&Words<'_>, &str), (golden, b): (&Words<'_>, &str), guess: f64) -> f64 {
    if a.len().saturating_mul(b.len()) <= MOST_PAIRS {
        return line_ratio(a, b, guess);
    }
    let longer = answer.len().max(golden.len());
    let cap = MOST_PAIRS / answer.len().min(golden.len()).max(1);
    if longer > cap {
        return 0.0;
    }
    let keys = |words: &Words<'_>| words.iter().map(str::to_owned).collect::<Vec<_>>();
    let distance = strsim::generic_levenshtein(&keys(answer), &keys(golden));
    1.0 - distance as f64 / longer as f64
}

/// The same of characters; a distance near the guess is found soonest.
fn line_ratio(a: &str, b: &str, guess: f64) -> f64 {
    let plain = a.is_ascii() && b.is_ascii();
    let length = |text: &str| if plain { text.len() } else { text.chars().count() };
    let longer = length(a).max(length(b));
    if longer == 0 {
        return 1.0;
    }
    let args = levenshtein::Args::default().score_hint((guess * longer as f64) as usize);
    let distance = if plain {
        levenshtein::distance_with_args(a.bytes(), b.bytes(), &args)
    } else {
        levenshtein::distance_with_args(a.chars(), b.chars(), &args)
    };
    1.0 - distance as f64 / longer as f64
}

/// What the golden has and the answer lacks (`missing`), and the other way round (`extra`).
fn differences(answer: &Words<'_>, best: &Compared<'_>) -> Vec<Evidence> {
    let (golden, numbers) = (&best.words, &best.numbers);
    let golden_keys = &numbers.golden[..numbers.golden.len().min(MOST_DIFFED)];
    let answer_keys = &numbers.answer[..numbers.answer.len().min(MOST_DIFFED)];
    let mut found = Vec::new();
    let mut more = 0;
    for op in capture_diff_slices(Algorithm::Myers, golden_keys, answer_keys) {
        if op.tag() == DiffTag::Equal {
            continue;
        }
        if found.len() >= SHOWN {
            more += 1;
            continue;
        }
        if let Some(span) = golden.span(&op.old_range()) {
            found.push(Evidence::new("missing", golden.quote(&span)));
        }
        if let Some(span) = answer.span(&op.new_range()) {
            let quote = answer.quote(&span);
            found.push(Evidence { span: Some(span), ..Evidence::new("extra", quote) });
        }
    }
    if more > 0
        && let Some(last) = found.last_mut()
    {
        last.note = Some(format!("and {more} more differences"));
    }
    found
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

    #[test]
    fn the_first_of_equals_is_named() {
        let setup = Setup::of("golden", "").goldens(&["c", "b a", "a b"]);
        let score = setup.score("a b");
        assert!(score.reason.starts_with("1.00 to accepted answer 2 of 3 (token F1 1.00, edit ratio 0.33)"));
        assert_eq!(score.evidence.len(), 2);
    }

    fn f1(a: &Words<'_>, b: &Words<'_>) -> f64 {
        Numbers::of(a, b).token_f1()
    }

    fn ratio(a: &Words<'_>, b: &Words<'_>) -> f64 {
        edit_ratio((a, &line(a)), (b, &line(b)), 0.5)
    }

    proptest! {
        #[test]
        fn both_figures_are_symmetric_shares(a in "[a-c ]{0,12}", b in "[a-c ]{0,12}") {
            let (a, b) = (Words::new(&a), Words::new(&b));
            for figure in [f1, ratio] {
                let value = figure(&a, &b);
                prop_assert!((0.0..=1.0).contains(&value));
                prop_assert!((value - figure(&b, &a)).abs() < 1e-12);
                prop_assert!((figure(&a, &a) - 1.0).abs() < 1e-12);
            }
        }

        #[test]
        fn the_quick_distance_is_the_plain_one(
            a in "[a-c ]{0,90}", b in "[a-c ]{0,90}", c in "[ab€ß\u{1f600}]{0,80}", d in any::<String>(),
            guess in 0.0..=1.0,
        ) {
            let texts = [&a, &b, &c, &d];
            for (x, y) in texts.iter().flat_map(|x| texts.map(move |y| (x.as_str(), y.as_str()))) {
                let plain = strsim::normalized_levenshtein(x, y);
                prop_assert_eq!(line_ratio(x, y, guess).to_bits(), plain.to_bits(), "{:?} {:?}", x, y);
            }
        }

        #[test]
        fn common_words_are_counted_as_often_as_both_have_them(a in "[ab ]{0,16}", b in "[abc ]{0,16}") {
            let (a, b) = (Words::new(&a), Words::new(&b));
            let mut left: Vec<&str> = b.iter().collect();
            let taken = a.iter().filter(|word| {
                left.iter().position(|l| l == word).map(|at| left.swap_remove(at)).is_some()
            });
            let common = taken.count();
            if a.len() > 0 && b.len() > 0 {
                let expected = 2.0 * common as f64 / (a.len() + b.len()) as f64;
                prop_assert_eq!(f1(&a, &b).to_bits(), expected.to_bits());
            }
        }
    }
}
