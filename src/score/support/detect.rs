//! Which action an answer took: its markers, its questions, and how much it says besides.

use std::ops::Range;

use crate::case::Action;
use crate::provider::{Completion, ToolCall};
use crate::score::Evidence;
use crate::score::facts::extract;
use crate::score::pattern::Pattern;
use crate::score::support::markers::{Hit, Markers};
use crate::score::words::{Folded, Folding, sentences};

static HANDOVER_TOOL: Pattern =
    Pattern::new(r"(?i)hand_?-?(?:over|off)|transfer.*(?:human|agent|person|support|live)|escalat");
/// Sentences that neither answer nor ask: greetings, apologies, pointers elsewhere, closing courtesies.
static COURTESY: Pattern = Pattern::latin(
    r"\b(?:sorry|apologi[sz]e|thank(?:s| you)|you're welcome|feel free|let me know if|happy to help|glad to help|here to help|hope (?:this|that|it) helps?|(?:does|did) (?:that|this|it) help|anything else|what else|other questions?|further questions|any questions|would you like (?:me|us) to|would you like (?:more|further|to know)|(?:do you )?want me to|shall i|have a (?:great|nice|good)|good luck|imi pare rau|ne pare rau|scuze|multumesc|multumim|cu drag|sper ca|(?:te|va) mai pot ajuta|mai pot ajuta|alte intrebari|alta intrebare|vrei sa|doriti sa|o zi (?:buna|frumoasa))\b|^(?:hi|hello|hey|dear|salut|buna|buna ziua)\b[^.?]{0,30}$",
);
static POINTER: Pattern = Pattern::latin(
    r"\b(?:please|recommend|suggest|advise|may want to|might want to|you (?:can|could|may|should)|try|te rog|va rog|recomand|poti|puteti)\b.{0,60}\b(?:contact\w*|reach(?:ing)? out|consult\w*|check(?:ing)?|visit\w*|refer(?:ring)?|see|ask(?:ing)?|call(?:ing)?|email(?:ing)?|writ(?:e|ing)|verifica\w*|scri\w*|suna\w*|consulta\w*|vizita\w*|adres\w*)\b|^(?:contact|consult|visit|contactati|contacteaza)\b|\b(?:passages?|articles?|documents?|context|they|sources|articolele|pasajele|documentele) (?:only|just|doar|numai)\b",
);
static TURN: Pattern =
    Pattern::latin(r"[,;.] ?(?:but|however|nevertheless|though|dar|insa|totusi)\b,?|; |: ");
/// What turns from not knowing to what is known after all.
static CONTRAST: Pattern = Pattern::latin(
    r"(?:^|[,;.(] ?|\u{2014} ?|- )(?:and )?(?:but|however|nevertheless|nonetheless|that said|having said that|still|what i (?:can|do)|dar|insa|totusi|in schimb|cu toate acestea)\b,?",
);
/// A statement's end before `but I don't know …`, and how a sentence opens that states nothing there.
static BEFORE_TURN: Pattern =
    Pattern::latin(r"[,;] ?(?:and )?(?:but|however|although|though|dar|insa|desi)\b");
