//! # What it checks
//! The answer means the same as an accepted answer, whatever words it uses. Both become vectors
//! (all-MiniLM-L6-v2, in this process); the value is the cosine between them, and what is below 0
//! counts as 0. Of several accepted answers the closest one counts.
//!
//! # Keys
//! - `min` = 0.7: the least value that passes.
//! - `reference`: a text or a list of texts to compare with. Absent: the case's goldens.
//! - `level` = "text": compares the answer as a whole. `"sentence"` takes for each sentence of the
//!   answer the closest sentence of the accepted answer, and the mean of these cosines.
//! - `any_language` = false: whether cases in other languages than English are judged too.
//!
//! # Example
//! ```toml
//! [[score]]
//! kind = "meaning"
//! min = 0.7
//! ```
//!
//! # Caveats
//! It sees what a text is about, not whether it is true. A negation or another number hardly moves
//! the value: "You have 14 days to return it." is at 0.86 from "You have 30 days to return it.",
//! and "You cannot return a worn helmet." at 0.93 from "You can return a worn helmet." Pair it
//! with `number`, `grounded` or `contains`.
//!
//! A text is read up to 256 tokens, some 190 words; what follows is not seen at the level of the
//! text. At most 64 sentences are looked at. At the level of sentences, what the accepted answer
//! says and the answer leaves out costs nothing.
//!
//! The model reads English. Its order of pairs agrees with that of people on the English STS
//! benchmark (Spearman 0.87 on the 1,500 pairs of the dev set), less on the same pairs in Romanian
//! (0.72), where it lives on words that both texts share. So a case in another language is not
//! applicable, unless `any_language` says otherwise; then choose `min` by looking at values. The
//! default of 0.7 lets 89 % of the English pairs pass that people rate 3.5 of 5 or more, and 21 %
//! of the others.
//!
//! It takes about 10 ms for each sentence that is new; texts that come again are remembered. The
//! weights (91 MB) are fetched before a run asks anything. Not applicable to a case without a
//! golden where no `reference` is given.

use std::ops::Range;
use std::sync::Arc;

use serde::Deserialize;

use crate::embed::{EmbedError, Embedder, Embedding};
use crate::score::words::sentences;
use crate::score::{Args, Built, Check, Evidence, Finding, ScoreInput, ScoreState, ScorerKind};

/// Row of the scorer table.
pub(in crate::score) const KIND: ScorerKind = ScorerKind {
    name: "meaning",
    summary: "the answer means the same as an accepted answer (cosine of sentence embeddings)",
    keys: &["reference", "min", "level", "any_language"],
    docs: docs!("meaning.rs"),
    build,
};

const DEFAULT_MIN: f64 = 0.7;
/// Sentences of a text that are looked at.
const MOST_SENTENCES: usize = 64;

/// What is compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Level {
    #[default]
    Text,
    Sentence,
}

struct Meaning {
    embedder: Arc<dyn Embedder>,
    references: Vec<String>,
    min: f64,
    level: Level,
    any_language: bool,
}

fn build(args: &Args<'_>) -> Built {
    let mut errors = Vec::new();
    let references = args.strings("reference", &mut errors).unwrap_or_default();
    let min = args.number("min", &mut errors).unwrap_or(DEFAULT_MIN);
    if !(0.0..=1.0).contains(&min) {
        errors.push(args.error_at("min", format!("`min` = {min} is outside 0 to 1")));
    }
    let level = args.get("level", &mut errors).unwrap_or_default();
    let any_language = args.get("any_language", &mut errors).unwrap_or(false);
    match args.embedder(&mut errors) {
        Some(embedder) if errors.is_empty() => {
            Ok(Box::new(Meaning { embedder, references, min, level, any_language }))
        }
        _ => Err(errors),
    }
}

/// A text with its sentences.
struct Read<'a> {
    text: &'a str,
    /// Characters of each sentence, and the sentence.
    sentences: Vec<(Range<usize>, &'a str)>,
    /// Whether there are more sentences.
    cut: bool,
}

impl<'a> Read<'a> {
    fn new(text: &'a str) -> Self {
        let mut spans = sentences(text);
        let cut = spans.len() > MOST_SENTENCES;
        spans.truncate(MOST_SENTENCES);
        if spans.is_empty() {
            // Signs only: the text is its own sentence.
            return Self { text, sentences: vec![(0..text.chars().count(), text)], cut };
        }
        let starts: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
        let byte = |char: usize| starts.get(char).copied().unwrap_or(text.len());
        let quoted = |span: Range<usize>| {
            let sentence = text.get(byte(span.start)..byte(span.end)).unwrap_or_default();
            (span, sentence)
        };
        let found = spans.into_iter().map(quoted).collect();
        Self { text, sentences: found, cut }
    }

    /// What is embedded: the sentences, then the text.
    fn parts(&self) -> impl Iterator<Item = &'a str> {
        self.sentences.iter().map(|(_, sentence)| *sentence).chain([self.text])
    }
}

