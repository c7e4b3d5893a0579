//! # What it checks
//! What the answer does for the customer is one of the case's `expect`: answer, clarify, abstain,
//! escalate, act, refuse-scope. The value is 1 minus the cost of the mistake, so that a mean over many
//! cases says how much harm is done and not only how often.
//!
//! # Keys
//! - `costs`: a table of `"expected>actual" = 0.0..1.0`, for pairs that cost something else than usual.
//! - `max_cost` = 0: mistakes up to this cost pass.
//!
//! What is expected stands in the case; `[actions]` of the suite adds marker phrases. Usual costs: 1
//! for an answer or a tool call where the bot should have abstained, refused or handed over, and for an
//! unexpected tool call; 0.75 for not answering what it could; 0.5 for a needless handover or question
//! back; 0.25 for declining in another way than expected. Of several expected actions the cheapest counts.
//!
//! # Example
//! ```toml
//! [[score]]
//! kind = "action"
//! costs = { "escalate>answer" = 1.0, "answer>escalate" = 0.3 }
//! ```
//!
//! # Caveats
//! The action is recognised by phrases, English and Romanian, in this order:
//! 1. tool calls are `act`, or `escalate` when the tool's name says that it hands over;
//! 2. a handover that is said to happen is `escalate` (`I'll connect you with a colleague`);
//! 3. `refuse-scope` and 4. `abstain` by their markers, unless the answer goes on to answer; one that
//!    does not know and asks for what it would need is `clarify`;
//! 5. an offered handover is `escalate` (`I can connect you with a colleague`) when nothing is answered;
//! 6. a question back without facts is `clarify`; a closing courtesy is no question;
//! 7. everything else is `answer`.
//!
//! Not knowing is a construction: the first person or a source, and the lack of something that can be
//! known (`I don't have details on …`, `the articles do not mention …`). A hedge that goes on to answer
//! (`…, but delivery takes three days`) is `answer`. It can't see irony, a refusal without any of these
//! constructions, whether what is said besides is to the point, or other languages. Advice to contact
//! support is no handover. Conditional phrases (`if I don't know your size`) do not count.
//!
//! Not applicable to a case without `expect`. A mistake is named in the evidence:
//! `false-abstention-despite-source` (it was given the passages that hold the answer),
//! `false-abstention`, and `wrong-refusal-kind` (it declined, but in another way).

use std::collections::BTreeMap;

use crate::case::Action;
use crate::diagnostic::did_you_mean;
use crate::score::support::detect::detect;
use crate::score::{Args, Built, Check, Finding, ScoreInput, ScorerError, ScorerKind};

/// Row of the scorer table.
pub(in crate::score) const KIND: ScorerKind = ScorerKind {
    name: "action",
    summary: "the answer does what the case expects: answer, clarify, abstain, escalate, act, refuse-scope",
    docs: docs!("action.rs"),
    keys: &["costs", "max_cost"],
    build,
};

const N: usize = Action::ALL.len();

/// What it costs to do one action (second index) where another (first index) is expected, in the order of
/// [`Action::ALL`]: answer, clarify, abstain, escalate, act, refuse-scope.
const COSTS: [[f64; N]; N] = [
    [0.0, 0.5, 0.75, 0.5, 1.0, 0.75],
    [0.75, 0.0, 0.75, 0.5, 1.0, 0.75],
    [1.0, 0.5, 0.0, 0.25, 1.0, 0.25],
    [1.0, 0.5, 0.5, 0.0, 1.0, 0.75],
    [0.75, 0.5, 0.75, 0.5, 0.0, 0.75],
    [1.0, 0.5, 0.25, 0.5, 1.0, 0.0],
];

struct Expected {
    costs: [[f64; N]; N],
    max_cost: f64,
}

fn build(args: &Args<'_>) -> Built {
    let mut errors = Vec::new();
    let mut costs = COSTS;
    for (pair, cost) in args.get::<BTreeMap<String, f64>>("costs", &mut errors).unwrap_or_default() {
        match read(&pair, cost) {
            Ok((expected, actual)) => costs[expected as usize][actual as usize] = cost,
            Err((message, help)) => errors.push(ScorerError { help, ..args.error_at("costs", message) }),
        }
    }
    let max_cost = args.number("max_cost", &mut errors).unwrap_or(0.0);
    if !(0.0..=1.0).contains(&max_cost) {
        errors.push(args.error_at("max_cost", "`max_cost` must be from 0 to 1"));
    }
    if errors.is_empty() { Ok(Box::new(Expected { costs, max_cost })) } else { Err(errors) }
}

