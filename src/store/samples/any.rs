//! Runs of any content, for property tests of what is kept.

use std::collections::BTreeMap;

use jiff::Timestamp;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::trial;
use crate::case::{Action, Speaker, Tier, Turn};
use crate::fingerprint::Fingerprint;
use crate::golden::Standing;
use crate::outcome::{
    Attempt, CaseFacts, Fingerprints, FollowUp, GitState, GivenPassage, Judgement, ModelFacts, Outcome,
    RetrievalFacts, Run, RunHeader, RunInfo, RunStatus, TrialError, TrialKey, TrialResult, VariantKey,
};
use crate::prompt::{ChatRole, Message};
use crate::provider::{Completion, ErrorKind, NamedPassage, StopReason, ToolCall, Usage};
use crate::score::{Evidence, JudgeMark, Score, ScoreState};
use crate::selection::Selection;

/// Any run at all.
pub(crate) fn any_run() -> impl Strategy<Value = Run> {
    let trials = vec((any_key(), any_trial()), 0..5);
    (any_header(), option::of(text()), vec(tag(), 0..3), option::of(time()), trials, any_status()).prop_map(
        |(header, stop_reason, tags, ended, trials, status)| {
            let trials: BTreeMap<TrialKey, TrialResult> = trials.into_iter().collect();
            let tags: std::collections::BTreeSet<String> = tags.into_iter().collect();
            // Only a run that ended has a reason and a time of its end.
            let ended =
                if status == RunStatus::Running { None } else { Some(ended.unwrap_or(header.started)) };
            let stop_reason = stop_reason.filter(|_| ended.is_some());
            let trials = trials.into_iter().map(|(key, trial)| TrialResult { key, ..trial }).collect();
            let info = RunInfo { header, status, stop_reason, tags: tags.into_iter().collect(), ended };
            Run::new(info, trials)
        },
    )
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "[a-c]{0,2}", Just("\0' \" \u{202e}é\r\n".to_owned())]
}

fn tag() -> impl Strategy<Value = String> {
    "[a-k][a-z0-9/]{0,5}"
}

fn time() -> impl Strategy<Value = Timestamp> {
    (-9_000_000_000_i64..9_000_000_000, 0_i32..1_000_000_000)
        .prop_map(|(s, ns)| Timestamp::new(s, ns).unwrap())
}

fn hash() -> impl Strategy<Value = Fingerprint> {
    any::<[u8; 4]>().prop_map(|bytes| Fingerprint::of_bytes(&bytes))
}

fn any_fingerprints() -> impl Strategy<Value = Fingerprints> {
    [hash(), hash(), hash(), hash(), hash()].prop_map(|[case, prompt, knowledge, scorers, model]| {
        Fingerprints { case, prompt, knowledge, scorers, model }
    })
}

fn finite() -> impl Strategy<Value = f64> {
    prop_oneof![0.0_f64..1.0, -1e300_f64..1e300, Just(0.1 + 0.2)]
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        text().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (text(), any::<bool>(), any::<u64>()).prop_map(|(k, b, n)| json!({k: [b, n, null]})),
    ]
}

fn any_status() -> impl Strategy<Value = RunStatus> {
    proptest::sample::select(vec![RunStatus::Running, RunStatus::Finished, RunStatus::Stopped])
}