/// A text's vectors.
struct Vectors {
    sentences: Vec<Embedding>,
    text: Embedding,
}

/// An accepted answer held against the answer.
struct Compared {
    value: f64,
    /// For each sentence of the answer the closest one of the accepted answer, and the cosine.
    closest: Vec<(usize, f64)>,
}

impl Compared {
    fn new(level: Level, answer: &Vectors, accepted: &Vectors) -> Self {
        let closest: Vec<(usize, f64)> =
            answer.sentences.iter().map(|sentence| closest(sentence, &accepted.sentences)).collect();
        let value = match level {
            Level::Text => cosine(&answer.text, &accepted.text),
            Level::Sentence => closest.iter().map(|(_, cosine)| cosine).sum::<f64>() / closest.len() as f64,
        };
        Self { value, closest }
    }
}

/// The cosine as a value: 0 for what has nothing in common, and for opposites.
fn cosine(a: &Embedding, b: &Embedding) -> f64 {
    a.cosine(b).max(0.0)
}

/// The first of the closest.
fn closest(sentence: &Embedding, others: &[Embedding]) -> (usize, f64) {
    let mut best = (0, -1.0);
    for (index, other) in others.iter().enumerate() {
        let cosine = cosine(sentence, other);
        if cosine > best.1 {
            best = (index, cosine);
        }
    }
    best
}

impl Meaning {
    fn compare(&self, answer: &Read<'_>, accepted: &[Read<'_>]) -> Result<(usize, Compared), EmbedError> {
        let parts: Vec<&str> = std::iter::once(answer).chain(accepted).flat_map(Read::parts).collect();
        let mut vectors = self.embedder.embed(&parts)?.into_iter();
        let mut of = |read: &Read<'_>| {
            let sentences: Vec<Embedding> = vectors.by_ref().take(read.sentences.len()).collect();
            let text = vectors.next().unwrap_or_else(|| Embedding::new(Vec::new()));
            Vectors { sentences, text }
        };
        let answer = of(answer);
        let mut best: Option<(usize, Compared)> = None;
        for (index, accepted) in accepted.iter().enumerate() {
            let next = Compared::new(self.level, &answer, &of(accepted));
            // Of equals the first one stays.
            if best.as_ref().is_none_or(|(_, best)| next.value > best.value) {
                best = Some((index, next));
            }
        }
        Ok(best.unwrap_or((0, Compared { value: 0.0, closest: Vec::new() })))
    }

    fn evidence(&self, answer: &Read<'_>, accepted: &Read<'_>, compared: &Compared) -> Vec<Evidence> {
        let show = |((span, sentence), (index, cosine)): (&(Range<usize>, &str), &(usize, f64))| {
            let label = if *cosine >= self.min { "matched" } else { "unlike" };
            let near = accepted.sentences.get(*index).map_or("", |(_, near)| *near);
            Evidence {
                span: Some(span.clone()),
                note: Some(format!("{cosine:.2} to “{near}”")),
                ..Evidence::new(label, *sentence)
            }
        };
        answer.sentences.iter().zip(&compared.closest).map(show).collect()
    }
}

impl Check for Meaning {
    fn check(&self, input: &ScoreInput<'_>) -> Finding {
        let lang = &input.case.lang;
        if !self.any_language && !self.embedder.reads(lang) {
            return Finding::not_applicable(format!("the embedding model does not read `{lang}`"));
        }
        let (what, texts) = match self.references.as_slice() {
            [] => ("accepted answer", input.case.goldens.as_slice()),
            own => ("reference", own),
        };
        if texts.is_empty() {
            return Finding::not_applicable("the case has no golden");
        }
        let answer = Read::new(&input.completion.text);
        let accepted: Vec<Read<'_>> = texts.iter().map(|text| Read::new(text)).collect();
        let (index, compared) = match self.compare(&answer, &accepted) {
            Ok(best) => best,
            Err(error) => {
                return Finding {
                    state: ScoreState::JudgeError,
                    reason: error.to_string(),
                    evidence: Vec::new(),
                };
            }
        };
        let which = match texts.len() {
            1 => format!("the {what}"),
            n => format!("{what} {} of {n}", index + 1),
        };
        let (value, min) = (compared.value, self.min);
        let cut = answer.cut && self.level == Level::Sentence;
        let more =
            if cut { format!("; only the first {MOST_SENTENCES} sentences are seen") } else { String::new() };
        let reason = format!("{value:.2} to {which}; at least {min:.2} asked{more}");
        let evidence = self.evidence(&answer, &accepted[index], &compared);
        Finding::scored(value, value >= min, reason).with(evidence)
    }

    fn read_from_files(&self) -> Option<&serde_json::Value> {
        Some(self.embedder.identity())
    }

