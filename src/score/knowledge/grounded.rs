//! # What it checks
//! What the answer states is in the passages that the trial was given or in the case's sources.
//! Two layers. Every checkable fact (numbers, prices, dates, times, percentages, addresses, phone
//! numbers, codes, article ids, quotations) must be said there, by the customer or by the case's
//! `vars`; facts are compared by value. And every sentence that claims something is held against
//! them word by word: a word counts in full where a neighbour stands by it in a passage too, two
//! thirds where a passage has it alone, in any inflection. The value is the share of the words that
//! are supported, where a sentence with an unsupported fact or number counts half; it passes when it
//! reaches `min` and every fact is supported.
//!
//! # Keys
//! - `ignore`: a text or a list of texts that need no support, such as the shop's own phone number.
//! - `min` = 0.5: the least value that passes.
//! - `meaning` = false: whether a sentence may also be supported in other words, by the embedding model of
//!   this process: where the cosine with the closest sentence of a passage is higher than the share of
//!   supported words, the mean of both counts.
//!
//! # Example
//! ```toml
//! [[score]]
//! kind = "grounded"
//! ignore = ["help@volta.example", "24/7"]
//! min = 0.5
//! ```
//!
//! # Caveats
//! `€4.95` is supported by `4,95 euro`, `30-day` by `thirty days`, `2 weeks` by `14 days`; a month is
//! not 30 days and a working day is not a day. Words are compared, not meaning: a faithful rewording
//! in other words scores low (less so with `meaning`, which cannot see a negation), an answer in another language than its passages scores near zero (give
//! `min = 0` there, and the facts alone decide), and words of a passage put together to say something
//! else score high. Whether a passage is contradicted is the question of `contradicts`, whether the
//! question is answered that of `answers`. It cannot see whether the passages are right. Not applicable
//! to an answer that claims nothing: courtesies, questions, `I don't know`, `contact our support team` and handovers make no claim
//! and are judged by `action`. Without any passage only the facts are checked.

use std::sync::Arc;

use crate::embed::Embedder;
use crate::score::knowledge::backing::{
    Answer, Checked, Ignored, Source, Support, check_facts, claims, closest, customer, passages, support,
};
use crate::score::reading::{Reading, Sentence, Token};
use crate::score::words::Folded;
use crate::score::words::Folding;
use crate::score::{Args, Built, Check, Evidence, Finding, ScoreInput, ScorerKind};

/// Row of the scorer table.
pub(in crate::score) const KIND: ScorerKind = ScorerKind {
    name: "grounded",
    summary: "what the answer states is in its passages: every fact, and the words of every claim",
    keys: &["ignore", "min", "meaning"],
    docs: docs!("grounded.rs"),
    build,
};

const DEFAULT_MIN: f64 = 0.5;
/// What a sentence counts that states a fact which no source says.
const WITH_UNSUPPORTED_FACT: f64 = 0.5;

/// How the note of a sentence ends whose words are weakly supported.
pub(in crate::score) const SAID_THERE: &str = "of its words are said there";

struct Grounded {
    ignore: Vec<String>,
    min: f64,
    /// Where sentences may be supported in other words.
    embedder: Option<Arc<dyn Embedder>>,
}

fn build(args: &Args<'_>) -> Built {
    let mut errors = Vec::new();
    let ignore = args.strings("ignore", &mut errors).unwrap_or_default();
    let min = args.share("min", &mut errors).unwrap_or(DEFAULT_MIN);
    let meaning = args.get::<bool>("meaning", &mut errors).unwrap_or(false);
    let embedder = if meaning { args.embedder(&mut errors) } else { None };
    if errors.is_empty() { Ok(Box::new(Grounded { ignore, min, embedder })) } else { Err(errors) }
}

/// The rule without an embedding model.
pub(in crate::score) fn plain(ignore: Vec<String>, min: f64) -> impl Check {
    Grounded { ignore, min, embedder: None }
}

