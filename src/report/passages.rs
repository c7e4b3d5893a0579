//! The passages that speak for or against an answer, cut to the part that does.

use serde::Serialize;
use unicode_segmentation::UnicodeSegmentation;

use crate::case::SourceRef;
use crate::outcome::{GivenPassage, TrialResult};
use crate::score::Evidence;

/// A passage beside an answer.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct PassageView {
    /// Passage id.
    pub id: String,
    /// Article title and section heading; empty when the passage was not among those given.
    pub heading: String,
    /// What it has to do with the answer: the label of the evidence that names it, `source` when the case
    /// declares it, or `given`.
    pub relation: String,
    /// The part nearest to the answer.
    pub excerpt: String,
}

/// Most characters of an excerpt.
const EXCERPT: usize = 280;
/// Most passages beside one answer.
const SHOWN: usize = 2;

/// The passages that some evidence names; without any, the given ones, declared sources first.
pub fn passage_views<'a>(
    trial: &TrialResult,
    evidence: impl Iterator<Item = &'a Evidence>,
) -> Vec<PassageView> {
    let mut views: Vec<PassageView> = Vec::new();
    for piece in evidence {
        let Some(id) = &piece.passage else { continue };
        if views.len() == SHOWN || views.iter().any(|v| v.id == *id) {
            continue;
        }
        let given = trial.passages.iter().find(|p| p.id == *id);
        let note = piece.note.as_deref().unwrap_or_default();
        views.push(PassageView {
            id: id.clone(),
            heading: given.map(|p| p.heading.clone()).unwrap_or_default(),
            relation: piece.label.clone(),
            excerpt: given
                .map_or_else(|| note.to_owned(), |p| excerpt(&p.text, &[note, &piece.quote], EXCERPT)),
        });
    }
    if views.is_empty() { given(trial) } else { views }
}

fn given(trial: &TrialResult) -> Vec<PassageView> {
    let declared = |p: &GivenPassage| {
        let (passage, sources) = (SourceRef::parse(&p.id), trial.case.sources.iter());
        sources
            .map(|s| SourceRef::parse(s))
            .any(|s| s.article == passage.article && (s.section.is_none() || s.section == passage.section))
    };
    let mut hints: Vec<&str> = trial.case.goldens.iter().map(String::as_str).collect();
    hints.push(&trial.case.input);
    let mut passages: Vec<&GivenPassage> = trial.passages.iter().collect();
    passages.sort_by_key(|p| !declared(p));
    passages
        .into_iter()
        .take(SHOWN)
        .map(|p| PassageView {
            id: p.id.clone(),
            heading: p.heading.clone(),
            relation: if declared(p) { "source" } else { "given" }.to_owned(),
            excerpt: excerpt(&p.text, &hints, EXCERPT),
        })
        .collect()
}

/// The part of `text` of at most `most` characters that begins with the sentence sharing most words with the
/// hints; cut ends are marked by `…`.
pub fn excerpt(text: &str, hints: &[&str], most: usize) -> String {
    let text = text.trim();
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let wanted: Vec<String> = hints.iter().flat_map(|h| h.unicode_words()).map(str::to_lowercase).collect();
    let shared = |sentence: &str| {
        sentence
            .unicode_words()
            .filter(|w| wanted.contains(&w.to_lowercase()))
            .map(|w| w.chars().count())
            .sum()
    };
    let mut best: (usize, usize) = (0, 0);
    for (start, sentence) in text.split_sentence_bound_indices() {
        let weight: usize = shared(sentence);
        if weight > best.0 {
            best = (weight, start);
        }
    }
    let part: String = text[best.1..].chars().take(most).collect();
    let before = if best.1 > 0 { "…" } else { "" };
    let after = if best.1 + part.len() < text.len() { "…" } else { "" };
    format!("{before}{}{after}", part.trim())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::trial;

    #[test]
    fn the_contradicting_passage_comes_before_the_given_ones() {
        let trial = trial("a", "grounded")
            .passage("faq#top", "FAQ", "Nothing here.")
            .passage("returns#return-window", "Return a bike: Return window", "30 days from delivery.")
            .failed("number", "differs")
            .0;
        let ids = |views: Vec<PassageView>| views.into_iter().map(|v| (v.id, v.relation)).collect::<Vec<_>>();
        let source = ("returns#return-window".to_owned(), "source".to_owned());
        assert_eq!(ids(passage_views(&trial, [].iter()))[0], source);
        let piece = Evidence { passage: Some("faq#top".into()), ..Evidence::new("unsupported", "60 days") };
        assert_eq!(ids(passage_views(&trial, [piece].iter())), [("faq#top".into(), "unsupported".into())]);
    }

    #[test]
    fn a_passage_that_was_not_given_is_named_with_its_note() {
        let piece = Evidence {
            passage: Some("x#y".into()),
            note: Some("closest sentence".into()),
            ..Evidence::new("unsupported", "60")
        };
        let views = passage_views(&trial("a", "bare").0, [piece].iter());
        assert_eq!((views[0].heading.as_str(), views[0].excerpt.as_str()), ("", "closest sentence"));
    }

    #[test]
    fn an_excerpt_begins_where_the_answer_is() {
        let text =
            format!("{} You have 30 days. {}", "Filler words here. ".repeat(20), "More words. ".repeat(20));
        let part = excerpt(&text, &["30 days"], 40);
        assert!(part.starts_with("…You have 30 days.") && part.ends_with('…'), "{part}");
        assert_eq!(excerpt(" short ", &[], 40), "short");
        assert_eq!(excerpt("", &[], 40), "");
        assert!(excerpt(&"ă".repeat(100), &["x"], 40).ends_with('…'));
    }
}
