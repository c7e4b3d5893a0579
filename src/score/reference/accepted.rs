//! Accepted answers and questions before any run: held against their passages, against each other, and compared for
//! being the same. What `check --deep` rests on.

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use crate::case::{Action, Case};
use crate::knowledge::{Knowledge, Passage};
use crate::provider::Completion;
use crate::score::knowledge::{cites, contradicts, grounded};
use crate::score::reading::{Reading, WordId, WordSet};
use crate::score::reference::agreement::Given;
use crate::score::reference::case_text::CaseText;
use crate::score::reference::golden::conflict;
use crate::score::{Check, Evidence, Markers, ScoreInput, Scorer};

/// Share of the words of an accepted answer that its sources must say, where both are in one language. Far below what
/// `grounded` asks of a bot: a person may say it in other words.
const LEAST_SAID: f64 = 0.25;
/// Fewest content words of a sentence that are compared by words.
const LEAST_WORDS: usize = 4;
/// A conversation's small words that ask for something: questions with other ones are other questions.
const ASKING: &str = "how when where why who whom what which whether much many long far often \
    cum cand unde ce cine cui care cat cati cate cata";

static ASKING_IDS: LazyLock<WordSet> = LazyLock::new(|| Reading::new(ASKING).ids());

/// A reason to doubt an accepted answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doubt {
    /// What it says.
    pub quote: String,
    /// What speaks against it, in words.
    pub why: String,
    /// The passage it was held against.
    pub passage: Option<String>,
}

impl Doubt {
    fn of(evidence: &Evidence, why: &str) -> Self {
        let note = evidence.note.clone().unwrap_or_default();
        let why = if note.is_empty() { why.to_owned() } else { format!("{why}; {note}") };
        Self { quote: evidence.quote.clone(), why, passage: evidence.passage.clone() }
    }
}

/// What an accepted answer states and the sources of its case do not say, or deny. `ignore` are texts that need no
/// support; `same_language` tells whether words may be compared, and not facts alone.
pub fn doubts(
    answer: &str,
    case: &Case,
    sources: &[Arc<Passage>],
    markers: &Markers,
    (ignore, same_language): (&[String], bool),
) -> Vec<Doubt> {
    let completion = Completion::of_text(answer);
    let knowledge = Knowledge::default();
    let input = ScoreInput {
        case,
        question: case.input(),
        dialogue: &[],
        completion: &completion,
        cost: None,
        given: sources,
        looked_up: false,
        sources: &[],
        knowledge: &knowledge,
        markers,
    };
    let claims = case.expect.is_empty() || case.expect.contains(&Action::Answer);
    let least = if same_language && claims { LEAST_SAID } else { 0.0 };
    let found = grounded::plain(ignore.to_vec(), least).check(&input);
    let of = |label: &'static str, list: &[Evidence]| -> Vec<Evidence> {
        list.iter().filter(|e| e.label == label).cloned().collect()
    };
    let said = of("supported", &found.evidence);
    let denied = contradicts::plain(ignore.to_vec()).check(&input);
    let mut doubts: Vec<Doubt> = of("contradicts", &denied.evidence)
        .iter()
        .filter(|e| !said.iter().any(|fact| fact.quote == e.quote) && !is_verdict(answer, &e.quote))
        .map(|e| Doubt::of(e, "its source says otherwise"))
        .collect();
    for evidence in of("unsupported", &found.evidence) {
        let told = |doubt: &Doubt| doubt.quote.contains(&evidence.quote);
        // A sentence that says little is a courtesy or an objection.
        let weak = evidence.note.as_ref().is_some_and(|note| note.ends_with(grounded::SAID_THERE));
        let is_claim = !weak || terms(&evidence.quote).len() >= LEAST_WORDS;
        if is_claim && !doubts.iter().any(told) {
            doubts.push(Doubt::of(&evidence, "its source does not say this"));
        }
    }
    doubts
}

