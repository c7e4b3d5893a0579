//! # What it checks
//! How close the answer comes to a reference text by a metric of the literature. The value is the
//! metric, from 0 to 1.
//!
//! # Keys
//! - `metric`: `token-f1` (words in common), `edit` (1 − edit distance / longer length), `rouge-1`,
//!   `rouge-2` (words, word pairs in common), `rouge-l`, `rouge-lsum` (words in the same order, in the
//!   whole text or by sentence), `bleu` (runs of one to four words), `chrf`, `chrf++` (runs of one to
//!   six characters, and of one or two words), `meteor` (words in common with their order).
//! - `part` = "f1": or `precision` (how much of the answer is in the reference) or `recall` (how much of
//!   the reference is in the answer); for `token-f1`, `rouge-…` and `chrf…`, whose `f1` weighs recall twice.
//! - `min` = 0.5: the least value that passes.
//! - `reference`: a text or a list of texts; absent: the case's goldens. Of several the best counts;
//!   `bleu` takes its word runs from all of them together, as its paper does.
//! - `tokenizer` = "unicode": words by Unicode Standard Annex 29, without case, punctuation and Romanian
//!   diacritics. Or `parity`: exactly as in `rouge-score`, `sacrebleu` (13a), NLTK, SQuAD's script and
//!   `rapidfuzz`, to compare figures with theirs.
//! - `stem`: whether English endings are ignored; for `rouge-…` (false unless asked) and `meteor` (true
//!   unless the case is in another language).
//!
//! # Example
//! ```toml
//! [[score]]
//! kind = "similarity"
//! metric = "rouge-l"
//! part = "recall"
//! min = 0.6
//! ```
//!
//! # Caveats
//! Every one of these counts words or characters, not meaning: `30 days` and `14 days` are close, a
//! good paraphrase is far. Pair it with `number` or `grounded`, and find `min` by looking at answers that
//! people accepted. `meteor` has no synonyms. Not applicable to a case without a reference.

pub mod bleu;
pub mod chrf;
pub mod edit;
mod lcs;
pub mod meteor;
mod ngrams;
mod porter;
pub mod rouge;
pub mod token_f1;
mod tokens;

use crate::score::choice::{choice, share};
use crate::score::reference::differences;
use crate::score::words::Words;
use crate::score::{Args, Built, Check, Finding, ScoreInput, ScorerKind};

use tokens::Pair;

pub use tokens::Tokenizer;

/// Row of the scorer table.
pub(in crate::score) const KIND: ScorerKind = ScorerKind {
    name: "similarity",
    summary: "the answer is close to a reference by ROUGE, BLEU, chrF, METEOR, token F1 or edit distance",
    keys: &["metric", "part", "min", "reference", "tokenizer", "stem"],
    docs: docs!("mod.rs"),
    build,
};

const DEFAULT_MIN: f64 = 0.5;

/// What two texts have in common, as shares of each.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Overlap {
    /// Share of the answer, from 0 to 1.
    pub precision: f64,
    /// Share of the reference, from 0 to 1.
    pub recall: f64,
    /// Their harmonic mean, weighted as the metric says.
    pub f: f64,
}

impl Overlap {
    /// Of so many things in common; shares of nothing are 0.
    fn of(common: usize, answer: usize, reference: usize) -> Self {
        let share = |of: usize| if of == 0 { 0.0 } else { common as f64 / of as f64 };
        let (precision, recall) = (share(answer), share(reference));
        let sum = precision + recall;
        Self { precision, recall, f: if sum > 0.0 { 2.0 * precision * recall / sum } else { 0.0 } }
    }

    /// One figure that has no parts.
    fn whole(figure: f64) -> Self {
        Self { precision: figure, recall: figure, f: figure }
    }
}

/// How texts are read.
#[derive(Debug, Clone, Copy)]
struct How {
    tokenizer: Tokenizer,
    stem: bool,
}

impl How {
    fn rouge(self) -> rouge::Reading {
        rouge::Reading { tokenizer: self.tokenizer, stem: self.stem }
    }
}

/// One metric by its name.
struct Metric {
    name: &'static str,
    title: &'static str,
    has_parts: bool,
    can_stem: bool,
    /// Of the answer against one reference.
    measure: fn(&str, &str, How) -> Overlap,
}

