//! # What it checks
//! When a chat is handed to a person, the summary carries what that person needs: the issue, what the
//! customer has tried, the numbers and addresses that they named, and how they feel. The summary is the
//! texts in the arguments of the tool call that hands over, or else the answer. The value is the share of
//! the needs that are met.
//!
//! # Keys
//! - `needs`: what is looked for, of `issue`, `steps`, `ids` and `sentiment` (all of them by default); what the customer did not give
//!   (no number, nothing tried, no anger) is not needed.
//! - `min_issue` = 0.3: share of the content words of the customer's turns that names the issue.
//!
//! # Example
//! ```toml
//! [[score]]
//! kind = "handoff"
//! needs = ["issue", "ids"]
//! ```
//!
//! # Caveats
//! It compares words and numbers: a summary in another language than the customer's, or in other words,
//! it takes for one without the issue. Order numbers are words with digits, or with five digits or more.
//! What came before the case's first turn it can't see. Not applicable where nothing is handed over;
//! whether it should have been is judged by `action`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use crate::case::{Action, Speaker};
use crate::score::facts::{Fact, FactKind, Value, extract};
use crate::score::pattern::Pattern;
use crate::score::stems::{is_content, stem};
use crate::score::support::detect::{detect, hands_over};
use crate::score::words::{Folded, Folding, Words, fold, sentences};
use crate::score::{Args, Built, Check, Evidence, Finding, ScoreInput, ScorerKind};

/// Row of the scorer table.
pub(in crate::score) const KIND: ScorerKind = ScorerKind {
    name: "handoff",
    summary: "a handover carries the issue, the steps tried, the ids and the mood",
    keys: &["needs", "min_issue"],
    docs: docs!("handoff.rs"),
    build,
};

/// What a summary may have to carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
enum Need {
    Issue,
    Steps,
    Ids,
    Sentiment,
}

impl Need {
    fn name(self) -> &'static str {
        match self {
            Need::Issue => "the issue",
            Need::Steps => "the steps tried",
            Need::Ids => "the ids",
            Need::Sentiment => "the customer's mood",
        }
    }
}

struct Handoff {
    needs: Vec<Need>,
    min_issue: f64,
}

fn build(args: &Args<'_>) -> Built {
    let mut errors = Vec::new();
    let all = vec![Need::Issue, Need::Steps, Need::Ids, Need::Sentiment];
    let needs = args.get::<Vec<Need>>("needs", &mut errors).unwrap_or(all);
    if needs.is_empty() {
        errors.push(args.error_at("needs", "`needs` is an empty list"));
    }
    let min_issue = args.number("min_issue", &mut errors).unwrap_or(0.3);
    if !(0.0..=1.0).contains(&min_issue) {
        errors.push(args.error_at("min_issue", "`min_issue` must be from 0 to 1"));
    }
    if errors.is_empty() { Ok(Box::new(Handoff { needs, min_issue })) } else { Err(errors) }
}

/// What the customer has tried.
static TRIED: Pattern = Pattern::latin(
    r"\b(?:i|we)(?:'ve| have)?(?: also| already| even)* (?:tried|tested|restarted|rebooted|reset|reinstalled|checked|charged|unplugged|cleaned|replaced|called|e-?mailed|contacted|updated|removed|swapped|waited)\b|\b(?:am|mi-am|ne-am)(?: mai| deja| si)* (?:incercat|verificat|repornit|resetat|reinstalat|incarcat|scos|curatat|schimbat|sunat|scris|contactat|actualizat|asteptat)\b",
);
/// Whom a customer asks for who wants a person.
static PERSON: Pattern = Pattern::latin(
    r"^(?:someone|somebody|anyone|anybody|person|human|people|agent|colleague|representative|rep|manager|supervisor|operator|staff|cineva|om|omului|persoana|uman|umana|coleg\w*|agentul?|operator\w*|consultant\w*|reprezentant\w*|manager\w*|sef\w*)$",
);
/// The words around that wish.
static TALK: Pattern = Pattern::latin(
    r"^(?:speak|talk|chat|connect|transfer|put|through|want|need|like|real|live|help|please|vreau|doresc|vorbesc|vorbi|discut|discuta|legatura|transfera\w*|rog|puteti|poti|pot|ajut\w*|real|viu)$",
);
/// How an upset customer writes.
pub(super) static UPSET: Pattern = Pattern::latin(
    r"\b(?:angry|furious|frustrat\w*|unacceptable|ridiculous|disappoint\w*|fed up|outrag\w*|terrible|awful|horrible|worst|scandal\w*|disgust\w*|scam|sick of|had enough|waste of|never again|annoy\w*|upset|lawyer|sue|suparat\w*|nervos\w*|furio\w*|frustra\w*|inacceptabil\w*|nemultumit\w*|dezamagit\w*|bataie de joc|rusine|jignit\w*|m-am saturat|ne-am saturat|oribil\w*|groaznic\w*|teapa|avocat\w*)\b|!{2,}|\?!",
);
/// How a summary speaks of it.
static MOOD: Pattern = Pattern::latin(
    r"\b(?:angry|frustrat\w*|upset|unhappy|disappoint\w*|annoy\w*|furious|irritat\w*|impatient|distress\w*|worried|concerned|dissatisfied|sentiment|mood|urgent\w*|sorry|apologi\w*|inconvenience|understand (?:how|your|that|the)|suparat\w*|frustra\w*|nervos\w*|nemultumit\w*|dezamagit\w*|ingrijorat\w*|iritat\w*|furio\w*|inteleg|intelegem|imi pare rau|ne pare rau)\b",
);
/// Numbers by which a case is found.
static NUMBER: Pattern = Pattern::new(r"#?\b(?:[a-z]{0,4}[-_]?\d{5,}|[a-z]{1,4}[-_]?\d{2,}[a-z0-9-]*)\b");

