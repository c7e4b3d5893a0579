//! # What it checks
//! An answer that denies or limits something (“we do not ship to Norway”, „nu se poate din aplicație”)
//! offers what the customer can do instead, and that alternative exists in the articles. The value is 0
//! without an alternative; else how far the articles support the best one.
//!
//! # Keys
//! - `min_support` = 0.5: share of the alternative's words, rare ones weighing more, that one passage
//!   must hold.
//! - `contact_counts` = false: whether pointing to support is an alternative.
//!
//! # Example
//! ```toml
//! [[score]]
//! kind = "alternative"
//! min_support = 0.6
//! ```
//!
//! # Caveats
//! A denial and an offer are recognised by phrases, English and Romanian. That the alternative exists is
//! seen by its words (regular endings aside, weighted by how rare they are in the articles, as in Spärck
//! Jones 1972), not by its meaning: it can't see whether it solves the customer's problem. Internal
//! articles support nothing. An answer that does not know is judged by `action`. Not applicable where
//! nothing is denied, and without articles.

use std::collections::HashMap;
use std::ops::Range;

use crate::case::Action;
use crate::knowledge::{Knowledge, Visibility};
use crate::score::knowledge::shelf::Shelf;
use crate::score::pattern::Pattern;
use crate::score::stems::{is_content, stem};
use crate::score::support::detect::detect;
use crate::score::words::{Folded, Folding, Words, sentences};
use crate::score::{Args, Built, Check, Evidence, Finding, ScoreInput, ScorerKind};

/// Row of the scorer table.
pub(in crate::score) const KIND: ScorerKind = ScorerKind {
    name: "alternative",
    summary: "an answer that denies something offers an alternative that exists in the articles",
    keys: &["min_support", "contact_counts"],
    docs: docs!("alternative.rs"),
    build,
};

static DENIES: Pattern = Pattern::latin(
    r"\b(?:you|we|i|it|this|that|they|customers|orders?|bikes?)(?: [a-z]+ly)? (?:cannot|can not|can't|are not able to|is not able to|aren't able to)\b|\b(?:not|n't|no longer|never)(?: currently| yet| be)? (?:possible|available|supported|allowed|permitted|included|offered|accepted|covered|eligible|refundable|refunded|exchanged|changed|cancelled|returned)\b|\b(?:we|i|it|the [\w-]+) (?:do not|don't|does not|doesn't|no longer|unfortunately do not|currently do not)(?: currently| yet)? (?:offer|support|ship|sell|provide|accept|allow|have|deliver|cover|include|work|rent|repair|take|do)\b|\bonly (?:available|possible|valid|works?|for customers|on|in|with|within)\b|\b(?:limited|restricted) to\b|\bnon-refundable\b|\bnu (?:se poate|se pot|puteti|poti|putem|pot|oferim|avem|este posibil|e posibil|este disponibil\w*|e disponibil\w*|suportam|livram|vindem|acceptam|acopera|include|functioneaza|permite)\b|\b(?:este|e|sunt) (?:posibil\w*|disponibil\w*|valabil\w*) (?:doar|numai)\b|\b(?:doar|numai) (?:pentru|in|pe|din|cu|la)\b",
);
static OFFERS: Pattern = Pattern::latin(
    r"\b(?:instead|alternatively|as an alternative|another (?:option|way)|however,? (?:you|we)|but (?:you|we) (?:can|could|may|do)|you (?:can|could|may)|we (?:can|could|do|offer|recommend|suggest)|i (?:can|could|recommend|suggest)|feel free to|try|choose|use|switch to|consider)\b|\b(?:in schimb|alternativ|o alta (?:varianta|optiune|solutie)|ca alternativa|(?:dar|insa) (?:puteti|poti|putem)|puteti|poti|va recomand\w*|iti recomand\w*|putem|oferim|incercati|incearca|folositi|foloseste|alegeti|alege)\b",
);
static CONTACT: Pattern = Pattern::latin(
    r"\b(?:contact\w*|reach out|call us|e-?mail us|write to us|get in touch|customer (?:service|support)|support team|our team|let (?:me|us) know|help you with|anything else|sun\w+ la|scrie\w*-ne|ne puteti (?:scrie|suna|contacta)|echipa noastra|relatii clienti|te mai pot ajuta|va mai pot ajuta)\b",
);
/// Where a sentence turns from the denial to the alternative.
static TURN: Pattern = Pattern::latin(
    r"[,;:\u{2013}\u{2014}-] ?(?:and )?(?:but|however|though|instead|so|dar|insa|in schimb|asa ca)\b|; |\u{2014} ?",
);

/// The words of all passages that customers may hear of.
#[derive(Debug, Default)]
struct Library {
    passages: Vec<String>,
    /// Stem → the passages that hold it, in order.
    holds: HashMap<String, Vec<u32>>,
}