/// Whether a sentence that denies or affirms does so in a way that words alone do not show: it opens with the verdict
/// on the question (`No, …`), or names an exception.
fn is_verdict(answer: &str, sentence: &str) -> bool {
    let reading = Reading::new(sentence);
    let first = reading.tokens.first().map(|token| reading.stem(token));
    let verdict = first.is_some_and(|word| ["yes", "no", "da", "nu"].contains(&word));
    (verdict && answer.trim_start().starts_with(sentence.trim_start())) || excepts(&reading)
}

/// Whether a text names an exception, which turns a denial round.
fn excepts(reading: &Reading) -> bool {
    const WORDS: [&str; 9] = ["only", "other", "except", "doar", "numai", "decat", "alt", "alta", "alte"];
    reading.tokens.iter().any(|token| WORDS.contains(&reading.stem(token)))
}

/// What a given answer does with articles, whatever the scorers of its case look at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Uses {
    /// Ids of the articles that it cites.
    pub cites: BTreeSet<String>,
    /// Ids of the passages that it contradicts.
    pub contradicts: BTreeSet<String>,
}

/// Which articles an answer cites, and which of the passages given it contradicts.
pub fn uses(
    completion: &Completion,
    case: &Case,
    given: &[Arc<Passage>],
    knowledge: &Knowledge,
    markers: &Markers,
) -> Uses {
    let input = ScoreInput {
        case,
        question: case.input(),
        dialogue: &[],
        completion,
        cost: None,
        given,
        looked_up: false,
        sources: &[],
        knowledge,
        markers,
    };
    let found = contradicts::plain(Vec::new()).check(&input);
    let denied = found.evidence.into_iter().filter(|e| e.label == "contradicts");
    Uses {
        cites: cites::cited_articles(&input).into_iter().collect(),
        contradicts: denied.filter_map(|e| e.passage).collect(),
    }
}

/// The content words of a text by stem, in order and with repetitions, each as it is written in small letters.
pub fn terms(text: &str) -> Vec<(u64, String)> {
    let reading = Reading::new(text);
    let letters: Vec<char> = text.chars().collect();
    let content = reading.tokens.iter().filter(|t| t.is_content() && !t.sense.is_number());
    let written = |span: &std::ops::Range<usize>| {
        letters.get(span.clone()).map(|word| word.iter().collect::<String>().to_lowercase())
    };
    content.filter_map(|token| Some((token.id, written(&token.span)?))).collect()
}

/// Where two accepted answers to one question cannot both be right, in words: `says 14 days, not 30 days`.
pub fn conflict(question: &str, one: &str, other: &str) -> Option<String> {
    let found = conflict::find(&CaseText::of(one), other, &Given::new(other, question))?;
    // A denial without a fact is only as good as the words around it.
    let by_fact = found.reason.starts_with("says ");
    (by_fact || !(excepts(&Reading::new(one)) || excepts(&Reading::new(other))))
        .then(|| found.reason.trim_start_matches("one ").to_owned())
}

/// Whether a scorer's judgement of an accepted answer tells anything, and why not otherwise: it needs neither a model
/// nor a program nor more than the text.
pub fn tells_of_text(scorer: &Scorer) -> Result<(), &'static str> {
    match scorer.kind {
        _ if scorer.check.asking().is_some() => Err("it asks a model"),
        "command" => Err("it starts a program"),
        "workflow" => Err("it judges tool calls"),
        _ if !scorer.check.needs_answer() => Err("it judges the reply, not its text"),
        _ => Ok(()),
    }
}

/// What a text is about, to tell whether two say the same.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Gist {
    /// Its different words by stem, in order.
    words: Vec<WordId>,
    /// Those of them that must be the same: numbers, codes, names, denials, question words.
    fixed: Vec<WordId>,
}

/// Whether a word is written like a name; one in capitals is shouted.
fn is_title_case(word: &[char]) -> bool {
    matches!(word, [first, second, ..] if first.is_uppercase() && second.is_lowercase())
}