/// A thing that the customer named: as written, and as it is compared.
type Id = (String, String);

/// Numbers that are looked at.
const MOST: usize = 50;

fn ids(text: &str) -> BTreeSet<Id> {
    let kept = |f: &Fact| matches!(f.kind, FactKind::Email | FactKind::Phone | FactKind::Code);
    let key = |f: &Fact| match &f.value {
        Value::Text(text) => bare(text),
        Value::Phone(digits) => digits.clone(),
        _ => bare(&f.text),
    };
    let facts = extract(text);
    let mut found: BTreeSet<Id> =
        facts.iter().filter(|f| kept(f)).map(|f| (f.text.clone(), key(f))).collect();
    let folded = Folded::new(text, Folding::Marks);
    for bytes in NUMBER.spans(&folded.text).into_iter().take(MOST) {
        let span = folded.chars(&bytes);
        let known = facts.iter().any(|f| kept(f) && f.span.start < span.end && span.start < f.span.end);
        if !known {
            found.insert((folded.quote(&span).to_owned(), bare(&folded.text[bytes])));
        }
    }
    found
}

fn bare(text: &str) -> String {
    text.to_lowercase().chars().filter(|c| c.is_alphanumeric() || *c == '@' || *c == '.').collect()
}

fn stems(text: &str) -> BTreeSet<String> {
    let words = Words::new(text);
    words
        .iter()
        .filter(|w| is_content(w) && !w.contains(|c: char| c.is_ascii_digit()))
        .map(|w| stem(w).to_owned())
        .collect()
}

/// The words that say what it is about, by their stems: no steps, no ids, no anger, and not the wish for a person.
fn issue(customer: &str) -> BTreeMap<String, String> {
    let ids = ids(customer);
    let folded = Folded::new(customer, Folding::Marks);
    let told = sentences(customer);
    let plain = told.iter().filter(|s| !TRIED.is_match(&folded.text[folded.bytes(s)]));
    let mut found = BTreeMap::new();
    for sentence in plain {
        let words = Words::new(folded.quote(sentence));
        let wishes = words.iter().any(|w| PERSON.is_match(w));
        let matters = |w: &&str| {
            let wish = wishes && (PERSON.is_match(w) || TALK.is_match(w));
            is_content(w)
                && !wish
                && !UPSET.is_match(w)
                && !ids.iter().take(MOST).any(|(_, key)| key.contains(*w))
        };
        found.extend(words.iter().filter(matters).map(|w| (stem(w).to_owned(), w.to_owned())));
    }
    found
}

/// All texts of a JSON value, one after the other.
fn texts(value: &Json, into: &mut String) {
    match value {
        Json::String(text) => {
            into.push_str(text);
            into.push('\n');
        }
        Json::Number(number) => {
            into.push_str(&number.to_string());
            into.push('\n');
        }
        Json::Array(items) => items.iter().for_each(|v| texts(v, into)),
        Json::Object(map) => map.values().for_each(|v| texts(v, into)),
        Json::Null | Json::Bool(_) => {}
    }
}