fn any_header() -> impl Strategy<Value = RunHeader> {
    let git = (text(), option::of(text()), any::<bool>()).prop_map(|(revision, branch, dirty)| GitState {
        revision,
        branch,
        dirty,
    });
    let variants = vec((text(), text()).prop_map(|(prompt, model)| VariantKey { prompt, model }), 0..3);
    let models = vec((text(), text(), value()), 0..3).prop_map(|models| {
        let named = models.into_iter().enumerate();
        named
            .map(|(n, (provider, model, identity))| ModelFacts {
                name: format!("m{n}"),
                provider,
                model,
                identity,
            })
            .collect()
    });
    let strings = (text(), vec(text(), 0..3), vec(text(), 0..3));
    let numbers = (any::<u64>(), any::<u64>(), time());
    (strings, numbers, option::of(git), variants, models, any_fingerprints()).prop_map(
        |((id, selected, suites), (planned, seed, started), git, variants, models, fingerprints)| RunHeader {
            id,
            started,
            version: "0.1.0".into(),
            git,
            suites,
            retrievals: variants
                .iter()
                .map(|variant: &VariantKey| RetrievalFacts {
                    suite: "faq".into(),
                    variant: variant.clone(),
                    name: variant.model.clone(),
                    kind: "bm25".into(),
                })
                .collect(),
            variants,
            models,
            fingerprints,
            planned,
            seed,
            selection: Selection { suites: selected, seed: Some(seed), ..Selection::default() },
        },
    )
}

fn any_key() -> impl Strategy<Value = TrialKey> {
    ([text(), text(), text(), text(), text()], any::<u32>()).prop_map(
        |([suite, case, phrasing, prompt, model], index)| TrialKey {
            suite,
            case,
            phrasing,
            prompt,
            model,
            index,
        },
    )
}

fn any_facts() -> impl Strategy<Value = CaseFacts> {
    let lists = [vec(text(), 0..3), vec(text(), 0..3), vec(text(), 0..3)];
    let actions = proptest::sample::subsequence(Action::ALL.to_vec(), 0..=6);
    let tier =
        proptest::sample::select(vec![Tier::Critical, Tier::Suspect, Tier::Quarantined, Tier::Exploratory]);
    let turn = (any::<bool>(), text()).prop_map(|(customer, text)| Turn {
        role: if customer { Speaker::Customer } else { Speaker::Agent },
        text,
    });
    let optional = [option::of(text()), option::of(text())];
    ([text(), text()], lists, actions, tier, vec(turn, 0..3), optional, 0.001_f64..1e9).prop_map(
        |([input, lang], [goldens, sources, tags], expect, tier, history, [owner, area], weight)| CaseFacts {
            input,
            history,
            goldens,
            sources,
            expect,
            tags,
            owner,
            area,
            tier,
            weight,
            lang,
            suspect: Vec::new(),
        },
    )
}

fn any_error() -> impl Strategy<Value = TrialError> {
    use ErrorKind::{Auth, Internal, Missing, RateLimited, TooLong};
    let kind = proptest::sample::select(vec![Auth, RateLimited, TooLong, Missing, Internal]);
    (kind, text(), option::of(any::<u16>())).prop_map(|(kind, message, status)| TrialError {
        kind,
        message,
        status,
    })
}

fn any_completion() -> impl Strategy<Value = Completion> {
    use StopReason::{ContentFilter, End, Length, Other, Refusal, ToolCalls};
    let known = proptest::sample::select(vec![End, Length, ToolCalls, ContentFilter, Refusal]);
    let stop = prop_oneof![known, text().prop_map(Other)];
    let call = (text(), text(), value()).prop_map(|(id, name, arguments)| ToolCall { id, name, arguments });
    let part = || option::of(text());
    let passage = (part(), part(), part()).prop_map(|(id, title, text)| NamedPassage { id, title, text });
    let tokens = || option::of(any::<u64>());
    let usage =
        (tokens(), tokens(), tokens(), tokens()).prop_map(|(input, output, cached_input, reasoning)| Usage {
            input,
            output,
            cached_input,
            reasoning,
        });
    (
        text(),
        vec(call, 0..2),
        stop,
        usage,
        (finite(), option::of(finite())),
        option::of(text()),
        (vec(text(), 0..2), option::of(vec(passage, 0..2))),
    )
        .prop_map(
            |(text, tool_calls, stop, usage, (latency_ms, first_token_ms), reported_model, told)| {
                let (citations, passages) = told;
                Completion {
                    text,
                    tool_calls,
                    stop,
                    usage,
                    latency_ms,
                    first_token_ms,
                    reported_model,
                    citations,
                    passages,
                }
            },
        )
}