/// A pair of actions with a sound cost, or what is wrong and what to do.
fn read(pair: &str, cost: f64) -> Result<(Action, Action), (String, Option<String>)> {
    const FORM: &str = "write `\"expected>actual\" = cost`, as in `\"escalate>answer\" = 1.0`";
    let Some((expected, actual)) = pair.split_once('>') else {
        return Err((format!("`{pair}` is no pair of actions"), Some(FORM.to_owned())));
    };
    let action = |name: &str| {
        Action::parse(name.trim()).ok_or_else(|| {
            let near = did_you_mean(name.trim(), Action::ALL.map(Action::name));
            let known = Action::ALL.map(Action::name).join(", ");
            let help = near.map_or(format!("actions are {known}"), |n| format!("did you mean `{n}`?"));
            (format!("no action is named `{}`", name.trim()), Some(help))
        })
    };
    let (expected, actual) = (action(expected)?, action(actual)?);
    if expected == actual {
        return Err((format!("`{pair}` is no mistake and costs nothing"), None));
    }
    if !(0.0..=1.0).contains(&cost) {
        return Err((format!("the cost of `{pair}` must be from 0 to 1"), None));
    }
    Ok((expected, actual))
}

fn declines(action: Action) -> bool {
    matches!(action, Action::Abstain | Action::Escalate | Action::RefuseScope)
}