const METRICS: [Metric; 10] = [
    Metric {
        name: "token-f1",
        title: "token F1",
        has_parts: true,
        can_stem: false,
        measure: |a, r, how| token_f1::words(a, r, how.tokenizer),
    },
    Metric {
        name: "edit",
        title: "edit ratio",
        has_parts: false,
        can_stem: false,
        measure: |a, r, how| Overlap::whole(edit::ratio(a, r, how.tokenizer)),
    },
    Metric {
        name: "rouge-1",
        title: "ROUGE-1",
        has_parts: true,
        can_stem: true,
        measure: |a, r, how| rouge::words(a, r, how.rouge()),
    },
    Metric {
        name: "rouge-2",
        title: "ROUGE-2",
        has_parts: true,
        can_stem: true,
        measure: |a, r, how| rouge::word_pairs(a, r, how.rouge()),
    },
    Metric {
        name: "rouge-l",
        title: "ROUGE-L",
        has_parts: true,
        can_stem: true,
        measure: |a, r, how| rouge::longest(a, r, how.rouge()),
    },
    Metric {
        name: "rouge-lsum",
        title: "ROUGE-Lsum",
        has_parts: true,
        can_stem: true,
        measure: |a, r, how| rouge::by_sentence(a, r, how.rouge()),
    },
    Metric {
        name: "bleu",
        title: "BLEU",
        has_parts: false,
        can_stem: false,
        measure: |a, r, how| Overlap::whole(bleu::sentence(a, &[r], how.tokenizer)),
    },
    Metric {
        name: "chrf",
        title: "chrF",
        has_parts: true,
        can_stem: false,
        measure: |a, r, how| chrf::characters(a, r, how.tokenizer),
    },
    Metric {
        name: "chrf++",
        title: "chrF++",
        has_parts: true,
        can_stem: false,
        measure: |a, r, how| chrf::characters_and_words(a, r, how.tokenizer),
    },
    Metric {
        name: "meteor",
        title: "METEOR",
        has_parts: false,
        can_stem: true,
        measure: |a, r, how| Overlap::whole(meteor::sentence(a, r, how.tokenizer, how.stem)),
    },
];