fn any_score() -> impl Strategy<Value = Score> {
    use ScoreState::{JudgeError, NotApplicable, Scored, Unparsed};
    let scored = (finite(), any::<bool>()).prop_map(|(value, pass)| Scored { value, pass });
    let state = prop_oneof![scored, Just(NotApplicable), Just(Unparsed), Just(JudgeError)];
    let evidence = (text(), option::of(0_usize..99), text(), option::of(text()), option::of(text()))
        .prop_map(|(label, from, quote, passage, note)| Evidence {
            label,
            span: from.map(|n| n..n + 3),
            quote,
            passage,
            note,
        });
    let standing = proptest::sample::select(Standing::ALL.to_vec());
    let judge = option::of(
        (hash(), standing).prop_map(|(fingerprint, standing)| JudgeMark { fingerprint, standing }),
    );
    ([text(), text(), text()], any::<bool>(), state, vec(evidence, 0..2), judge).prop_map(
        |([name, kind, reason], required, state, evidence, judge)| Score {
            name,
            kind,
            required,
            state,
            reason,
            evidence,
            judge,
        },
    )
}

fn any_judgement() -> impl Strategy<Value = Judgement> {
    let flags = (any::<bool>(), 0_u32..3, option::of(finite()), option::of(any_error()));
    ([text(), text(), text(), text()], hash(), option::of(any_completion()), flags).prop_map(
        |([scorer, name, provider, model], request, reply, (cached, sent, cost, error))| Judgement {
            scorer,
            model: ModelFacts { name, provider, model, identity: serde_json::json!({"engine": 3}) },
            request,
            cached,
            reply,
            cost,
            sent,
            error,
        },
    )
}

fn any_trial() -> impl Strategy<Value = TrialResult> {
    use Outcome::{Errored, Failed, Passed, Refused, Skipped};
    let role = proptest::sample::select(vec![ChatRole::System, ChatRole::User, ChatRole::Assistant]);
    let message = (role, text()).prop_map(|(role, content)| Message::new(role, content));
    let rank = option::of(1..9_u32);
    let passage = (text(), text(), text(), hash(), rank)
        .prop_map(|(id, heading, text, hash, rank)| GivenPassage { id, heading, text, hash, rank });
    let waited = prop_oneof![Just(0.0), finite()];
    let attempt = (time(), finite(), waited, option::of(any_error())).prop_map(
        |(started, latency_ms, waited_ms, error)| Attempt { started, latency_ms, waited_ms, error },
    );
    let outcome = proptest::sample::select(vec![Passed, Failed, Errored, Refused, Skipped]);
    let action = option::of(proptest::sample::select(Action::ALL.to_vec()));
    let facts = (any_facts(), any_fingerprints(), hash(), option::of(finite()), time());
    let lists = (vec(message, 0..3), vec(passage, 0..2), vec(attempt, 0..2), vec(any_score(), 0..3));
    let asked = vec(any_judgement(), 0..3);
    let follow_up = option::weighted(0.2, proptest::sample::select(FollowUp::ALL.to_vec()));
    let ends = (option::of(any_completion()), option::of(any_error()), outcome, action, any::<[bool; 2]>());
    (facts, lists, asked, ends, follow_up).prop_map(
        |(
            (case, fingerprints, request, cost, finished),
            (messages, passages, attempts, scores),
            judgements,
            (completion, error, outcome, action, [cached, at_once]),
            follow_up,
        )| {
            let mut attempts = attempts;
            if let ([attempt], Some(completion), true) = (attempts.as_mut_slice(), &completion, at_once) {
                (attempt.latency_ms, attempt.error) = (completion.latency_ms, None);
            }
            TrialResult {
                key: trial("", outcome).key,
                follow_up,
                case,
                fingerprints,
                request,
                messages,
                passages,
                cached,
                completion,
                cost,
                attempts,
                error,
                // Only a judge's score has judgements.
                judgements: if scores.iter().any(|s| s.judge.is_some()) { judgements } else { Vec::new() },
                scores,
                turns: vec![],
                action,
                outcome,
                finished,
            }
        },
    )
}
