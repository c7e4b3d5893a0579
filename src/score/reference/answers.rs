//! # What it checks
//! The answer answers the question: it is complete and to the point. Completeness is the share of an
//! accepted answer's words, numbers and letters in threes that the answer says (words of the question
//! and small words count less); where the case has no golden, it is the share of its passages' content
//! words, each sentence weighing as much as it has of the question. Relevance is the share of the question's content
//! words that the answer takes up, and whether it has the kind of thing that is asked for: a time for
//! `how long`, a price for `how much`, a number for `how many`, a date or a time for `when`, an address
//! for `where do I find`. The value is two thirds completeness and one third relevance; it passes from `min`.
//!
//! # Keys
//! - `min` = 0.4: the least value that passes.
//!
//! # Example
//! ```toml
//! [[score]]
//! kind = "answers"
//! min = 0.4
//! ```
//!
//! # Caveats
//! It compares words: a complete answer in other words scores low, and one that repeats the question and
//! the passage without answering scores high. Without a golden, a short answer to a long passage scores
//! low however good it is: compare such values between variants, and give a lower `min`. It does not ask whether the answer is right; `golden`,
//! `grounded` and `contradicts` do. Question kinds are known in English and Romanian. An answer that
//! claims nothing (`I don't know`, a question back, a handover) answers nothing and gets 0. Not
//! applicable where the case expects neither `answer` nor `act`, or has no question, golden or passage
//! to hold the answer against.

use crate::case::Action;
use crate::score::facts::FactKind;
use crate::score::knowledge::backing::{Source, claims, passages};
use crate::score::pattern::Pattern;
use crate::score::reading::{Alignment, Reading, Sentence};
use crate::score::reference::agreement::{Agreement, Given};
use crate::score::reference::case_text::CaseText;
use crate::score::words::{Folding, fold};
use crate::score::{Args, Built, Check, Evidence, Finding, ScoreInput, ScorerKind};

/// Row of the scorer table.
pub(in crate::score) const KIND: ScorerKind = ScorerKind {
    name: "answers",
    summary: "the answer takes up the question and says the key facts of the golden or the sources",
    keys: &["min"],
    docs: docs!("answers.rs"),
    build,
};

const DEFAULT_MIN: f64 = 0.4;
/// What completeness weighs beside relevance.
const COMPLETENESS: f64 = 2.0 / 3.0;
/// What a passage's sentence weighs that shares nothing with the question.
const FAR: f64 = 0.1;

struct Answers {
    min: f64,
}

fn build(args: &Args<'_>) -> Built {
    let mut errors = Vec::new();
    let min = args.share("min", &mut errors).unwrap_or(DEFAULT_MIN);
    if errors.is_empty() { Ok(Box::new(Answers { min })) } else { Err(errors) }
}

impl Check for Answers {
    fn check(&self, input: &ScoreInput<'_>) -> Finding {
        let expect = &input.case.expect;
        if !expect.is_empty() && !expect.iter().any(|a| matches!(a, Action::Answer | Action::Act)) {
            return Finding::not_applicable("the case does not expect an answer");
        }
        let answer = &input.completion.text;
        let given = Given::new(answer, input.question);
        let relevance = relevance(input.question, &given);
        let complete = completeness(input, &given);
        let Some(value) = weigh(complete.as_ref().map(|c| c.share), relevance.as_ref().map(|r| r.share))
        else {
            return Finding::not_applicable("there is no question to hold the answer against");
        };
        if claims(answer, &given.answer.index.reading, input.markers, &[]).is_empty()
            && given.answer.facts().is_empty()
        {
            // `Yes` and `no` are answers where a golden says so.
            let short = complete.as_ref().filter(|c| c.share >= 1.0);
            if short.is_none() {
                return Finding::scored(0.0, self.min <= 0.0, "the answer claims nothing");
            }
        }
        let mut parts = Vec::new();
        parts.extend(complete.as_ref().map(|c| format!("{:.2} of {} said", c.share, c.what)));
        parts.extend(relevance.as_ref().map(|r| format!("{:.2} of the question taken up", r.share)));
        let asked = relevance
            .as_ref()
            .and_then(|r| r.lacks)
            .map(|kind| format!("; no {kind} is given"))
            .unwrap_or_default();
        let reason = format!("{}{asked}", parts.join(", "));
        let missing = complete.map(|c| c.missing).unwrap_or_default();
        Finding::scored(value, value >= self.min, reason)
            .with(missing.into_iter().map(|word| Evidence::new("missing", word)).collect())
    }
}