impl Check for Grounded {
    fn check(&self, input: &ScoreInput<'_>) -> Finding {
        let answer = &input.completion.text;
        let mut sources = passages(input);
        let given = sources.len();
        sources.extend(customer(input));
        let ignored = Ignored::new(&self.ignore, answer);
        let read = Answer::of(answer);
        let facts = check_facts(&read, &ignored, &sources);
        let reading = read.reading();
        let sentences =
            if given > 0 { claims(answer, reading, input.markers, &facts.spans()) } else { Vec::new() };
        // Numbers of the customer and ignored ones need no passage.
        let settled = |token: &Token| {
            facts.settles(token).or_else(|| {
                let said = |s: &Source<'_>| !s.known.index.places(token.id).is_empty();
                let free = token.sense.is_number()
                    && (sources[given..].iter().any(said) || ignored.covers_span(&token.span));
                free.then_some(true)
            })
        };
        let mut claims: Vec<Claim> = sentences
            .into_iter()
            .filter(|s| !ignored.covers_span(&s.span))
            .map(|sentence| Claim::new(reading, sentence, &sources[..given], &facts, settled))
            .collect();
        if facts.total() == 0 && claims.is_empty() {
            return Finding::not_applicable("the answer claims nothing");
        }
        let text = Folded::new(answer, Folding::Typing);
        if let Some(embedder) = self.embedder.as_ref().filter(|e| e.reads(&input.case.lang)) {
            let said: Vec<&str> = claims.iter().map(|claim| text.quote(&claim.sentence.span)).collect();
            match closest(&**embedder, &said, &sources[..given]) {
                Ok(found) => claims.iter_mut().zip(found).for_each(|(claim, cosine)| claim.reworded(cosine)),
                Err(error) => return Finding::judge_error(error.to_string()),
            }
        }
        let (value, said) = value(&claims, &facts);
        let but = match facts.unsupported.as_slice() {
            [] => String::new(),
            list => format!("; no passage says {}", list.join(", ")),
        };
        let pass = facts.unsupported.is_empty() && value >= self.min;
        let weak = claims.iter().filter_map(|claim| claim.evidence(&text, &sources, self.min));
        let mut evidence = facts.evidence;
        evidence.extend(weak);
        Finding::scored(value, pass, format!("{said}{but}")).with(evidence)
    }

    fn check_without_text(&self, _: &ScoreInput<'_>) -> Finding {
        Finding::not_applicable("the answer claims nothing")
    }

    fn read_from_files(&self) -> Option<&serde_json::Value> {
        self.embedder.as_ref().map(|embedder| embedder.identity())
    }

    fn embeds(&self) -> bool {
        self.embedder.is_some()
    }
}

/// The value and what it is made of.
fn value(claims: &[Claim], facts: &Checked) -> (f64, String) {
    let counted = format!("{} of {} facts supported", facts.supported(), facts.total());
    let weight: f64 = claims.iter().map(|c| c.support.weight).sum();
    if weight <= 0.0 {
        return (facts.supported() as f64 / facts.total().max(1) as f64, counted);
    }
    let of = |counts: fn(&Claim) -> f64| {
        (claims.iter().map(|c| c.support.weight * counts(c)).sum::<f64>() / weight).clamp(0.0, 1.0)
    };
    let words = of(|c| c.support.share);
    let value = of(Claim::value);
    let facts = if facts.total() == 0 { String::new() } else { format!("{counted}, ") };
    (value, format!("{facts}{words:.2} of the words"))
}

/// A sentence that claims something.
struct Claim {
    sentence: Sentence,
    support: Support,
    /// Whether every fact and every number in it is supported.
    sound: bool,
    /// Whether an unsupported fact of it is evidence already.
    told: bool,
}