/// What a summary is held against.
struct Sides<'a> {
    customer: &'a str,
    summary: &'a str,
    folded_customer: String,
    folded_summary: String,
}

impl Handoff {
    /// Whether a need is met, and what is missing; `None` where the customer gave nothing to carry.
    fn met(&self, need: Need, sides: &Sides<'_>) -> Option<Result<(), Vec<String>>> {
        let missing = |list: Vec<String>| if list.is_empty() { Ok(()) } else { Err(list) };
        match need {
            Need::Ids => {
                let named = ids(sides.customer);
                let summary = bare(sides.summary);
                let digits: String = sides.summary.chars().filter(char::is_ascii_digit).collect();
                let there = |(_, key): &&Id| {
                    let only_digits = key.chars().all(|c| c.is_ascii_digit());
                    summary.contains(key.as_str()) || (only_digits && digits.contains(key.as_str()))
                };
                let left = named.iter().filter(|id| !there(id)).map(|(written, _)| written.clone()).collect();
                (!named.is_empty()).then(|| missing(left))
            }
            Need::Steps => {
                let told = sentences(sides.customer);
                let folded = Folded::new(sides.customer, Folding::Marks);
                let steps = told.iter().filter(|s| TRIED.is_match(&folded.text[folded.bytes(s)]));
                let summary = stems(sides.summary);
                let steps: Vec<&str> = steps.map(|s| folded.quote(s)).collect();
                let carried = |step: &&str| stems(step).intersection(&summary).count() >= 2;
                let left = steps.iter().filter(|s| !carried(s)).map(|s| (*s).to_owned()).collect();
                (!steps.is_empty()).then(|| missing(left))
            }
            Need::Sentiment => UPSET.is_match(&sides.folded_customer).then(|| {
                missing(if MOOD.is_match(&sides.folded_summary) {
                    Vec::new()
                } else {
                    vec!["upset".to_owned()]
                })
            }),
            Need::Issue => {
                let customer = issue(sides.customer);
                let summary = stems(sides.summary);
                let shared = customer.keys().filter(|word| summary.contains(*word)).count();
                let enough = shared as f64 >= self.min_issue * customer.len() as f64 && shared > 0;
                let left = customer.values().take(3).cloned().collect::<Vec<_>>().join(", ");
                (customer.len() > 1).then(|| missing(if enough { Vec::new() } else { vec![left] }))
            }
        }
    }
}

impl Check for Handoff {
    fn check(&self, input: &ScoreInput<'_>) -> Finding {
        let completion = input.completion;
        let call = completion.tool_calls.iter().find(|c| hands_over(c));
        if call.is_none() && detect(completion, input.markers).map(|d| d.0) != Some(Action::Escalate) {
            return Finding::not_applicable("nothing is handed over");
        }
        let mut arguments = String::new();
        if let Some(call) = call {
            texts(&call.arguments, &mut arguments);
        }
        let summary = if arguments.trim().is_empty() { completion.text.as_str() } else { arguments.as_str() };
        let mut customer = String::new();
        let turns = input.case.turns.iter().filter(|t| t.role == Speaker::Customer);
        let earlier = turns.map(|t| t.text.as_str()).filter(|t| *t != input.case.input());
        for turn in earlier.chain([input.question]) {
            customer.push_str(turn);
            customer.push('\n');
        }
        let sides = Sides {
            customer: &customer,
            summary,
            folded_customer: fold(&customer, Folding::Marks),
            folded_summary: fold(summary, Folding::Marks),
        };
        let (mut met, mut of) = (0_u32, 0_u32);
        let (mut evidence, mut lacks) = (Vec::new(), Vec::new());
        for need in &self.needs {
            match self.met(*need, &sides) {
                None => {}
                Some(Ok(())) => (met, of) = (met + 1, of + 1),
                Some(Err(missing)) => {
                    of += 1;
                    lacks.push(need.name());
                    let note = Some(format!("{} is not in the summary", need.name()));
                    let one =
                        |text: String| Evidence { note: note.clone(), ..Evidence::new("missing", text) };
                    evidence.extend(missing.into_iter().map(one));
                }
            }
        }
        if of == 0 {
            return Finding::not_applicable("the customer gave nothing that a summary could carry");
        }
        let reason = match lacks.as_slice() {
            [] => "the summary carries what is needed".to_owned(),
            lacks => format!("the summary lacks {}", lacks.join(", ")),
        };
        Finding::scored(f64::from(met) / f64::from(of), lacks.is_empty(), reason).with(evidence)
    }