fn weigh(complete: Option<f64>, relevant: Option<f64>) -> Option<f64> {
    match (complete, relevant) {
        (Some(c), Some(r)) => Some((COMPLETENESS * c + (1.0 - COMPLETENESS) * r).clamp(0.0, 1.0)),
        (one, other) => one.or(other),
    }
}

/// How much of what should be said is said.
struct Complete {
    share: f64,
    what: &'static str,
    /// Words that are not said.
    missing: Vec<String>,
}

fn completeness(input: &ScoreInput<'_>, given: &Given) -> Option<Complete> {
    let goldens = input.case.goldens.iter().map(|golden| Complete {
        share: recall(&CaseText::of(golden), given),
        what: "the accepted answer",
        missing: Vec::new(),
    });
    let best = goldens.max_by(|a, b| a.share.total_cmp(&b.share));
    best.or_else(|| {
        let share = key_share(given, &passages(input))?;
        Some(Complete { share, what: "the passages' key words", missing: Vec::new() })
    })
    .map(|mut complete| {
        complete.missing = missing(input, given);
        complete
    })
}

/// The share of a text that the answer says: of its words, and of its letters in threes.
fn recall(text: &CaseText, given: &Given) -> f64 {
    let agreement = Agreement::of(text, given);
    f64::midpoint(agreement.said, agreement.spelt)
}

/// Facts of the first golden that the answer lacks.
fn missing(input: &ScoreInput<'_>, given: &Given) -> Vec<String> {
    let Some(golden) = input.case.goldens.first() else { return Vec::new() };
    let said = given.answer.facts();
    let asked = |text: &str| {
        let words = Reading::new(text);
        words.tokens.iter().all(|t| given.question.words.contains(&t.id))
    };
    let golden = CaseText::of(golden);
    let lacking = golden.facts().iter().filter(|fact| !said.iter().any(|f| f.value.supports(&fact.value)));
    lacking.map(|fact| fact.text.clone()).filter(|text| !asked(text)).collect()
}