impl Gist {
    /// Reads a text.
    pub fn of(text: &str) -> Self {
        let reading = Reading::new(text);
        let letters: Vec<char> = text.chars().collect();
        let (mut words, mut fixed) = (BTreeSet::new(), BTreeSet::new());
        for (at, token) in reading.tokens.iter().enumerate() {
            let opens = token.opens || at == 0 || reading.sentences.iter().any(|s| s.tokens.start == at);
            let name = !opens && is_title_case(letters.get(token.span.clone()).unwrap_or_default());
            let denies = !token.is_content() && token.weight() >= 1.0;
            let digits = reading.stem(token).bytes().any(|b| b.is_ascii_digit());
            if digits
                || (name && token.is_content())
                || denies
                || token.sense.is_number()
                || ASKING_IDS.contains(&token.id)
            {
                fixed.insert(token.id);
            } else if token.is_content() {
                words.insert(token.id);
            }
        }
        Self { words: words.into_iter().collect(), fixed: fixed.into_iter().collect() }
    }

    /// Its content words, each once, in an order of their own.
    pub fn words(&self) -> &[u64] {
        &self.words
    }

    /// The words that must be the same in another text about the same.
    pub fn fixed(&self) -> &[u64] {
        &self.fixed
    }

    /// Share of all their content words that both have, 0..=1; 0 where a number, a name, a denial or a question
    /// word differs.
    pub fn likeness(&self, other: &Self) -> f64 {
        if self.fixed != other.fixed || self.words.is_empty() {
            return 0.0;
        }
        let shared = self.words.iter().filter(|word| other.words.binary_search(word).is_ok()).count();
        shared as f64 / (self.words.len() + other.words.len() - shared) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::testing::Setup;

    fn of(answer: &str, source: &str) -> Vec<String> {
        let setup = Setup::of("grounded", "").source("returns#window", source);
        setup.look("x", |input| {
            let found = doubts(answer, input.case, input.sources, input.markers, (&[], true));
            found.into_iter().map(|doubt| format!("{}: {}", doubt.quote, doubt.why)).collect()
        })
    }

    #[test]
    fn what_the_source_says_is_not_doubted() {
        assert!(of("You have 30 days from delivery.", "You have 30 days from delivery.").is_empty());
        assert!(of("Ten working days after delivery.", "It takes 10 working days.").is_empty());
    }

    #[test]
    fn other_facts_and_other_topics_are_doubted() {
        let found = of("You have 14 days from delivery.", "You have 30 days from delivery.");
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with("14 days: its source says otherwise"), "{found:?}");
        assert!(found[0].contains("14 days against 30 days"), "{found:?}");
        let strange = of("Batteries explode under heavy rain quickly.", "You have 30 days from delivery.");
        assert_eq!(strange.len(), 1, "{strange:?}");
    }

    #[test]
    fn answers_conflict_over_facts() {
        assert_eq!(conflict("How long?", "30 days", "14 days").as_deref(), Some("says 14 days, not 30 days"));
        assert_eq!(conflict("How long?", "30 days", "You have thirty days."), None);
    }

    #[test]
    fn questions_are_alike_by_their_words_and_apart_by_numbers() {
        let like = |a: &str, b: &str| Gist::of(a).likeness(&Gist::of(b));
        assert!(like("Where is my parcel?", "where is my PARCEL") > 0.99);
        assert!(like("How much is the Plus plan in Austria?", "How much is the Plus plan in Romania?") < 0.1);
        assert!(like("Please, how do I return my new bike?", "How do I return my new bike") > 0.99);
        assert!(like("May I return it after 30 days?", "May I return it after 40 days?") < 0.1);
        assert!(like("When do I get my deposit back?", "How do I get my deposit back?") < 0.1);
        assert!(like("Can I return it?", "Can't I return it?") < 0.1);
        assert!(like("", "") < 0.1);
    }
}