static PREAMBLE: Pattern = Pattern::latin(
    r"^\W*(?:i|we|my|i'm|i've|i'd|we're|we've|sorry|unfortunately|apologies|thank\w*|while|although|as|that|this|it|it's|that's|your (?:question|request|message)|am|imi|ne|din pacate|scuze|multum\w*|intrebarea|desi)\b",
);
/// A refusal that names no topic.
static VAGUE: Pattern = Pattern::latin(
    r"^[^.,;]{0,40}\b(?:help|assist)(?: you)? with (?:that|this|it|your (?:question|request))\b(?: (?:because|as|since|at)\b|\W|$)",
);
/// What the speaker may do next, which states nothing.
static OFFERS: Pattern = Pattern::latin(
    r"\b(?:i|we)(?: can|'d| would|'ll| will| could|'m| am)(?: certainly| definitely| still| always| gladly)*(?: be)?(?: more than)? (?:happy|glad|help|assist|try|look into|check|forward|ask|find out|pass|connect|here)\b|\b(?:pot|putem|voi|vom)(?: sa)? (?:te |va |incerca|verifica|intreba)",
);
static AMBIGUITY: Pattern = Pattern::latin(
    r"^(?:there (?:are|is|'re) (?:many|several|quite a few|a few|multiple|various|different|a number of|two|three|more than one)|it depends on|that depends on|exista (?:mai multe|multe|cateva)|depinde de|avem mai multe|we have (?:several|many|multiple|different|a few|two|three))\b",
);
static ASKS: Pattern = Pattern::latin(
    r"\b(?:which|what|who|where)\b.*\b(?:are you|do you|did you|would you|you(?:'re| are)|you mean|have you)\b|\b(?:do|did) you mean\b|\bare you (?:asking|referring|talking|looking|thinking|trying|using|interested|a )|\b(?:could|can|would|will) you (?:please |kindly |also )*(?:tell|clarify|specify|provide|share|let|confirm|give|describe|explain|elaborate|send|check|be more)\b|\b(?:may|can|could) i (?:ask|know|have|get)\b|\bwhat(?:'s| is| are) (?:your|the (?:order|model|serial|frame|exact))|\bwhich (?:one|model|bike|order|product|plan|country|version)\b|\bis (?:it|this|that) (?:a|an|the|for|your)\b|\bla (?:ce|care)\b|\bce (?:anume|fel|tip|model|numar|comanda|bicicleta|produs)\b|\bcare (?:este|e|model|dintre|comanda)\b|\b(?:imi|ne|sa-mi|sa ne) (?:poti|puteti|spui|spuneti|dai|dati)\b|\b(?:poti|puteti)(?: te rog| va rog)?(?: sa)?(?: imi| ne)? (?:preciz|spune|clarific|detali|confirm|ofer|trimit|da\b)|\bte referi|\bva referiti|\bai (?:numarul|o comanda)|\baveti (?:numarul|o comanda)",
);
static REQUEST: Pattern = Pattern::latin(
    r"\b(?:please|kindly|te rog|va rog),?(?: (?:also|just|sa|sa-mi|imi|ne|mi))* (?:provide|share|tell|specify|clarify|confirm|send|give|describe|let (?:me|us) know|explain|spune|spui|spuneti|precizeaza|precizezi|precizati|trimite|trimiti|trimiteti|confirma|confirmi|confirmati|indica|indici|indicati)\b|\b(?:i|we)(?:'ll| will| would|'d) need (?:to know|your|the|a few|a bit|some|more)\b|\b(?:i|we) need (?:to know|your|a few|a bit|some|more)\b|\blet me know (?:which|what|your|the|whether)\b|\b(?:spune-mi|spuneti-mi|spune-ne|spuneti-ne|am nevoie de|avem nevoie de|imi trebuie|ne trebuie|mi-ar trebui|ne-ar trebui)\b",
);

/// Bytes of a refusal that are looked at.
const NEAR: usize = 120;
/// Words of substance from which an answer with a marker answers after all: when the marker comes
/// first, and when something is stated before it.
const SUBSTANCE_AFTER: usize = 40;
const SUBSTANCE_BEFORE: usize = 12;
/// Words that may stand beside a question back.
const BESIDE_QUESTION: usize = 30;
/// Words that a turn (`but …`) needs to be an answer.
const SUBSTANCE_TURNED: usize = 5;

/// Whether a tool call hands over to a person, by its name.
pub(super) fn hands_over(call: &ToolCall) -> bool {
    HANDOVER_TOOL.is_match(&call.name)
}

/// The action an answer took and the evidence for it; `None` for an empty answer.
pub fn detect(completion: &Completion, markers: &Markers) -> Option<(Action, Evidence)> {
    if let Some(tool) = completion.tool_calls.first() {
        return Some(match completion.tool_calls.iter().find(|t| hands_over(t)) {
            Some(tool) => (Action::Escalate, Evidence::new("tool-call", tool.name.as_str())),
            None => (Action::Act, Evidence::new("tool-call", tool.name.as_str())),
        });
    }
    if completion.text.trim().is_empty() {
        return None;
    }
    Some(Reading::new(&completion.text, markers).action())
}