/// The mistake's own name, where it has one.
fn mistake(input: &ScoreInput<'_>, action: Action) -> Option<&'static str> {
    let given = |id: &str| input.given.iter().any(|p| p.id == id);
    if declines(action) && input.case.expect.iter().any(|e| declines(*e)) {
        return Some("wrong-refusal-kind");
    }
    let despite = || input.sources.iter().any(|p| given(&p.id));
    (action == Action::Abstain)
        .then(|| if despite() { "false-abstention-despite-source" } else { "false-abstention" })
}

impl Check for Expected {
    fn check(&self, input: &ScoreInput<'_>) -> Finding {
        if input.case.expect.is_empty() {
            return Finding::not_applicable("the case does not say what it expects");
        }
        let Some((action, mut evidence)) = detect(input.completion, input.markers) else {
            return Finding::unparsed("the answer is empty");
        };
        let expected: Vec<&str> = input.case.expect.iter().map(|a| a.name()).collect();
        let expected = expected.join(" or ");
        let right = input.case.expect.contains(&action);
        let costs = input.case.expect.iter().map(|e| self.costs[*e as usize][action as usize]);
        let cost = if right { 0.0 } else { costs.fold(1.0, f64::min) };
        let why = match action {
            Action::Answer => "no marker of another action".to_owned(),
            _ => format!("“{}”", evidence.quote),
        };
        let reason = if right {
            format!("{action}, as expected: {why}")
        } else {
            format!("{action} instead of {expected}: {why}")
        };
        if let (false, Some(name)) = (right, mistake(input, action)) {
            name.clone_into(&mut evidence.label);
        }
        Finding::scored(1.0 - cost, right || cost <= self.max_cost, reason).with(vec![evidence])
    }

    fn check_without_text(&self, input: &ScoreInput<'_>) -> Finding {
        self.check(input)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::Markers;
    use crate::score::ScoreState;
    use crate::score::testing::{MARKERS, Setup, completion, mistakes};

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
    fn mistakes_cost_what_they_harm() {
        let value = |setup: &Setup, answer: &str| setup.score(answer).value().unwrap();
        let answering = value(&Setup::of("action", "").expect(&[Action::Escalate]), "You have 30 days.");
        let escalating =
            value(&Setup::of("action", "").expect(&[Action::Answer]), "I'll connect you with a colleague.");
        assert!(answering < escalating, "{answering} {escalating}");
        let own = "costs = { 'answer>escalate' = 0.9, 'answer>abstain' = 0.1 }\nmax_cost = 0.2";
        let own = Setup::of("action", own).expect(&[Action::Answer]);
        assert!((value(&own, "I'll connect you with a colleague.") - 0.1).abs() < 1e-9);
        assert_eq!(own.score("I don't know.").pass(), Some(true));
        let either = Setup::of("action", "").expect(&[Action::Escalate, Action::Clarify]);
        assert!((value(&either, "You have 30 days.") - 0.25).abs() < 1e-9, "the cheaper of the two");
    }

    #[test]
    fn mistakes_have_names() {
        let label = |setup: &Setup, answer: &str| setup.score(answer).evidence[0].label.clone();
        let answer = || Setup::of("action", "").expect(&[Action::Answer]);
        assert_eq!(label(&answer(), "I don't know."), "false-abstention");
        let given = answer().given("a#b", "30 days").source("a#b", "30 days");
        assert_eq!(label(&given, "I don't know."), "false-abstention-despite-source");
        let refuse = Setup::of("action", "").expect(&[Action::RefuseScope]);
        assert_eq!(label(&refuse, "I don't know."), "wrong-refusal-kind");
        assert_eq!(label(&refuse, "It rains."), "answer");
    }

    #[test]
    fn costs_are_checked() {
        let wrong = mistakes(
            "action",
            "costs = { 'escalat>answer' = 1.0, answer = 0.5, 'answer>act' = 2.0, 'act>act' = 0.1 }\nmax_cost = 3",
        );
        assert_eq!(wrong.len(), 5, "{wrong:#?}");
        assert!(wrong.iter().any(|e| e.help.as_deref() == Some("did you mean `escalate`?")));
    }

    #[test]
    fn sources_and_speakers_that_lack_something_abstain() {
        all(
            "abstain",
            &[
                "Unfortunately, I lack the information needed to answer this.",
                "That information is not available to me.",
                "The documentation makes no mention of a refund for gift cards.",
                "None of the articles mention a trade-in programme.",
                "It's unclear from the documents whether this applies to students.",
                "I haven't been able to find anything on this.",
                "Sorry, no idea.",
                "This question cannot be answered from the given documents.",
                "That isn't mentioned in the policy.",
                "I searched the help centre, but couldn't find any mention of it.",
                "Nu se menționează nicăieri prețul.",
                "Această informație nu este disponibilă.",
                "Habar n-am.",
                "Unable to answer based on given passages.",
                "The question is unanswerable.",
                "N/A",
                "No answer.",
                "Insufficient information to answer.",
                "Unfortunately, the passages do not directly answer your question.",
                "Informații insuficiente.",
                "I don't think I have that information.",
                "Sorry, there's nothing here about that.",
                "The documents I can see say nothing about that.",
                "The provided information is not sufficient to determine this.",
                "I found no articles on that subject.",
                "I cannot access your account.",
                "I can't help with that because I don't have the relevant information.",
                "Nu am de unde să știu.",
                "Nu-mi este clar din articole.",
                "Nu vă pot ajuta cu această informație.",
                "Nu reiese din articole dacă se aplică și studenților.",
            ],
        );
    }

    #[test]
    fn a_hedge_that_answers_is_an_answer() {
        all(
            "answer",
            &[
                "I'm not sure what caused it, but resetting the controller usually helps: hold the button.",
                "I don't have information on winter storage. However, batteries should be kept between 10 and 20 degrees.",
                "The battery lasts 80 km on flat ground, but I don't have information about hills.",
                "Nu am prețul exact, dar costă de obicei între 20 și 40 de lei.",
                "As is described in the documentation, the charger is included.",
                "The exact price is not fixed; it depends on the part.",
                "Scientists do not know why this happens.",
                "These documents do not have to be notarised.",
                "There is no information to enter on page two.",
                "Datele dumneavoastră nu sunt transmise altora.",
                "The origin of the name is uncertain, although most scholars trace it to Latin.",
                "Prețul nu include TVA.",
            ],
        );
        let asks = "I cannot find that order. Could you tell me the order number?";
        assert_eq!(action(asks), "clarify");
        assert_eq!(action("I don't know that, but you can contact the shop in Cluj."), "abstain");
    }
}
