//! # What it checks
//! Every checkable fact of the answer (numbers, prices, dates, times, percentages, addresses, phone
//! numbers, codes, article ids, quotations) is said by a passage the trial was given, by the case's
//! sources, by the customer, or by the case's `vars`. The value is the share of supported facts;
//! it passes when all are.
//!
//! # Keys
//! - `ignore`: a text or a list of texts that need no support, such as the shop's own phone number.
//!
//! # Example
//! ```toml
//! [[score]]
//! kind = "grounded"
//! ignore = ["help@volta.example", "24/7"]
//! ```
//!
//! # Caveats
//! Facts are compared by value: `€4.95` is supported by `4,95 euro`, `30-day` by `thirty days`,
//! `2 weeks` by `14 days`; a month is not 30 days and a working day is not a day. It sees no fact
//! in plain prose (`batteries are covered`) and cannot tell whether a number is used for the right
//! thing. Not applicable to an answer without a checkable fact.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use crate::case::Speaker;
use crate::knowledge::Passage;
use crate::score::facts::{Fact, FactKind, Value, address_key, extract};
use crate::score::text::{Folded, Folding, fold, sentences, words};
use crate::score::{Args, Built, Check, Evidence, Finding, ScoreInput, ScorerKind};

/// Row of the scorer table.
pub(super) const KIND: ScorerKind = ScorerKind {
    name: "grounded",
    summary: "every number, date, price, link and quotation of the answer is in its passages",
    docs: docs!("grounded.rs"),
    keys: &["ignore"],
    build,
};

/// Occurrences of ignored texts looked at before a fact; more never overlap in earnest.
const MOST_OVERLAPPING: usize = 32;
/// Words on each side of a fact that tell what it is about.
const AROUND: usize = 15;

struct Grounded {
    ignore: Vec<String>,
}

fn build(args: &Args<'_>) -> Built {
    let mut errors = Vec::new();
    let ignore = args.strings("ignore", &mut errors).unwrap_or_default();
    if errors.is_empty() { Ok(Box::new(Grounded { ignore })) } else { Err(errors) }
}

/// Something that may support a fact.
struct Source<'a> {
    /// The passage; absent for the customer and the case's `vars`.
    passage: Option<&'a Passage>,
    /// Who says it, when no passage does.
    speaker: &'static str,
    facts: Vec<Fact>,
    /// For each fact the words of its sentence.
    contexts: Vec<BTreeSet<String>>,
    /// Its words, for quotations and codes.
    words: String,
}

impl<'a> Source<'a> {
    fn new(passage: Option<&'a Passage>, speaker: &'static str, text: &str) -> Self {
        let facts = extract(text);
        Self { passage, speaker, contexts: contexts(text, &facts), facts, words: spaced_words(text) }
    }

    fn of_passage(passage: &'a Passage) -> Self {
        Self::new(Some(passage), "", &format!("{}\n{}\n{}", passage.title, passage.heading, passage.text))
    }

    fn supports(&self, fact: &Fact) -> bool {
        match (fact.kind, &fact.value) {
            (FactKind::Quotation, _) => self.words.contains(&spaced_words(&fact.text)),
            (FactKind::Article, Value::Text(id)) => {
                self.passage.is_some_and(|p| p.id == *id || p.article == *id)
            }
            (FactKind::Url, Value::Text(claim)) => {
                let own = self.passage.and_then(|p| p.url.as_deref()).map(address_key);
                let mut said =
                    self.facts.iter().filter(|f| f.kind == FactKind::Url).filter_map(|f| match &f.value {
                        Value::Text(address) => Some(address.clone()),
                        _ => None,
                    });
                own.is_some_and(|a| leads_to(&a, claim)) || said.any(|a| leads_to(&a, claim))
            }
            (FactKind::Code, _) if self.words.contains(&spaced_words(&fact.text)) => true,
            _ => self.facts.iter().any(|own| own.value.supports(&fact.value)),
        }
    }
}

