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

use crate::case::Action;
use crate::score::detect::detect;
use crate::score::{Args, Built, Check, Finding, ScoreInput, ScorerKind};

/// Row of the scorer table.
pub(super) const KIND: ScorerKind = ScorerKind {
    name: "action",
    summary: "the answer does what the case expects: answer, clarify, abstain, escalate, act, refuse-scope",
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::score::ScoreState;
    use crate::score::Markers;
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
}