/// Which of the figures is the value: its name and how it is read.
type Part = (&'static str, fn(&Overlap) -> f64);

const PARTS: [Part; 3] = [("f1", |o| o.f), ("precision", |o| o.precision), ("recall", |o| o.recall)];

struct Similarity {
    metric: &'static Metric,
    part: Part,
    min: f64,
    references: Option<Vec<String>>,
    tokenizer: Tokenizer,
    stem: Option<bool>,
}

fn build(args: &Args<'_>) -> Built {
    let mut errors = Vec::new();
    let names = METRICS.each_ref().map(|metric| metric.name);
    if args.value("metric").is_none() {
        errors.push(args.missing("metric", format!("add one of {}", names.join(", "))));
    }
    let metric = choice(args, "metric", &names, &mut errors);
    let metric = metric.and_then(|name| METRICS.iter().find(|metric| metric.name == name));
    let part = choice(args, "part", &PARTS.map(|part| part.0), &mut errors);
    let min = share(args, "min", &mut errors).unwrap_or(DEFAULT_MIN);
    let references = args.strings("reference", &mut errors);
    let tokenizer = match choice(args, "tokenizer", &["unicode", "parity"], &mut errors) {
        Some("parity") => Tokenizer::Parity,
        _ => Tokenizer::Unicode,
    };
    let stem = args.get::<bool>("stem", &mut errors);
    if let Some(metric) = metric {
        for (key, fits) in [("part", metric.has_parts), ("stem", metric.can_stem)] {
            if args.value(key).is_some() && !fits {
                let message = format!("`{key}` means nothing to the metric {}", metric.name);
                errors.push(args.error_at(key, message).with_help(format!("drop `{key}`")));
            }
        }
    }
    let part = PARTS.into_iter().find(|(name, _)| Some(*name) == part).unwrap_or(PARTS[0]);
    match metric {
        Some(metric) if errors.is_empty() => {
            Ok(Box::new(Similarity { metric, part, min, references, tokenizer, stem }))
        }
        _ => Err(errors),
    }
}

impl Check for Similarity {
    fn check(&self, input: &ScoreInput<'_>) -> Finding {
        let references = self.references.as_ref().unwrap_or(&input.case.goldens);
        let answer = input.completion.text.as_str();
        let how = How { tokenizer: self.tokenizer, stem: self.stems(&input.case.lang) };
        let figure = |reference: &String| (self.part.1)(&(self.metric.measure)(answer, reference, how));
        // Of equals the first one stays.
        let best = references.iter().map(figure).enumerate().reduce(|a, b| if b.1 > a.1 { b } else { a });
        let Some((index, mut value)) = best else {
            return Finding::not_applicable("the case has no golden to be close to");
        };
        let mut which = match references.len() {
            1 => "the reference".to_owned(),
            n => format!("reference {} of {n}", index + 1),
        };
        if self.metric.name == "bleu" && references.len() > 1 {
            let all: Vec<&str> = references.iter().map(String::as_str).collect();
            value = bleu::sentence(answer, &all, self.tokenizer);
            which = format!("{} references together", all.len());
        }
        let part = match self.part.0 {
            "f1" => String::new(),
            name => format!(" {name}"),
        };
        let reason =
            format!("{}{part} {value:.2} to {which}; at least {:.2} asked", self.metric.title, self.min);
        let evidence = references.get(index).map(|reference| {
            let [answer, reference] = [answer, reference].map(Words::new);
            let pair = Pair::new(answer.iter(), reference.iter());
            differences::of((&answer, &pair.answer), (&reference, &pair.reference))
        });
        Finding::scored(value, value >= self.min, reason).with(evidence.unwrap_or_default())
    }
}

impl Similarity {
    fn stems(&self, lang: &str) -> bool {
        let english = lang.get(..2).is_some_and(|lang| lang.eq_ignore_ascii_case("en"));
        self.stem.unwrap_or(self.metric.name == "meteor" && (english || self.tokenizer == Tokenizer::Parity))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::score::ScoreState;
    use crate::score::testing::{Setup, mistakes};

    #[test]
    fn the_best_reference_counts_and_is_named() {
        let setup = Setup::of("similarity", "metric = 'rouge-1'\nmin = 0.9")
            .goldens(&["no", "you have 30 days from delivery"]);
        let score = setup.score("You have 14 days.");
        assert!((score.value().unwrap() - 0.6).abs() < 1e-12);
        assert_eq!(score.pass(), Some(false));
        assert_eq!(score.reason, "ROUGE-1 0.60 to reference 2 of 2; at least 0.90 asked");
        let shown: Vec<_> = score.evidence.iter().map(|e| (e.label.as_str(), e.quote.as_str())).collect();
        assert_eq!(shown, [("missing", "30"), ("extra", "14"), ("missing", "from delivery")]);
        assert_eq!(score.evidence[1].span, Some(9..11));
    }

    #[test]
    fn parts_are_shares_of_answer_and_reference() {
        let value = |part: &str| {
            let toml = format!("metric = 'token-f1'\npart = '{part}'\nreference = 'ai 30 de zile'");
            Setup::of("similarity", &toml).score("Ai 30 de ZILE de la livrare").value().unwrap()
        };
        assert!((value("precision") - 4.0 / 7.0).abs() < 1e-12);
        assert!((value("recall") - 1.0).abs() < 1e-12);
    }

    #[test]
    fn every_metric_knows_equal_texts_and_strangers() {
        for metric in METRICS {
            for tokenizer in ["unicode", "parity"] {
                let toml = format!("metric = '{}'\ntokenizer = '{tokenizer}'", metric.name);
                let setup = Setup::of("similarity", &toml).goldens(&["open the app and choose pause"]);
                let value = setup.score("open the app and choose pause").value().unwrap();
                assert!(value > 0.99, "{toml}: {value}");
                assert!(setup.score("zzz").value().unwrap() < 0.1, "{toml}");
            }
        }
    }

    #[test]
    fn bleu_pools_its_references() {
        let setup = Setup::of("similarity", "metric = 'bleu'")
            .goldens(&["the cat sat on a mat", "there is a cat on the mat"]);
        let score = setup.score("the cat sat on the mat");
        assert!(score.reason.ends_with("to 2 references together; at least 0.50 asked"), "{}", score.reason);
    }

    #[test]
    fn stems_are_english_unless_asked() {
        let meteor = |lang: &str, toml: &str| {
            let mut setup =
                Setup::of("similarity", &format!("metric = 'meteor'\n{toml}")).goldens(&["orders"]);
            setup.case.lang = lang.to_owned();
            setup.score("ordered").value().unwrap()
        };
        assert!(meteor("en-GB", "") > 0.4 && meteor("ro", "stem = true") > 0.4);
        assert!(meteor("ro", "").abs() < 1e-12 && meteor("en", "stem = false").abs() < 1e-12);
    }

    #[test]
    fn no_reference_nothing_to_judge() {
        assert_eq!(Setup::of("similarity", "metric = 'chrf'").score("x").state, ScoreState::NotApplicable);
    }

    #[test]
    fn all_mistakes_are_reported() {
        assert_eq!(mistakes("similarity", "").len(), 1);
        let found = mistakes(
            "similarity",
            "metric = 'rogue-l'\npart = 'f2'\nmin = 2\ntokenizer = '13a'\nreference = ''",
        );
        assert_eq!(found.len(), 5);
        assert_eq!(found[0].help.as_deref(), Some("did you mean `rouge-l`?"));
        assert_eq!(mistakes("similarity", "metric = 'bleu'\npart = 'recall'\nstem = true").len(), 2);
    }

    proptest! {
        #[test]
        fn every_figure_is_a_share(
            any in any::<String>(), near in "[aăb .,\n]{0,24}", other in "[ab A-].,\n]{0,24}",
        ) {
            let texts = [any, near, other];
            for (answer, reference) in texts.iter().flat_map(|a| texts.iter().map(move |r| (a, r))) {
                for metric in &METRICS {
                    for (tokenizer, stem) in [(Tokenizer::Unicode, true), (Tokenizer::Parity, false)] {
                        let found = (metric.measure)(answer, reference, How { tokenizer, stem });
                        for (part, read) in PARTS {
                            prop_assert!((0.0..=1.0).contains(&read(&found)), "{} {} {:?}", metric.name, part, found);
                        }
                    }
                }
            }
        }
    }
}
