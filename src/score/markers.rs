//! Marker phrases by which an answer's action is recognised.
//!
//! The shipped phrases are patterns over folded text (lower case, straight apostrophes, no Romanian
//! diacritics); a suite's own are plain substrings, folded the same way. A phrase under a condition
//! (`if I don't know …`) does not count, and a handover that is denied does not either.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, LazyLock, OnceLock};

use crate::case::Action;
use crate::fingerprint::Fingerprint;
use crate::score::pattern::Pattern;
use crate::score::phrases::{Phrase, Phrases};
use crate::score::text::{Folding, fold};

/// Not knowing: the first person lacks information, or the articles say nothing.
const ABSTAIN: &[&str] = &[
    r"\b(?:i|we)(?: [a-z]+ly| just| also| still)? (?:do not|don't|dont)(?: [a-z]+ly| yet| seem to)? have(?: access to)?(?: [\w'-]+){0,4}? (?:information|info|details?|data|knowledge|answers?|recommendations?|specifics|documentation|figures?|insights?|idea|list)\b",
    r"\b(?:i|we) (?:do not|don't|dont) have (?:that|this|it|one)\b(?: (?:here|available|yet|at hand|on hand))?[.!,]",
    r"\b(?:i|we)(?: [a-z]+ly| just)? (?:do not|don't|dont)(?: [a-z]+ly)? know\b",
    r"\b(?:i am|i'm|im|we are|we're)(?: [a-z]+ly)? (?:not sure|not certain|unsure|uncertain|not aware|unaware|not familiar)\b",
    r"\b(?:i|we)(?:'m| am|'re| are| was| were)? (?:cannot|can not|can't|cant|could not|couldn't|unable to|not able to|did not|didn't)(?: [a-z]+ly)?(?: seem to)? (?:find|locate)\b",
    r"\b(?:i|we)(?:'m| am|'re| are)? (?:cannot|can not|can't|cant|unable to|not able to)(?: [a-z]+ly)? (?:provide|give|offer|share|access|see|help)(?: you)?(?: with)?(?: [\w'-]+){0,4}? (?:information|details?|answers?|data|specifics|figures?|estimates?|exact|cost|price)\b",
    r"\b(?:i)(?:'m| am)? (?:cannot|can not|can't|cant|unable to|not able to)(?: [a-z]+ly)? (?:confirm|verify|determine|say|tell|explain|answer|comment|do (?:that|this))\b",
    r"\b(?:we)(?: are|'re)? (?:cannot|can not|can't|unable to|not able to) answer\b",
    r"\b(?:i|we)(?:'m| am|'re| are)? (?:unable|not able) to (?:assist|help) you\b(?: at this time| here)?[.!,]",
    r"\b(?:i|we)(?:'m| am|'re| are)? (?:cannot|can not|can't|unable to|not able to) (?:help|assist)(?: you)?(?: at this time| here)?[.!]",
    r"\b(?:i|we) (?:have|found|see|find) no (?:[\w'-]+ ){0,2}?(?:information|info|idea|knowledge|details|data|answer|mention|record)\b",
    r"\bthere (?:is|are|was|were|isn't|is not|aren't)(?: no| any| not)+ (?:[\w'-]+ ){0,2}?(?:information|info|details?|mention)\b",
    r"\bno (?:[\w'-]+ )?(?:information|details|mention)(?: (?:is|are|was|were))? (?:available|provided|given|about|on|regarding|in the)\b",
    r"\b(?:passages?|articles?|documents?|documentation|contexts?|sources?|knowledge base|help cent(?:er|re)|information|texts?|excerpts?)(?: (?:provided|given|available|above|here|i have|we have|i was given|at hand))* (?:do not|does not|don't|doesn't|did not|didn't)(?: [a-z]+ly)? (?:mention|contain|include|specify|say|cover|provide|state|give|list|explain|describe|indicate|address|discuss|answer|have)\b",
    r"\b(?:is|are|was|were|isn't|aren't|wasn't|weren't)(?: not)?(?: [a-z]+ly)? (?:mentioned|specified|covered|included|provided|listed|stated|documented|described|available|addressed|given|found|present) (?:in|by|within) (?:the|my|our|any|this|these|those)(?: [\w'-]+)? (?:passages?|articles?|documents?|documentation|contexts?|sources?|knowledge|help cent|information|texts?)",
    r"\b(?:beyond|outside(?: of)?) (?:my|our|the) knowledge\b",
    r"\bnu (?:stiu|stim|cunosc|cunoastem)\b",
    r"\bnu (?:am|avem|detin|detinem|dispun|dispunem)(?: [\w-]+){0,4}? (?:informati\w*|detali\w*|raspuns\w*|date despre|date privind)",
    r"\bnu (?:am|avem) (?:gasit|putut gasi|reusit sa)\b|\bnu (?:gasesc|gasim)\b",
    r"\bnu (?:iti |va )?(?:pot|putem)(?: sa)?(?: iti| va| te)? (?:confirm\w*|raspund\w*|spun\w*|preciz\w*|(?:ofer\w*|da|dau)(?: [\w-]+){0,3}? (?:informati|detali|raspuns)\w*)",
    r"\bnu sunt sigura?\b",
    r"\bnu exista(?: [\w-]+){0,2}? (?:informati\w*|detali\w*)",
    r"\b(?:articol|document|pasaj|surs|informati|text|context|baza)\w*(?: [\w-]+){0,4}? nu (?:mentioneaza|contine?|contin|precizeaza|specifica|includ\w*|ofera|acopera|spun\w*|indica|prevad\w*)\b",
    r"\bnu (?:este|e|sunt|apare|apar|se)(?: [\w-]+)?(?: [\w-]+)? (?:in|din) (?:articol|document|pasaj|surs|informati|text|context|baza)\w*",
];