/// An answer taken apart.
struct Reading<'a> {
    folded: Folded<'a>,
    /// Bytes of the folded text.
    sentences: Vec<Range<usize>>,
    hits: Vec<Hit>,
}

impl<'a> Reading<'a> {
    fn new(original: &'a str, markers: &Markers) -> Self {
        let folded = Folded::new(original, Folding::Marks);
        let sentences: Vec<_> = sentences(original).iter().map(|chars| folded.bytes(chars)).collect();
        let hits = markers.find(&folded.text, &sentences);
        Self { folded, sentences, hits }
    }

    fn action(&self) -> (Action, Evidence) {
        let marked = |action: Action, offered: bool| {
            self.hits.iter().find(|h| h.action == action && h.offered == offered)
        };
        let by_marker = |hit: &Hit| (hit.action, self.evidence("marker", &hit.span));
        if let Some(hit) = marked(Action::Escalate, false) {
            return by_marker(hit);
        }
        // “I can't help with that because I don't have the information” lacks information.
        let lacks = marked(Action::Abstain, false).is_some();
        let refuses = |h: &&Hit| h.action == Action::RefuseScope && !(lacks && self.is_vague(h));
        for action in [Action::RefuseScope, Action::Abstain] {
            let hit = match action {
                Action::RefuseScope => self.hits.iter().find(refuses),
                _ => marked(action, false),
            };
            if let Some(hit) = hit
                && !self.answers_beside(hit)
            {
                return match self.asks_for_more(hit) {
                    Some(question) => (Action::Clarify, self.evidence("question", question)),
                    None => by_marker(hit),
                };
            }
        }
        if let Some(hit) = marked(Action::Escalate, true)
            && self.substance(|_| true) < SUBSTANCE_BEFORE
        {
            return by_marker(hit);
        }
        if let Some(hit) = marked(Action::Act, false).or_else(|| marked(Action::Clarify, false)) {
            return by_marker(hit);
        }
        if let Some(question) = self.question_back() {
            return (Action::Clarify, self.evidence("question", question));
        }
        let first = self.sentences.first().cloned().unwrap_or(0..self.folded.text.len());
        (Action::Answer, self.evidence("answer", &first))
    }

    fn evidence(&self, label: &str, bytes: &Range<usize>) -> Evidence {
        let span = self.folded.chars(bytes);
        Evidence { span: Some(span.clone()), ..Evidence::new(label, self.folded.quote(&span)) }
    }

    fn text(&self, sentence: &Range<usize>) -> &str {
        &self.folded.text[sentence.clone()]
    }

    /// Whether a refusal does not say of what.
    fn is_vague(&self, hit: &Hit) -> bool {
        let from = hit.span.start;
        let until = self.folded.text.floor_char_boundary((from + NEAR).min(self.folded.text.len()));
        VAGUE.is_match(&self.folded.text[from..until])
    }

    /// The markers that begin in a sentence.
    fn hits_in(&self, sentence: &Range<usize>) -> &[Hit] {
        let first = self.hits.partition_point(|h| h.span.start < sentence.start);
        let end = self.hits.partition_point(|h| h.span.start < sentence.end);
        &self.hits[first..end.max(first)]
    }

    /// Whether the answer says enough besides its marker to be an answer.
    fn answers_beside(&self, hit: &Hit) -> bool {
        let leads = self.substance(|s| s.end <= hit.span.start) == 0;
        self.substance(|_| true) >= if leads { SUBSTANCE_AFTER } else { SUBSTANCE_BEFORE }
            || self.sentences.iter().any(|s| s.end > hit.span.start && self.turns(s))
            || self.sentences.iter().any(|s| self.stated_first(s) >= SUBSTANCE_TURNED)
    }

    /// Whether a sentence turns from not knowing to something that it states.
    fn turns(&self, sentence: &Range<usize>) -> bool {
        let marked = self.hits_in(sentence).iter().map(|h| h.span.end).max();
        let from = marked.unwrap_or(sentence.start).min(sentence.end);
        let rest = &self.folded.text[from..sentence.end];
        let Some(turn) = CONTRAST.spans(rest).into_iter().next() else { return false };
        (marked.is_some() || turn.start == 0) && states(&rest[turn.end..]) >= SUBSTANCE_TURNED
    }

