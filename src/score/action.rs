//! # What it checks
//! What the answer does for the customer is one of the case's `expect`: answer, clarify, abstain,
//! escalate, act, refuse-scope.
//!
//! # Keys
//! None; the case says what is expected, and `[actions]` of the suite adds marker phrases.
//!
//! # Example
//! ```toml
//! [[score]]
//! kind = "action"
//! ```
//!
//! # Caveats
//! The action is recognised by phrases, English and Romanian, in this order:
//! 1. tool calls are `act`, or `escalate` when the tool's name says that it hands over;
//! 2. a handover that is said to happen is `escalate` (`I'll connect you with a colleague`);
//! 3. `refuse-scope` and 4. `abstain` by their markers, unless the answer goes on to answer;
//! 5. an offered handover is `escalate` (`I can connect you with a colleague`) when nothing is answered;
//! 6. a question back without facts is `clarify`; a closing courtesy is no question;
//! 7. everything else is `answer`.
//!
//! Advice to contact support is no handover. Conditional phrases (`if I don't know your size`) do
//! not count. Not applicable to a case without `expect`.

use std::ops::Range;

use crate::case::Action;
use crate::provider::{Completion, ToolCall};
use crate::score::facts::extract;
use crate::score::markers::{Hit, Markers};
use crate::score::pattern::Pattern;
use crate::score::text::{Folded, Folding, sentences};
use crate::score::{Args, Built, Check, Evidence, Finding, ScoreInput, ScorerKind};

/// Row of the scorer table.
pub(super) const KIND: ScorerKind = ScorerKind {
    name: "action",
    summary: "the answer does what the case expects: answer, clarify, abstain, escalate, act, refuse-scope",
    docs: docs!("action.rs"),
    keys: &[],
    build,
};

struct Expected;

#[expect(clippy::unnecessary_wraps, reason = "the signature of every row of the table")]
fn build(_: &Args<'_>) -> Built {
    Ok(Box::new(Expected))
}

impl Check for Expected {
    fn check(&self, input: &ScoreInput<'_>) -> Finding {
        if input.case.expect.is_empty() {
            return Finding::not_applicable("the case does not say what it expects");
        }
        let Some((action, evidence)) = detect(input.completion, input.markers) else {
            return Finding::unparsed("the answer is empty");
        };
        let expected: Vec<&str> = input.case.expect.iter().map(|a| a.name()).collect();
        let expected = expected.join(" or ");
        let pass = input.case.expect.contains(&action);
        let why = match action {
            Action::Answer => "no marker of another action".to_owned(),
            _ => format!("“{}”", evidence.quote),
        };
        let reason = if pass {
            format!("{action}, as expected: {why}")
        } else {
            format!("{action} instead of {expected}: {why}")
        };
        Finding::scored(f64::from(u8::from(pass)), pass, reason).with(vec![evidence])
    }

    fn check_without_text(&self, input: &ScoreInput<'_>) -> Finding {
        self.check(input)
    }
}

static HANDOVER_TOOL: Pattern =
    Pattern::new(r"(?i)hand_?-?(?:over|off)|transfer.*(?:human|agent|person|support|live)|escalat");
/// Sentences that neither answer nor ask: greetings, apologies, pointers elsewhere, closing courtesies.
static COURTESY: Pattern = Pattern::latin(
    r"\b(?:sorry|apologi[sz]e|thank(?:s| you)|you're welcome|feel free|let me know if|happy to help|glad to help|here to help|hope (?:this|that|it) helps?|(?:does|did) (?:that|this|it) help|anything else|other questions?|further questions|any questions|would you like (?:me|us) to|would you like (?:more|further|to know)|(?:do you )?want me to|shall i|have a (?:great|nice|good)|good luck|imi pare rau|ne pare rau|scuze|multumesc|multumim|cu drag|sper ca|(?:te|va) mai pot ajuta|mai pot ajuta|alte intrebari|alta intrebare|vrei sa|doriti sa|o zi (?:buna|frumoasa))\b|^(?:hi|hello|hey|dear|salut|buna|buna ziua)\b[^.?]{0,30}$",
);
static POINTER: Pattern = Pattern::latin(
    r"\b(?:please|recommend|suggest|advise|may want to|might want to|you (?:can|could|may|should)|try|te rog|va rog|recomand|poti|puteti)\b.{0,60}\b(?:contact\w*|reach(?:ing)? out|consult\w*|check(?:ing)?|visit\w*|refer(?:ring)?|see|ask(?:ing)?|call(?:ing)?|email(?:ing)?|writ(?:e|ing)|verifica\w*|scri\w*|suna\w*|consulta\w*|vizita\w*|adres\w*)\b|^(?:contact|consult|visit|contactati|contacteaza)\b|\b(?:passages?|articles?|documents?|context|they|sources|articolele|pasajele|documentele) (?:only|just|doar|numai)\b",
);
static TURN: Pattern =
    Pattern::latin(r"[,;.] ?(?:but|however|nevertheless|though|dar|insa|totusi)\b,?|; |: ");