/// Handing over: somebody else will take the case, not only could be asked.
const ESCALATE: &[&str] = &[
    r"\b(?:i'll|i will|i'm|i am|i've|i have|let me|we'll|we will|we're|we are|we've|we have|i can|we can|i could|me to|i)(?: now| just| already| also| gladly| happily| going to| go ahead and| need to| have to)* (?:connect|transfer|forward|escalat|hand|pass|put|rout|refer|redirect)(?:e|ing|ed|ring|red|ting)?(?: (?:you|this|that|it|your|the|our)(?: [\w'-]+){0,3}?)?(?: (?:over|on|through|along|off|directly|in touch|up|straight))* (?:to|with)(?: [\w'-]+){0,4}? (?:agents?|person|human|colleagues?|specialists?|representatives?|team|member|someone|advis[oe]rs?|supervisor|manager|technicians?|department|operator|experts?|mechanics?|staff|support(?: team| agent| staff)?)(?:[.,;:!? ]|$)",
    r"\b(?:i'll|i will|i'm|i am|i've|i have|let me|we'll|we've|we have|we are)(?: now| just| already)* escalat(?:e|ing|ed) (?:this|your|the|it)\b",
    r"\b(?:transferring|connecting) you (?:now|to|with)\b",
    r"\bhold while (?:i|we) (?:transfer|connect|get)\b",
    r"\byou(?:'ll| will|'re| are)(?: now)? (?:be|being) (?:connected|transferred|put through|handed over)\b",
    r"\b(?:request|case|message|question|issue|ticket|complaint|conversation|chat|query|concern|matter)(?: has| have) been (?:escalated|forwarded|passed|handed|transferred)\b",
    r"\b(?:i've|i have|we've|we have) (?:created|opened|raised|submitted|logged)(?: [\w'-]+){1,4}? (?:ticket|case|complaint)\b",
    r"\b(?:a|an|one of|our|someone|my)(?: [\w'-]+){0,4}? ?(?:agents?|person|human|colleagues?|specialists?|representatives?|team|members?|someone|advis[oe]rs?|manager|technicians?|experts?|operator|from)(?: [\w'-]+){0,3}? (?:will|is going to)(?: [\w'-]+)? (?:contact|call|reach out|get back|be in touch|be with|take over|take it from|assist you|follow up|get in touch|help you)\b",
    r"\b(?:te|va)(?: voi| vom| am| o sa| pot| putem)?(?: sa)? (?:transfer\w*|conect(?:ez|am|a|at|eze)|redirection\w*|pun\w* in legatura|fac\w* legatura)\b",
    r"\b(?:voi|vom|o sa|pot|putem)(?: sa)? (?:te |va )?(?:transfer\w*|conect(?:ez|am|a)|redirection\w*)\b",
    r"\b(?:coleg\w*|agent\w*|operator\w*|specialist\w*|reprezentant\w*|consultant\w*|echipa|tehnician\w*|cineva)(?: [\w-]+){0,4}? (?:te|va|iti|vi) (?:va|vor|o sa|poate)(?: te| va)? (?:contact\w*|sun\w*|prelu\w*|scrie|ajut\w*|reven\w*)",
    r"\bva prelua (?:un coleg|cazul|solicitarea|conversatia)|\b(?:un coleg|o colega)(?: [\w-]+){0,3}? va prelua\b",
    r"\b(?:am|voi|vom)(?: [\w-]+)? (?:transmis|transmite|trimis|trimite|redirectionat|redirectiona|predat|preda|inaintat|inainta)(?: [\w-]+){0,4}? (?:coleg|echip|specialist|operator|departament|agent)\w*",
    r"\b(?:am escaladat|voi escalada|vom escalada|escaladez)\b",
];