    /// Words of a sentence that are stated before a turn to its marker.
    fn stated_first(&self, sentence: &Range<usize>) -> usize {
        let first = self.hits_in(sentence).iter().map(|h| h.span.start).min();
        let head = &self.folded.text[sentence.start..first.unwrap_or(sentence.start).max(sentence.start)];
        match BEFORE_TURN.spans(head).last() {
            Some(turn) if !PREAMBLE.is_match(head) => states(&head[..turn.start]),
            _ => 0,
        }
    }

    /// Words of the sentences that state something, and of what follows a `but` after a marker.
    fn substance(&self, among: impl Fn(&Range<usize>) -> bool) -> usize {
        self.sentences
            .iter()
            .filter(|s| among(s))
            .map(|sentence| {
                let Some(last) = self.hits_in(sentence).iter().map(|h| h.span.end).max() else {
                    return states(self.text(sentence));
                };
                let rest = &self.folded.text[last.min(sentence.end)..sentence.end];
                let after = TURN.spans(rest).first().map_or(0, |turn| states(&rest[turn.end..]));
                after + self.stated_first(sentence)
            })
            .sum()
    }

    /// The question by which an answer that does not know asks for what it would need.
    fn asks_for_more(&self, hit: &Hit) -> Option<&Range<usize>> {
        let text = |s: &&Range<usize>| self.text(s);
        let last = self.sentences.iter().rev().find(|s| is_strong(text(s)) || !COURTESY.is_match(text(s)))?;
        let asks = is_strong(self.text(last)) || REQUEST.is_match(self.text(last));
        (hit.action == Action::Abstain && last.start > hit.span.end && asks).then_some(last)
    }

    /// The sentence that asks the customer back, when the answer is mostly that.
    fn question_back(&self) -> Option<&Range<usize>> {
        let spoken = |s: &&Range<usize>| is_strong(self.text(s)) || !COURTESY.is_match(self.text(s));
        let last = self.sentences.iter().rev().find(spoken)?;
        let text = self.text(last);
        let strong = is_strong(text);
        if !strong && !is_question(text) && !REQUEST.is_match(text) {
            return None;
        }
        if strong && self.sentences.iter().any(|s| AMBIGUITY.is_match(self.text(s))) {
            return Some(last);
        }
        let asks = |s: &Range<usize>| is_question(self.text(s)) || REQUEST.is_match(self.text(s));
        let rest: Vec<&str> =
            self.sentences.iter().filter(|s| !asks(s) && spoken(s)).map(|s| self.text(s)).collect();
        let words: usize = rest.iter().map(|s| count(s)).sum();
        let states = rest.iter().any(|s| !extract(s).is_empty());
        (!states && words <= BESIDE_QUESTION).then_some(last)
    }
}

/// Words of a sentence, or a part of one, that states something.
fn states(text: &str) -> usize {
    let beside = is_question(text) || COURTESY.is_match(text) || POINTER.is_match(text);
    if beside || OFFERS.is_match(text) || REQUEST.is_match(text) { 0 } else { count(text) }
}

fn is_question(sentence: &str) -> bool {
    sentence.trim_end_matches(|c: char| !c.is_alphanumeric() && c != '?').ends_with('?')
}

fn is_strong(sentence: &str) -> bool {
    is_question(sentence) && ASKS.is_match(sentence)
}

fn count(text: &str) -> usize {
    text.split_whitespace().filter(|w| w.contains(char::is_alphanumeric)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_compile() {
        let all = [
            &HANDOVER_TOOL,
            &COURTESY,
            &POINTER,
            &TURN,
            &VAGUE,
            &CONTRAST,
            &OFFERS,
            &BEFORE_TURN,
            &PREAMBLE,
            &AMBIGUITY,
            &ASKS,
            &REQUEST,
        ];
        assert!(all.iter().all(|p| p.compiles()));
    }
}