fn spaced_words(text: &str) -> String {
    let words = words(text);
    format!(" {} ", words.iter().map(|w| w.folded.as_str()).collect::<Vec<_>>().join(" "))
}

/// Whether an address the source knows is the claimed one: the same page, or its bare host.
fn leads_to(known: &str, claim: &str) -> bool {
    let page = |address: &str| address.split('#').next().unwrap_or_default().trim_end_matches('/').to_owned();
    let host = known.split('/').next().unwrap_or_default();
    page(known) == page(claim) || host == claim
}

fn sources<'a>(input: &ScoreInput<'a>) -> Vec<Source<'a>> {
    let mut seen = BTreeSet::new();
    let passages = input.given.iter().chain(input.sources).map(Arc::as_ref);
    let mut all: Vec<Source<'a>> =
        passages.filter(|p| seen.insert((p.id.as_str(), p.hash))).map(Source::of_passage).collect();
    let said = input.case.turns.iter().filter(|t| t.role == Speaker::Customer).map(|t| t.text.as_str());
    let customer: Vec<&str> = said.chain(input.case.phrasings.iter().map(|p| p.text.as_str())).collect();
    all.push(Source::new(None, "from the customer", &customer.join("\n")));
    let vars: Vec<String> = input
        .case
        .vars
        .values()
        .map(|value| value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned))
        .collect();
    all.push(Source::new(None, "from the case's vars", &vars.join("\n")));
    all
}

/// Characters of an answer that the ignored texts cover, and what those texts state.
struct Ignored {
    spans: Vec<Range<usize>>,
    values: Vec<Value>,
}

impl Ignored {
    fn new(texts: &[String], answer: &Folded<'_>) -> Self {
        let spans = texts.iter().flat_map(|text| {
            let found = answer.find_all(&fold(text.trim(), Folding::Marks));
            found.into_iter().map(|bytes| answer.chars(&bytes))
        });
        let mut spans: Vec<_> = spans.collect();
        spans.sort_by_key(|s| (s.start, s.end));
        let values = texts.iter().filter_map(|text| match extract(text).as_slice() {
            [only] => Some(only.value.clone()),
            _ => None,
        });
        Self { spans, values: values.collect() }
    }

    fn covers(&self, fact: &Fact) -> bool {
        let before = self.spans.partition_point(|s| s.start <= fact.span.start);
        let near = self.spans[..before].iter().rev().take(MOST_OVERLAPPING);
        near.into_iter().any(|s| fact.span.end <= s.end)
            || self.values.iter().any(|v| v.supports(&fact.value))
    }
}

impl Check for Grounded {
    fn check(&self, input: &ScoreInput<'_>) -> Finding {
        let text = &input.completion.text;
        let ignored = Ignored::new(&self.ignore, &Folded::new(text, Folding::Marks));
        let facts: Vec<Fact> = extract(text).into_iter().filter(|f| !ignored.covers(f)).collect();
        if facts.is_empty() {
            return Finding::not_applicable("no checkable fact");
        }
        let sources = sources(input);
        let mut unsupported: Vec<String> = Vec::new();
        let mut evidence = Vec::new();
        for (fact, around) in facts.iter().zip(contexts(text, &facts)) {
            let mut found = Evidence::new("supported", fact.text.as_str());
            found.span = Some(fact.span.clone());
            if let Some(source) = sources.iter().find(|s| s.supports(fact)) {
                found.passage = source.passage.map(|p| p.id.clone());
                found.note = source.passage.is_none().then(|| source.speaker.to_owned());
            } else {
                "unsupported".clone_into(&mut found.label);
                let (passage, note) = closest(&sources, fact, &around);
                found.passage = passage;
                found.note = Some(note);
                unsupported.push(format!("`{}`", fact.text));
            }
            evidence.push(found);
        }
        let supported = facts.len() - unsupported.len();
        let but = match unsupported.as_slice() {
            [] => String::new(),
            list => format!("; no passage says {}", list.join(", ")),
        };
        let reason = format!("{supported} of {} facts supported{but}", facts.len());
        Finding::scored(supported as f64 / facts.len() as f64, unsupported.is_empty(), reason).with(evidence)
    }