    fn embeds(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::score::testing::{Setup, mistakes};
    use crate::score::words::quote;

    const GOLDEN: &str = "You have 30 days. Print the label.";

    #[test]
    fn equal_texts_have_the_same_meaning() {
        for toml in ["", "level = 'sentence'", "min = 1"] {
            let score = Setup::of("meaning", toml).goldens(&["Nope.", GOLDEN]).score(GOLDEN);
            assert!(score.value().unwrap() > 0.999_99, "{}", score.reason);
            assert!(score.reason.contains("to accepted answer 2 of 2"), "{}", score.reason);
        }
    }

    #[test]
    fn each_sentence_of_the_answer_is_shown_with_its_closest_one() {
        let setup = Setup::of("meaning", "level = 'sentence'\nmin = 0.9").goldens(&[GOLDEN]);
        let score = setup.score("Ține: print the label! Bananas grow here.");
        assert_eq!(score.pass(), Some(false));
        let shown: Vec<_> = score.evidence.iter().map(|e| (e.label.as_str(), e.quote.as_str())).collect();
        assert_eq!(shown, [("unlike", "Ține: print the label!"), ("unlike", "Bananas grow here.")]);
        assert_eq!(score.evidence[1].span, Some(23..41));
        assert!(score.evidence[0].note.as_ref().unwrap().ends_with("to “Print the label.”"));
        let exact = setup.score("print the label.");
        assert_eq!((exact.evidence[0].label.as_str(), exact.pass()), ("matched", Some(true)));
    }

    #[test]
    fn a_text_counts_as_a_whole_and_sentences_one_by_one() {
        let half = "Print the label.";
        let whole = Setup::of("meaning", "").goldens(&[GOLDEN]).score(half).value().unwrap();
        let parts =
            Setup::of("meaning", "level = 'sentence'").goldens(&[GOLDEN]).score(half).value().unwrap();
        assert!(whole < 0.9 && parts > 0.999, "{whole} {parts}");
    }

    #[test]
    fn references_stand_in_for_goldens() {
        let setup = Setup::of("meaning", "reference = 'Print the label.'").goldens(&["Something else."]);
        let score = setup.score("Print the label.");
        assert_eq!(
            (score.pass(), score.reason.as_str()),
            (Some(true), "1.00 to the reference; at least 0.70 asked")
        );
    }

    #[test]
    fn nothing_to_compare_with_or_another_language_is_not_applicable() {
        assert_eq!(Setup::of("meaning", "").score("x").state, ScoreState::NotApplicable);
        let mut setup = Setup::of("meaning", "").goldens(&["Ai 30 de zile."]);
        setup.case.lang = "ro".to_owned();
        let score = setup.score("Ai 30 de zile.");
        assert_eq!(score.state, ScoreState::NotApplicable);
        assert!(score.reason.contains("`ro`"), "{}", score.reason);
        let mut setup = Setup::of("meaning", "any_language = true").goldens(&["Ai 30 de zile."]);
        setup.case.lang = "ro".to_owned();
        assert_eq!(setup.score("Ai 30 de zile.").pass(), Some(true));
    }

    #[test]
    fn a_model_that_fails_is_no_score() {
        let mut setup = Setup::of("meaning", "").goldens(&[GOLDEN]);
        let embedder = crate::embed::local(None);
        let scorer =
            Meaning { embedder, references: Vec::new(), min: 0.5, level: Level::Text, any_language: true };
        setup.scorer.check = Arc::new(scorer);
        for not in [false, true] {
            setup.scorer.not = not;
            assert_eq!(setup.score("You have 30 days.").state, ScoreState::JudgeError);
        }
    }

    #[test]
    fn signs_and_long_answers_are_read_too() {
        let setup = Setup::of("meaning", "level = 'sentence'").goldens(&[GOLDEN, "👍"]);
        assert!(setup.score("👍").value().unwrap() > 0.99);
        let score = setup.score(&"You have 30 days. ".repeat(5000));
        assert_eq!(score.evidence.len(), MOST_SENTENCES);
        assert!(score.reason.ends_with("only the first 64 sentences are seen"), "{}", score.reason);
    }

    #[test]
    fn all_mistakes_are_reported() {
        for toml in [
            "min = 1.5",
            "min = 'x'",
            "level = 'word'",
            "any_language = 1",
            "reference = []",
            "reference = ' '",
        ] {
            assert_eq!(mistakes("meaning", toml).len(), 1, "{toml}");
        }
        assert_eq!(mistakes("meaning", "min = 2\nlevel = 3\nreference = ''").len(), 3);
    }

    /// A sign that is put together with the letter behind it belongs to two sentences.
    #[test]
    fn sentences_that_share_a_sign_are_quoted() {
        let text = "\u{a960}?\u{eb3}";
        for (span, sentence) in Read::new(text).sentences {
            assert_eq!(quote(text, &span), sentence);
        }
    }

    proptest! {
        #[test]
        fn sentences_are_quoted_where_they_stand(text in any::<String>(), plain in "[aB. \n!ș€]{0,40}") {
            for text in [text, plain] {
                for (span, sentence) in Read::new(&text).sentences {
                    prop_assert_eq!(quote(&text, &span), sentence);
                }
            }
        }
    }
}