impl Claim {
    fn new(
        reading: &Reading,
        sentence: Sentence,
        sources: &[Source<'_>],
        facts: &Checked,
        settled: impl Fn(&Token) -> Option<bool>,
    ) -> Self {
        let support = support(reading, &sentence, sources, settled);
        let told = !facts.all_supported(&sentence.span);
        let sound = !support.strange_number && !told;
        Self { sentence, support, sound, told }
    }

    /// Counts what a source says in other words, as close as this cosine.
    fn reworded(&mut self, cosine: f64) {
        self.support.share =
            self.support.share.max(f64::midpoint(self.support.share, cosine.clamp(0.0, 1.0)));
    }

    fn value(&self) -> f64 {
        self.support.share * if self.sound { 1.0 } else { WITH_UNSUPPORTED_FACT }
    }

    /// The sentence as evidence where its words are not supported, unless a fact of it says it more precisely.
    fn evidence(&self, text: &Folded<'_>, sources: &[Source<'_>], min: f64) -> Option<Evidence> {
        if self.told || self.support.share >= min {
            return None;
        }
        let closest = self.support.source.and_then(|at| sources.get(at)).and_then(|s| s.passage);
        Some(Evidence {
            span: Some(self.sentence.span.clone()),
            passage: closest.map(|p| p.id.clone()),
            note: Some(format!("{:.2} {SAID_THERE}", self.support.share)),
            ..Evidence::new("unsupported", text.quote(&self.sentence.span))
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::score::ScoreState;
    use crate::score::testing::{Setup, mistakes};

    fn returns() -> Setup {
        Setup::of("grounded", "")
            .given("returns#window", "You have 30 days from delivery. A refund takes 5 working days.")
            .source("fees", "The return label costs 4,95 euro. Press **Send it back** on the page.")
    }

    #[test]
    fn facts_are_supported_by_value() {
        let score = returns().score("You have a 30-day window; the label is €4.95. Press \"Send it back\".");
        assert!(score.pass() == Some(true) && score.value() > Some(0.8), "{score:#?}");
        let passages: Vec<_> = score.evidence.iter().map(|e| e.passage.as_deref()).collect();
        assert_eq!(passages, [Some("returns#window"), Some("fees"), Some("fees")]);
    }

    #[test]
    fn a_copy_is_supported_in_full() {
        let score = returns().score("You have 30 days from delivery. A refund takes 5 working days.");
        assert_eq!(score.state, ScoreState::Scored { value: 1.0, pass: true }, "{score:#?}");
        assert_eq!(score.reason, "2 of 2 facts supported, 1.00 of the words");
    }

    #[test]
    fn other_words_count_where_the_meaning_is_asked_for() {
        let score = |toml: &str, lang: &str| {
            let mut setup = Setup::of("grounded", toml).given("label#top", "Parcel label.");
            setup.case.lang = lang.to_owned();
            setup.score("Couriers label quietly every parcel.").value().unwrap()
        };
        let plain = score("", "en");
        assert!(score("meaning = true", "en") > plain, "{plain}");
        assert!(
            (score("meaning = true", "ro") - plain).abs() < 1e-9,
            "a language that the model does not read"
        );
        assert_eq!(mistakes("grounded", "meaning = 'yes'").len(), 1);
    }

    #[test]
    fn plain_claims_are_held_against_the_passages_too() {
        let good = returns().score("A refund takes some days. Sigur, you have the days from delivery.");
        assert_eq!(good.pass(), Some(true), "{good:#?}");
        let bad = returns().score("A refund takes some days. Batteries explode under heavy rain quickly.");
        assert_eq!(bad.pass(), Some(false), "{bad:#?}");
        let weak = bad.evidence.last().unwrap();
        assert_eq!((weak.label.as_str(), weak.span.clone()), ("unsupported", Some(26..69)));
        assert_eq!(weak.note.as_deref(), Some("0.00 of its words are said there"));
    }

    #[test]
    fn an_unsupported_fact_names_the_closest_one() {
        let score = returns().score("You have 14 days from delivery, and the label costs €4.95.");
        assert!(score.pass() == Some(false) && score.value() < Some(0.5), "{score:#?}");
        assert!(score.reason.starts_with("1 of 2 facts supported, "), "{}", score.reason);
        assert!(score.reason.ends_with("; no passage says `14 days`"), "{}", score.reason);
        let wrong = &score.evidence[0];
        assert_eq!(
            (wrong.label.as_str(), wrong.quote.as_str(), wrong.span.clone()),
            ("unsupported", "14 days", Some(9..16))
        );
        assert_eq!(wrong.note.as_deref(), Some("the passage `returns#window` says 30 days"));
    }

    #[test]
    fn the_customers_own_numbers_need_no_passage() {
        let score = returns()
            .customer("My order VC-1234 of 12 March?")
            .score("Order VC-1234 was placed on 12 March.");
        assert_eq!(score.pass(), Some(true), "{score:#?}");
        assert!(score.evidence.iter().all(|e| e.note.as_deref() == Some("from the customer")));
    }

    #[test]
    fn vars_of_the_case_support_too() {
        let mut setup = returns();
        setup.case.vars.insert("limit".into(), serde_json::json!(75));
        assert_eq!(
            setup.score("Your limit is 75.").evidence[0].note.as_deref(),
            Some("from the case's vars")
        );
    }

    #[test]
    fn addresses_and_article_ids_come_from_the_passages() {
        let score = returns().score("See https://help.example/returns#x, help.example and [returns#window].");
        assert_eq!(score.pass(), Some(true), "{score:#?}");
        let score = returns().score("See https://help.example/fake and returns#made-up.");
        assert_eq!(score.value(), Some(0.0), "{score:#?}");
    }

    #[test]
    fn invented_quotations_are_unsupported() {
        let score = returns().score("Press “Start the return” now.");
        assert_eq!(score.pass(), Some(false));
        assert_eq!(score.evidence[0].note.as_deref(), Some("no passage states any quotation"));
    }

    #[test]
    fn without_claims_there_is_nothing_to_judge() {
        for answer in [
            "Yes, of course!",
            "Which bike is it?",
            "I'm sorry, I don't know.",
            "I don't know. Please contact our support team.",
            "Nu știu.",
        ] {
            let score = returns().score(answer);
            let expected = (ScoreState::NotApplicable, "the answer claims nothing");
            assert_eq!((score.state, score.reason.as_str()), expected, "{answer}");
        }
    }

    #[test]
    fn without_passages_only_facts_are_checked() {
        let score = Setup::of("grounded", "").score("You have 30 days.");
        assert_eq!(score.value(), Some(0.0));
        assert_eq!(score.evidence[0].note.as_deref(), Some("no passage was given"));
        let plain = Setup::of("grounded", "").score("Open the app.");
        assert_eq!(plain.state, ScoreState::NotApplicable);
    }

    #[test]
    fn ignored_texts_need_no_support() {
        let setup = Setup::of("grounded", "ignore = ['24/7', '€5', 'Volta 3']");
        assert_eq!(
            setup.score("We are here 24/7; the Volta 3 costs 5 EUR.").state,
            ScoreState::NotApplicable
        );
        assert_eq!(setup.score("The Volta 4 costs 5 EUR.").value(), Some(0.0));
        assert_eq!(mistakes("grounded", "ignore = ['']\nmin = 2").len(), 2);
    }
}