    fn check_without_text(&self, _: &ScoreInput<'_>) -> Finding {
        Finding::not_applicable("no checkable fact")
    }
}

/// The passage's fact of the same kind whose sentence shares most words with the fact's own.
fn closest(sources: &[Source<'_>], fact: &Fact, around: &BTreeSet<String>) -> (Option<String>, String) {
    let mut best: Option<(usize, &Passage, &Fact)> = None;
    for (passage, source) in sources.iter().filter_map(|s| Some((s.passage?, s))) {
        for (other, words) in source.facts.iter().zip(&source.contexts) {
            let shared = words.intersection(around).count();
            if other.kind == fact.kind && best.is_none_or(|(most, ..)| shared > most) {
                best = Some((shared, passage, other));
            }
        }
    }
    match best {
        Some((_, passage, other)) => {
            (Some(passage.id.clone()), format!("the passage `{}` says {}", passage.id, other.text))
        }
        None if sources.iter().all(|s| s.passage.is_none()) => (None, "no passage was given".to_owned()),
        None => (None, format!("no passage states any {}", fact.kind.name())),
    }
}

/// For each fact the words around it in its sentence.
fn contexts(text: &str, facts: &[Fact]) -> Vec<BTreeSet<String>> {
    let sentences = sentences(text);
    let words = words(text);
    let around = |fact: &Fact| -> BTreeSet<String> {
        let at = sentences.partition_point(|s| s.end <= fact.span.start);
        let Some(sentence) = sentences.get(at) else { return BTreeSet::new() };
        let middle = words.partition_point(|w| w.span.start < fact.span.start);
        let near = &words[middle.saturating_sub(AROUND)..(middle + AROUND).min(words.len())];
        let inside = near.iter().filter(|w| sentence.start <= w.span.start && w.span.end <= sentence.end);
        inside.map(|w| w.folded.clone()).collect()
    };
    facts.iter().map(around).collect()
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
        assert_eq!(score.state, ScoreState::Scored { value: 1.0, pass: true }, "{score:#?}");
        let passages: Vec<_> = score.evidence.iter().map(|e| e.passage.as_deref()).collect();
        assert_eq!(passages, [Some("returns#window"), Some("fees"), Some("fees")]);
    }

    #[test]
    fn an_unsupported_fact_names_the_closest_one() {
        let score = returns().score("You have 14 days from delivery, and the label costs €4.95.");
        assert_eq!(score.state, ScoreState::Scored { value: 0.5, pass: false });
        assert_eq!(score.reason, "1 of 2 facts supported; no passage says `14 days`");
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
    fn without_facts_there_is_nothing_to_judge() {
        let score = returns().score("1. Open the app.\n2. Tap return.");
        assert_eq!((score.state, score.reason.as_str()), (ScoreState::NotApplicable, "no checkable fact"));
    }

    #[test]
    fn without_passages_a_fact_has_no_support() {
        let score = Setup::of("grounded", "").score("You have 30 days.");
        assert_eq!(score.value(), Some(0.0));
        assert_eq!(score.evidence[0].note.as_deref(), Some("no passage was given"));
    }

    #[test]
    fn ignored_texts_need_no_support() {
        let setup = Setup::of("grounded", "ignore = ['24/7', '€5', 'Volta 3']");
        assert_eq!(
            setup.score("We are here 24/7; the Volta 3 costs 5 EUR.").state,
            ScoreState::NotApplicable
        );
        assert_eq!(setup.score("The Volta 4 costs 5 EUR.").value(), Some(0.0));
        assert_eq!(mistakes("grounded", "ignore = ['']").len(), 1);
    }
}
