//! # What it checks
//! No sentence of the answer speaks against the sentence of a passage that it comes closest to: another
//! amount, price, date or time of the same kind, a denial of what the passage states (or the other way
//! round), or a choice where the passage demands. Passages are those that the trial was given and those
//! of the case's sources. The value is the share of the compared sentences without a contradiction; it
//! passes when there is none.
//!
//! # Keys
//! - `ignore`: a text or a list of texts that are not compared.
//!
//! # Example
//! ```toml
//! [[score]]
//! kind = "contradicts"
//! ignore = ["24/7"]
//! ```
//!
//! # Caveats
//! A pass means "no contradiction found", so the scorer is named for what it looks for. A sentence is
//! compared only where a passage's sentence has half of its content words, and at least two; what the
//! passages say in other words, over several sentences, or in another language is not seen, nor are
//! opposites without a denial (`opened` and `sealed`). A claim that no passage speaks of is no
//! contradiction; `grounded` sees it. Where another sentence that comes nearly as close agrees with the
//! answer, the answer is right. Not applicable where nothing can be compared.

use crate::score::facts::Fact;
use crate::score::knowledge::backing::{Answer, Ignored, Source, claims, passages, rivals};
use crate::score::reading::{Aligned, Alignment, Clauses, Flip, Reading, Sentence};
use crate::score::words::{Folded, Folding};
use crate::score::{Args, Built, Check, Evidence, Finding, ScoreInput, ScorerKind};

/// Row of the scorer table.
pub(in crate::score) const KIND: ScorerKind = ScorerKind {
    name: "contradicts",
    summary: "no sentence of the answer contradicts the passage it comes closest to",
    keys: &["ignore"],
    docs: docs!("contradicts.rs"),
    build,
};

/// Share of a claim's content words that a passage's sentence must have to be compared, and how many.
const ALIKE: f64 = 0.5;
const LEAST_SHARED: usize = 2;
/// A sentence this near to the closest one speaks for the answer too.
const NEARLY: f64 = 0.8;
/// A sentence this near to the closest one may be where the answer has a fact from.
const RELATED: f64 = 0.5;
/// Characters of a passage's sentence that are shown.
const SHOWN: usize = 200;

struct Contradicts {
    ignore: Vec<String>,
}

fn build(args: &Args<'_>) -> Built {
    let mut errors = Vec::new();
    let ignore = args.strings("ignore", &mut errors).unwrap_or_default();
    if errors.is_empty() { Ok(Box::new(Contradicts { ignore })) } else { Err(errors) }
}

/// The rule itself.
pub(in crate::score) fn plain(ignore: Vec<String>) -> impl Check {
    Contradicts { ignore }
}

impl Check for Contradicts {
    fn check(&self, input: &ScoreInput<'_>) -> Finding {
        let answer = &input.completion.text;
        let read = Answer::of(answer);
        let ignored = Ignored::new(&self.ignore, answer);
        let reading = read.reading();
        let facts: Vec<Fact> = read.facts().iter().filter(|f| !ignored.covers(f)).cloned().collect();
        let spans: Vec<_> = facts.iter().map(|f| f.span.clone()).collect();
        let mut claims = claims(answer, reading, input.markers, &spans);
        claims.retain(|claim| !ignored.covers_span(&claim.span));
        let sources = passages(input);
        let compared: Vec<Compared<'_>> =
            claims.iter().filter_map(|claim| Compared::new(reading, claim, &sources)).collect();
        if compared.is_empty() {
            return Finding::not_applicable("no sentence of the answer is about what a passage says");
        }
        let text = Folded::new(answer, Folding::Typing);
        let mut evidence = Vec::new();
        for pair in &compared {
            evidence.extend(pair.contradiction(reading, &facts, &text));
        }
        let (wrong, all) = (evidence.len(), compared.len());
        let reason = match evidence.first() {
            None => format!("{all} sentences compared, none contradicts a passage"),
            Some(first) => format!(
                "{wrong} of {all} compared sentences contradict a passage: {}",
                first.note.as_deref().unwrap_or_default()
            ),
        };
        Finding::scored(1.0 - wrong as f64 / all as f64, wrong == 0, reason).with(evidence)
    }

    fn check_without_text(&self, _: &ScoreInput<'_>) -> Finding {
        Finding::not_applicable("the answer claims nothing")
    }
}

/// A claim beside the sentence of a passage that it comes closest to.
pub(super) struct Compared<'a> {
    claim: &'a Sentence,
    source: &'a Source<'a>,
    alignment: Alignment,
    best: Aligned,
}