/// The share of the passages' news that the answer says, each sentence by how close it comes to the question.
fn key_share(given: &Given, sources: &[Source<'_>]) -> Option<f64> {
    let question = &given.question.reading;
    let whole = Sentence { span: 0..0, tokens: 0..question.tokens.len(), asks: false };
    let asked = &given.question.words;
    let (mut got, mut total) = (0.0, 0.0);
    for source in sources {
        let index = &source.known.index;
        let alignment = Alignment::of(index, question, &whole);
        for (at, sentence) in index.reading.sentences.iter().enumerate() {
            let weight = alignment.share(at) + FAR;
            for token in
                index.reading.of(sentence).iter().filter(|t| t.is_content() && !asked.contains(&t.id))
            {
                total += weight;
                got += if given.answer.index.places(token.id).is_empty() { 0.0 } else { weight };
            }
        }
    }
    (total > 0.0).then(|| got / total)
}

/// How far the answer takes up the question.
struct Relevance {
    share: f64,
    /// The kind of thing that is asked for and not there.
    lacks: Option<&'static str>,
}

/// A kind of question and the facts that answer it.
struct Wanted {
    asks: Pattern,
    kinds: &'static [FactKind],
    name: &'static str,
}

static WANTED: [Wanted; 5] = [
    Wanted {
        asks: Pattern::new(
            r"\bhow (?:long|soon|fast)\b|\bcat (?:timp|dureaza)\b|\bin cat timp\b|\bpana cand\b",
        ),
        kinds: &[FactKind::TimeLimit, FactKind::Date, FactKind::TimeOfDay],
        name: "length of time",
    },
    Wanted {
        asks: Pattern::new(
            r"\bhow much (?:does|do|is|are|will|would)\b|\bwhat (?:does|do) .{1,40} cost\b|\bwhat(?:'s| is) the (?:price|cost|fee)\b|\bcat (?:costa|platesc)\b|\bce pret\b",
        ),
        kinds: &[FactKind::Price, FactKind::Percent, FactKind::Number],
        name: "price",
    },
    Wanted {
        asks: Pattern::new(r"\bhow many\b|\bcat[ei] \w"),
        kinds: &[FactKind::Number, FactKind::TimeLimit, FactKind::Percent],
        name: "number",
    },
    Wanted {
        asks: Pattern::new(r"^\W*(?:when|until when|by when|what time|cand|la ce ora)\b"),
        kinds: &[FactKind::Date, FactKind::TimeOfDay, FactKind::TimeLimit, FactKind::Number],
        name: "date or time",
    },
    Wanted {
        asks: Pattern::new(
            r"\bwhat(?:'s| is) (?:the|your) (?:phone|e-?mail|number|address)\b|\bce (?:numar|adresa|e-?mail)\b",
        ),
        kinds: &[FactKind::Phone, FactKind::Email, FactKind::Url, FactKind::Number, FactKind::Code],
        name: "address or number",
    },
];

fn relevance(question: &str, given: &Given) -> Option<Relevance> {
    let (mut asked, mut taken) = (0_usize, 0_usize);
    for token in given.question.reading.tokens.iter().filter(|t| t.is_content()) {
        asked += 1;
        taken += usize::from(given.answer.index.find(&given.question.reading, token).is_some());
    }
    if asked == 0 {
        return None;
    }
    let share = taken as f64 / asked as f64;
    let folded = fold(question, Folding::Marks);
    let Some(wanted) = WANTED.iter().find(|w| w.asks.is_match(&folded)) else {
        return Some(Relevance { share, lacks: None });
    };
    let has = given.answer.facts().iter().any(|f| wanted.kinds.contains(&f.kind))
        || given
            .answer
            .index
            .reading
            .tokens
            .iter()
            .any(|t| wanted.kinds.contains(&FactKind::Number) && t.sense.is_number());
    // The thing itself is an answer (`30 days.`), however little of the question is repeated.
    let share = if has { f64::midpoint(share, 1.0) } else { share / 2.0 };
    Some(Relevance { share, lacks: (!has).then_some(wanted.name) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::ScoreState;
    use crate::score::testing::{Setup, mistakes};

    fn returns() -> Setup {
        Setup::of("answers", "")
            .customer("How long do I have to return my bike?")
            .goldens(&["You can return the bike within 30 days of delivery."])
    }

    #[test]
    fn more_of_the_golden_is_more_complete() {
        let values = [
            "You can return the bike within 30 days of delivery.",
            "Within 30 days of delivery.",
            "You can return the bike.",
            "Our bikes are fast.",
        ]
        .map(|answer| returns().score(answer).value().unwrap());
        assert!(values.is_sorted_by(|a, b| a > b), "{values:?}");
        assert!(values[1] > 0.6 && values[3] < 0.3, "{values:?}");
    }

    #[test]
    fn the_kind_of_thing_asked_for_is_missed() {
        let score = returns().score("You can return the bike after delivery.");
        assert!(score.reason.ends_with("; no length of time is given"), "{}", score.reason);
        assert_eq!(score.evidence[0].quote, "30 days");
        let romanian =
            Setup::of("answers", "").customer("Cât costă eticheta?").score("Eticheta e în aplicație.");
        assert!(romanian.reason.ends_with("; no price is given"), "{}", romanian.reason);
    }

    #[test]
    fn without_a_golden_the_passages_stand_for_it() {
        let setup = Setup::of("answers", "").customer("How long do I have to return my bike?").given(
            "returns#window",
            "Welcome to Volta. You can return a bike within 30 days. Batteries are covered for two years.",
        );
        let (good, bad) =
            (setup.score("A bike can be returned within 30 days."), setup.score("Batteries are covered."));
        assert!(good.value() > Some(0.5) && bad.value() < Some(0.3), "{good:#?} {bad:#?}");
    }

    #[test]
    fn saying_nothing_answers_nothing() {
        for answer in ["I don't know.", "Which bike do you mean?", "Hello!"] {
            assert_eq!(
                returns().score(answer).state,
                ScoreState::Scored { value: 0.0, pass: false },
                "{answer}"
            );
        }
        let yes = Setup::of("answers", "").customer("Can I return it?").goldens(&["Yes."]).score("Yes.");
        assert_eq!(yes.pass(), Some(true), "{yes:#?}");
    }

    #[test]
    fn where_no_answer_is_expected_there_is_nothing_to_judge() {
        let setup = returns().expect(&[Action::Abstain]);
        assert_eq!(setup.score("30 days").state, ScoreState::NotApplicable);
        let empty = Setup::of("answers", "").customer("??");
        assert_eq!(empty.score("30 days").state, ScoreState::NotApplicable);
        assert_eq!(mistakes("answers", "min = 2").len(), 1);
    }

    #[test]
    fn patterns_compile() {
        assert!(WANTED.iter().all(|w| w.asks.compiles()));
    }
}