/// Declining the topic.
const REFUSE_SCOPE: &[&str] = &[
    r"\b(?:i|we)(?: can|'m able to|'re able to| am able to| are able to)? only (?:help|assist)(?: you)? (?:with|on)\b|\b(?:i|we)(?: can)? (?:help|assist)(?: you)? only with\b",
    r"\b(?:i|we) can only (?:answer|respond to|discuss|talk about|speak about|address|handle|provide (?:help|support|information|answers))\b|\b(?:i|we) only (?:answer|respond to|discuss|talk about)\b",
    r"\b(?:i'm|i am|we're|we are) only able to (?:help|assist|answer|respond|discuss|provide)\b",
    r"\b(?:i'm|i am|we're|we are) (?:here|designed|set up|built|meant|trained|able) only to\b|\b(?:i'm|i am) only (?:here|designed|set up|built|meant|trained) to\b",
    r"\b(?:outside|beyond|out of|not within|not in)(?: of)? (?:my|our|the) (?:scope|area|domain|field|expertise|remit|capabilit|role|focus|competence)|\bout of scope\b",
    r"\b(?:i|we)(?:'m| am|'re| are)? (?:cannot|can not|can't|cant|unable to|not able to|won't be able to)(?: [a-z]+ly)? (?:help|assist)(?: you)? with\b",
    r"\b(?:i|we)(?:'m| am|'re| are)? (?:cannot|can not|can't|cant|unable to|not able to|do not|don't) (?:give|offer|provide)(?: you)?(?: any)?(?: [\w'-]+)? ?(?:medical|legal|financial|tax|investment|political|health|relationship) (?:advice|guidance|recommendations?|opinions?|information)\b",
    r"\b(?:not something|nothing) (?:i|we) (?:can|could|am able to|are able to|handle|do|deal with)\b(?: (?:help|assist|advise|discuss))?",
    r"\b(?:i|we)(?:'m| am|'re| are)? (?:cannot|can't|unable to|not able to|do not|don't) (?:discuss|talk about|comment on)\b",
    r"\b(?:is not|isn't|are not|aren't|not) related to (?:our|my|volta)\b|\bunrelated to (?:our|my)\b",
    r"\b(?:pot|putem)(?: sa)?(?: te| va| iti)? (?:ajut\w*|raspund\w*|ofer\w*|discut\w*|vorb\w*)(?: [\w-]+){0,2}? (?:doar|numai)\b|\b(?:doar|numai)(?: [\w-]+){1,6}? (?:te|va) (?:pot|putem) ajuta\b",
    r"\braspund(?:em)? (?:doar|numai) la\b",
    r"\bnu (?:te |va |iti )?(?:pot|putem)(?: sa)?(?: te| va| iti)? ajut\w* (?:cu|in)\b",
    r"\b(?:in afara|depaseste|depasesc) (?:domeni|ari|sfer|competent|scop|atributi)\w*",
    r"\bnu (?:tine|tin) de (?:domeni|ari|competent|noi|mine|subiect)\w*",
    r"\bnu (?:iti |va )?(?:pot|putem)(?: sa)?(?: iti| va)? (?:ofer\w*|da|dau|dam)(?: [\w-]+){0,2}? (?:sfaturi|consiliere|consultanta|recomandari) (?:medical|juridic|financiar|legal|fiscal|politic)\w*",
];

const SHIPPED: [(Action, &[&str]); 3] =
    [(Action::Abstain, ABSTAIN), (Action::Escalate, ESCALATE), (Action::RefuseScope, REFUSE_SCOPE)];

/// The shipped phrases, compiled once for all suites.
static SHIPPED_PHRASES: LazyLock<Phrases> = LazyLock::new(|| {
    let phrases = SHIPPED.iter().flat_map(|(action, list)| {
        list.iter().map(|source| Phrase { action: *action, pattern: Pattern::latin(source) })
    });
    Phrases::new(phrases.collect())
});

/// Phrases per action: the shipped English and Romanian ones, then the suite's own. They are
/// compiled when the first answer is read.
#[derive(Debug, Clone)]
pub struct Markers {
    own: Arc<Phrases>,
    fingerprint: OnceLock<Fingerprint>,
}

impl Default for Markers {
    /// The shipped phrases alone.
    fn default() -> Self {
        Self::with(&BTreeMap::new())
    }
}