    fn check_without_text(&self, input: &ScoreInput<'_>) -> Finding {
        self.check(input)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::provider::ToolCall;
    use crate::score::testing::{Setup, mistakes};
    use crate::score::{Score, ScoreState};

    const ASKS: &str = "My motor makes a grinding noise!! I already restarted the display. Order #W2378156, write to ana@mail.example. This is unacceptable.";

    fn handed(toml: &str, customer: &str, summary: &str) -> Score {
        let mut setup = Setup::of("handoff", toml).customer(customer);
        setup.completion.tool_calls.push(ToolCall {
            id: "1".into(),
            name: "transfer_to_human_agents".into(),
            arguments: json!({ "summary": summary, "priority": 2 }),
        });
        setup.score("")
    }

    #[test]
    fn everything_is_carried() {
        let full = handed(
            "",
            ASKS,
            "Frustrated customer, order W2378156 (ana@mail.example): motor with grinding noise, restarted the display in vain.",
        );
        assert_eq!(full.state, ScoreState::Scored { value: 1.0, pass: true }, "{full:?}");
    }

    #[test]
    fn what_is_missing_is_named() {
        let thin = handed("", ASKS, "Customer needs help with the motor noise.");
        assert_eq!(thin.pass(), Some(false));
        let missing: Vec<&str> = thin.evidence.iter().map(|e| e.quote.as_str()).collect();
        assert!(missing.contains(&"#W2378156") || missing.contains(&"W2378156"), "{missing:?}");
        assert!(missing.contains(&"ana@mail.example") && missing.contains(&"upset"), "{missing:?}");
        assert_eq!(thin.value(), Some(0.25), "{thin:?}");
        let ids = handed("needs = ['ids']", ASKS, "W2378156, ana@mail.example");
        assert_eq!(ids.pass(), Some(true));
    }

    #[test]
    fn what_was_not_given_is_not_needed() {
        let calm = handed(
            "",
            "Can I speak to someone about the fleet contract?",
            "Wants to talk about a fleet contract.",
        );
        assert_eq!(calm.state, ScoreState::Scored { value: 1.0, pass: true });
        assert_eq!(handed("needs = ['ids']", "A person, please.", "x").state, ScoreState::NotApplicable);
    }

    #[test]
    fn the_wish_for_a_person_is_no_issue() {
        let asks = ["Vreau să vorbesc cu cineva.", "I want to speak to a real person, please."];
        for asks in asks {
            assert_eq!(handed("", asks, "Forwarded.").state, ScoreState::NotApplicable, "{asks}");
        }
        let lost = handed("", "Can I speak to someone about the fleet contracts?", "Forwarded.");
        let missing: Vec<&str> = lost.evidence.iter().map(|e| e.quote.as_str()).collect();
        assert_eq!((lost.pass(), missing), (Some(false), vec!["contracts, fleet"]), "written, not as stems");
    }

    #[test]
    fn the_answer_is_the_summary_where_no_tool_is_called() {
        let setup = Setup::of("handoff", "needs = ['ids']").customer("Comanda VC-10023 nu a ajuns.");
        let carried = setup.score("Transmit comanda VC-10023 unui coleg. Un coleg te va contacta azi.");
        assert_eq!(carried.pass(), Some(true), "{carried:?}");
        let lost = setup.score("Un coleg te va contacta azi.");
        assert_eq!(lost.pass(), Some(false));
        assert_eq!(setup.score("Ai 30 de zile.").state, ScoreState::NotApplicable);
    }

    #[test]
    fn romanian_moods_and_steps() {
        let asks = "Sunt foarte nemulțumit! Am încercat să repornesc aplicația de trei ori.";
        let good = handed(
            "needs = ['steps', 'sentiment']",
            asks,
            "Client nemultumit, a repornit aplicația; a incercat de trei ori sa reporneasca.",
        );
        assert_eq!(good.pass(), Some(true), "{good:?}");
        assert_eq!(handed("needs = ['steps', 'sentiment']", asks, "Client.").value(), Some(0.0));
    }

    #[test]
    fn keys_and_patterns() {
        assert_eq!(mistakes("handoff", "needs = []\nmin_issue = 3").len(), 2);
        assert_eq!(mistakes("handoff", "needs = ['mood']").len(), 1);
        assert!([&TRIED, &UPSET, &MOOD, &NUMBER, &PERSON, &TALK].iter().all(|p| p.compiles()));
    }
}