impl<'a> Compared<'a> {
    pub(super) fn new(reading: &Reading, claim: &'a Sentence, sources: &'a [Source<'a>]) -> Option<Self> {
        let mut closest: Option<Self> = None;
        for source in sources {
            let alignment = Alignment::of(&source.known.index, reading, claim);
            let Some(best) = alignment.best() else { continue };
            let closer = closest.as_ref().is_none_or(|known| best.shared > known.best.shared);
            if best.share >= ALIKE && best.shared >= LEAST_SHARED && closer {
                closest = Some(Self { claim, source, alignment, best });
            }
        }
        closest
    }

    fn contradiction(&self, reading: &Reading, facts: &[Fact], text: &Folded<'_>) -> Option<Evidence> {
        let (span, how) = self
            .other_fact(reading, facts)
            .or_else(|| self.flip(reading).map(|flip| (self.claim.span.clone(), flip.name().to_owned())))?;
        let said = self.sentence(self.best.sentence)?;
        let words = self.source.known.text().chars().skip(said.span.start);
        let mut quoted: String = words.take(said.span.len().min(SHOWN)).collect();
        if said.span.len() > SHOWN {
            quoted.push('…');
        }
        Some(Evidence {
            quote: text.quote(&span).to_owned(),
            span: Some(span),
            passage: self.source.passage.map(|p| p.id.clone()),
            note: Some(format!("{how}; the passage says: {quoted}")),
            ..Evidence::new("contradicts", "")
        })
    }

    /// The sentence of the passage that it comes closest to.
    pub(super) fn closest(&self) -> Option<&Sentence> {
        self.sentence(self.best.sentence)
    }

    fn sentence(&self, at: usize) -> Option<&Sentence> {
        self.source.known.index.reading.sentences.get(at)
    }

    /// A fact of the claim that the closest sentence gives differently.
    pub(super) fn other_fact(
        &self,
        reading: &Reading,
        facts: &[Fact],
    ) -> Option<(std::ops::Range<usize>, String)> {
        let said = self.sentence(self.best.sentence)?;
        let own: Vec<&Fact> = facts.iter().filter(|f| self.claim.span.contains(&f.span.start)).collect();
        if own.is_empty() {
            return None;
        }
        let index = &self.source.known.index;
        let stated = &self.source.known.stated().facts;
        let theirs: Vec<&Fact> = stated.iter().filter(|f| said.span.contains(&f.span.start)).collect();
        for claim in &own {
            let supporting = stated.iter().filter(|f| f.value.supports(&claim.value));
            let related = |f: &Fact| {
                let at = index.reading.sentences.partition_point(|s| s.span.end <= f.span.start);
                self.alignment.share(at) >= self.best.share * RELATED
            };
            if supporting.into_iter().any(related) {
                continue;
            }
            let rival = theirs.iter().find(|other| {
                rivals((claim, reading), (other, &index.reading))
                    && !own.iter().any(|f| other.value.supports(&f.value))
            });
            if let Some(rival) = rival {
                return Some((claim.span.clone(), format!("{} against {}", claim.text, rival.text)));
            }
        }
        None
    }

    /// A denial or a demand that only one of the two has, in every sentence that comes nearly as close.
    pub(super) fn flip(&self, reading: &Reading) -> Option<Flip> {
        let index = &self.source.known.index;
        let own = Clauses::of(reading, self.claim, |t| index.find(reading, t).unwrap_or(t.id));
        let mut first = None;
        for at in self.alignment.at_least(self.best.share * NEARLY) {
            let said = self.sentence(at).filter(|s| !s.asks)?;
            let flip = own.against(&Clauses::of(&index.reading, said, |t| t.id))?;
            first.get_or_insert(flip);
        }
        first
    }
}

#[cfg(test)]
mod tests {
    use crate::score::ScoreState;
    use crate::score::testing::{Setup, mistakes};

    fn returns() -> Setup {
        Setup::of("contradicts", "")
            .given(
                "returns#window",
                "You can return the bike within 30 days of delivery. Opened batteries cannot be returned. \
                 You must register the bike online.",
            )
            .source("ro", "Garanția acoperă bateria timp de 2 ani. Eticheta de retur costă 4,95 euro.")
    }

    fn notes(answer: &str) -> Vec<String> {
        returns().score(answer).evidence.into_iter().filter_map(|e| e.note).collect()
    }

    #[test]
    fn the_same_facts_are_no_contradiction() {
        for answer in [
            "You can return the bike within thirty days of delivery.",
            "Batteries cannot be returned once opened.",
            "Garanția acoperă bateria timp de 24 de luni.",
            "You need to register the bike online.",
        ] {
            let score = returns().score(answer);
            assert_eq!(score.state, ScoreState::Scored { value: 1.0, pass: true }, "{answer} {score:#?}");
        }
    }

    #[test]
    fn another_number_is_a_contradiction() {
        let score = returns().score("Hello! You can return the bike within 14 days of delivery.");
        assert_eq!(score.state, ScoreState::Scored { value: 0.0, pass: false }, "{score:#?}");
        let evidence = &score.evidence[0];
        assert_eq!(
            (evidence.quote.as_str(), evidence.passage.as_deref()),
            ("14 days", Some("returns#window"))
        );
        assert!(score.reason.contains("14 days against 30 days"), "{}", score.reason);
        assert_eq!(notes("Eticheta de retur costa 9 euro.").len(), 1);
    }

    #[test]
    fn a_denial_is_a_contradiction() {
        for answer in [
            "Opened batteries can be returned.",
            "You can't return the bike within 30 days of delivery.",
            "Garantia nu acopera bateria.",
        ] {
            let found = notes(answer);
            assert!(found.iter().any(|n| n.starts_with("negation")), "{answer} {found:?}");
        }
        assert!(notes("You may register the bike online.")[0].starts_with("modality"));
    }

    #[test]
    fn what_no_passage_speaks_of_is_not_compared() {
        for answer in ["Our shop opens at nine.", "I don't know.", "Do you have the bike?", "Yes!"] {
            assert_eq!(returns().score(answer).state, ScoreState::NotApplicable, "{answer}");
        }
        let nothing = Setup::of("contradicts", "").score("You can return the bike within 14 days.");
        assert_eq!(nothing.state, ScoreState::NotApplicable);
        assert_eq!(mistakes("contradicts", "ignore = ['']").len(), 1);
    }

    #[test]
    fn ignored_texts_are_not_compared() {
        let setup = Setup::of("contradicts", "ignore = ['14 days']")
            .given("returns#window", "You can return the bike within 30 days.");
        assert_eq!(setup.score("You can return the bike within 14 days.").pass(), Some(true));
    }

    #[test]
    fn each_sentence_counts_once() {
        let score =
            returns().score("Opened batteries can be returned. You can return the bike within 30 days.");
        assert_eq!(score.value(), Some(0.5), "{score:#?}");
    }
}