/// A marker found in an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hit {
    pub(super) action: Action,
    /// Bytes of the folded answer.
    pub(super) span: Range<usize>,
    /// Whether a handover is only offered, asked or conditional.
    pub(super) offered: bool,
}

static CONDITION: Pattern = Pattern::latin(
    r"\b(?:if|when|whenever|unless|in case|should|once|after|until|whether|while|daca|cand|in caz ca|in cazul in care|dupa ce|pana cand|atunci cand)\b[^,;:]*$",
);
static ANY_CONDITION: Pattern = Pattern::latin(
    r"\b(?:if|when|whenever|unless|in case|once|after|until|daca|cand|in cazul|dupa ce|pana)\b|\?\W*$",
);
static OFFER: Pattern = Pattern::latin(r"^(?:i can|we can|i could|me to|(?:te |va )?(?:pot|putem|poate))\b");
static NEGATION: Pattern =
    Pattern::latin(r"(?:\bnot|n't|\bcannot|\bunable to|\bnever|\bwithout|\bnu|\bfara)(?: [\w'-]+){0,2} ?$");
static ABOUT_CUSTOMER: Pattern = Pattern::latin(
    r"^ (?:your|which|what you|who you|exactly (?:what|which)|what exactly|la ce|care dintre|ce model)\b",
);
static KNOWING: Pattern =
    Pattern::latin(r"^ (?:that|this|any|such|the)(?: [\w'-]+)? (?:information|info|details)\b");
static WRITE_FIRST: Pattern = Pattern::latin(
    r"\b(?:write|email|e-mail|mail|call|contact|fill|submit|send|report|use|open|scrie|scrieti|sunati|suna|contactati|completati|completeaza|trimite|trimiteti)\b",
);
static FIRST_PERSON: Pattern = Pattern::latin(
    r"^(?:i|i'll|i'm|i've|we|we'll|we're|we've|let me|me to|te|va|voi|vom|o sa|am|pot|putem|escaladez)\b",
);
static WILL: Pattern =
    Pattern::latin(r"^(?:a|an|one of|our|someone|my|coleg\w*|echipa|agent\w*|operator\w*|specialist\w*)\b");

impl Markers {
    /// The shipped phrases and a suite's further ones.
    pub fn with(extra: &BTreeMap<Action, Vec<String>>) -> Self {
        let own = extra.iter().flat_map(|(action, list)| {
            let sources = list.iter().map(|phrase| own_pattern(phrase)).filter(|source| !source.is_empty());
            sources.map(|source| Phrase { action: *action, pattern: Pattern::of(source) })
        });
        Self { own: Arc::new(Phrases::new(own.collect())), fingerprint: OnceLock::new() }
    }

    /// Content hash, part of the scorers fingerprint.
    pub fn fingerprint(&self) -> Fingerprint {
        *self.fingerprint.get_or_init(|| {
            let mut phrases: BTreeMap<Action, Vec<&str>> = BTreeMap::new();
            for phrase in SHIPPED_PHRASES.list().iter().chain(self.own.list()) {
                phrases.entry(phrase.action).or_default().push(phrase.pattern.source());
            }
            Fingerprint::of(&serde_json::json!({ "v": 2, "phrases": phrases }))
        })
    }

    /// Every marker of a folded text that counts, in order.
    pub(super) fn find(&self, text: &str, sentences: &[Range<usize>]) -> Vec<Hit> {
        let mut possible = SHIPPED_PHRASES.possible(text);
        possible.extend(self.own.possible(text));
        let mut hits = Vec::new();
        let mut writing = Writing { seen: 0, asked: false };
        for (index, sentence) in sentences.iter().enumerate() {
            let part = &text[sentence.clone()];
            for phrase in &possible {
                for found in phrase.pattern.spans(part) {
                    let asked_to_write = || writing.asked_before(index, text, sentences);
                    if let Some(offered) = counts(phrase.action, part, &found, asked_to_write) {
                        let words = part[found.clone()].trim_end_matches(|c: char| !c.is_alphanumeric());
                        let start = sentence.start + found.start;
                        hits.push(Hit { action: phrase.action, span: start..start + words.len(), offered });
                    }
                }
            }
        }
        hits.sort_by_key(|h| (h.span.start, h.span.end));
        hits
    }
}

/// Whether the customer was asked to write or call; each sentence is read once, when it matters.
struct Writing {
    seen: usize,
    asked: bool,
}

impl Writing {
    fn asked_before(&mut self, index: usize, text: &str, sentences: &[Range<usize>]) -> bool {
        while !self.asked && self.seen < index {
            self.asked = WRITE_FIRST.is_match(&text[sentences[self.seen].clone()]);
            self.seen += 1;
        }
        self.asked
    }
}