static LIBRARIES: Shelf<Library> = Shelf::new();

/// Passages up to which a word is never too common.
const FEW: usize = 20;

impl Library {
    fn new(knowledge: &Knowledge) -> Self {
        let mut library = Self::default();
        for passage in knowledge.articles().flat_map(|a| &a.passages) {
            if passage.visibility == Visibility::Internal {
                continue;
            }
            let number = library.passages.len() as u32;
            library.passages.push(passage.id.clone());
            for text in [&passage.title, &passage.heading, &passage.text] {
                for word in Words::new(text).iter().filter(|w| is_content(w)) {
                    let holders = library.holds.entry(stem(word).to_owned()).or_default();
                    if holders.last() != Some(&number) {
                        holders.push(number);
                    }
                }
            }
        }
        library
    }

    /// The passage that holds most of a text's words, and its share of them, by weight; `None` when the
    /// text has fewer than two words that say something.
    fn support(&self, text: &str) -> Option<(f64, &str)> {
        let words = Words::new(text);
        let mut stems: Vec<&str> = words.iter().filter(|w| is_content(w)).map(stem).collect();
        stems.sort_unstable();
        stems.dedup();
        if stems.len() < 2 {
            return None;
        }
        let n = self.passages.len() as f64;
        let mut total = 0.0;
        let mut sums: HashMap<u32, f64> = HashMap::new();
        for stem in stems {
            let holders = self.holds.get(stem).map_or(&[][..], Vec::as_slice);
            // What stands everywhere says nothing here.
            if holders.len() > FEW && holders.len() * 4 > self.passages.len() {
                continue;
            }
            let weight = (1.0 + n / (holders.len() as f64 + 1.0)).ln();
            total += weight;
            for passage in holders {
                *sums.entry(*passage).or_default() += weight;
            }
        }
        // Equal sums: the first passage, so that the same answer has the same evidence.
        let best = sums.into_iter().max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)));
        if total <= 0.0 {
            return None;
        }
        Some(match best {
            Some((passage, sum)) => {
                (sum / total, self.passages.get(passage as usize).map_or("", String::as_str))
            }
            None => (0.0, ""),
        })
    }
}

struct Alternative {
    min_support: f64,
    contact_counts: bool,
}

fn build(args: &Args<'_>) -> Built {
    let mut errors = Vec::new();
    let min_support = args.number("min_support", &mut errors).unwrap_or(0.5);
    if !(0.0..=1.0).contains(&min_support) {
        errors.push(args.error_at("min_support", "`min_support` must be from 0 to 1"));
    }
    let contact_counts = args.get::<bool>("contact_counts", &mut errors).unwrap_or(false);
    if errors.is_empty() { Ok(Box::new(Alternative { min_support, contact_counts })) } else { Err(errors) }
}

impl Alternative {
    /// The bytes of an answer that deny, and those that offer something.
    fn parts(&self, text: &str, sentences: &[Range<usize>]) -> (Vec<Range<usize>>, Vec<Range<usize>>) {
        let (mut denials, mut offers) = (Vec::new(), Vec::new());
        for sentence in sentences {
            let part = &text[sentence.clone()];
            let denial = DENIES.spans(part).into_iter().next();
            let from = match &denial {
                None => Some(0),
                Some(denial) => TURN.spans(&part[denial.end..]).first().map(|t| denial.end + t.start),
            };
            denials.extend(denial.map(|d| sentence.start + d.start..sentence.start + d.end));
            let Some(rest) = from.and_then(|from| part.get(from..)) else { continue };
            let points = CONTACT.is_match(rest) && !self.contact_counts;
            if OFFERS.is_match(rest) && !points && !rest.trim_end().ends_with('?') {
                offers.push(sentence.end - rest.len()..sentence.end);
            }
        }
        (denials, offers)
    }
}