static AMBIGUITY: Pattern = Pattern::latin(
    r"^(?:there (?:are|is|'re) (?:many|several|quite a few|a few|multiple|various|different|a number of|two|three|more than one)|it depends on|that depends on|exista (?:mai multe|multe|cateva)|depinde de|avem mai multe|we have (?:several|many|multiple|different|a few|two|three))\b",
);
static ASKS: Pattern = Pattern::latin(
    r"\b(?:which|what|who|where)\b.*\b(?:are you|do you|did you|would you|you(?:'re| are)|you mean|have you)\b|\b(?:do|did) you mean\b|\bare you (?:asking|referring|talking|looking|thinking|trying|using|interested|a )|\b(?:could|can|would|will) you (?:please |kindly |also )*(?:tell|clarify|specify|provide|share|let|confirm|give|describe|explain|elaborate|send|check|be more)\b|\b(?:may|can|could) i (?:ask|know|have|get)\b|\bwhat(?:'s| is| are) (?:your|the (?:order|model|serial|frame|exact))|\bwhich (?:one|model|bike|order|product|plan|country|version)\b|\bis (?:it|this|that) (?:a|an|the|for|your)\b|\bla (?:ce|care)\b|\bce (?:anume|fel|tip|model|numar|comanda|bicicleta|produs)\b|\bcare (?:este|e|model|dintre|comanda)\b|\b(?:imi|ne|sa-mi|sa ne) (?:poti|puteti|spui|spuneti|dai|dati)\b|\b(?:poti|puteti)(?: te rog| va rog)?(?: sa)?(?: imi| ne)? (?:preciz|spune|clarific|detali|confirm|ofer|trimit|da\b)|\bte referi|\bva referiti|\bai (?:numarul|o comanda)|\baveti (?:numarul|o comanda)",
);
static REQUEST: Pattern = Pattern::latin(
    r"\b(?:please|kindly|te rog|va rog),?(?: (?:also|just|sa|sa-mi|imi|ne|mi))* (?:provide|share|tell|specify|clarify|confirm|send|give|describe|let (?:me|us) know|explain|spune|spui|spuneti|precizeaza|precizezi|precizati|trimite|trimiti|trimiteti|confirma|confirmi|confirmati|indica|indici|indicati)\b|\b(?:i|we)(?:'ll| will| would|'d) need (?:to know|your|the|a few|a bit|some|more)\b|\b(?:i|we) need (?:to know|your|a few|a bit|some|more)\b|\blet me know (?:which|what|your|the|whether)\b|\b(?:spune-mi|spuneti-mi|spune-ne|spuneti-ne|am nevoie de|avem nevoie de)\b",
);

/// Words of substance from which an answer with a marker answers after all: when the marker comes
/// first, and when something is stated before it.
const SUBSTANCE_AFTER: usize = 40;
const SUBSTANCE_BEFORE: usize = 12;
/// Words that may stand beside a question back.
const BESIDE_QUESTION: usize = 30;

