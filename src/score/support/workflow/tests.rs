//! Tests of the whole scorer.

use serde_json::{Value, json};

use super::*;
use crate::case::ScriptTurn;
use crate::prompt::Message;
use crate::provider::ToolCall;
use crate::score::testing::{Setup, mistakes};
use crate::score::{Score, ScoreState};

const CANCEL: &str =
    "calls = [{ tool = 'cancel_order', args = { id = 'W1', reason = { one_of = ['late', 'mistake'] } } }]";

fn score(toml: &str, calls: &[(&str, Value)], text: &str) -> Score {
    let mut setup = Setup::of("workflow", toml);
    setup.completion.tool_calls = calls
        .iter()
        .map(|(name, arguments)| ToolCall {
            id: "1".into(),
            name: (*name).into(),
            arguments: arguments.clone(),
        })
        .collect();
    setup.score(text)
}

fn labels(score: &Score) -> Vec<&str> {
    score.evidence.iter().map(|e| e.label.as_str()).collect()
}

fn cancel(id: &str, reason: &str) -> (&'static str, Value) {
    ("cancel_order", json!({ "id": id, "reason": reason }))
}

#[test]
fn the_call_with_its_arguments() {
    let right = score(CANCEL, &[cancel("W1", "mistake")], "");
    assert_eq!(
        (right.state, labels(&right)),
        (ScoreState::Scored { value: 1.0, pass: true }, vec!["matched"])
    );
    let wrong = score(CANCEL, &[cancel("W2", "late")], "");
    assert_eq!(wrong.state, ScoreState::Scored { value: 0.0, pass: false });
    assert_eq!(wrong.reason, "`cancel_order`: `id` is \"W2\", not \"W1\"");
    assert_eq!(labels(&wrong), ["wrong-argument"]);
    let more = ("cancel_order", json!({ "id": "W1", "reason": "late", "note": "x" }));
    assert_eq!(score(CANCEL, std::slice::from_ref(&more), "").pass(), Some(false));
    let subset = "calls = [{ tool = 'cancel_*', args = { id = 'w1' }, match = 'subset', strings = 'loose' }]";
    assert_eq!(score(subset, &[more], "").pass(), Some(true));
}

#[test]
fn further_calls_may_be_forbidden() {
    let look = ("get_order", json!({ "id": "W1" }));
    let refund = ("refund", json!({ "id": "W1" }));
    let both = [look.clone(), cancel("W1", "late")];
    assert_eq!(score(CANCEL, &both, "").pass(), Some(true));
    let writes = format!("{CANCEL}\nwrites = ['cancel_*', 'refund']");
    assert_eq!(score(&writes, &both, "").pass(), Some(true));
    let extra = score(&writes, &[cancel("W1", "late"), refund.clone()], "");
    assert_eq!(extra.state, ScoreState::Scored { value: 0.5, pass: false });
    assert_eq!(labels(&extra), ["unexpected-call", "matched"]);
    let forbidden = format!(
        "{CANCEL}\nforbidden = ['ref*', {{ tool = 'cancel_order', args = {{ id = 'W9', reason = 'late' }} }}]"
    );
    assert_eq!(
        labels(&score(&forbidden, &[cancel("W1", "late"), refund], "")),
        ["forbidden-call", "matched"]
    );
    let twice = score(&forbidden, &[cancel("W1", "late"), cancel("W9", "late")], "");
    assert_eq!(twice.reason, "`cancel_order` is forbidden");
    assert_eq!(score("calls = []", &[look], "").reason, "`get_order` is unexpected");
    assert_eq!(score("calls = []", &[], "You have 30 days.").pass(), Some(true));
}

#[test]
fn order_and_count() {
    let toml = "order = 'strict'\ncalls = ['a', { tool = 'b', count = { min = 1, max = 2 } }, 'c']";
    let calls = |names: &[&'static str]| -> Vec<(&'static str, Value)> {
        names.iter().map(|n| (*n, json!({}))).collect()
    };
    for (names, pass) in [
        (&["a", "b", "c"][..], true),
        (&["a", "b", "b", "c"], true),
        (&["a", "b", "c", "b"], true),
        (&["b", "a", "c"], false),
        (&["a", "c"], false),
    ] {
        assert_eq!(score(toml, &calls(names), "").pass(), Some(pass), "{names:?}");
    }
    assert!(labels(&score(toml, &calls(&["b", "a", "c"]), "")).contains(&"wrong-order"));
    let twice = "others = 'forbid'\ncalls = [{ tool = 'a', count = 2 }]";
    assert_eq!(score(twice, &calls(&["a"]), "").value(), Some(0.5));
    assert_eq!(score(twice, &calls(&["a", "a"]), "").pass(), Some(true));
    assert_eq!(score(twice, &calls(&["a", "a", "a"]), "").pass(), Some(false));
}

#[test]
fn the_largest_assignment_counts() {
    let toml = "calls = [{ tool = 't', args = { n = { min = 1 } } }, { tool = 't', args = { n = 5 } }]";
    let calls = [("t", json!({ "n": 5 })), ("t", json!({ "n": 7.0 }))];
    assert_eq!(score(toml, &calls, "").pass(), Some(true));
}