/// Blanks of a phrase match any run of blanks; an empty phrase is dropped.
fn own_pattern(phrase: &str) -> String {
    let folded = fold(phrase, Folding::Marks);
    folded.split_whitespace().map(regex::escape).collect::<Vec<_>>().join(r"\s+")
}

/// Whether a marker in a sentence counts at all, and whether as an offer.
fn counts(
    action: Action,
    sentence: &str,
    found: &Range<usize>,
    asked_to_write: impl FnOnce() -> bool,
) -> Option<bool> {
    let (head, phrase, tail) = (&sentence[..found.start], &sentence[found.clone()], &sentence[found.end..]);
    if action != Action::Escalate {
        let about_customer = action == Action::Abstain && ABOUT_CUSTOMER.is_match(tail);
        let about_knowing = action == Action::RefuseScope && KNOWING.is_match(tail);
        return (!CONDITION.is_match(head) && !about_customer && !about_knowing).then_some(false);
    }
    if NEGATION.is_match(head) || (WILL.is_match(phrase) && (WRITE_FIRST.is_match(head) || asked_to_write()))
    {
        return None;
    }
    let conditional = ANY_CONDITION.is_match(head) || ANY_CONDITION.is_match(tail);
    // What others do under a condition describes a process.
    if conditional && !sentence.ends_with('?') && !FIRST_PERSON.is_match(phrase) {
        return None;
    }
    Some(OFFER.is_match(phrase) || conditional)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::string::string_regex;

    use super::*;

    #[test]
    fn every_shipped_phrase_compiles() {
        let shipped: usize = SHIPPED.iter().map(|(_, list)| list.len()).sum();
        let list = SHIPPED_PHRASES.list();
        assert_eq!(list.iter().filter(|p| p.pattern.compiles()).count(), shipped);
        let guards = [
            &CONDITION,
            &ANY_CONDITION,
            &OFFER,
            &NEGATION,
            &ABOUT_CUSTOMER,
            &KNOWING,
            &WRITE_FIRST,
            &FIRST_PERSON,
            &WILL,
        ];
        assert!(guards.iter().all(|p| p.compiles()));
    }

    #[test]
    fn the_fingerprint_moves_with_the_phrases() {
        let one = BTreeMap::from([(Action::Abstain, vec!["beats me".to_owned()])]);
        let other = BTreeMap::from([(Action::Escalate, vec!["beats me".to_owned()])]);
        let all = [Markers::default(), Markers::with(&one), Markers::with(&other)].map(|m| m.fingerprint());
        assert_eq!(all[0], Markers::with(&BTreeMap::new()).fingerprint());
        assert!(all[0] != all[1] && all[1] != all[2] && all[0] != all[2]);
    }

    #[test]
    fn own_phrases_are_substrings_and_empty_ones_are_dropped() {
        let own = BTreeMap::from([(Action::Abstain, vec!["Habar  N'am (".to_owned(), "  ".to_owned()])]);
        let markers = Markers::with(&own);
        assert_eq!((markers.own.list().len(), Markers::default().own.list().len()), (1, 0));
        let text = "pai habar\nn'am (deloc";
        let hits = markers.find(text, std::slice::from_ref(&(0..text.len())));
        assert_eq!((hits.len(), hits[0].span.clone()), (1, 4..14));
    }

    /// Texts that a shipped pattern describes, but for where words end.
    fn texts_of_phrases() -> impl Strategy<Value = String> {
        let sources: Vec<&str> = SHIPPED.iter().flat_map(|(_, list)| list.iter().copied()).collect();
        prop::sample::select(sources).prop_flat_map(|source| {
            let plain = source.replace(r"\b", "").replace("|$)", ")").replace(r"\w", "[a-z]");
            string_regex(&plain).expect("a pattern that describes texts")
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]

        #[test]
        fn no_phrase_of_a_text_is_overlooked(text in texts_of_phrases(), other in texts_of_phrases()) {
            for text in [format!("so {text}"), format!("{text}, {other}."), text] {
                let possible: Vec<_> =
                    SHIPPED_PHRASES.possible(&text).iter().map(|p| p.pattern.source()).collect();
                for phrase in SHIPPED_PHRASES.list().iter().filter(|p| p.pattern.is_match(&text)) {
                    prop_assert!(possible.contains(&phrase.pattern.source()), "{:?}", text);
                }
            }
        }
    }

    #[test]
    fn every_shipped_phrase_asks_for_literals() {
        let free = SHIPPED_PHRASES.possible("");
        assert!(free.is_empty(), "{free:#?}");
    }
}