/// The action an answer took and the evidence for it; `None` for an empty answer.
pub fn detect(completion: &Completion, markers: &Markers) -> Option<(Action, Evidence)> {
    if let Some(tool) = completion.tool_calls.first() {
        let hands_over = |t: &&ToolCall| HANDOVER_TOOL.is_match(&t.name);
        return Some(match completion.tool_calls.iter().find(hands_over) {
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
        for action in [Action::RefuseScope, Action::Abstain] {
            if let Some(hit) = marked(action, false)
                && !self.answers_beside(hit)
            {
                return by_marker(hit);
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
    }

    /// Words of the sentences that state something, and of what follows a `but` after a marker.
    fn substance(&self, among: impl Fn(&Range<usize>) -> bool) -> usize {
        self.sentences
            .iter()
            .filter(|s| among(s))
            .map(|sentence| {
                let text = self.text(sentence);
                let Some(last) = self.hits_in(sentence).iter().map(|h| h.span.end).max() else {
                    let beside = COURTESY.is_match(text) || POINTER.is_match(text) || is_question(text);
                    return if beside { 0 } else { count(text) };
                };
                let rest = &self.folded.text[last.min(sentence.end)..sentence.end];
                TURN.spans(rest).first().map_or(0, |turn| count(&rest[turn.end..]))
            })
            .sum()
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
    use std::collections::BTreeMap;

    use super::*;
    use crate::score::ScoreState;
    use crate::score::testing::{MARKERS, Setup, completion};

    fn action(answer: &str) -> &'static str {
        detect(&completion(answer), &MARKERS).map_or("none", |(action, _)| action.name())
    }

    fn all(expected: &str, answers: &[&str]) {
        let wrong: Vec<_> =
            answers.iter().map(|a| (action(a), a)).filter(|(found, _)| *found != expected).collect();
        assert!(wrong.is_empty(), "not {expected}: {wrong:#?}");
    }

    #[test]
    fn answers() {
        all(
            "answer",
            &[
                "You have 30 days. Is there anything else I can help you with?",
                "Unfortunately, final sale items cannot be returned.",
                "If you don't know your frame number, look under the bottom bracket.",
                "We can't connect you by phone, but you can return the bike within 30 days at any shop.",
                "Please do not send passwords to us.",
                "Sorry, but a domain name is not considered personal information.",
                "You can contact our support team at help@volta.example; they answer within one working day.",
                "Write to help@volta.example. Our team will get back to you within 24 hours.",
                "Yes.",
                "Go to Settings > Orders and choose Return. Does that help?",
                "We do not ship to Norway.",
                "No, the warranty does not cover flat tyres.",
                "You can book a service online. Would you like me to show you how?",
                "The battery lasts 80 km. I do not have information about hills.\nThe charger is included in the box and fills it in 4 hours.",
                "Ai 30 de zile de la livrare. Te mai pot ajuta cu ceva?",
                "Din păcate, produsele resigilate nu pot fi returnate.",
                "Dacă nu știi numărul cadrului, uită-te sub pedale.",
                "If the motor still does not start, a technician will call you before the repair.",
                "Once you submit the form, a specialist will contact you within two days.",
            ],
        );
    }

    #[test]
    fn abstentions() {
        all(
            "abstain",
            &[
                "I don't know. Please contact support.",
                "I’m sorry, but I don’t have that information.",
                "Unfortunately, the articles do not mention a trade-in price. You may want to contact the shop.",
                "I do not have specific information on the cost of a spare key.",
                "I'm not sure about that.",
                "I couldn't find anything about child seats in the help centre.",
                "That is not covered in the provided passages.",
                "There is no information about this in our articles.",
                "I am unable to answer this question.",
                "I'm very sorry, but I can not help you with that information.",
                "Nu știu. Vă rog să contactați magazinul.",
                "Îmi pare rău, nu am această informație.",
                "Imi pare rau, nu dețin informații despre prețul pieselor.",
                "Articolele nu menționează un termen pentru schimb.",
                "I don't know. Would you like me to connect you with a colleague?",
            ],
        );
    }

    #[test]
    fn handovers() {
        all(
            "escalate",
            &[
                "I'll connect you with a person.",
                "I don't have that information, so I'm transferring you to a colleague now.",
                "I can't refund this myself. Let me hand you over to our care team.",
                "I've forwarded your request to a specialist, who will call you today.",
                "Your case has been escalated to our workshop.",
                "A member of our team will contact you shortly.",
                "You are being transferred to a human agent. Please hold.",
                "I will need to transfer you to a human agent for further assistance.",
                "Te transfer la un coleg.",
                "Vă voi transfera către un operator.",
                "Am transmis solicitarea către echipa de service.",
                "Un coleg te va contacta în cel mai scurt timp.",
                "Would you like me to connect you with an agent?",
                "I can connect you with a colleague if you like.",
            ],
        );
    }

    #[test]
    fn refusals_of_scope() {
        all(
            "refuse-scope",
            &[
                "I can only help with Volta Ciclo questions.",
                "I'm sorry, I can't help with tax advice. I can only answer questions about our bikes.",
                "That is outside my area of expertise.",
                "I cannot give medical advice. Please see a doctor.",
                "Te pot ajuta doar cu întrebări despre Volta Ciclo.",
                "Îmi pare rău, nu te pot ajuta cu rețete.",
            ],
        );
    }

    #[test]
    fn questions_back() {
        all(
            "clarify",
            &[
                "Which model do you have?",
                "Could you tell me your order number?",
                "I'm happy to help! Could you please share the order number?",
                "There are several warranties, such as 1) frame, 2) battery. Which one are you asking about?",
                "Please provide your order number so I can check.",
                "I'm not sure which bike you mean. Could you tell me the model?",
                "Is it the city bike or the cargo bike?",
                "Ca să te pot ajuta, te rog să îmi trimiți numărul comenzii.",
                "Ce model de bicicletă ai?",
                "Îmi poți spune numărul comenzii, te rog?",
            ],
        );
    }

    #[test]
    fn tool_calls_act_or_hand_over() {
        let mut call = Setup::of("action", "").tool("refund_order").completion;
        assert_eq!(detect(&call, &MARKERS).map(|d| d.0), Some(Action::Act));
        call.tool_calls[0].name = "transfer_to_human_agents".into();
        assert_eq!(detect(&call, &MARKERS).map(|d| d.0), Some(Action::Escalate));
    }

    #[test]
    fn an_empty_answer_takes_no_action() {
        assert_eq!(action(" \n"), "none");
        assert_eq!(action("..."), "answer");
    }

    #[test]
    fn evidence_points_at_the_marker() {
        let (_, evidence) = detect(&completion("Sorry — I don’t know."), &MARKERS).unwrap();
        assert_eq!((evidence.span, evidence.quote.as_str()), (Some(8..20), "I don’t know"));
    }

    #[test]
    fn a_suites_own_markers_count() {
        let own = BTreeMap::from([
            (Action::Escalate, vec!["Our care team will call".to_owned()]),
            (Action::Clarify, vec!["tell me more".to_owned()]),
        ]);
        let markers = Markers::with(&own);
        let found = |text: &str| detect(&completion(text), &markers).map(|d| d.0);
        assert_eq!(found("OK. our care team will call you."), Some(Action::Escalate));
        assert_eq!(
            found(
                "If it breaks, our care team will call you in 2 days, free of charge and wherever you are in the country."
            ),
            Some(Action::Answer)
        );
        assert_eq!(found("Tell me more."), Some(Action::Clarify));
    }

    #[test]
    fn the_score_compares_with_what_is_expected() {
        assert_eq!(Setup::of("action", "").score("Yes.").state, ScoreState::NotApplicable);
        let setup = Setup::of("action", "").expect(&[Action::Answer, Action::Clarify]);
        assert_eq!(setup.score("You have 30 days.").pass(), Some(true));
        let wrong = setup.score("I don't know.");
        assert_eq!(wrong.pass(), Some(false));
        assert_eq!(wrong.reason, "abstain instead of answer or clarify: “I don't know”");
        let act = Setup::of("action", "").expect(&[Action::Act]).tool("refund");
        assert_eq!(act.score("").pass(), Some(true));
    }

    #[test]
    fn patterns_compile() {
        for p in [&HANDOVER_TOOL, &COURTESY, &POINTER, &TURN, &AMBIGUITY, &ASKS, &REQUEST] {
            assert!(p.compiles());
        }
    }
}