#[test]
fn an_article_instead_of_the_workflow() {
    let explained = score(CANCEL, &[], "Go to Orders and choose Cancel.");
    assert_eq!(labels(&explained), ["article-instead-of-workflow", "missing-call"]);
    assert_eq!(explained.evidence[0].span, Some(0..31));
    assert_eq!(labels(&score(CANCEL, &[], "Could you tell me the order number?")), ["missing-call"]);
}

#[test]
fn a_claim_needs_a_call() {
    let claim = score(CANCEL, &[], "Done — I've cancelled your order.");
    assert_eq!(claim.state, ScoreState::Scored { value: 0.0, pass: false });
    assert!(labels(&claim).contains(&"claim-without-call"));
    let alone = score("", &[], "Am anulat comanda ta.");
    assert_eq!((alone.pass(), alone.evidence[0].quote.as_str()), (Some(false), "Am anulat"));
    assert_eq!(score("", &[], "You have 30 days.").state, ScoreState::NotApplicable);
    assert_eq!(score("claims = false", &[], "Am anulat comanda.").state, ScoreState::NotApplicable);
    let read = [("get_order", json!({}))];
    assert_eq!(score("", &read, "I have cancelled your order.").state, ScoreState::NotApplicable);
    let writes = score("writes = ['cancel_*']", &read, "I have cancelled your order.");
    assert_eq!(writes.pass(), Some(false));
}

/// A conversation in which `earlier` was called before the last answer, as the case (`whole`) or the last turn sees it.
fn in_talk(toml: &str, whole: bool, earlier: &[&str], now: &[&str], text: &str) -> Score {
    let mut setup = Setup::of("workflow", toml);
    let call = |name: &&str| ToolCall { id: "1".into(), name: (*name).into(), arguments: json!({}) };
    let calls = |names: &[&str]| -> Vec<ToolCall> { names.iter().map(call).collect() };
    setup.completion.tool_calls = calls(now);
    if whole {
        let turn = ScriptTurn { say: "Hello".into(), tools: Vec::new(), expect: Vec::new() };
        setup.case.script = vec![turn.clone(), turn];
    }
    let said = [Message::said("One moment.", calls(earlier)), Message::said(text, calls(now))];
    setup.look(text, |input| {
        let input = ScoreInput { dialogue: &said, ..*input };
        crate::score::judge(std::slice::from_ref(&setup.scorer), &input).remove(0)
    })
}

#[test]
fn a_conversation_counts_the_calls_of_all_turns() {
    let order = "order = 'strict'\ncalls = ['a', 'b']";
    assert_eq!(in_talk(order, true, &["a"], &["b"], "").pass(), Some(true));
    assert_eq!(in_talk(order, true, &["b"], &["a"], "").pass(), Some(false));
    assert_eq!(in_talk(order, true, &["a", "b"], &[], "Fine.").pass(), Some(true));
    let once = "others = 'forbid'\ncalls = ['a']";
    assert_eq!(labels(&in_talk(once, true, &["a"], &["a"], "")), ["unexpected-call", "matched"]);
    assert_eq!(labels(&in_talk("forbidden = ['a']", true, &["a"], &[], "Fine.")), ["forbidden-call"]);
}

#[test]
fn a_turn_counts_its_own_calls_and_an_earlier_call_supports_its_claim() {
    let once = "others = 'forbid'\ncalls = ['a']";
    assert_eq!(in_talk(once, false, &["a"], &["a"], "").pass(), Some(true));
    assert_eq!(in_talk(once, false, &["a"], &[], "Fine.").pass(), Some(false));
    let claim = "I have cancelled your order.";
    let read = "writes = ['cancel']";
    for whole in [true, false] {
        assert_eq!(in_talk(read, whole, &["look"], &[], claim).pass(), Some(false));
        assert_ne!(in_talk(read, whole, &["cancel"], &[], claim).pass(), Some(false));
    }
}

#[test]
fn a_failed_call_does_nothing() {
    let setup = Setup::of("workflow", CANCEL);
    let args = crate::score::testing::with_args("workflow", CANCEL, |args| Workflow::of(args).unwrap());
    let arguments = json!({ "id": "W1", "reason": "late" });
    let call = |failed| CallSeen { name: "cancel_order", arguments: &arguments, failed };
    let pass = |calls: &[CallSeen<'_>]| match args.judge(calls, "", None).state {
        ScoreState::Scored { pass, .. } => pass,
        _ => false,
    };
    assert!(pass(&[call(true), call(false)]) && !pass(&[call(true)]));
    assert!(setup.given.is_empty());
}

#[test]
fn unreadable_arguments_fit_nothing() {
    let broken = score(CANCEL, &[("cancel_order", json!("{id: W1"))], "");
    assert_eq!(labels(&broken), ["wrong-argument"]);
    let schema = "calls = [{ tool = 'a', schema = { type = 'object', required = ['id'] } }]";
    assert_eq!(
        score(schema, &[("a", json!({}))], "").reason,
        "`a`: arguments are not valid against the schema"
    );
}

#[test]
fn all_mistakes_are_reported() {
    let wrong = mistakes(
        "workflow",
        "calls = [{ tol = 'a' }, { tool = '', count = 1000, args = { a = { min = 'x' } } }]\norder = 'x'\nothers = 1\nwrites = []\nclaims = 'x'\nstrings = 'x'",
    );
    assert_eq!(wrong.len(), 9, "{wrong:#?}");
}