impl Check for Alternative {
    fn check(&self, input: &ScoreInput<'_>) -> Finding {
        let answer = &input.completion.text;
        let folded = Folded::new(answer, Folding::Marks);
        let sentences: Vec<Range<usize>> = sentences(answer).iter().map(|s| folded.bytes(s)).collect();
        let (denials, offers) = self.parts(&folded.text, &sentences);
        let Some(denial) = denials.first() else {
            return Finding::not_applicable("nothing is denied or limited");
        };
        let action = detect(input.completion, input.markers).map(|(action, _)| action);
        if matches!(action, Some(Action::Abstain | Action::Escalate | Action::RefuseScope)) {
            return Finding::not_applicable("the answer does not answer");
        }
        let library = LIBRARIES.of(input.knowledge, Library::new);
        if library.passages.is_empty() {
            return Finding::not_applicable("there are no articles in which an alternative could stand");
        }
        let at = |label: &str, bytes: &Range<usize>| {
            let span = folded.chars(bytes);
            Evidence { span: Some(span.clone()), ..Evidence::new(label, folded.quote(&span)) }
        };
        let best = offers
            .iter()
            .filter_map(|offer| library.support(&folded.text[offer.clone()]).map(|s| (offer, s)))
            .max_by(|a, b| a.1.0.total_cmp(&b.1.0));
        let Some((offer, (support, passage))) = best else {
            let quote = folded.quote(&folded.chars(denial));
            return Finding::scored(0.0, false, format!("“{quote}” and no alternative"))
                .with(vec![at("no-alternative", denial)]);
        };
        let pass = support >= self.min_support;
        let label = if pass { "supported" } else { "alternative-not-in-knowledge" };
        let evidence = Evidence {
            passage: (!passage.is_empty()).then(|| passage.to_owned()),
            note: Some(format!("{:.0} % of its words are in the nearest passage", support * 100.0)),
            ..at(label, offer)
        };
        let reason = if pass {
            format!("offers what {passage} says")
        } else {
            "offers an alternative that the articles do not have".to_owned()
        };
        Finding::scored(support.clamp(0.0, 1.0), pass, reason).with(vec![evidence])
    }

    fn check_without_text(&self, _: &ScoreInput<'_>) -> Finding {
        Finding::not_applicable("nothing is denied, there are only tool calls")
    }

    fn sees_knowledge(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::testing::{Setup, mistakes};
    use crate::score::{Score, ScoreState};

    fn setup(toml: &str) -> Setup {
        Setup::of("alternative", toml)
            .article("delivery/abroad", "Delivery", Visibility::Public, "Collect your bike in the Vienna shop. A carrier of your choice may pick it up there.")
            .article("pause", "Pause", Visibility::Public, "Pause the subscription for up to three months in the app. Pune abonamentul pe pauză din aplicație, până la trei luni.")
            .article("staff", "Staff", Visibility::Internal, "Offer a voucher of twenty euro for the trouble.")
    }

    fn label(score: &Score) -> &str {
        score.evidence.first().map_or("", |e| e.label.as_str())
    }

    #[test]
    fn a_denial_needs_an_alternative() {
        let bare = setup("").score("Unfortunately, we do not ship to Norway.");
        assert_eq!((bare.value(), label(&bare)), (Some(0.0), "no-alternative"));
        assert_eq!(bare.evidence[0].quote, "we do not ship");
        let good =
            setup("").score("We do not ship to Norway, but you can collect your bike in the Vienna shop.");
        assert_eq!((good.pass(), label(&good)), (Some(true), "supported"));
        assert_eq!(good.evidence[0].passage.as_deref(), Some("delivery/abroad#top"));
        let next = setup("")
            .score("You cannot end it yet. Instead, pause the subscription in the app for three months.");
        assert_eq!(next.pass(), Some(true));
        let ro = setup("")
            .score("Nu puteți anula acum. În schimb, puteţi pune abonamentul pe pauza din aplicatie.");
        assert_eq!(ro.pass(), Some(true), "{ro:?}");
    }

    #[test]
    fn an_alternative_must_exist() {
        let invented =
            setup("").score("We do not ship to Norway. You can rent a helicopter from our airport partner.");
        assert_eq!((invented.pass(), label(&invented)), (Some(false), "alternative-not-in-knowledge"));
        let internal = setup("")
            .score("We do not offer refunds. Instead, we offer a voucher of twenty euro for the trouble.");
        assert_eq!(internal.pass(), Some(false), "what is internal is no alternative");
    }

    #[test]
    fn pointing_to_support_is_none() {
        let answer = "We do not ship to Norway. You can contact our support team.";
        assert_eq!(label(&setup("").score(answer)), "no-alternative");
        let counts = setup("contact_counts = true").score(answer);
        assert_eq!(label(&counts), "alternative-not-in-knowledge");
    }

    #[test]
    fn where_nothing_is_denied_there_is_nothing_to_judge() {
        for answer in
            ["You have 30 days.", "I don't know. You can't see that here.", "Yes, you can pause it."]
        {
            assert_eq!(setup("").score(answer).state, ScoreState::NotApplicable, "{answer}");
        }
        let empty = Setup::of("alternative", "").score("We do not ship to Norway.");
        assert_eq!(empty.state, ScoreState::NotApplicable);
    }

    #[test]
    fn keys_and_patterns() {
        assert_eq!(mistakes("alternative", "min_support = 2\ncontact_counts = 1").len(), 2);
        assert!([&DENIES, &OFFERS, &CONTACT, &TURN].iter().all(|p| p.compiles()));
    }
}
